"""The size of a window, by which its docks have the form for large or for small ones."""

from weakref import ref

from qtpy.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QMainWindow

from napari_phy.widgets.base.application import referent
from napari_phy.widgets.window.dock_manager import DockManager
from napari_phy.widgets.window.layouts import SMALL_BELOW, Places

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
        """Give a window more room when docks are arranged in it for the first time; return whether it has it."""
        window = referent(self._window)
        if not (self._is_first and is_on_screen(window)):
            return False
        self._is_first = False
        is_larger = make_room(window)
        if is_larger:
            self._board.hold_size(anew=True)
        return is_larger

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
    def is_due(self) -> bool:
        """Whether the docks may be arranged again in a moment."""
        return self._again.isActive()

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
        is_due = self._was_hidden and is_on_screen(referent(self._window))
        if is_larger or is_due or (self._is_outgrown and self._board.places == self._places):
            self.outgrown.emit()


def make_room(window: QMainWindow) -> bool:
    """Give a window smaller than 1280 × 800, or larger than there is room, its whole screen; return whether it was."""
    states = Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen
    size, room = window.size(), window.screen().availableGeometry()
    if window.windowState() & states or size == size.expandedTo(LEAST).boundedTo(room.size()):
        return False
    window.setGeometry(room)
    window.setWindowState(window.windowState() | Qt.WindowState.WindowMaximized)  # its frame has room, too
    return True


def is_on_screen(window: QMainWindow) -> bool:
    """Tell whether the window manager has put the window on the screen: only then it may be asked for another size."""
    return bool(window.isVisible() and window.windowHandle().isExposed())
