"""When each frame of a stack was taken, on the clock of the session."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import on_one_line
from napari_phy.timeline.clock_numbers import (
    MOST_FRAMES,
    MOST_ROWS,
    Float64,
    Int64,
    as_numbers,
    as_offsets,
    as_times,
    check_knots,
)
from napari_phy.timeline.doubts import Doubt

_N_END = 30  # knots whose intervals tell how it goes on beyond them
_PAUSE = 1.5  # usual intervals after which a frame is no longer the one being taken


def _nothing() -> Float64:
    return read_only(np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class TimeBase:
    """Frames ↔ seconds ↔ samples: piecewise linear through the frames whose time is known.

    Make one by `from_rate` or `from_times`; `timeline.align` and `timeline.propose` make them from pulses. Between
    known frames time runs evenly, beyond the first and the last one it goes on at the rate that it had there.

    Parameters
    ----------
    n_frames : int
        Frames of the stack.
    frames : ndarray of int64, shape (n_knots,)
        Ascending numbers of frames whose start is known, two at least; also of frames beyond the stack.
    times_s : ndarray of float64, shape (n_knots,)
        When each of them starts, in seconds of the session's clock; ascending.
    row_offsets_s : ndarray of float64, shape (n_rows,)
        How long after its frame (its plane, where there are planes) each row is taken; empty: not known.
    plane_offsets_s : ndarray of float64, shape (n_planes,)
        How long after its frame each plane is taken; empty: a frame is one plane.
    doubts : tuple of Doubt
        Stretches of frames whose time may be wrong.
    source : str
        Where the times are from: `TTL 3`.
    sample_rate : float, optional
        Samples per second of the session's clock.

    Attributes
    ----------
    frame_times_s : ndarray of float64, shape (n_frames,)
        When each frame starts; ascending.

    Raises
    ------
    TimelineError
        These numbers are no clock.
    """

    n_frames: int
    frames: Int64
    times_s: Float64
    row_offsets_s: Float64 = field(default_factory=_nothing)
    plane_offsets_s: Float64 = field(default_factory=_nothing)
    doubts: tuple[Doubt, ...] = ()
    source: str = ""
    sample_rate: float | None = None
    frame_times_s: Float64 = field(init=False, repr=False)
    _end_intervals_s: tuple[float, float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.n_frames <= MOST_FRAMES:
            raise TimelineError(f"A clock is for 1 to {MOST_FRAMES:,} frames, not {self.n_frames}.")
        frames, times_s = as_numbers(self.frames, "numbers of frames"), as_numbers(self.times_s, "times of frames")
        check_knots(frames, times_s)
        rate = self.sample_rate
        if rate is not None and not (np.isfinite(rate) and 0 < rate <= 1e9):
            raise TimelineError(f"A sample rate is a number above 0, not {rate}.")
        whole = frames.astype(np.int64)
        set_field = object.__setattr__
        set_field(self, "frames", read_only(whole))
        set_field(self, "times_s", read_only(times_s))
        set_field(self, "row_offsets_s", as_offsets(self.row_offsets_s, "rows"))
        set_field(self, "plane_offsets_s", as_offsets(self.plane_offsets_s, "planes"))
        for doubt in self.doubts:
            if not 0 <= doubt.start < doubt.stop <= self.n_frames:
                raise TimelineError(
                    f"Doubtful frames {doubt.start} to {doubt.stop} are not among {self.n_frames} frames."
                )
        intervals_s = np.diff(times_s) / np.diff(whole)
        ends = float(np.median(intervals_s[:_N_END])), float(np.median(intervals_s[-_N_END:]))
        set_field(self, "_end_intervals_s", ends)
        set_field(self, "frame_times_s", read_only(self._make_frame_times()))

    def _make_frame_times(self) -> Float64:
        numbers = np.arange(self.n_frames, dtype=np.float64)
        found = np.interp(numbers, self.frames, self.times_s)
        first, last = int(self.frames[0]), int(self.frames[-1])
        before, after = self._end_intervals_s
        if first > 0:
            found[:first] = self.times_s[0] + (numbers[:first] - first) * before
        if last < self.n_frames - 1:
            found[max(0, last + 1) :] = self.times_s[-1] + (numbers[max(0, last + 1) :] - last) * after
        return found

    @classmethod
    def from_rate(
        cls,
        n_frames: int,
        rate_hz: float,
        offset_s: float = 0.0,
        *,
        source: str = "offset and rate",
        sample_rate: float | None = None,
    ) -> Self:
        """Return the clock of frames at an even rate.

        Parameters
        ----------
        n_frames : int
            Frames of the stack.
        rate_hz : float
            Frames per second of the session's clock.
        offset_s : float, default 0.0
            When frame 0 starts, in seconds of the session's clock.

        Raises
        ------
        TimelineError
            The rate is not above 0, or a number is beyond all measure.
        """
        if not (np.isfinite(rate_hz) and rate_hz > 0 and np.isfinite(offset_s)):
            raise TimelineError(f"Frames need a rate above 0 Hz and an offset in s, not {rate_hz} Hz and {offset_s} s.")
        last = max(1, int(n_frames) - 1)
        times_s = np.array([offset_s, offset_s + last / rate_hz])
        return cls(int(n_frames), np.array([0, last]), times_s, source=source, sample_rate=sample_rate)

    @classmethod
    def from_times(
        cls,
        times_s: npt.ArrayLike,
        n_frames: int | None = None,
        frames: npt.ArrayLike | None = None,
        *,
        source: str = "times of frames",
        sample_rate: float | None = None,
    ) -> Self:
        """Return the clock of frames whose times are known, all of them or some.

        Frames before the first and after the last known one are marked as doubtful.

        Parameters
        ----------
        times_s : array_like, shape (n_known,)
            Ascending seconds of the session's clock.
        n_frames : int, optional
            Frames of the stack; None: as many as times, or up to the last of `frames`.
        frames : array_like of int, shape (n_known,), optional
            Which frame starts at each time, ascending: `numpy.arange(0, 1000, 10)` for a pulse every ten frames;
            None: 0, 1, 2, …

        Raises
        ------
        TimelineError
            The times do not ascend, or there are fewer than two.
        """
        times = as_numbers(times_s, "times of frames")
        known = np.arange(len(times), dtype=np.float64) if frames is None else as_numbers(frames, "numbers of frames")
        check_knots(known, times)
        n = int(known[-1]) + 1 if n_frames is None else int(n_frames)
        doubts = [
            Doubt(
                start, stop, "extrapolated", f"Frames {start}–{stop - 1} have no time; the rate nearby goes on there."
            )
            for start, stop in ((0, min(n, int(known[0]))), (max(0, int(known[-1]) + 1), n))
            if start < stop
        ]
        return cls(n, known.astype(np.int64), times, doubts=tuple(doubts), source=source, sample_rate=sample_rate)

    def with_rows(self, n_rows: int, row_interval_s: float, *, first_s: float = 0.0) -> Self:
        """Return the same clock with rows that are taken one after the other, from `first_s` after the frame's start.

        A two-photon microscope of 512 rows at 30 frames/s takes one each 63 µs: `with_rows(512, 63e-6)`.
        """
        if not 1 <= n_rows <= MOST_ROWS:
            raise TimelineError(f"A frame has 1 to {MOST_ROWS:,} rows, not {n_rows}.")
        offsets_s = first_s + np.arange(n_rows, dtype=np.float64) * float(row_interval_s)
        return replace(self, row_offsets_s=np.asarray(offsets_s, dtype=np.float64))

    def with_planes(self, plane_offsets_s: npt.ArrayLike) -> Self:
        """Return the same clock with planes that are taken so long after the start of their frame."""
        return replace(self, plane_offsets_s=np.asarray(plane_offsets_s, dtype=np.float64))

    def with_doubts(self, doubts: Iterable[Doubt]) -> Self:
        """Return the same clock with these doubts instead of its own."""
        return replace(self, doubts=tuple(doubts))

    @property
    def interval_s(self) -> float:
        """How long a frame usually takes."""
        return float(np.median(np.diff(self.frame_times_s))) if self.n_frames > 1 else self._end_intervals_s[1]

    @property
    def rate_hz(self) -> float:
        """Frames per second, usually."""
        return 1 / self.interval_s

    @property
    def row_interval_s(self) -> float | None:
        """From the start of a row to that of the next one, usually; None where rows have no times of their own."""
        return float(np.median(np.diff(self.row_offsets_s))) if len(self.row_offsets_s) > 1 else None

    @property
    def range_s(self) -> tuple[float, float]:
        """When the first frame starts, and when the last one ends."""
        return float(self.frame_times_s[0]), float(self.frame_times_s[-1] + self._end_intervals_s[1])

    @property
    def doubt(self) -> Float64:
        """(n_frames,) chance that a frame's time is off by half a frame or more; 0 where nothing is doubtful."""
        found = np.zeros(self.n_frames)
        for doubt in self.doubts:
            np.maximum(found[doubt.start : doubt.stop], doubt.chance, out=found[doubt.start : doubt.stop])
        return found

    @property
    def is_doubtful(self) -> npt.NDArray[np.bool_]:
        """(n_frames,) whether a frame is in a doubtful stretch."""
        found = np.zeros(self.n_frames, dtype=np.bool_)
        for doubt in self.doubts:
            found[doubt.start : doubt.stop] = True
        return found

    @property
    def follows_pause(self) -> npt.NDArray[np.bool_]:
        """(n_frames,) whether there is a pause between the frame before and a frame."""
        return np.diff(self.frame_times_s, prepend=self.frame_times_s[0]) > _PAUSE * self.interval_s

    def doubts_at(self, frame: int) -> tuple[Doubt, ...]:
        """Return the doubts about a frame, the largest first."""
        found = (doubt for doubt in self.doubts if doubt.start <= frame < doubt.stop)
        return tuple(sorted(found, key=lambda doubt: -doubt.chance))

    # ---- frame → time

    def time_of(
        self, frame: npt.ArrayLike, *, row: npt.ArrayLike | None = None, plane: npt.ArrayLike | None = None
    ) -> Float64:
        """Return when frames start, in seconds, or when a row or plane of them is taken.

        Parameters
        ----------
        frame : array_like
            Numbers of frames, whole or between two, also beyond the stack.
        row, plane : array_like of int, optional
            Row and plane, from 0; None: the start of the frame. All are broadcast.

        Raises
        ------
        TimelineError
            The clock has no such row or plane, or a frame is no number.
        """
        frame = np.asarray(frame, dtype=np.float64)
        if not np.isfinite(frame).all():
            raise TimelineError("A frame is a number; one of these is none.")
        times, last = self.frame_times_s, self.n_frames - 1
        before, after = self._end_intervals_s
        index = np.clip(np.floor(frame), 0, max(0, last - 1)).astype(np.int64)
        here, there = times[index], times[np.minimum(index + 1, last)]
        part = frame - index
        found = np.where(part == 1, there, np.minimum(here + part * (there - here), there))
        found = np.where(frame < 0, times[0] + frame * before, found)
        found = np.where(frame > last, times[-1] + (frame - last) * after, found)
        return np.asarray(found + self._offset_s(row, plane), dtype=np.float64)[()]

    def sample_of(
        self, frame: npt.ArrayLike, *, row: npt.ArrayLike | None = None, plane: npt.ArrayLike | None = None
    ) -> Int64:
        """Return the sample nearest to the start of frames, or of a row or plane of them, as `time_of`.

        Raises
        ------
        TimelineError
            The clock does not know the sample rate.
        """
        return np.rint(self.time_of(frame, row=row, plane=plane) * self._known_sample_rate).astype(np.int64)[()]

    # ---- time → frame

    def frame_at(
        self, time_s: npt.ArrayLike, *, row: npt.ArrayLike | None = None, plane: npt.ArrayLike | None = None
    ) -> Int64:
        """Return the last frame that has started at a time: the inverse of `time_of` for whole frames.

        −1 before the first frame, `n_frames` after the last one has ended. In a pause it is the frame before it;
        `is_covered` tells.

        Parameters
        ----------
        time_s : array_like
            Seconds of the session's clock.
        row, plane : array_like of int, optional
            Ask for the last frame in which this row, or plane, has started. All are broadcast.

        Raises
        ------
        TimelineError
            The clock has no such row or plane, or a time is no number.
        """
        time_s, times = as_times(time_s), self.frame_times_s
        offset_s = self._offset_s(row, plane)
        guess = np.searchsorted(times, time_s - offset_s, side="right") - 1  # the difference may be rounded
        found = self._last_begun(guess, lambda frame: times[frame] + offset_s <= time_s)
        has_ended = time_s >= times[-1] + offset_s + self._end_intervals_s[1]
        return np.where(has_ended, self.n_frames, found)[()]

    def frame_at_sample(
        self, sample: npt.ArrayLike, *, row: npt.ArrayLike | None = None, plane: npt.ArrayLike | None = None
    ) -> Int64:
        """Return the last frame that has started at a sample, as `frame_at`: the inverse of `sample_of`.

        Raises
        ------
        TimelineError
            The clock does not know the sample rate.
        """
        sample = np.asarray(sample)
        guess = np.asarray(self.frame_at(sample / self._known_sample_rate, row=row, plane=plane))
        found = self._last_begun(guess, lambda frame: self.sample_of(frame, row=row, plane=plane) <= sample)
        return np.where(guess == self.n_frames, guess, found)[()]

    def position_at(
        self, time_s: npt.ArrayLike, *, row: npt.ArrayLike | None = None, plane: npt.ArrayLike | None = None
    ) -> Float64:
        """Return where a time is among the frames, as a number between two: 2.5 is half way from frame 2 to 3.

        Beyond the ends it goes on; `time_of` gives the time back.
        """
        times, last = self.frame_times_s, self.n_frames - 1
        before, after = self._end_intervals_s
        time_s = np.asarray(as_times(time_s) - self._offset_s(row, plane))
        index = np.clip(np.searchsorted(times, time_s, side="right") - 1, 0, max(0, last - 1))
        steps = times[np.minimum(index + 1, last)] - times[index] if last else after
        found = index + (time_s - times[index]) / steps
        found = np.where(time_s < times[0], (time_s - times[0]) / before, found)
        found = np.where(time_s > times[-1], last + (time_s - times[-1]) / after, found)
        return np.asarray(found, dtype=np.float64)[()]

    def is_covered(self, time_s: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return whether a frame was being taken at a time: neither outside of the stack nor in a pause of it."""
        time_s = as_times(time_s)
        frame = np.asarray(self.frame_at(time_s))
        inside = (frame >= 0) & (frame < self.n_frames)
        since_s = time_s - self.frame_times_s[np.clip(frame, 0, self.n_frames - 1)]
        return np.asarray(inside & (since_s <= _PAUSE * self.interval_s))[()]

    def _last_begun(self, guess: Int64, has_begun: Callable[[Int64], npt.NDArray[np.bool_]]) -> Int64:
        """Return the last frame that has begun, −1 for none, where a guess is wrong by one at most."""
        last = self.n_frames - 1
        found = np.where((guess >= 0) & ~has_begun(np.clip(guess, 0, last)), guess - 1, guess)
        return np.where((found < last) & has_begun(np.clip(found + 1, 0, last)), found + 1, found).astype(np.int64)

    def _offset_s(self, row: npt.ArrayLike | None, plane: npt.ArrayLike | None) -> Float64:
        found = np.zeros(())
        for places, offsets, what in ((row, self.row_offsets_s, "row"), (plane, self.plane_offsets_s, "plane")):
            if places is not None:
                places = np.asarray(places)
                is_there = (places >= 0) & (places < len(offsets)) & (places.dtype.kind in "iu")
                if not is_there.all():
                    wrong = on_one_line(places[~is_there][0])
                    raise TimelineError(f"{self._name} knows {len(offsets)} {what}s, not {what} {wrong}.")
                found = found + offsets[places]
        return found

    @property
    def _known_sample_rate(self) -> float:
        if self.sample_rate is None:
            raise TimelineError(f"{self._name} does not know the sample rate of the session's clock.")
        return self.sample_rate

    @property
    def _name(self) -> str:
        return f"The clock by {on_one_line(self.source)}" if self.source else "This clock"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TimeBase):
            return NotImplemented
        arrays = ("frames", "times_s", "row_offsets_s", "plane_offsets_s")
        plain = ("n_frames", "doubts", "source", "sample_rate")
        return all(getattr(self, name) == getattr(other, name) for name in plain) and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in arrays
        )

    def __hash__(self) -> int:
        return hash((self.n_frames, self.source, self.times_s.tobytes()))

    def __repr__(self) -> str:
        start_s, stop_s = self.range_s
        doubtful = int(self.is_doubtful.sum())
        words = f"{self.n_frames} frames, {start_s:g}–{stop_s:g} s, {self.rate_hz:.4g} Hz, {doubtful} doubtful"
        return f"<TimeBase {on_one_line(self.source)}: {words}>" if self.source else f"<TimeBase: {words}>"
