"""Which clusters are most like one."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.similarity import unit_vectors
from napari_phy.table.feature_sums import FeatureSums

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Ranking = list[tuple[int, float]]


class ClusterRanking:
    """Ranks clusters by the cosine of their mean masked features; safe in worker threads.

    The vector of a cluster, an id that means the same spikes for ever, stays from one question to the next, so that
    after an edit only those of new clusters are made.
    """

    def __init__(self, manager: ClusterManager, sums: FeatureSums | None) -> None:
        self._manager = manager
        self._sums = sums
        self._row: dict[int, int] = {}
        self._vectors = np.empty((0, 0))
        self._last: tuple[int, Int64, Ranking] | None = None
        self._lock = threading.Lock()

    def __call__(self, cluster: int) -> Ranking:
        """Return [(other cluster, cosine)], the most similar first.

        [] without features, and while those of a large data set are read in the background or that was cancelled.
        """
        ids = self._manager.cluster_ids
        if self._sums is None or self._sums.is_held or cluster not in self._manager:
            return []
        with self._lock:
            if self._last is None or self._last[0] != cluster or not np.array_equal(self._last[1], ids):
                self._last = cluster, ids, self._ranked(cluster, ids, self._sums)
            return list(self._last[2])

    def prepare(self, on_progress: OnProgress = no_progress) -> None:
        """Read the features, and make the vectors of all clusters, so that the first edit does not wait for them."""
        if self._sums is not None:
            self._sums.prepare(on_progress)
            with self._lock:
                self._keep_vectors(self._manager.cluster_ids.tolist(), self._sums)

    def _ranked(self, cluster: int, ids: Int64, sums: FeatureSums) -> Ranking:
        self._keep_vectors(ids.tolist(), sums)
        rows = np.array([self._row[one] for one in ids.tolist()])
        cosines = np.clip(self._vectors[: len(self._row)] @ self._vectors[self._row[cluster]], -1.0, 1.0)[rows]
        order = np.argsort(-cosines, kind="stable")
        order = order[ids[order] != cluster]
        return list(zip(ids[order].tolist(), cosines[order].tolist(), strict=True))

    def _keep_vectors(self, clusters: list[int], sums: FeatureSums) -> None:
        """Make the vectors that are not kept; those of former clusters go once they are more than half."""
        new = [cluster for cluster in clusters if cluster not in self._row]
        if len(self._row) + len(new) > 2 * len(clusters):
            self._row.clear()
            new = clusters
        if not new:
            return
        made = unit_vectors(np.stack([found.feature_mask_sum for found in sums.get(new).values()]))
        n_kept = len(self._row)
        if n_kept + len(new) > len(self._vectors):
            kept = self._vectors[:n_kept]
            self._vectors = np.empty((2 * len(clusters), made.shape[1]))
            if n_kept:
                self._vectors[:n_kept] = kept
        self._vectors[n_kept : n_kept + len(new)] = made
        self._row.update((cluster, n_kept + place) for place, cluster in enumerate(new))
