"""Slow work on the data set of a window: one job at a time, in a worker thread, with progress, cancelled where safe."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import QEventLoop, QObject, Signal

from napari_phy.core.progress import OnProgress
from napari_phy.widgets.base.activity import ActivityProgress, activity_paused
from napari_phy.widgets.base.latest_result import LatestResult

SHOWN_MS = 150  # work that takes less is not shown


@dataclass(frozen=True, eq=False)
class Job:
    """What is to be done.

    Attributes
    ----------
    words : str
        What is shown while it goes on, ending in an ellipsis.
    work : callable
        Does it, in a worker thread.
    done : callable
        Gets what it returned, in the main thread.
    failed : callable
        Gets the error, if `work` raised one.
    cancel : callable, optional
        Gives it up; None where it must go on to its end.
    in_status_bar : bool
        Whether the status bar shows it; napari's activity dock shows all.
    """

    words: str
    work: Callable[[OnProgress], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]
    cancel: Callable[[], None] | None = None
    in_status_bar: bool = True


class BackgroundWork(QObject):
    """Does one job; `changed` when it begins and when it is over, before `done` or `failed` of the job is called."""

    changed = Signal()
    progressed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job: Job | None = None
        self._results = LatestResult(self)
        self._activity = ActivityProgress(self, delay_ms=SHOWN_MS)
        self._results.progressed.connect(self.progressed)
        self._results.progressed.connect(self._activity.set_percent)
        self._results.result_ready.connect(self._on_result)
        self._results.failed.connect(self._on_failed)

    @property
    def job(self) -> Job | None:
        """What is being done, or None."""
        return self._job

    def begin(self, job: Job) -> None:
        """Do a job; there must be no other."""
        assert self._job is None
        self._job = job
        self._results.ask(job, job.work)
        self._activity.start(job.words, None if job.cancel is None else self.cancel)
        self.changed.emit()

    def cancel(self) -> None:
        """End the job, if that is safe."""
        job = self._job
        if job is not None and job.cancel is not None:
            self._results.drop()
            self._end()
            job.cancel()

    def settle(self) -> None:
        """Cancel the job where that is safe, else wait for it; the windows are painted meanwhile, and take no input."""
        self.cancel()
        loop = QEventLoop()
        self.changed.connect(loop.quit)
        with activity_paused():
            while self._job is not None:  # the end of one may begin another
                loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        self.changed.disconnect(loop.quit)

    def _end(self) -> None:
        self._job = None
        self._activity.stop()
        self.changed.emit()

    def _on_result(self, job: Job, answer: Any) -> None:
        self._end()
        job.done(answer)

    def _on_failed(self, job: Job, error: Exception) -> None:
        self._end()
        job.failed(error)
