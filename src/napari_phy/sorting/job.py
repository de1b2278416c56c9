"""A job: long work in a thread of its own, with progress, a log and a result; it knows no Qt."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.progress import CancelledError, OnProgress
from napari_phy.core.summaries import job_html

logger = logging.getLogger(__name__)

Status = Literal["running", "done", "failed", "cancelled"]
T = TypeVar("T")

_LOOK_S = 0.05  # at how far it is
_LEAST_S = 0.5  # before this nothing is said of the time that is left


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes
    ----------
    stage : str
        What it does now.
    fraction : float
        0…1 of the whole job.
    time_left_s : float or None
        Seconds, if it goes on as fast as up to now; None while that is not known.
    """

    stage: str
    fraction: float
    time_left_s: float | None

    def __str__(self) -> str:
        left = "" if self.time_left_s is None else f", {self.time_left_s:.0f} s left"
        return f"{self.stage}, {self.fraction:.0%}{left}"


class Reporter:
    """What the work of a job tells how far it is, and learns from that it is to stop."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._stage = "Starting"
        self._fraction = 0.0
        self._log: list[str] = []
        self._is_cancelled = threading.Event()
        self.has_stopped = False
        self.keeps_work = True

    @property
    def progress(self) -> Progress:
        """How far the work is."""
        elapsed, fraction = time.monotonic() - self._began, self._fraction
        is_known = fraction >= 1 or (fraction > 0 and elapsed >= _LEAST_S)
        return Progress(self._stage, fraction, elapsed * (1 - fraction) / fraction if is_known else None)

    @property
    def log(self) -> tuple[str, ...]:
        """What the work has said, a sentence each."""
        return tuple(self._log)

    def stage(self, name: str, stop: float) -> OnProgress:
        """Begin a stage of the work.

        Parameters
        ----------
        name : str
            What is done now, such as `"Detecting spikes"`.
        stop : float
            0…1, how far the whole work is at its end; it starts where the one before it stopped.

        Returns
        -------
        callable
            Called with the part of the stage that is done, 0…1; raises CancelledError where the job is to stop.
        """
        self.check()
        self._stage, start = name, self._fraction

        def on_progress(share: float) -> None:
            self.check()
            self._fraction = start + (stop - start) * share

        return on_progress

    def within(self, stop: float) -> Reporter:
        """Return the reporter of a part of the work that ends at `stop`, and whose own fractions go from 0 to 1."""
        return _PartReporter(self, stop)

    def say(self, sentence: str) -> None:
        """Add a sentence to the log."""
        logger.info(sentence)
        self._log.append(sentence)

    def check(self) -> None:
        """Raise CancelledError where the job is to stop."""
        if self._is_cancelled.is_set():
            self.has_stopped = True
            raise CancelledError

    def cancel(self, *, keeps: bool = False) -> None:
        """Ask the work to stop, and to keep what it has in its hidden folder or not."""
        self.keeps_work = keeps
        self._is_cancelled.set()

    def finish(self) -> None:
        """Say that all is done."""
        self._stage, self._fraction = "Done", 1.0


class _PartReporter(Reporter):
    """Tells another reporter, which learns whether it is to stop."""

    def __init__(self, whole: Reporter, stop: float) -> None:
        super().__init__()
        self._whole = whole
        self._start, self._stop = whole.progress.fraction, stop

    def stage(self, name: str, stop: float) -> OnProgress:
        return self._whole.stage(name, self._start + (self._stop - self._start) * stop)

    def say(self, sentence: str) -> None:
        self._whole.say(sentence)

    def check(self) -> None:
        self._whole.check()


class Job(Generic[T]):
    """Work that began when this was made, in a thread of its own; a script that ends waits for it.

    Parameters
    ----------
    name : str
        What it is called, such as `"SpikeDetekt of recording.prm"`.
    work : callable
        Gets a `Reporter` and returns the result. Work that is told to stop may return what it has so far.

    Examples
    --------
    >>> job = napari_phy.sorting.spikedetect.run("recording.prm")
    >>> job
    <Job SpikeDetekt of recording.prm: Detecting spikes, 43%, 12 s left>
    >>> job.result().path
    """

    def __init__(self, name: str, work: Callable[[Reporter], T]) -> None:
        self.name = name
        self._reporter = Reporter()
        self._result: T | None = None
        self._error: BaseException | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), name=f"napari-phy {name}")
        self._thread.start()

    @property
    def status(self) -> Status:
        """One of "running", "done", "failed" and "cancelled"."""
        if not self._is_over.is_set():
            return "running"
        if self._reporter.has_stopped:
            return "cancelled"
        return "done" if self._error is None else "failed"

    @property
    def progress(self) -> Progress:
        """The stage, the fraction that is done, and the time that is left."""
        return self._reporter.progress

    @property
    def log(self) -> tuple[str, ...]:
        """What there was to say on the way, a sentence each."""
        return self._reporter.log

    def result(self, timeout_s: float | None = None) -> T:
        """Wait for the end and return the result.

        Parameters
        ----------
        timeout_s : float, optional
            How long to wait, in seconds; None: as long as it takes.

        Raises
        ------
        TimeoutError
            It is not done by then; it goes on.
        CancelledError
            It was cancelled and has nothing to return.
        Exception
            What the work raised; a NapariPhyError says what to do.
        """
        if not self._is_over.wait(timeout_s):
            raise TimeoutError(f"{self.name} is not done yet.")
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]

    def follow(self, on_progress: OnProgress) -> T:
        """Wait for the end and return the result, as `result`; `on_progress` hears how far it is meanwhile.

        Where that raises CancelledError, the job is cancelled, and this returns when it has stopped.
        """
        try:
            while True:
                on_progress(self.progress.fraction)
                with suppress(TimeoutError):
                    return self.result(_LOOK_S)
        except CancelledError:
            self.cancel()
            self._is_over.wait()
            raise

    def cancel(self, *, keeps: bool = False) -> None:
        """Ask it to stop; `result()` then returns what it has so far, or raises CancelledError.

        Parameters
        ----------
        keeps : bool, default False
            Whether work that writes a data set keeps what it has in a hidden folder beside it: the same call goes on
            from there. A job that fails, or whose program is killed, keeps it always.
        """
        self._reporter.cancel(keeps=keeps)

    def __repr__(self) -> str:
        state = str(self.progress) if self.status == "running" else self.status
        return f"<Job {self.name}: {state}>"

    def _repr_html_(self) -> str:
        """Return how far it is now, for a notebook."""
        progress = self.progress
        state = str(progress) if self.status == "running" else self.status
        return job_html(self.name, state, progress.fraction, self.log)

    def _run(self, work: Callable[[Reporter], T]) -> None:
        try:
            self._result = work(self._reporter)
            self._reporter.finish()
        except BaseException as error:  # noqa: BLE001  # it is raised by `result`
            self._error = error
            if not isinstance(error, CancelledError):
                known = isinstance(error, NapariPhyError)
                self._reporter.say(str(error) if known else f"{type(error).__name__}: {error}.")
        finally:
            self._is_over.set()
