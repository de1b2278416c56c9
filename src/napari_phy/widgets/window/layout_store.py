"""Where the docks of a window were left, for each data set and for the user."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QByteArray, QEvent, QObject, QSize, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

from napari_phy.session.session import Session
from napari_phy.storage.layouts import SavedLayout, load_layout, save_layout
from napari_phy.widgets.base.application import referent
from napari_phy.widgets.window.dock_manager import DockManager
from napari_phy.widgets.window.kinds import LISTS
from napari_phy.widgets.window.layouts import PRESETS, laid_out_once, set_corners
from napari_phy.widgets.window.window_size import WindowSize

VERSION = 1  # of what Qt tells of our docks
SAVE_MS = 1000  # after a change, so that a dock that is moved is written once


class LayoutStore(QObject):
    """Saves where docks are, for each data set and for the user, in large and in small windows.

    That is when the user has changed it, and when the data set or the window is closed.

    Parameters
    ----------
    size : WindowSize
        Arranges the docks for another size of the window.
    session : callable
        Returns the open data set, or None.
    """

    def __init__(
        self,
        window: QMainWindow,
        board: DockManager,
        size: WindowSize,
        session: Callable[[], Any],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._size = size
        self._board = board
        self._session = session
        self._saved: SavedLayout | None = None  # what is written, or was there when the data set was opened
        self._is_opening = False
        self._timer = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._timer.timeout.connect(self._save_changes)
        board.adopted.connect(self._watch)
        board.arranged.connect(self._on_arranged)
        window.installEventFilter(self)

    def restore(self, session: Session | None, *, again: bool = False) -> bool:
        """Put the docks where they were for a data set, else where the user left them; False where that is not known.

        The form is chosen at the first opening, or `again`.
        """
        self._is_opening = True
        board, window = self._board, referent(self._window)
        size = window.size()  # new docks may need more until they are at their places
        layout = load_layout(_path_of(session), board.choose_form(again=again))
        if layout is None or layout.preset not in PRESETS:
            return False
        with laid_out_once(window):
            if not board.open_all(layout.docks, layout.behind):
                return False
            is_placed = self._place(layout.state)
        if not is_placed:
            board.keep_size(size)
            return False
        board.take_layout(layout.preset)
        placed = window.saveState(VERSION)
        QTimer.singleShot(0, partial(self._divide, layout.state, placed, size if window.isVisible() else None))
        return True

    def _divide(self, state: bytes, placed: QByteArray, size: QSize | None) -> None:
        """Divide the window as it was, once new docks no longer make it larger, unless they are as they were placed."""
        if isalive(self):
            window = referent(self._window)
            was_larger = size is not None and window.size() != size
            if size is not None:
                self._board.keep_size(size)
            if was_larger or window.saveState(VERSION) != placed:
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

    def save(self) -> None:
        """Write down where the docks are."""
        self._timer.stop()
        session, layout = self._session(), self._layout()
        if session is not None and layout is not None:
            self._saved = layout
            save_layout(_path_of(session), self._board.form, layout)

    def _layout(self) -> SavedLayout | None:
        board, window = self._board, self._window()
        if window is None or not board.is_arranged:
            return None
        docks = tuple(name for name, dock in board.docks.items() if not dock.isHidden())
        return SavedLayout(board.preset.name, docks, bytes(window.saveState(VERSION).data()), board.behind)

    def _save_changes(self) -> None:
        """Save, but not the form for small windows as it looks in one that has just become large."""
        if self._size.is_due:
            self._timer.start()
        elif self._layout() != self._saved:
            self.save()

    def _watch(self, _panel: QWidget, dock: QDockWidget) -> None:
        for signal in (dock.visibilityChanged, dock.dockLocationChanged, dock.topLevelChanged):
            signal.connect(self._on_changed)
        dock.installEventFilter(self)

    def _on_changed(self, *_: object) -> None:
        self._timer.start()

    def _on_arranged(self) -> None:
        if self._is_opening:
            self._is_opening, self._saved = False, self._layout()
        else:
            self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Save when the window is closed, and after lines between docks, or floating docks, were moved."""
        kind = event.type()
        if isinstance(watched, QDockWidget):
            if kind in (QEvent.Type.Move, QEvent.Type.Resize) and watched.isFloating():
                self._timer.start()
        elif kind == QEvent.Type.Close:
            self.save()
        elif kind == QEvent.Type.MouseButtonRelease:
            self._timer.start()
        return False


def _path_of(session: Session | None) -> Path | None:
    path = None if session is None else session.model.path
    return path if isinstance(path, Path) and path.is_file() else None
