"""A stack of frames seen along even steps of time, as napari's slider has them, whenever its frames were taken."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import TimelineError
from napari_phy.layers.array_view import ArrayView, shape_of, whole_key
from napari_phy.timeline import TimeBase

Moment = tuple[float, float]
MOST_STEPS = 10**7
_EVEN = 1e-6  # of an interval: so far from an even clock, a frame is still exactly where its number says
_ROUNDED = 1e-6  # steps, by which napari's arithmetic may differ from ours
_PAUSE = 1.5  # usual intervals: longer ones are pauses or lost frames


@dataclass(frozen=True, slots=True)
class TimeSteps:
    """Even steps of time, one for each frame of an even clock.

    Attributes
    ----------
    start_s : float
        When the first frame starts.
    step_s : float
        How long a frame usually takes.
    n : int
        How many steps there are until the last frame has ended.
    is_even : bool
        Whether step and frame are the same number.
    """

    start_s: float
    step_s: float
    n: int
    is_even: bool

    @classmethod
    def of(cls, base: TimeBase) -> Self:
        """Return those of a clock.

        Raises
        ------
        TimelineError
            They are too many.
        """
        start_s, stop_s = base.range_s
        times_s = base.frame_times_s
        if base.n_frames == 1:
            return cls(start_s, base.interval_s, 1, True)
        line_s = (times_s[-1] - times_s[0]) / (base.n_frames - 1)
        if np.abs(times_s - times_s[0] - line_s * np.arange(base.n_frames)).max() <= _EVEN * line_s:
            return cls(start_s, float(line_s), base.n_frames, True)
        intervals_s = np.diff(times_s)
        usual_s = float(intervals_s[intervals_s <= _PAUSE * np.median(intervals_s)].mean())
        n = max(1, math.ceil((stop_s - start_s) / usual_s - 0.5))
        if n > MOST_STEPS:
            raise TimelineError(
                f"{base.n_frames} frames from {start_s:g} to {stop_s:g} s are {n:,} steps of {usual_s:g} s; "
                f"napari's slider has at most {MOST_STEPS:,}. Link a shorter part of the stack."
            )
        return cls(start_s, usual_s, n, False)

    @property
    def middles_s(self) -> npt.NDArray[np.float64]:
        """(n,) the middle of each step."""
        return np.asarray(self.start_s + (np.arange(self.n) + 0.5) * self.step_s, dtype=np.float64)

    def place_of(self, time_s: float) -> float:
        """Return where a time is among the steps: k is the middle of step k, as napari has it."""
        return (time_s - self.start_s) / self.step_s - 0.5


class FramesInTime(ArrayView):
    """The array of a layer with another axis of time: step k of `steps` holds the frame that was being taken then.

    At the moment of the slider that is exactly the frame of the clock; elsewhere the frame in the middle of the step.
    In a pause it is the frame before. Nothing is copied; what is written goes into the frame that is seen.

    Parameters
    ----------
    array : array
        What the layer had, of any kind that napari takes.
    axis : int
        Which of its axes are frames.
    base : TimeBase
        Their clock.
    steps : TimeSteps
        Those of the clock.
    moment : callable
        Returns where the slider is and the moment that it stands for, in seconds; None where that is not known.
    """

    def __init__(
        self, array: Any, axis: int, base: TimeBase, steps: TimeSteps, moment: Callable[[], Moment | None]
    ) -> None:
        shape = shape_of(array)
        super().__init__(array, (*shape[:axis], steps.n, *shape[axis + 1 :]))
        self._axis, self.base, self._steps, self._moment = axis, base, steps, moment
        self.frames = read_only(np.clip(np.asarray(base.frame_at(steps.middles_s)), 0, base.n_frames - 1))

    def __repr__(self) -> str:
        return f"<{self.base.n_frames} frames in {self._steps.n} steps of {self._steps.step_s:g} s>"

    def __getitem__(self, key: Any) -> Any:
        keys = whole_key(key, self.ndim)
        before, time, after = keys[: self._axis], keys[self._axis], keys[self._axis + 1 :]
        if not isinstance(time, slice):
            return self.array[(*before, self._frame_of(time), *after)]
        frames = self._frame_of(np.arange(self._steps.n)[time])
        parts = [np.asarray(self.array[(*before, frame, *after)]) for frame in frames.tolist()]
        place = sum(isinstance(one, slice) for one in before)
        if not parts:
            shape = list(np.asarray(self.array[(*before, 0, *after)]).shape)
            return np.empty((*shape[:place], 0, *shape[place:]), self.dtype)
        return np.stack(parts, axis=place)

    def __setitem__(self, key: Any, value: Any) -> None:
        keys = whole_key(key, self.ndim)
        before, time, after = keys[: self._axis], keys[self._axis], keys[self._axis + 1 :]
        steps = np.arange(self._steps.n)[time] if isinstance(time, slice) else time
        frames = np.unique(self._frame_of(steps)) if isinstance(time, slice) else self._frame_of(steps)
        self.array[(*before, frames, *after)] = value

    def _frame_of(self, step: Any) -> Any:
        """Return the frame, or frames, of one step or of an array of them."""
        steps = np.asarray(step)
        if steps.size and not (-self._steps.n <= steps.min() and steps.max() < self._steps.n):
            raise IndexError(f"There are {self._steps.n} steps of time, not {np.max(np.abs(steps))}.")
        steps = np.where(steps < 0, steps + self._steps.n, steps)
        frames, moment = self.frames[steps], self._moment()
        if moment is not None:
            slider_s, time_s = moment
            seen = min(max(int(self.base.frame_at(time_s)), 0), self.base.n_frames - 1)
            place = min(max(self._steps.place_of(slider_s), 0.0), self._steps.n - 1.0)
            frames = np.where(np.abs(steps - place) <= 0.5 + _ROUNDED, seen, frames)
        return int(frames) if frames.ndim == 0 else frames
