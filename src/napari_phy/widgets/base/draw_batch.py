"""Draws once for several changes, and shows the results of one click in one frame."""

from collections.abc import Callable, Mapping

from qtpy.QtCore import QObject, Qt, QTimer, Signal
from qtpy.QtWidgets import QWidget

PATIENCE_MS, FIRST_PATIENCE_MS = 100, 500
LOOK_MS, N_LOOKS = 100, 30


class DrawBatch(QObject):
    """Holds answers of views until the others have theirs, but not for long: each frame draws the whole window anew.

    Parameters
    ----------
    panels : mapping of str to QWidget
        All that are docked, by name.
    """

    def __init__(self, panels: Mapping[str, QWidget], parent: QObject) -> None:
        super().__init__(parent)
        self._panels = panels
        self._held: list[Callable[[], None]] = []
        self._late = QTimer(self, singleShot=True)
        self._late.timeout.connect(self._show)

    def hold(self, show: Callable[[], None], patience_ms: int = PATIENCE_MS) -> None:
        """Have something shown when no view waits for an answer, or after so long."""
        self._held.append(show)
        if not any(getattr(panel, "waiting", False) for panel in self._panels.values()):
            self._show()
        elif self._late.remainingTime() < 0 or patience_ms > PATIENCE_MS:
            self._late.start(patience_ms)

    def _show(self) -> None:
        self._late.stop()
        held, self._held = self._held, []
        for show in held:
            show()


class Debounce(QObject):
    """Emits `due` when the events that came before are handled; Qt paints after that, and runs timers after painting.

    What is asked of threads on `due` is worked on while the main thread paints.
    """

    due = Signal()
    _asked = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.is_asked = False
        self._asked.connect(self._on_asked, Qt.ConnectionType.QueuedConnection)

    def ask(self) -> None:
        """Have `due` emitted; asking again before that changes nothing."""
        if not self.is_asked:
            self.is_asked = True
            self._asked.emit()

    def _on_asked(self) -> None:
        self.is_asked = False
        self.due.emit()


class PaintHold(QObject):
    """Keeps a window from painting while docks are opened in it, so that it is painted once, with all of them.

    Parameters
    ----------
    window : QWidget
        It stays as it was painted last until `end` is called with it, but for no more than three seconds in which
        events are handled.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._n_looks = 0
        self._looks = QTimer(self, interval=LOOK_MS)
        self._looks.timeout.connect(self._look)
        self._looks.start()
        window.setUpdatesEnabled(False)

    @classmethod
    def end(cls, window: QWidget) -> None:
        """Paint a window that was kept from it."""
        for hold in window.findChildren(cls, options=Qt.FindChildOption.FindDirectChildrenOnly):
            hold._end()

    def _look(self) -> None:
        self._n_looks += 1  # once however long the main thread was busy
        if self._n_looks >= N_LOOKS:
            self._end()

    def _end(self) -> None:
        self._looks.stop()
        self._window.setUpdatesEnabled(True)
        self.setParent(None)
        self.deleteLater()
