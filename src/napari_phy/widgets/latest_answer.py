"""Runs slow work off the main thread and hands over only the answer that is still wished for."""

from collections.abc import Callable, Hashable
from typing import Any

from napari.qt.threading import create_worker
from qtpy.QtCore import QObject, QThreadPool, Signal

from napari_phy.core.errors import NapariPhyError

_STALE = object()  # what runs was asked of another session: its answer is not that of the same question now
_in_own_pools: set[Any] = set()  # as napari keeps those of the shared pool, until they have told what they have


class LatestAnswer(QObject):
    """Answers one question at a time; a newer question waits for the running one and replaces the waiting one.

    Parameters
    ----------
    pool : whose threads compute; None: those that napari shares among all.
    """

    answered = Signal(object, object)
    failed = Signal(object, object)

    def __init__(self, parent: QObject | None = None, *, pool: QThreadPool | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._wanted: Hashable | None = None
        self._running: Hashable | None = None
        self._waiting: tuple[Hashable, Callable[[], Any]] | None = None

    @property
    def wanted(self) -> Hashable | None:
        """The question whose answer is awaited."""
        return self._wanted

    def ask(self, question: Hashable, compute: Callable[[], Any]) -> None:
        """Compute in the background, then emit `answered(question, data)` or `failed(question, error)`."""
        if question == self._wanted:
            return
        self._wanted = question
        if self._running == question:
            self._waiting = None
        elif self._running is not None:
            self._waiting = (question, compute)
        else:
            self._start(question, compute)

    def drop(self) -> None:
        """Stop waiting; the answer on its way is thrown away."""
        self._wanted = None
        self._waiting = None
        if self._running is not None:
            self._running = _STALE

    def _start(self, question: Hashable, compute: Callable[[], Any]) -> None:
        self._running = question
        worker = create_worker(_answer, compute, _start_thread=False, _ignore_errors=True)
        worker.returned.connect(self._on_returned)
        worker.errored.connect(self._on_errored)
        if self._pool is None:
            worker.start()
        else:
            _in_own_pools.add(worker)
            worker.finished.connect(lambda: _in_own_pools.discard(worker))
            self._pool.start(worker)

    def _on_returned(self, answer: tuple[Any, NapariPhyError | None]) -> None:
        data, error = answer
        if error is None:
            self._finish(self.answered, data)
        else:
            self._finish(self.failed, error)

    def _on_errored(self, error: Exception) -> None:
        self._finish(self.failed, error)

    def _finish(self, signal: Any, payload: Any) -> None:
        question, self._running = self._running, None
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._start(*waiting)
        if question == self._wanted:
            self._wanted = None
            signal.emit(question, payload)


def _answer(compute: Callable[[], Any]) -> tuple[Any, NapariPhyError | None]:
    try:
        return compute(), None
    except NapariPhyError as error:
        return None, error
