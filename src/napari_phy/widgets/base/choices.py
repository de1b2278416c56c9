"""Choices with words: tables of (text, value), numbers of which a table has some, and their menu entries."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qtpy.QtGui import QAction, QActionGroup
from qtpy.QtWidgets import QMenu

Allowed = Mapping[str, Container[Any]]  # {setting: the values it may have}


def values_of(choices: Iterable[tuple[str, Any]]) -> tuple[Any, ...]:
    """Return the values of a table."""
    return tuple(value for _, value in choices)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Every number from `low` to `high`, of which a menu offers some; whole ones only where `is_whole`."""

    offered: tuple[Any, ...]
    low: float
    high: float
    is_whole: bool = False

    def __contains__(self, value: Any) -> bool:
        if value in self.offered:
            return True
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and self.low <= value <= self.high and (not self.is_whole or value == int(value))

    def __iter__(self) -> Iterator[Any]:
        return iter(self.offered)

    @property
    def words(self) -> str:
        """What a value is: `a whole number from 1 to 10000`."""
        return f"a {'whole ' if self.is_whole else ''}number from {self.low:g} to {self.high:.10g}"


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


def show_choice(actions: Mapping[Any, QAction], value: Any) -> None:
    """Check the entry of a value, if the menu has it."""
    if value in actions:
        actions[value].setChecked(True)


class NumberMenu:
    """Entries of which one is chosen; a number that is not among them has one of its own while it holds.

    Parameters
    ----------
    words : the text of that entry, with {} for the number.
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
