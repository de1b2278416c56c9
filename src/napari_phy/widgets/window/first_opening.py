"""Opens the workspace once its window is on the screen, and has the window painted once, with all docks."""

from collections.abc import Callable
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal
from qtpy.QtWidgets import QMainWindow

from napari_phy.widgets.base.application import referent
from napari_phy.widgets.base.draw_batch import PaintHold
from napari_phy.widgets.window.window_size import is_on_screen, make_room

LOOK_MS, ROOM_MS = 20, 60
N_LOOKS = 50


class FirstOpening(QObject):
    """Waits until a window has the size in which docks are arranged.

    `napari FILE` opens the file first and shows its window then. One that is never shown is not waited for.

    Parameters
    ----------
    window : QMainWindow
        It has no docks of ours yet.
    open_workspace : callable
        Opens them.
    """

    opened = Signal()

    def __init__(self, window: QMainWindow, open_workspace: Callable[[], object]) -> None:
        super().__init__(window)
        self._window = ref(window)
        self._open_workspace = open_workspace
        self._n_looks = 0
        self._has_room = False
        if is_on_screen(window):
            PaintHold(window)  # napari paints the window while it adds our layers
        QTimer.singleShot(0, self._look)

    @classmethod
    def of(cls, window: QMainWindow) -> "FirstOpening | None":
        """Return what waits for a window, None where nothing does."""
        return window.findChild(cls, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def _look(self) -> None:
        if not isalive(self):
            return
        self._n_looks += 1
        window = referent(self._window)
        if self._n_looks < N_LOOKS and _may_appear(window):
            QTimer.singleShot(LOOK_MS, self._look)
        elif not self._has_room and make_room(window):
            self._has_room = True
            QTimer.singleShot(ROOM_MS, self._look)  # until it is painted in that size
        else:
            self._open(window)

    def _open(self, window: QMainWindow) -> None:
        if window.updatesEnabled():
            PaintHold(window)
        self.setParent(None)
        self._open_workspace()
        self.opened.emit()
        self.deleteLater()


def _may_appear(window: QMainWindow) -> bool:
    """Tell whether a window is about to be on the screen; napari shows it before its event loop runs."""
    if not window.isVisible():
        app = QCoreApplication.instance()
        return app is not None and app.thread().loopLevel() == 0
    return not is_on_screen(window)
