"""Notifications about unsaved edits that stay true: their words follow the edits, and they go once nothing is left."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QMainWindow

from napari_phy.session.session import Session
from napari_phy.widgets.base.application import referent
from napari_phy.widgets.base.notifications import Choice, notify, restate, take_back


@dataclass(frozen=True, slots=True)
class LiveNote:
    """One of them.

    Attributes
    ----------
    words : callable
        Returns the sentence as it is now, "" once there is nothing to say.
    choices : callable
        Returns the buttons as they are now.
    severity : str, default 'warning'
        Severity of napari's notification.
    """

    words: Callable[[], str]
    choices: Callable[[], Sequence[Choice]]
    severity: str = "warning"


class EditNotifications(QObject):
    """Shows notes in a window and follows the edits of a session; one that was closed does not come back."""

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._followed: Any = None  # the clustering whose edits are told of
        self._said: dict[str, LiveNote] = {}
        self._soon = QTimer(self, singleShot=True, interval=0)  # once for many edits
        self._soon.timeout.connect(self.refresh)

    def follow(self, session: Session | None) -> None:
        """Take back what was said of another clustering, and follow the edits of the one that is open, if any."""
        self.take_back()
        if self._followed is not None:
            self._followed.manager.changed.disconnect(self._on_changed, missing_ok=True)
        self._followed = None if session is None else session.opened
        if session is not None:
            session.manager.changed.connect(self._on_changed)

    def show(self, note: LiveNote) -> None:
        """Show a note; it stays until it is answered, if there are answers."""
        sentence, choices = note.words(), note.choices()
        if sentence:
            notify(sentence, note.severity, choices, stays=bool(choices))
            self._said[sentence] = note

    def refresh(self) -> None:
        """Let every note that stands in the window say how things are now."""
        for sentence, note in list(self._said.items()):
            now = note.words()
            if now == sentence:
                continue
            del self._said[sentence]
            if now and restate(sentence, now, [text for text, _ in note.choices()], referent(self._window)):
                self._said[now] = note
            elif take_back([sentence], referent(self._window)):
                self.show(note)

    def take_back(self) -> None:
        """Close all of them."""
        take_back(self._said, referent(self._window))
        self._said.clear()

    def _on_changed(self, _update: Any) -> None:
        if isalive(self):
            self._soon.start()
