"""Does something once, before the next frame, however often it was asked for."""

from qtpy.QtCore import QObject, Qt, Signal


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
