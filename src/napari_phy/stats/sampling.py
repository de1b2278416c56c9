"""Evenly spaced sub-selections: the same spikes each time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def evenly_spaced(n: int, n_max: int | None) -> npt.NDArray[np.int64]:
    """Return min(n, n_max) ascending, distinct indices below `n`, evenly spaced from the first; None: all."""
    if n < 0 or (n_max is not None and n_max < 0):
        raise ValueError(f"Cannot take {n_max} of {n} items.")
    if n_max is None or n <= n_max:
        return np.arange(n, dtype=np.int64)
    return np.arange(n_max, dtype=np.int64) * n // n_max


def evenly_spaced_others(n: int, chosen: npt.ArrayLike, n_max: int) -> npt.NDArray[np.int64]:
    """Return up to `n_max` evenly spaced indices below `n` that are not in `chosen` (ascending, distinct).

    Takes time and memory by the number of chosen ones, not by `n`.
    """
    taken = np.asarray(chosen, dtype=np.int64)
    ranks = evenly_spaced(n - len(taken), n_max)
    n_free_before = taken - np.arange(len(taken), dtype=np.int64)
    return ranks + np.searchsorted(n_free_before, ranks, side="right")
