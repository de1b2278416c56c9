"""Drop-downs and menu entries that show the settings of a view and ask for other ones."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from weakref import WeakMethod

from qtpy.QtWidgets import QMenu

from napari_phy.views.settings import Number, Setting, ViewSettings
from napari_phy.widgets.base.choices import NumberMenu, choice_actions, switch_action
from napari_phy.widgets.base.drop_down import DropDown
from napari_phy.widgets.base.header import Header


class SettingControls:
    """What a header has for some settings, by name; each control is shown as the settings are.

    Parameters
    ----------
    header : Header
        Takes the drop-downs, and the entries into its ⋯ menu.
    settings : ViewSettings
        As they are at first.
    choose : method
        Called with `name=value` for what the user picks.
    """

    def __init__(self, header: Header, settings: ViewSettings, choose: Callable[..., None]) -> None:
        self._header = header
        self._settings = settings
        self._choose_weakly = WeakMethod(choose)  # a panel that only the collector finds is deleted while others paint
        self._shown: dict[str, list[Callable[[Any], None]]] = {}
        self.drop_downs: dict[str, DropDown] = {}
        self.actions: dict[str, Mapping[Any, Any]] = {}
        self.menus: dict[str, NumberMenu] = {}

    def add_drop_down(self, name: str, tip: str = "", *, prefix: str = "", choices: Any = None) -> DropDown:
        """Add a drop-down to the header; `tip` says what it is where the title of the setting is too short."""
        setting = self._setting(name)
        drop_down = DropDown(tip or setting.title, prefix)
        offered = setting.choices if choices is None else choices
        drop_down.set_choices(offered)
        drop_down.chosen.connect(partial(self._pick, name))
        self._header.add_drop_down(drop_down)
        self.drop_downs[name] = drop_down

        def show(value: Any) -> None:
            nonlocal offered
            if choices is None and setting.choices != offered:  # metrics were declared
                offered = setting.choices
                drop_down.set_choices(offered)
            drop_down.set_current(value, setting.text(value))

        self._show_by(name, show)
        return drop_down

    def add_menu(self, name: str, title: str = "", *, pattern: str = "") -> None:
        """Add a submenu of what a setting may be to ⋯."""
        menu = self._header.more_menu.addMenu(title or self._setting(name).title)
        self._fill(menu, name, pattern)

    def add_entries(self, name: str) -> None:
        """Add what a setting may be to ⋯, and a line below."""
        self._fill(self._header.more_menu, name)

    def add_switch(self, name: str, title: str = "") -> None:
        """Add an entry that is on or off to ⋯."""
        text = title or self._setting(name).title
        action = switch_action(self._header.more_menu, text, False, partial(self._pick, name))
        self.actions[name] = {True: action}
        self._show_by(name, action.setChecked)

    def show(self, settings: ViewSettings) -> None:
        """Show settings, in each control its own."""
        self._settings = settings
        for name in self._shown:
            self.show_value(name, getattr(settings, name))

    def show_value(self, name: str, value: Any) -> None:
        """Show another value than that of the setting: what is in force where the setting leaves it open."""
        for show in self._shown.get(name, ()):
            show(value)

    def _fill(self, menu: QMenu, name: str, pattern: str = "") -> None:
        setting = self._setting(name)
        choose = partial(self._pick, name)
        if isinstance(setting, Number):
            written = pattern or setting.pattern or f"{{:g}} {setting.unit}".rstrip()
            choices = [(setting.text(v) if v is None else written.format(v), v) for v in setting.offered]
            numbers = NumberMenu(menu, choices, getattr(self._settings, name), choose, written)
            self.menus[name], self.actions[name] = numbers, numbers.actions
            self._show_by(name, numbers.show)
        else:
            actions = choice_actions(menu, setting.choices, getattr(self._settings, name), choose)
            self.actions[name] = actions
            self._show_by(name, lambda value: actions[value].setChecked(True) if value in actions else None)

    def _pick(self, name: str, value: Any) -> None:
        choose = self._choose_weakly()
        if choose is not None:
            choose(**{name: value})

    def _setting(self, name: str) -> Setting:
        return self._settings.described()[name]

    def _show_by(self, name: str, show: Callable[[Any], None]) -> None:
        self._shown.setdefault(name, []).append(show)
        show(getattr(self._settings, name))
