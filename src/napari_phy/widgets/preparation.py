"""Reads the features of a large data set once, in the background."""

import logging
from typing import Any

from napari.qt.threading import create_worker
from qtpy.compat import isalive
from qtpy.QtCore import QObject, Signal

from napari_phy.core.progress import CancelledError

logger = logging.getLogger(__name__)

LARGE = 200_000  # spikes; below that, reading takes a moment only


def is_large(session: Any) -> bool:
    """Return whether the features should be read in the background."""
    return session.sums is not None and session.model.n_spikes > LARGE


class Preparation(QObject):
    """Reads what is open; `progressed` carries whole per cents, `finished` comes unless it was cancelled."""

    progressed = Signal(int)
    finished = Signal()

    def __init__(self, session: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = session.name
        self._sums = session.sums  # those of what is open now, wherever the session goes
        self._is_cancelled = False
        self._percent = -1

    def start(self) -> None:
        """Begin."""
        worker = create_worker(self._run, _start_thread=False, _ignore_errors=True)
        worker.returned.connect(self._on_returned)
        worker.errored.connect(self._on_errored)
        worker.start()

    def cancel(self) -> None:
        """Stop soon and say nothing more."""
        self._is_cancelled = True

    def _run(self) -> None:
        try:
            self._sums.prepare(self._on_progress)
        except CancelledError:
            logger.debug("Reading the features of %s was cancelled.", self._name)

    def _on_progress(self, share: float) -> None:
        if self._is_cancelled:
            raise CancelledError
        percent = int(100 * share)
        if percent != self._percent and isalive(self):
            self._percent = percent
            self.progressed.emit(percent)

    def _on_returned(self, _result: object) -> None:
        if not self._is_cancelled:
            self.finished.emit()

    def _on_errored(self, error: Exception) -> None:
        logger.error("The features of %s could not be read.", self._name, exc_info=error)
        self._on_returned(None)
