"""Evenly spaced sub-selections: the same spikes each time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced

__all__ = ["evenly_spaced", "evenly_spaced_others", "evenly_spread"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: multiples of it are spread evenly


def evenly_spread(ids: npt.NDArray[np.int64], n_max: int) -> npt.NDArray[np.int64]:
    """Return one of each of `n_max` equal parts of ascending ids, or all where there are no more.

    Which one depends on the id alone, so many of those of a union are those of its parts.
    """
    if len(ids) <= n_max:
        return ids
    starts = np.arange(n_max) * len(ids) // n_max
    keys = ids.astype(np.uint64) * _GOLDEN
    smallest = np.minimum.reduceat(keys, starts)
    chosen: npt.NDArray[np.int64] = ids[keys == np.repeat(smallest, np.diff(starts, append=len(ids)))]
    return chosen


def evenly_spaced_others(n: int, chosen: npt.ArrayLike, n_max: int) -> npt.NDArray[np.int64]:
    """Return up to `n_max` evenly spaced indices below `n` that are not in `chosen` (ascending, distinct).

    Takes time and memory by the number of chosen ones, not by `n`.
    """
    taken = np.asarray(chosen, dtype=np.int64)
    ranks = evenly_spaced(n - len(taken), n_max)
    n_free_before = taken - np.arange(len(taken), dtype=np.int64)
    return ranks + np.searchsorted(n_free_before, ranks, side="right")
