"""Menu entries of which one is chosen, or that are on or off."""

from collections.abc import Callable, Iterable
from typing import Any

from qtpy.QtGui import QAction, QActionGroup, QMouseEvent
from qtpy.QtWidgets import QMenu


class TickMenu(QMenu):
    """A menu that stays open while its entries are ticked, so that several can be."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Switch an entry that has a tick; others close the menu."""
        place = event.position().toPoint()
        here = (entry for entry in self.actions() if self.actionGeometry(entry).contains(place))
        entry = next((entry for entry in here if entry.isCheckable() and entry.isEnabled()), None)
        if entry is None:
            super().mouseReleaseEvent(event)
        else:
            entry.trigger()


def choice_actions(
    menu: QMenu, choices: Iterable[tuple[str, Any]], current: Any, on_chosen: Callable[[Any], None]
) -> dict[Any, QAction]:
    """Add entries of which one is chosen, and a line below them; return {value: entry}."""
    group, actions = QActionGroup(menu), {}
    for text, value in choices:
        actions[value] = action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(value == current)
        group.addAction(action)
        action.triggered.connect(lambda *_, value=value: on_chosen(value))
    menu.addSeparator()
    return actions


def switch_action(menu: QMenu, text: str, is_on: bool, on_switched: Callable[[bool], None]) -> QAction:
    """Add an entry that is on or off."""
    action = menu.addAction(text)
    action.setCheckable(True)
    action.setChecked(is_on)
    action.triggered.connect(lambda checked=False: on_switched(bool(checked)))
    return action


class NumberMenu:
    """Entries of which one is chosen; a number that is not among them has one of its own while it holds.

    Parameters
    ----------
    words : str
        The text of that entry, with {} for the number.
    """

    def __init__(
        self,
        menu: QMenu,
        choices: Iterable[tuple[str, Any]],
        current: Any,
        on_chosen: Callable[[Any], None],
        words: str,
    ) -> None:
        self._words = words
        self.actions = choice_actions(menu, choices, current, on_chosen)
        self._own = menu.addAction("")
        self._own.setCheckable(True)
        next(iter(self.actions.values())).actionGroup().addAction(self._own)
        self.show(current)

    def show(self, value: Any) -> None:
        """Check the entry of a value."""
        action = self.actions.get(value, self._own)
        self._own.setVisible(action is self._own)
        self._own.setText(self._words.format(value) if action is self._own else "")
        action.setChecked(True)
