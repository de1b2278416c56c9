"""A flat drop-down for headers; it opens a menu, which may have groups."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QAction, QActionGroup, QCursor
from qtpy.QtWidgets import QLineEdit, QMenu, QToolButton, QWidget, QWidgetAction

from napari_phy.widgets.base.plain_text import plain


def follow_menu(button: QToolButton) -> None:
    """Look where the mouse is each time the menu of a button hides."""
    look = QTimer(button, singleShot=True, interval=0)  # once the menu is gone
    look.timeout.connect(lambda: _look(button))
    button.menu().aboutToHide.connect(look.start)


def _look(button: QToolButton) -> None:
    if isalive(button):
        is_under = button.rect().contains(button.mapFromGlobal(QCursor.pos()))
        button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, is_under and button.isVisible())
        button.update()


Choice = tuple[str, Any]  # (text, data that can be hashed)
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
        self.choices_menu = QMenu(name, self)
        self._group = QActionGroup(self.choices_menu)
        self._source: Callable[[], Sequence[Choice | ChoiceGroup]] | None = None
        self._search: tuple[str, Callable[[str], Sequence[Choice]]] | None = None
        self.choices_menu.aboutToShow.connect(self._before_show)
        self.setMenu(self.choices_menu)
        follow_menu(self)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(plain(name))
        self.setAccessibleName(name)

    def set_choices(self, choices: Sequence[Choice | ChoiceGroup]) -> None:
        """Offer `(text, data)` choices, or `(title, [choices])` groups, to any depth."""
        for submenu in self._submenus:
            submenu.deleteLater()
        self.choices_menu.clear()
        shown = {self._current: self._texts[self._current]} if self._current in self._texts else {}
        self._submenus, self._texts, self._actions = [], shown, {}
        self._group = QActionGroup(self.choices_menu)
        self._fill(self.choices_menu, choices)
        self._show_text()

    def set_source(self, source: Callable[[], Sequence[Choice | ChoiceGroup]]) -> None:
        """Ask for the choices each time the menu opens, where they are many or change often."""
        self._source = source

    def set_search(self, words: str, find: Callable[[str], Sequence[Choice]]) -> None:
        """Put a line on top of the menu; while something is typed there, the menu offers what `find(text)` returns.

        Parameters
        ----------
        words : str
            What stands in the line while it is empty.
        """
        self._search = words, find

    def _add_search(self) -> None:
        if self._search is None:
            return
        words, find = self._search
        everything = self.choices_menu.actions()
        line = QLineEdit()
        line.setPlaceholderText(words)
        line.setAccessibleName(words)
        entry = QWidgetAction(self.choices_menu)
        entry.setDefaultWidget(line)
        if everything:
            self.choices_menu.insertAction(everything[0], entry)
        else:
            self.choices_menu.addAction(entry)
        found: list[QAction] = []

        def offer(text: str) -> None:
            for action in found:
                self.choices_menu.removeAction(action)
            found.clear()
            for action in everything:
                action.setVisible(not text.strip())
            for words, data in find(text) if text.strip() else ():
                action = self.choices_menu.addAction(words)
                action.triggered.connect(partial(self._choose, data))
                found.append(action)

        def take_first() -> None:
            if found:
                self.choices_menu.close()
                found[0].trigger()

        line.textChanged.connect(offer)
        line.returnPressed.connect(take_first)
        QTimer.singleShot(0, line.setFocus)

    def _choose(self, data: Hashable, *_: object) -> None:
        self.chosen.emit(data)

    def _fill(self, menu: QMenu, choices: Sequence[Choice | ChoiceGroup]) -> None:
        for text, data in choices:
            if isinstance(data, list):
                submenu = menu.addMenu(text)
                if menu is self.choices_menu:
                    self._submenus.append(submenu)
                self._fill(submenu, data)
            else:
                self._add(menu, text, data)

    def _add(self, menu: QMenu, text: str, data: Hashable) -> None:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.triggered.connect(lambda *_: self.chosen.emit(data))
        self._group.addAction(action)
        self._texts[data] = text
        self._actions.setdefault(data, action)

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
        if self._current not in self._actions:
            self._texts.pop(self._current, None)  # it was shown, never offered
        self._current = data
        if text is not None:
            self._texts[data] = text
        self._show_text()

    def _show_text(self) -> None:
        shown = self._texts.get(self._current, "")
        self.setText(f"{self._prefix}  {shown} ▾" if self._prefix else f"{shown} ▾")

    def _before_show(self) -> None:
        if self._source is not None:
            self.set_choices(self._source())
        checked = self._group.checkedAction()
        if checked is not None:
            checked.setChecked(False)
        action = self._actions.get(self._current)
        if action is not None:
            action.setChecked(True)
        self._add_search()
