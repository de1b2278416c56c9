"""Choices with words: tables of (text, value), and the menu entries of which one is chosen."""

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from qtpy.QtGui import QAction, QActionGroup
from qtpy.QtWidgets import QMenu

Allowed = Mapping[str, Container[Any]]  # {setting: the values it may have}


def values_of(choices: Iterable[tuple[str, Any]]) -> tuple[Any, ...]:
    """Return the values of a table."""
    return tuple(value for _, value in choices)


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
