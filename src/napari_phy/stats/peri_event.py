"""Spikes around events: how long before or after each event they come, and how many in each bin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class AlignedSpikes:
    """Spikes around events, by event, then in time; a spike that is near several events is there for each.

    Attributes
    ----------
    rows : ndarray of int64, shape (n,)
        Event of each spike.
    lags : ndarray of int64, shape (n,)
        Samples from the event to the spike.
    """

    rows: Int64
    lags: Int64

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, wanted: npt.NDArray[np.bool_]) -> AlignedSpikes:
        """Return some of them."""
        return AlignedSpikes(self.rows[wanted], self.lags[wanted])


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """The time around each event that was recorded.

    Attributes
    ----------
    first, stop : ndarray of int64, shape (n_events,)
        Samples from the event to the first that was recorded, and to the one after the last.
    """

    first: Int64
    stop: Int64

    def hold(self, start: int, stop: int) -> npt.NDArray[np.bool_]:
        """Return (n_events,) whether all of a stretch of lags was recorded."""
        return np.asarray((self.first <= start) & (self.stop >= stop))

    def count(self, edges: Int64) -> Int64:
        """Return (n_bins,) around how many events the whole of each bin was recorded."""
        whole = self.hold(int(edges[0]), int(edges[-1]))
        first, stop = self.first[~whole, None], self.stop[~whole, None]
        in_part = ((first <= edges[:-1]) & (stop >= edges[1:])).sum(axis=0)
        return np.asarray(np.count_nonzero(whole) + in_part, dtype=np.int64)


def recorded_around(events: Int64, starts: Int64, stops: Int64) -> Stretches:
    """Return how much was recorded around each event, within the recording that the event is in.

    Parameters
    ----------
    events : ndarray of int64, shape (n_events,)
        Samples.
    starts, stops : ndarray of int64, shape (n_recordings,)
        First sample of each recording, ascending, and the one after its last.
    """
    if not len(starts):
        return Stretches(np.zeros_like(events), np.zeros_like(events))
    place = np.maximum(np.searchsorted(starts, events, side="right") - 1, 0)
    return Stretches(starts[place] - events, stops[place] - events)


def align_spikes(spikes: Int64, events: Int64, start: int, stop: int, recorded: Stretches) -> AlignedSpikes:
    """Return the spikes from `start` to before `stop` around each event, those of its own recording.

    Parameters
    ----------
    spikes : ndarray of int64, shape (n_spikes,)
        Samples, ascending.
    events : ndarray of int64, shape (n_events,)
        Samples, in any order.
    start, stop : int
        Samples from an event to the first that counts, and to the one after the last.
    recorded : Stretches
        What was recorded around each event.
    """
    first = np.searchsorted(spikes, events + np.maximum(recorded.first, start))
    last = np.searchsorted(spikes, events + np.minimum(recorded.stop, stop))
    counts = np.maximum(last - first, 0)
    rows = np.repeat(np.arange(len(events)), counts)
    offsets = np.cumsum(counts) - counts
    places = np.arange(len(rows)) - np.repeat(offsets - first, counts)
    return AlignedSpikes(rows, spikes[places] - events[rows])


def count_in_bins(aligned: AlignedSpikes, edges: Int64, recorded: Stretches) -> Int64:
    """Return (n_bins,) spikes from each edge to before the next, of events around which the whole bin was recorded."""
    bins = np.searchsorted(edges, aligned.lags, side="right") - 1
    inside = (bins >= 0) & (bins < len(edges) - 1)
    bins, rows = bins[inside], aligned.rows[inside]
    whole = (recorded.first[rows] <= edges[bins]) & (recorded.stop[rows] >= edges[bins + 1])
    return np.bincount(bins[whole], minlength=len(edges) - 1).astype(np.int64)
