"""The keys in force: those of the table of actions, or those that the user has chosen."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Literal

from napari_phy.actions.action import Action
from napari_phy.actions.action_table import ACTIONS, BY_ID
from napari_phy.core.signals import signal
from napari_phy.storage.user_choices import load_keys, save_keys
from napari_phy.widgets.actions.keys import normal, why_fixed

logger = logging.getLogger(__name__)

Place = Literal["panels", "canvas"]
PLACES: tuple[Place, ...] = ("panels", "canvas")
WHERE = {"panels": "in our panels", "canvas": "in the canvas"}
MOST_KEYS = 2  # of an action in a place


class KeyBindings:
    """Which keys start which action; the truth of all windows of the program, kept per user."""

    changed = signal()

    def __init__(self) -> None:
        self._own: dict[str, dict[str, tuple[str, ...]]] = {}
        for action_id, places in load_keys().items():
            for place, keys in places.items():
                self._take_saved(action_id, place, keys)

    def _take_saved(self, action_id: str, place: str, keys: tuple[str, ...]) -> None:
        keys = tuple(normal(key) for key in keys)
        known = action_id in BY_ID and place in PLACES
        if known and not any(why_fixed(key, in_panels=place == "panels") for key in keys):
            self._own.setdefault(action_id, {})[place] = keys
        else:
            logger.warning("The keys kept for %s %s are not known here and left out.", action_id, place)

    def keys(self, action_id: str, place: Place) -> tuple[str, ...]:
        """Return the keys that start an action in a place: the user's own, else the usual ones."""
        return self._own.get(action_id, {}).get(place, usual_keys(action_id, place))

    def first(self, action_id: str) -> str:
        """Return the first key of an action in our panels, "" where it has none."""
        return (*self.keys(action_id, "panels"), "")[0]

    def names(self) -> dict[str, str]:
        """Return {action id: its first key in our panels}, for the words of views."""
        return {action.action_id: self.first(action.action_id) or "no key" for action in ACTIONS}

    def action(self, action_id: str) -> Action:
        """Return an action with the keys in force, which its tooltip names."""
        action = BY_ID[action_id]
        hint = action.hint
        if action.hint_of:
            key = self.first(action.hint_of)
            hint = action.hint.replace(usual_keys(action.hint_of, "panels")[0], key) if key else ""
        return replace(
            action, keys=self.keys(action_id, "panels"), canvas_keys=self.keys(action_id, "canvas"), hint=hint
        )

    def table(self, place: Place) -> dict[str, str]:
        """Return {key: action id} of a place; where two claim a key, that of the user's choice has it."""
        actions = sorted((action.action_id for action in ACTIONS), key=lambda one: self.is_own(one, place))
        return {normal(key): action_id for action_id in actions for key in self.keys(action_id, place)}

    def is_own(self, action_id: str, place: Place) -> bool:
        """Return whether the keys of an action in a place are the user's."""
        return place in self._own.get(action_id, {})

    @property
    def any_own(self) -> bool:
        """Whether the user has chosen any."""
        return bool(self._own)

    def problem(self, action_id: str, place: Place, key: str, napari: Mapping[str, str]) -> str:
        """Return why an action cannot have a key, or "".

        Parameters
        ----------
        napari : mapping of str to str
            {key: what napari does with it} in that place.
        """
        usual = {normal(one) for action in ACTIONS for one in usual_keys(action.action_id, place)}
        other = self.table(place).get(key, action_id)
        if other != action_id:
            return f"{key} is the key of {BY_ID[other].title} {WHERE[place]}. Give that another key first."
        fixed = why_fixed(key, in_panels=place == "panels")
        if fixed:
            return fixed
        if key in napari and key not in usual:
            return f"{key} is napari's key: {napari[key]}."
        return ""

    def bind(self, action_id: str, place: Place, keys: tuple[str, ...]) -> None:
        """Give an action these keys in a place, and no others; () takes them away."""
        if keys == usual_keys(action_id, place):
            self.reset(action_id, place)
        else:
            self._own.setdefault(action_id, {})[place] = keys
            self._keep()

    def reset(self, action_id: str, place: Place) -> str:
        """Give an action its usual keys in a place; return why that cannot be, or ""."""
        for key in usual_keys(action_id, place):
            other = self.table(place).get(key, action_id)
            if other != action_id:
                return f"{key} is the key of {BY_ID[other].title} {WHERE[place]}. Give that another key first."
        places = self._own.get(action_id, {})
        if places.pop(place, None) is not None:
            if not places:
                del self._own[action_id]
            self._keep()
        return ""

    def reset_all(self) -> None:
        """Give all actions their usual keys."""
        self._own.clear()
        self._keep()

    def _keep(self) -> None:
        save_keys(self._own)
        self.changed.emit()


def usual_names() -> dict[str, str]:
    """Return {action id: its first key in our panels} of the table of actions."""
    return {action.action_id: (*action.keys, "no key")[0] for action in ACTIONS}


def usual_keys(action_id: str, place: Place) -> tuple[str, ...]:
    """Return the keys of the table of actions."""
    return BY_ID[action_id].keys if place == "panels" else BY_ID[action_id].canvas_keys


@cache
def key_bindings() -> KeyBindings:
    """Return the one of this program, read when first asked for."""
    return KeyBindings()
