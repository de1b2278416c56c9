"""The spikes of each cluster at the beginning: one array, ordered by cluster, then by spike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import MAX_ID, blocks, look_up
from napari_phy.core.errors import ClusteringError

N_SPIKES_NUMBA = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class SpikeIndex:
    """Spike ids ordered by cluster.

    Attributes
    ----------
    order : ndarray of int32, shape (n_spikes,)
        Spike ids, ascending within each cluster.
    starts : ndarray of int64, shape (n_clusters + 1,)
        Where each cluster begins in `order`.
    """

    order: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]

    @classmethod
    def build(cls, spike_clusters: npt.ArrayLike) -> tuple[SpikeIndex, npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Return the index, the ascending cluster ids, and (n_spikes,) int32 number of each spike's cluster.

        Raises
        ------
        ClusteringError
            Ids are not integers from 0 to 2**53 - 1, or the array is not flat.
        """
        labels = _checked(np.asarray(spike_clusters))
        cluster_ids, numbers, counts = _number(labels)
        starts = np.zeros(len(cluster_ids) + 1, dtype=np.int64)
        np.cumsum(counts, out=starts[1:])
        return cls(_order(numbers, starts), starts), cluster_ids, numbers

    def size(self, number: int) -> int:
        """Return how many spikes the cluster with this number has."""
        return int(self.starts[number + 1] - self.starts[number])

    def members(self, number: int) -> npt.NDArray[np.int32]:
        """Return the ascending spike ids of the cluster with this number."""
        return self.order[self.starts[number] : self.starts[number + 1]]


def _checked(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if labels.ndim != 1:
        raise ClusteringError(f"The cluster of each spike needs a flat array, not one of shape {labels.shape}.")
    if labels.size == 0:
        return labels.astype(np.int32)
    if labels.dtype.kind not in "iu":
        raise ClusteringError(f"Cluster ids are integers, not {labels.dtype}.")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high > MAX_ID:
        raise ClusteringError(f"Cluster ids go from 0 to {MAX_ID}, but there is {low if low < 0 else high}.")
    return labels


def _number(
    labels: npt.NDArray[Any],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Return the ascending ids, the number of each label's id, and the count of each id."""
    if labels.size and int(labels.max()) > max(4 * labels.size, 1_000_000):  # sparse ids: a table would be too long
        ids, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
        return ids.astype(np.int64), inverse.astype(np.int32), counts.astype(np.int64)
    table_counts = _bincount(labels)
    ids = np.flatnonzero(table_counts)
    number_of_id = np.zeros(len(table_counts), dtype=np.int32)
    number_of_id[ids] = np.arange(len(ids), dtype=np.int32)
    return ids.astype(np.int64), look_up(number_of_id, labels), table_counts[ids].astype(np.int64)


def _bincount(labels: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    counts = np.zeros(int(labels.max()) + 1 if labels.size else 0, dtype=np.int64)
    for block in blocks(len(labels)):
        counts += np.bincount(labels[block], minlength=len(counts))
    return counts


def _order(numbers: npt.NDArray[np.int32], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    if len(numbers) > N_SPIKES_NUMBA:
        from napari_phy.core._counting_sort import counting_sort

        return counting_sort(numbers, starts)
    small = numbers.astype(np.uint16) if len(starts) <= 2**16 else numbers  # 16 bits: sorted by radix
    return np.argsort(small, kind="stable").astype(np.int32)
