"""Gives an action other keys: the next key that is pressed, a second one, none, or the usual ones."""

from collections.abc import Callable, Mapping
from functools import partial

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from napari_phy.actions.action_table import BY_ID
from napari_phy.widgets.actions.bindings import MOST_KEYS, WHERE, KeyBindings, Place
from napari_phy.widgets.actions.keys import pressed

PRESS = "Press the new key of {} {}. Esc leaves it as it is."
PRESS_SECOND = "Press a second key of {} {}. Esc leaves it as it is."
MODIFIERS = frozenset(
    getattr(Qt.Key, f"Key_{name}")
    for name in (
        "Shift", "Control", "Alt", "Meta", "AltGr", "CapsLock", "NumLock", "ScrollLock",
        "Super_L", "Super_R", "Hyper_L", "Hyper_R",
    )
)  # fmt: skip


class KeyEditor(QWidget):
    """The buttons for the keys that are being changed; whoever has the keyboard gives it the key that is pressed.

    Parameters
    ----------
    bindings : KeyBindings
        The keys in force.
    napari : callable
        Returns {key: what napari does with it} in a place.

    Attributes
    ----------
    said : Signal
        A sentence, and whether it tells of an error.
    changed : Signal
        Other keys hold, or another key is awaited, or none.
    """

    said = Signal(str, bool)
    changed = Signal()

    def __init__(
        self, bindings: KeyBindings, napari: Callable[[Place], Mapping[str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._bindings, self._napari = bindings, napari
        self._waiting: tuple[str, Place] | None = None  # whose key is awaited
        self._is_second = False
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self.second_button = self._button("A second key", self._ask_second)
        self.without_buttons = [self._button("", partial(self._remove, place)) for place in range(MOST_KEYS)]
        self.reset_button = self._button("Reset", self._reset)
        self.reset_all_button = self._button("Reset all keys", self._reset_all)
        self._arrange()

    def _button(self, text: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda *_: act())
        self._row.addWidget(button)
        return button

    # --- what is awaited ---

    @property
    def is_waiting(self) -> bool:
        """Whether the next key is meant for an action."""
        return self._waiting is not None

    @property
    def _awaited(self) -> tuple[str, Place]:
        """The action and the place, only to be asked while a key is awaited."""
        assert self._waiting is not None
        return self._waiting

    def awaited(self, action_id: str, place: Place) -> str:
        """Return what stands in place of the keys of an action while its new one is awaited, else ""."""
        if self._waiting != (action_id, place):
            return ""
        return ", ".join([*(self._keys if self._is_second else ()), "press a key…"])

    def ask(self, action_id: str, place: Place) -> None:
        """Wait for the key that an action shall have in a place."""
        self._waiting, self._is_second = (action_id, place), False
        self._tell(PRESS)

    def _ask_second(self) -> None:
        self._is_second = True
        self._tell(PRESS_SECOND)

    def leave(self) -> None:
        """Wait for no key."""
        self._waiting = None
        self._arrange()
        self.changed.emit()

    def _tell(self, words: str) -> None:
        self._arrange()
        self.changed.emit()
        self.said.emit(words.format(self._title, WHERE[self._awaited[1]]), False)

    # --- changing ---

    def take(self, event: QKeyEvent) -> None:
        """Take the key that is pressed, Esc to leave all as it is, or wait for more than a modifier."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        elif event.key() not in MODIFIERS:
            self._take(pressed(event))

    def _take(self, key: str) -> None:
        action_id, place = self._awaited
        problem = self._bindings.problem(action_id, place, key, self._napari(place))
        if problem:
            self.said.emit(problem, True)
            return
        others = [other for other in self._keys if other != key] if self._is_second else []
        self._bind((*others, key))

    def _remove(self, place_of_key: int) -> None:
        keys = self._keys
        self._bind(keys[:place_of_key] + keys[place_of_key + 1 :])

    def _bind(self, keys: tuple[str, ...]) -> None:
        action_id, place = self._awaited
        self._bindings.bind(action_id, place, keys)
        named = f"the key{'s' if len(keys) > 1 else ''} {' and '.join(keys)}" if keys else "no key"
        self._done(f"{BY_ID[action_id].title} has {named} {WHERE[place]}.")

    def _reset(self) -> None:
        action_id, place = self._awaited
        problem = self._bindings.reset(action_id, place)
        if problem:
            self.said.emit(problem, True)
        else:
            self._done(f"{BY_ID[action_id].title} has its usual keys {WHERE[place]}.")

    def _reset_all(self) -> None:
        self._bindings.reset_all()
        self._done("All actions have their usual keys.")

    def _done(self, sentence: str) -> None:
        self.leave()
        self.said.emit(sentence, False)

    # --- buttons ---

    @property
    def _title(self) -> str:
        return BY_ID[self._awaited[0]].title

    @property
    def _keys(self) -> tuple[str, ...]:
        return self._bindings.keys(*self._waiting) if self._waiting is not None else ()

    def _arrange(self) -> None:
        """Show the buttons that there is a use for."""
        keys = self._keys
        for place, button in enumerate(self.without_buttons):
            button.setText(f"Without {keys[place]}" if place < len(keys) else "")
            button.setVisible(place < len(keys) and not self._is_second)
        self.second_button.setVisible(0 < len(keys) < MOST_KEYS and not self._is_second)
        self.reset_button.setVisible(
            self._waiting is not None and self._bindings.is_own(*self._waiting) and not self._is_second
        )
        self.reset_all_button.setVisible(self._waiting is None and self._bindings.any_own)
