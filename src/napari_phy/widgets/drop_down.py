"""A flat drop-down for headers; it opens a menu, which may have groups."""

from collections.abc import Hashable, Sequence
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QAction, QActionGroup
from qtpy.QtWidgets import QMenu, QToolButton, QWidget

Choice = tuple[str, Hashable]
ChoiceGroup = tuple[str, Sequence[Choice]]


class DropDown(QToolButton):
    """Shows `prefix  current ▾`; `chosen` carries the data of what the user picks.

    Setting `current` from outside emits nothing: the truth is elsewhere, this only shows it.
    """

    chosen = Signal(object)

    def __init__(self, name: str, prefix: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._prefix = prefix
        self._current: Any = None
        self._texts: dict[Hashable, str] = {}
        self._actions: dict[Hashable, QAction] = {}
        self._submenus: list[QMenu] = []
        self._group: QActionGroup | None = None
        self.choices_menu = QMenu(name, self)
        self.choices_menu.aboutToShow.connect(self._mark_current)
        self.setMenu(self.choices_menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(name)
        self.setAccessibleName(name)

    def set_choices(self, choices: Sequence[Choice | ChoiceGroup]) -> None:
        """Offer `(text, data)` choices, or `(title, [(text, data), …])` groups as a second level."""
        for submenu in self._submenus:
            submenu.deleteLater()
        self.choices_menu.clear()
        self._submenus, self._texts, self._actions = [], {}, {}
        self._group = QActionGroup(self.choices_menu)
        for text, data in choices:
            if isinstance(data, list):
                submenu = self.choices_menu.addMenu(text)
                self._submenus.append(submenu)
                for child_text, child_data in data:
                    self._add(submenu, child_text, child_data)
            else:
                self._add(self.choices_menu, text, data)
        self._show_text()

    def _add(self, menu: QMenu, text: str, data: Hashable) -> None:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.triggered.connect(lambda *_: self.chosen.emit(data))
        self._group.addAction(action)
        self._texts[data] = text
        self._actions[data] = action

    @property
    def current(self) -> Any:
        """Data of what is shown."""
        return self._current

    @property
    def choices(self) -> tuple[Hashable, ...]:
        """Data of all that is offered, in the order of the menu."""
        return tuple(self._texts)

    def set_current(self, data: Hashable, text: str | None = None) -> None:
        """Show `data` as the current choice, in other words than the menu's if `text` is given."""
        self._current = data
        if text is not None:
            self._texts.setdefault(data, text)
        self._show_text(text)

    def _show_text(self, text: str | None = None) -> None:
        shown = text or self._texts.get(self._current, "")
        self.setText(f"{self._prefix}  {shown} ▾" if self._prefix else f"{shown} ▾")

    def _mark_current(self) -> None:
        action = self._actions.get(self._current)
        if action is not None:
            action.setChecked(True)
