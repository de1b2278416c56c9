"""Counting sort of many spikes by cluster; a module of its own, so that numba is imported only when needed."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from napari_phy.core.compiled import compiled


@compiled
def _fill(numbers, cursors, order):  # type: ignore[no-untyped-def]
    for spike in range(numbers.size):
        number = numbers[spike]
        order[cursors[number]] = spike
        cursors[number] += 1


def counting_sort(numbers: npt.NDArray[np.int32], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Return (n_spikes,) spike ids ordered by number, ascending within each.

    Parameters
    ----------
    numbers : ndarray of int32, shape (n_spikes,)
        Group of each spike.
    starts : ndarray of int64, shape (n_groups + 1,)
        Where each group begins in the result.
    """
    order = np.empty(numbers.size, dtype=np.int32)
    _fill(numbers, starts[:-1].copy(), order)
    return cast("npt.NDArray[np.int32]", order)
