"""A form of all settings of a view, made from what they say of themselves; every change is shown at once."""

from typing import Any

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit, SpinBox
from magicgui.widgets.bases import ValueWidget
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFormLayout, QWidget

from napari_phy.core.errors import SettingsError
from napari_phy.views.settings import Choice, Number, Setting, SettingsController
from napari_phy.views.typed_values import typed_number
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.small_dialogs import SmallDialog, Words
from napari_phy.widgets.base.theme import Tokens


class SettingsForm(SmallDialog):
    """A window beside the view; what is chosen in menus, scripts or the command line meanwhile is shown here, too.

    Parameters
    ----------
    controller : SettingsController
        The settings that are shown and changed.
    theme : Tokens
        Colours and sizes.
    """

    def __init__(self, controller: SettingsController[Any], theme: Tokens, parent: QWidget | None = None) -> None:
        view = controller.value.view
        super().__init__(Words(f"Settings of {view}", view, "Changes are shown at once."), theme, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._controller = controller
        self.fields = {name: _field(setting) for name, setting in controller.value.described().items()}
        self._show()
        for name, field in self.fields.items():
            field.changed.connect(lambda _value, name=name: self._take(name))
        rows = QFormLayout()
        rows.setSpacing(theme.px(6))
        for field in self.fields.values():
            rows.addRow("" if isinstance(field, CheckBox) else field.label, field.native)
        self.body.addLayout(rows)
        self.reset_button = self.add_button("Reset", controller.reset)
        self.close_button = self.add_button("Close", self.close, "primary")
        self._links = SessionLinks()
        self._links.connect(controller.changed, self._show)
        self.finished.connect(self._links.close)

    def _take(self, name: str) -> None:
        """Set what a field has, or say why that cannot be."""
        setting = self._controller.value.described()[name]
        value = self.fields[name].value
        if isinstance(setting, Number) and setting.none:
            value = typed_number(value.strip().replace(",", ".")) if value.strip() else None
            value = self.fields[name].value if value is None and self.fields[name].value.strip() else value
        try:
            self._controller.update(**{name: value})
        except SettingsError as error:
            self.set_problem(str(error))
        else:
            self.set_problem("")

    def _show(self) -> None:
        for name, field in self.fields.items():
            value = getattr(self._controller.value, name)
            if isinstance(field, LineEdit):
                typed = typed_number(field.value.strip().replace(",", ".")) if field.value.strip() else None
                if typed == value:
                    continue  # it is being typed
                value = "" if value is None else f"{value:g}"
            if field.value != value:
                with field.changed.blocked():
                    field.value = value


def _field(setting: Setting) -> ValueWidget[Any]:
    """Return the widget of a setting, with its title, bounds and tip."""
    title, tip = setting.title, setting.tip or setting.title
    if isinstance(setting, Choice):
        return ComboBox(choices=[(text, value) for text, value in setting.choices], label=title, tooltip=tip)
    if not isinstance(setting, Number):
        return CheckBox(text=title, tooltip=tip)
    named = f"{title} ({setting.unit})" if setting.unit else title
    bounds = f"{tip}: {setting.words}"
    if setting.none:
        field = LineEdit(label=named, tooltip=f"{bounds}; nothing: {setting.none.lower()}")
        field.native.setPlaceholderText(setting.none)
        return field
    if setting.is_whole:
        return SpinBox(min=int(setting.low), max=int(setting.high), label=named, tooltip=bounds)
    return FloatSpinBox(min=setting.low, max=setting.high, step=0.1, label=named, tooltip=bounds)
