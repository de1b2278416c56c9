"""A panel with a picture whose settings are those of a view: they are shown, chosen, kept and followed."""

from collections.abc import Mapping
from typing import Any, ClassVar

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtWidgets import QDialog, QWidget

from napari_phy.formats.parameter_files.settings import setting
from napari_phy.session.session import Session
from napari_phy.views.settings import SettingsController, ViewSettings
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.panels.picture_panel import PicturePanel
from napari_phy.widgets.panels.setting_controls import SettingControls

FORM_HELP = "Settings… in ⋯ shows all settings in one window."


class SettingsPanel(PicturePanel):
    """Shows the settings of a view in its header, in ⋯ and in a window of their own.

    Parameters
    ----------
    viewer : Viewer, optional
        The viewer whose theme is followed; None: the theme in napari's settings.
    """

    settings_type: ClassVar[type[ViewSettings]] = ViewSettings

    def __init__(self, viewer: Viewer | None = None, parent: QWidget | None = None) -> None:
        self.settings_name = self.title.lower()  # in `session.views`
        self._controller: SettingsController[Any] = SettingsController(self.settings_type())
        self._settings_before = self._controller.value
        self._form: QDialog | None = None
        super().__init__(viewer, parent)
        self._settings_links = SessionLinks(self)
        self._settings_links.connect(self._controller.changed, self._on_settings_changed)
        if self.settings_type.described():
            self.header.more_menu.addSeparator()
            self.header.more_menu.addAction("Settings…").triggered.connect(lambda *_: self.show_form())

    def make_controls(self) -> None:
        self.setting_controls = SettingControls(self.header, self.settings, self.choose)

    def on_settings(self, before: Any, now: Any) -> None:
        """React to other settings."""
        raise NotImplementedError

    @property
    def settings(self) -> Any:
        """What the user chose: a frozen `settings_type`. The truth is in `session.views`."""
        return self._controller.value

    @property
    def resolved(self) -> Any:
        """The settings with the values of Preferences, or of the data set, where they are left open."""
        return self.settings.resolved(self._preference)

    def _preference(self, name: str) -> Any:
        return setting(name).default if self.session is None else self.session.settings.value(name)

    def choose(self, **changes: Any) -> None:
        """Set what the user picked: `choose(bin_ms=0.5)`; the same as setting it in `session.views`.

        Raises
        ------
        SettingsError
            There is no such setting or value; nothing was changed.
        """
        self._controller.update(**changes)

    def explanation(self) -> str:
        lines = super().explanation()
        return f"{lines}\n{FORM_HELP}" if self.settings_type.described() else lines

    def show_form(self) -> None:
        """Show all settings in a window, where each change is seen at once."""
        from napari_phy.widgets.panels.settings_form import SettingsForm

        self._close_form()
        self._form = form = SettingsForm(self._controller, self.theme, self.window())
        form.show_beside(self)

    def _close_form(self) -> None:
        if self._form is not None and isalive(self._form):
            self._form.close()
        self._form = None

    def show_settings(self) -> None:
        """Show in menus and drop-downs what is chosen."""
        self.setting_controls.show(self.resolved)

    def options(self) -> dict[str, Any]:
        """Return what was chosen in this view, {setting: plain value}."""
        kept: dict[str, Any] = self.settings.persistent()
        return kept

    def set_options(self, options: Mapping[str, Any]) -> None:
        """Choose in this view; settings that it does not have and values that cannot be are left out."""
        known = self.settings.described()
        self.choose(**{name: options[name] for name in known if name in options and options[name] in known[name]})

    def follow_settings(self, session: Session | None) -> None:
        """Take the settings of a session; those that were not set there are as they were chosen here."""
        controller = SettingsController(self.settings_type()) if session is None else self._settings_of(session)
        if controller is not self._controller:
            self._settings_links.close()
            self._close_form()
            controller.begin_with(self.settings.persistent())
            self._controller, self._settings_before = controller, controller.value
            self._settings_links.connect(controller.changed, self._on_settings_changed)

    def _settings_of(self, session: Session) -> SettingsController[Any]:
        return session.views[self.settings_name] if self.settings_type.described() else self._controller

    @safe_slot
    def _on_settings_changed(self) -> None:
        before, self._settings_before = self._settings_before, self.settings
        self.show_settings()
        self.on_settings(before, self.settings)
