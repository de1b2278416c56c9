"""How many spikes there are in each frame of a movie, and which cannot be counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import TimelineError
from napari_phy.timeline.time_base import TimeBase

Int64 = npt.NDArray[np.int64]

MOST_DOUBT = 0.2  # chance that its time is wrong, from which a frame is left out
_SAME_S = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class FrameCounts:
    """Spikes of one cluster in the frames of a movie.

    Attributes
    ----------
    counts : ndarray of uint32, shape (n_frames,) or (n_rows, n_frames)
        Spikes while each frame was taken, or while each of its rows was.
    n_counted : int
        Spikes that are in it.
    n_outside : int
        Spikes left out since they are before, after or in a pause of the movie, or the frames around them would be, or
        are beyond a pause.
    n_doubtful : int
        Spikes left out since a frame around them may have another time, or is not used.
    """

    counts: npt.NDArray[np.uint32]
    n_counted: int
    n_outside: int
    n_doubtful: int


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Parts of a frame that are taken at times of their own.

    Attributes
    ----------
    rows, planes : ndarray of int64, shape (n,), or None
        Row and plane of each part; None where the clock knows none.
    """

    rows: Int64 | None = None
    planes: Int64 | None = None

    @property
    def n(self) -> int:
        """How many parts; 1 where the frame is one."""
        known = self.rows if self.rows is not None else self.planes
        return 1 if known is None else len(known)

    @property
    def is_whole(self) -> bool:
        """Whether the whole frame is one part."""
        return self.rows is None and self.planes is None


def certain_frames(clock: TimeBase) -> npt.NDArray[np.bool_]:
    """Return (n_frames,) whether a frame may be compared with spikes: its time is wrong with a chance below 0.2."""
    return np.asarray(clock.doubt < MOST_DOUBT)


def frames_within(clock: TimeBase, spans_s: Iterable[tuple[float, float]]) -> npt.NDArray[np.bool_]:
    """Return (n_frames,) whether a frame begins and ends within one of several stretches of time, in seconds."""
    starts = clock.frame_times_s
    stops = np.append(starts[1:], clock.range_s[1])
    found = np.zeros(clock.n_frames, dtype=np.bool_)
    for start_s, stop_s in spans_s:
        found |= (starts >= start_s - _SAME_S) & (stops <= stop_s + _SAME_S)
    return found


def unbroken_stretches(clock: TimeBase, used: npt.NDArray[np.bool_]) -> Int64:
    """Return (n_frames,) the number of the stretch of used frames, without a pause, that a frame is in; else −1."""
    begins = used & (clock.follows_pause | ~np.concatenate([[False], used[:-1]]))
    return np.where(used, np.cumsum(begins) - 1, -1)


def places_of(clock: TimeBase, frame_shape: tuple[int, ...]) -> Places:
    """Return each row of a frame, plane by plane, or one place where the clock knows neither rows nor planes.

    Raises
    ------
    TimelineError
        The clock is of frames with other rows or planes.
    """
    n_rows = frame_shape[-2] if len(frame_shape) > 1 else 1
    n_planes = frame_shape[-3] if len(frame_shape) > 2 else 1
    for offsets_s, n, what in ((clock.row_offsets_s, n_rows, "rows"), (clock.plane_offsets_s, n_planes, "planes")):
        if len(offsets_s) not in (0, n):
            raise TimelineError(f"The clock knows {len(offsets_s)} {what}; frames of this movie have {n}.")
    if not len(clock.row_offsets_s) and not len(clock.plane_offsets_s):
        return Places()
    rows, planes = np.tile(np.arange(n_rows), n_planes), np.repeat(np.arange(n_planes), n_rows)
    return Places(rows if len(clock.row_offsets_s) else None, planes if len(clock.plane_offsets_s) else None)


def count_per_frame(
    clock: TimeBase,
    times_s: npt.ArrayLike,
    lags: npt.ArrayLike = 0,
    places: Places | None = None,
    used: npt.NDArray[np.bool_] | None = None,
) -> FrameCounts:
    """Count spikes in the frames of a movie.

    A spike counts where its frame and those around it, from the first to the last lag, are in the movie and used, and
    there is no pause between them.

    Parameters
    ----------
    clock : TimeBase
        When each frame was taken.
    times_s : array_like, shape (n_spikes,)
        Spikes, in seconds of the session's clock.
    lags : array_like of int, default 0
        Frames around a spike that are needed.
    places : Places, optional
        Count for each of these parts of a frame; a spike counts for all of them or for none. None: for frames.
    used : ndarray of bool, shape (n_frames,), optional
        Frames that may be compared; None: those of `certain_frames`.

    Raises
    ------
    TimelineError
        The clock has no such row or plane, or a time is no number.
    """
    times_s = np.asarray(times_s, dtype=np.float64)
    n_frames = clock.n_frames
    low, high = min(0, int(np.min(lags))), max(0, int(np.max(lags)))
    places = Places() if places is None else places
    offsets_s = _offsets_s(clock, places)
    ends = np.array([np.argmax(offsets_s), np.argmin(offsets_s)])  # parts that are in the first and last frame
    rows, planes = (None if of is None else of[ends] for of in (places.rows, places.planes))
    frames = np.asarray(clock.frame_at(times_s[:, None], row=rows, plane=planes))
    first, stop = frames[:, 0] + low, frames[:, -1] + high + 1
    inside = clock.is_covered(times_s) & (first >= 0) & (stop <= n_frames)
    used = certain_frames(clock) if used is None else used
    n_unused_before = np.concatenate([[0], np.cumsum(~used)])
    stretches = unbroken_stretches(clock, np.ones_like(used))
    start, last = np.clip(first, 0, n_frames - 1), np.clip(stop - 1, 0, n_frames - 1)
    inside &= stretches[start] == stretches[last]
    doubtful = inside & (n_unused_before[last + 1] > n_unused_before[start])
    kept_s = np.sort(times_s[inside & ~doubtful])
    counts = np.empty((len(offsets_s), n_frames), dtype=np.uint32)
    for place, offset_s in enumerate(offsets_s.tolist()):
        n_before = np.searchsorted(kept_s, clock.frame_times_s + offset_s, side="left")
        counts[place] = np.diff(n_before, append=len(kept_s))
    found = counts[0] if places.is_whole else counts
    return FrameCounts(found, len(kept_s), int((~inside).sum()), int(doubtful.sum()))


def _offsets_s(clock: TimeBase, places: Places) -> npt.NDArray[np.float64]:
    """Return (n,) how long after its frame each part is taken.

    Raises
    ------
    TimelineError
        The clock has no such row or plane.
    """
    clock.time_of(0, row=places.rows, plane=places.planes)
    found = np.zeros(places.n)
    for of, offsets_s in ((places.rows, clock.row_offsets_s), (places.planes, clock.plane_offsets_s)):
        if of is not None:
            found = found + offsets_s[of]
    return found
