"""Which numbers a clock may be made of; what cannot be is said in one sentence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import TimelineError

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

MOST_FRAMES = 10**8
SHORTEST_S, LATEST_S = 1e-6, 1e9  # an interval between frames; a time
LONGEST_OFFSET_S = 1e4
MOST_ROWS = 10**6


def as_numbers(values: npt.ArrayLike, what: str) -> Float64:
    """Return numbers in a row; raises TimelineError for anything else."""
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise TimelineError(f"The {what} are no list of numbers.") from None
    if found.ndim != 1:
        raise TimelineError(f"The {what} are one after the other, not in the shape {found.shape}.")
    return found


def as_times(time_s: npt.ArrayLike) -> Float64:
    """Return seconds; raises TimelineError where one is none."""
    found = np.asarray(time_s, dtype=np.float64)
    if not np.isfinite(found).all():
        raise TimelineError("A time is a number of seconds; one of these is none.")
    return found


def as_offsets(values: npt.ArrayLike, what: str) -> Float64:
    """Return offsets of rows or planes; raises TimelineError where they are too many or too long."""
    found = as_numbers(values, f"offsets of {what}")
    if len(found) > MOST_ROWS or not (np.abs(found) <= LONGEST_OFFSET_S).all():
        raise TimelineError(f"The offsets of {what} are at most {MOST_ROWS:,} numbers of up to {LONGEST_OFFSET_S:g} s.")
    return read_only(found)


def check_knots(frames: Float64, times_s: Float64) -> None:
    """Raise TimelineError unless frames and their times ascend."""
    if len(frames) != len(times_s):
        raise TimelineError(f"{len(times_s)} times are given for {len(frames)} frames; each frame needs one.")
    if len(frames) < 2:
        raise TimelineError(f"A clock needs the times of two frames at least, not of {len(frames)}.")
    if not (np.abs(frames) <= 10 * MOST_FRAMES).all() or (frames != np.floor(frames)).any():
        raise TimelineError("Numbers of frames are whole and of a sensible size; one of these is not.")
    if not (np.abs(times_s) <= LATEST_S).all():
        raise TimelineError(f"Times of frames are numbers of seconds up to {LATEST_S:g}; one of these is not.")
    steps, steps_s = np.diff(frames), np.diff(times_s)
    wrong = np.flatnonzero((steps <= 0) | (steps_s < SHORTEST_S * np.maximum(steps, 1)))
    if len(wrong):
        place = int(wrong[0])
        pair = f"frame {frames[place]:.0f} at {times_s[place]:.10g} s, frame {frames[place + 1]:.0f} at"
        raise TimelineError(f"Frames follow each other in time; {pair} {times_s[place + 1]:.10g} s do not.")
