"""Which clusters are most like one."""

from __future__ import annotations

import threading
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.memory import ByteCache
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.similarity import unit_vectors
from napari_phy.table.cluster_arrays import ClusterArrays
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
        self._cache: ByteCache[Literal["vectors"], ClusterArrays] = ByteCache(lambda vectors: vectors.nbytes)
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
            ids = self._manager.cluster_ids
            with self._lock:
                if len(ids):
                    self._vectors(ids, self._sums)

    def _ranked(self, cluster: int, ids: Int64, sums: FeatureSums) -> Ranking:
        vectors = self._vectors(ids, sums)
        cosines = np.clip(vectors.values @ vectors[[cluster]][0], -1.0, 1.0)[vectors.rows(ids)]
        order = np.argsort(-cosines, kind="stable")
        order = order[ids[order] != cluster]
        return list(zip(ids[order].tolist(), cosines[order].tolist(), strict=True))

    def _vectors(self, ids: Int64, sums: FeatureSums) -> ClusterArrays:
        """Return the vectors of clusters; those of former ones go once they are more than half."""
        vectors = self._cache.get("vectors")
        new = ids if vectors is None else ids[~vectors.has(ids)]
        if vectors is None or len(new):
            made = unit_vectors(np.stack([found.feature_mask_sum for found in sums.get(new.tolist()).values()]))
            vectors = ClusterArrays(made.shape[1:]) if vectors is None else vectors
            if len(vectors) + len(new) > 2 * len(ids):
                vectors.keep_only(ids)
            vectors.put(new, made)
            self._cache.put("vectors", vectors)
        return vectors
