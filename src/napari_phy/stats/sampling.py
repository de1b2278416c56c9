"""Evenly spaced sub-selections: the same spikes each time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced

__all__ = ["evenly_spaced", "evenly_spaced_others"]


def evenly_spaced_others(n: int, chosen: npt.ArrayLike, n_max: int) -> npt.NDArray[np.int64]:
    """Return up to `n_max` evenly spaced indices below `n` that are not in `chosen` (ascending, distinct).

    Takes time and memory by the number of chosen ones, not by `n`.
    """
    taken = np.asarray(chosen, dtype=np.int64)
    ranks = evenly_spaced(n - len(taken), n_max)
    n_free_before = taken - np.arange(len(taken), dtype=np.int64)
    return ranks + np.searchsorted(n_free_before, ranks, side="right")
