"""Leaves the docks of a window as they were when it, or the data set, was closed."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QByteArray, QEvent, QObject, QSize, QTimer
from qtpy.QtWidgets import QMainWindow

from napari_phy.session.session import Session
from napari_phy.storage.layouts import KeptLayout, load_layout, save_layout
from napari_phy.widgets.base.application import referent
from napari_phy.widgets.window.dock_manager import DockManager
from napari_phy.widgets.window.dock_registry import LISTS
from napari_phy.widgets.window.layouts import PRESETS, set_corners

VERSION = 1  # of what Qt tells of our docks


class LayoutStore(QObject):
    """Keeps where docks are, for each data set and for the user, in large and in small windows.

    Parameters
    ----------
    session : returns the open data set, or None.
    """

    def __init__(self, window: QMainWindow, board: DockManager, session: Callable[[], Any], parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._board = board
        self._session = session
        window.installEventFilter(self)

    def restore(self, session: Session | None, *, again: bool = False) -> bool:
        """Put the docks where they were for a data set, else where the user left them; False where nobody knows.

        The form is chosen at the first opening, or `again`.
        """
        board, window = self._board, referent(self._window)
        size = window.size()  # new docks may need more until they are at their places
        kept = load_layout(_path_of(session), board.choose_form(again=again))
        if kept is None or kept.preset not in PRESETS or not board.open_all(kept.docks):
            return False
        if not self._place(kept.state):
            board.keep_size(size)
            return False
        board.take_layout(kept.preset)
        QTimer.singleShot(0, partial(self._divide, kept.state, size if window.isVisible() else None))
        return True

    def _divide(self, state: bytes, size: QSize | None) -> None:
        """Divide the window as it was, once new docks no longer make it larger."""
        if isalive(self):
            if size is not None:
                self._board.keep_size(size)
            self._place(state)
            self._board.arranged.emit()

    def _place(self, state: bytes) -> bool:
        """Put the docks at their places; the list of clusters is there in any case."""
        window = referent(self._window)
        set_corners(window)
        with self._board.placing():
            is_placed = window.restoreState(QByteArray(state), VERSION)
        if self._board.docks[LISTS[0]].isHidden():
            self._board.open(LISTS[0])
        return bool(is_placed)

    def keep(self) -> None:
        """Write down where the docks are."""
        session, board, window = self._session(), self._board, self._window()
        if session is None or window is None or not board.is_arranged:
            return
        docks = tuple(name for name, dock in board.docks.items() if not dock.isHidden())
        state = bytes(window.saveState(VERSION).data())
        save_layout(_path_of(session), board.form, KeptLayout(board.preset.name, docks, state))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the layout when the window is closed."""
        if event.type() == QEvent.Type.Close:
            self.keep()
        return False


def _path_of(session: Session | None) -> Path | None:
    path = None if session is None else session.model.path
    return path if isinstance(path, Path) and path.is_file() else None
