"""Correlograms of all pairs of clusters, kept while spikes go from one to another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_phy.core.memory import BUDGET
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.correlograms import SPIKES_AT_ONCE, UInt16, count_pairs

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

SHARE = 8  # of the memory for caches is for one table at most: of 1 GiB, 1 136 slots of 26 bins
SPARE = 16  # slots that a few splits take before the table has to grow


class IncrementalCorrelograms:
    """One-sided counts of all pairs of slots: a merge needs sums only, a split counts the pairs of what it moved.

    Slots are the fixed sets of spikes that clusters are made of (`ClusterManager.spike_slots`). Counts are additive:
    those of a cluster are the sum over its slots, with themselves and with each other.

    Parameters
    ----------
    samples : ndarray of int64, shape (n_spikes,)
        Sample of each spike, ascending.
    width, n_bins : int
        Width of a bin in samples, and number of bins.

    Attributes
    ----------
    slots : ndarray of uint16, shape (n_spikes,) or None
        What was counted; None before, and after what was under way was stopped.
    """

    def __init__(self, samples: Int64, width: int, n_bins: int) -> None:
        self._samples = samples
        self._width, self._n_bins = width, n_bins
        self._counts: Int32 = np.zeros((0, 0, n_bins), dtype=np.int32)
        self.slots: UInt16 | None = None

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self._counts.nbytes + (0 if self.slots is None else self.slots.nbytes)

    def has_room(self, n_slots: int) -> bool:
        """Return whether the counts of so many slots are few enough to be kept."""
        return 4 * n_slots**2 * self._n_bins <= BUDGET.limit // SHARE

    def follow(self, slots: npt.NDArray[np.integer], n_slots: int, on_progress: OnProgress = no_progress) -> None:
        """Count all pairs for the first time, later those of spikes that are in other slots than before.

        Parameters
        ----------
        slots : ndarray of integer, shape (n_spikes,)
            0 … n_slots − 1; `has_room(n_slots)`.
        """
        old, self.slots = self.slots, None
        new = slots.astype(np.uint16)
        moved = None if old is None else np.flatnonzero(old != new)
        if old is None or moved is None or 2 * len(moved) > len(new):
            self._counts = np.zeros((0, 0, self._n_bins), dtype=np.int32)  # let go of it before the next is made
            n = n_slots + SPARE if self.has_room(n_slots + SPARE) else n_slots
            self._counts = count_pairs(self._samples, new, n, self._width, self._n_bins, on_progress, np.int32)
        else:
            self._grow(n_slots)
            self._move(old, new, moved, on_progress)
        self.slots = new

    def warm_up(self) -> None:
        """Load the compiled code that a split needs, so that the first one does not wait for it."""
        if self.slots is not None:
            from napari_phy.stats._pair_counts import move_pairs

            nothing = np.empty(0, dtype=np.int64)
            move_pairs(self._samples, self.slots, self.slots, nothing, self._width, self._counts)

    def _grow(self, n_slots: int) -> None:
        have = len(self._counts)
        if n_slots > have:
            n = n_slots + SPARE if self.has_room(n_slots + SPARE) else n_slots
            grown = np.zeros((n, n, self._n_bins), dtype=np.int32)
            grown[:have, :have] = self._counts
            self._counts = grown

    def _move(self, old: UInt16, new: UInt16, moved: Int64, on_progress: OnProgress) -> None:
        from napari_phy.stats._pair_counts import move_pairs

        for start in range(0, len(moved), SPIKES_AT_ONCE):
            on_progress(start / len(moved))
            some = moved[start : start + SPIKES_AT_ONCE]
            move_pairs(self._samples, old, new, some, self._width, self._counts)

    def sums(self, clusters: Sequence[Int64]) -> Int64:
        """Return (n, n, n_bins) one-sided counts of clusters, each given by its slots."""
        n = len(clusters)
        sums = np.zeros((n, n, self._n_bins), dtype=np.int64)
        for row, of_row in enumerate(clusters):
            for column, of_column in enumerate(clusters):
                cells = self._counts[of_row[:, None], of_column]
                sums[row, column] = cells.sum(axis=(0, 1), dtype=np.int64)
        return sums
