"""Notices, when the user comes back to the window, that another program wrote the open file."""

from collections.abc import Callable
from typing import Any
from weakref import ref

from qtpy.QtCore import QEvent, QObject, Signal
from qtpy.QtWidgets import QMainWindow
from superqt.utils import create_worker


class FileWatch(QObject):
    """Looks at the file each time the window becomes active; says it once for each change.

    Parameters
    ----------
    window : the main window.
    session : returns the open session, or None.
    """

    changed = Signal()  # which the store of the session tells in words

    def __init__(self, window: QMainWindow, session: Callable[[], Any], parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._session = session
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at the file when the window becomes active."""
        if event.type() == QEvent.Type.WindowActivate and watched is self._window():
            self.look()
        return False

    def look(self) -> None:
        """Look whether there is another file; only then read it, in the background."""
        session = self._session()
        if session is None or not session.store.look_at_file():
            return
        worker = create_worker(_ask, session.store, _start_thread=False, _ignore_errors=True)
        worker.returned.connect(self._on_asked)
        worker.start()

    def _on_asked(self, answer: tuple[Any, str]) -> None:
        store, sentence = answer
        session = self._session()
        if sentence and session is not None and session.store is store:
            self.changed.emit()


def looked_at(store: Any) -> Any:
    """Return the store of a session once it knows what became of its file."""
    store.what_changed()
    return store


def _ask(store: Any) -> tuple[Any, str]:
    return store, store.what_changed()
