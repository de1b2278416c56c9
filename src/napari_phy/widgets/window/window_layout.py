"""Where the docks of a window are: chosen in a menu, kept when it closes, arranged again for its size."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QByteArray, QEvent, QObject, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QAction, QMouseEvent
from qtpy.QtWidgets import QMainWindow, QMenu, QWidget

from napari_phy.session.session import Session
from napari_phy.storage.layouts import KeptLayout, load_layout, save_layout
from napari_phy.widgets.base.application import referent
from napari_phy.widgets.window.background_jobs import DensitySwitch
from napari_phy.widgets.window.dock_manager import DockManager
from napari_phy.widgets.window.dock_registry import KINDS, LISTS, SECTIONS
from napari_phy.widgets.window.layouts import PRESETS, SMALL_BELOW, Places, set_corners


def layout_menu(board: DockManager, arrange: Callable[..., None], density: DensitySwitch, parent: QWidget) -> QMenu:
    """Return the menu; `arrange("Sort", again=True)` puts the docks of a preset at their places.

    Ticks tell the layout and which docks are open; choosing one that is open brings it to the front.
    """

    def choose(preset: str) -> None:
        arrange(preset, again=True)
        board.focus("Clusters")

    def add_heading(text: str) -> None:
        menu.addSeparator()
        heading = menu.addAction(text)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        heading.setEnabled(False)

    def add(text: str, act: Callable[[], object]) -> None:
        entries[text] = menu.addAction(text)
        entries[text].setCheckable(True)
        entries[text].triggered.connect(lambda *_: act())

    def refresh() -> None:
        for text, entry in entries.items():
            is_on = board.is_arranged and text == board.preset.name if text in PRESETS else board.is_open(text)
            entry.setChecked(is_on)
        density.refresh()  # the layer may have been deleted in the list of layers

    menu = QMenu("Layout", parent)
    entries: dict[str, QAction] = {}
    for preset in PRESETS:
        add(preset, partial(choose, preset))
    for section in SECTIONS:
        add_heading(section)
        for title, kind in KINDS.items():
            if kind.section == section:
                add(title, partial(board.open, title))
    add_heading("Canvas")
    menu.addAction(density.action)
    menu.addAction(density.by_amplitude)
    menu.aboutToShow.connect(refresh)
    return menu


VERSION = 1  # of what Qt tells of our docks


class LayoutStore(QObject):
    """Keeps where docks are, for each data set and for the user, in large and in small windows.

    Parameters
    ----------
    session : callable
        Returns the open data set, or None.
    """

    def __init__(self, window: QMainWindow, board: DockManager, session: Callable[[], Any], parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._board = board
        self._session = session
        window.installEventFilter(self)

    def restore(self, session: Session | None, *, again: bool = False) -> bool:
        """Put the docks where they were for a data set, else where the user left them; False where that is not known.

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


LEAST = QSize(1280, 800)  # px, for which the small form is made
WAIT_MS = 200  # after a resize, so that an edge of the window that is dragged arranges once


class WindowSize(QObject):
    """Watches the size of a window; `outgrown` asks for its docks to be arranged again.

    That is when it has a size at last after docks were arranged in it before it was shown, and when it has become large
    or small, as long as the user has moved nothing.
    """

    outgrown = Signal()

    def __init__(self, window: QMainWindow, board: DockManager, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._board = board
        self._places: Places | None = None  # of the docks when they were arranged
        self._is_placing = False  # whether docks are still to find these places
        self._is_first = True  # whether docks were not yet arranged in a window on the screen
        self._was_hidden = False  # whether they were in one that was not shown at all
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self._choose_again)
        board.arranged.connect(self._on_arranged)
        window.installEventFilter(self)

    def prepare(self) -> None:
        """Make room for docks that are about to be arranged, and watch whether they stay at their places."""
        self._make_room()
        self._was_hidden = not referent(self._window).isVisible()
        self._is_placing = True

    def _make_room(self) -> bool:
        """Give a window the room of its screen when docks are arranged in it for the first time; return whether it was.

        That is one smaller than 1280 × 800, or larger than there is room.
        """
        window = referent(self._window)
        if not (self._is_first and _is_on_screen(window)):
            return False
        self._is_first = False
        states = Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen
        size, room = window.size(), window.screen().availableGeometry()
        if window.windowState() & states or size == size.expandedTo(LEAST).boundedTo(room.size()):
            return False
        window.setGeometry(room)
        window.setWindowState(window.windowState() | Qt.WindowState.WindowMaximized)  # its frame has room, too
        self._board.hold_size(anew=True)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again when the window is shown or has another size; notice when a line between docks is moved."""
        if event.type() == QEvent.Type.Paint and self._is_first:
            self._again.start(0)
        elif event.type() == QEvent.Type.Resize and self._is_outgrown:
            self._again.start(WAIT_MS)
        elif isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            is_line = referent(self._window).childAt(event.position().toPoint()) is None
            self._places = None if is_line else self._places
        return False

    @property
    def _is_outgrown(self) -> bool:
        return (referent(self._window).width() < SMALL_BELOW) != self._board.is_small

    def _on_arranged(self) -> None:
        if self._is_placing:
            self._is_placing = False
            self._places = self._board.places

    def _choose_again(self) -> None:
        if not self._board.is_arranged:
            return
        is_larger = self._make_room()
        is_due = self._was_hidden and _is_on_screen(referent(self._window))
        if is_larger or is_due or (self._is_outgrown and self._board.places == self._places):
            self.outgrown.emit()


def _is_on_screen(window: QMainWindow) -> bool:
    """Tell whether the window manager has put the window on the screen: only then it may be asked for another size."""
    return bool(window.isVisible() and window.windowHandle().isExposed())
