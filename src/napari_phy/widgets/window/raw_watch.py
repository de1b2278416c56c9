"""Says when raw data that were there cannot be read any more, and shows them again when they are back."""

from typing import Any
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QMainWindow
from superqt.utils import create_worker

from napari_phy.core.errors import NapariPhyError
from napari_phy.session.session import Session
from napari_phy.widgets.base.application import referent
from napari_phy.widgets.base.notifications import notify, take_back

LOOK_AGAIN_MS = 2000


class RawWatch(QObject):
    """Follows one session at a time; each trouble is said once, until the file is whole again."""

    back = Signal()
    _told = Signal(str)

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._session: Session | None = None
        self._said = ""
        self._timer = QTimer(self, singleShot=True, interval=LOOK_AGAIN_MS)
        self._timer.timeout.connect(self._look)
        self._told.connect(self._on_told)

    def follow(self, session: Session | None) -> None:
        """Listen to another session, or to none."""
        if self._session is not None:
            self._session.raw_trouble.disconnect(self._tell, missing_ok=True)
        self._session = session
        self._timer.stop()
        self._take_back()
        if session is not None:
            session.raw_trouble.connect(self._tell)

    def _tell(self, sentence: str) -> None:
        """Go on in the main thread: layers may be read in others."""
        if isalive(self):
            self._told.emit(sentence)

    def _on_told(self, sentence: str) -> None:
        if self._session is not None and not self._said:
            self._said = f"{sentence} The traces are shown again when the file is back."
            notify(self._said, "warning")
            self._timer.start()

    def _look(self) -> None:
        """Read the last sample, in the background."""
        traces = None if self._session is None else self._session.model.traces
        if traces is None:
            return
        worker = create_worker(_reads, traces, _start_thread=False, _ignore_errors=True)
        worker.returned.connect(self._on_looked)
        worker.start()

    def _on_looked(self, reads: bool) -> None:
        if not isalive(self) or not self._said or self._session is None:
            return
        if reads:
            self._take_back()
            self.back.emit()
        else:
            self._timer.start()

    def _take_back(self) -> None:
        if self._said:
            take_back([self._said], referent(self._window))
            self._said = ""


def _reads(traces: Any) -> bool:
    try:
        traces[traces.shape[0] - 1 :]
    except (NapariPhyError, OSError):
        return False
    return True
