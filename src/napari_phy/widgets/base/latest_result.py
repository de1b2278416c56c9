"""Runs slow work off the main thread, stops it once it is not needed, and hands over only the result still wanted."""

from collections.abc import Callable, Hashable
from functools import cache, partial
from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import QObject, QThread, QThreadPool, Signal
from superqt.utils import create_worker

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.progress import CancelledError, OnProgress
from napari_phy.widgets.base.activity import ActivityProgress
from napari_phy.widgets.base.application import application
from napari_phy.widgets.napari_compat import short_switch_interval

LONG_MS = 2000  # until work is shown in the activity dock

Compute = Callable[[OnProgress], Any]

_in_own_pools: set[Any] = set()  # as napari keeps those of the shared pool, until they have delivered their result


class _Work:
    """A request that is being computed; its next progress report stops it if it is not wanted any more."""

    def __init__(self, question: Hashable) -> None:
        self.question = question
        self.is_wanted = True
        self.is_stale = False  # asked of another session: its answer is not that of the same question now
        self.percent = 0
        self.outcome: tuple[Any, Exception | None] = (None, None)


class LatestResult(QObject):
    """Answers one question at a time; a newer question stops the running one and replaces the waiting one.

    `result_ready(question, data)` or `failed(question, error)` comes for the question asked last in any case, unless it
    was dropped; `progressed(percent)` before that, for work that reports how far it is. Of a question that was replaced
    comes nothing, or, where the newer one let it end, its result.

    Parameters
    ----------
    pool : QThreadPool, optional
        Its threads compute; None for those that napari shares among all.
    activity : str
        What napari's activity dock says of work that takes seconds; "" for work that nobody waits for: while the dock
        shows any, napari's spinner draws the whole window many times a second.
    cancel : callable, optional
        What its Cancel button there does; None for none.
    """

    result_ready = Signal(object, object)
    failed = Signal(object, object)
    progressed = Signal(int)
    _reported = Signal(object, int)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        pool: QThreadPool | None = None,
        activity: str = "",
        cancel: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(parent)
        self._pool = pool
        self._activity = ActivityProgress(self, delay_ms=LONG_MS) if activity else None
        self._activity_words, self._cancel = activity, cancel
        self._wanted: Hashable | None = None
        self._running: _Work | None = None
        self._waiting: tuple[Hashable, Compute] | None = None
        self._reported.connect(self._on_reported)

    @property
    def wanted(self) -> Hashable | None:
        """The question whose answer is awaited."""
        return self._wanted

    def ask(self, question: Hashable, compute: Compute, *, lets_end: bool = False) -> None:
        """Have `compute(on_progress)` called in the background; its first report after another question ends it.

        With `lets_end`, what runs is not stopped, and its result comes, too: so something comes also while questions
        follow each other faster than they are answered.
        """
        if question == self._wanted:
            return
        self._wanted = question
        if self._running is None:
            self._start(question, compute)
            return
        self._running.is_wanted = self._running.is_wanted and lets_end
        self._waiting = (question, compute)

    def drop(self) -> None:
        """Stop working and waiting; an answer on its way is thrown away."""
        self._wanted = None
        self._waiting = None
        if self._running is not None:
            self._running.is_wanted, self._running.is_stale = False, True
        if self._activity is not None:
            self._activity.stop()

    def _start(self, question: Hashable, compute: Compute) -> None:
        work = self._running = _Work(question)
        if self._activity is not None:
            self._activity.start(self._activity_words, self._cancel)
        worker = create_worker(_answer, work, compute, self._watch(work), _start_thread=False, _ignore_errors=True)
        worker.errored.connect(self._on_errored)
        worker.finished.connect(partial(self._on_finished, work))
        if self._pool is None:
            worker.start()
        else:
            _in_own_pools.add(worker)
            worker.finished.connect(partial(_in_own_pools.discard, worker))
            self._pool.start(worker)

    def _watch(self, work: _Work) -> OnProgress:
        def on_progress(share: float) -> None:
            """Tell how far it is, from the worker's thread."""
            if not (work.is_wanted and isalive(self)):
                raise CancelledError
            percent = int(100 * share)
            if percent > work.percent:
                work.percent = percent
                self._reported.emit(work, percent)

        return on_progress

    def _on_reported(self, work: _Work, percent: int) -> None:
        if work is self._running and work.is_wanted:
            self.progressed.emit(percent)
            if self._activity is not None:
                self._activity.set_percent(percent)

    def _on_finished(self, work: _Work) -> None:
        """Hand over; napari tells no result of workers of other windows that it quits when one window closes."""
        if isalive(self) and work is self._running:
            self._finish(*work.outcome)

    def _on_errored(self, error: Exception) -> None:
        self._finish(None, error)

    def _finish(self, data: Any, error: Exception | None) -> None:
        work, self._running = self._running, None
        if work is None:
            return
        waiting, self._waiting = self._waiting, None
        if self._activity is not None:
            self._activity.stop()
        was_stopped = isinstance(error, CancelledError) and not work.is_wanted
        if work.question == self._wanted and not work.is_stale and not was_stopped:
            self._wanted = None
            if error is None:
                self.result_ready.emit(work.question, data)
            else:
                self.failed.emit(work.question, error)
        elif waiting is not None:
            self._start(*waiting)
            if work.is_wanted and error is None:
                self.result_ready.emit(work.question, data)


def _answer(work: _Work, compute: Compute, on_progress: OnProgress) -> None:
    try:
        with short_switch_interval():
            work.outcome = compute(on_progress), None
    except (NapariPhyError, CancelledError) as error:
        work.outcome = None, error


@cache
def background_pool() -> QThreadPool:
    """Return the one thread for work in the background that no view waits for; it leaves the others to the views."""
    return _pool(1)


@cache
def view_pool() -> QThreadPool:
    """Return the threads of views alone: those that napari shares may all be busy with work that takes minutes."""
    return _pool(max(2, QThread.idealThreadCount()))


def _pool(n_threads: int) -> QThreadPool:
    pool = QThreadPool()
    pool.setMaxThreadCount(n_threads)
    application().aboutToQuit.connect(pool.waitForDone)
    return pool
