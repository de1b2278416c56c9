"""Sums over the spikes of each cluster that follow edits without reading what is known."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.memory import ByteCache
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.update_info import UpdateInfo
from napari_phy.table.cluster_arrays import families
from napari_phy.table.session_like import ManagerLike

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

SMALLEST_REST = 0.01


def merged_from(manager: ManagerLike, cluster_id: int) -> tuple[int, ...]:
    """Return the clusters that the last edit merged into one, () where that was another edit."""
    record = manager.undo_record
    is_merge = record is not None and record.description == "merge" and cluster_id in record.added
    return tuple(record.deleted) if record is not None and is_merge else ()


@dataclass(frozen=True, slots=True, eq=False)
class _Rest:
    """A sum that is `total` minus those of `siblings`."""

    total: Float64
    siblings: tuple[int, ...]


class AdditiveSums:
    """An additive statistic of each cluster, kept by cluster id and never stale.

    The sum of a merged cluster is that of its parents. Of a split, the smaller sides are computed and the largest is
    parents minus the others, or computed too when it has under 1 % of the parents' spikes.

    Parameters
    ----------
    manager : ClusterManager
        The clustering whose clusters are summed over.
    compute : callable
        Returns the (n,) float64 sums over several sets of ascending spike ids; tells how far it is.
    """

    def __init__(
        self,
        manager: ClusterManager,
        compute: Callable[[Sequence[Int64], OnProgress], Sequence[Float64]],
    ) -> None:
        self._manager = manager
        self._compute = compute
        self._sums: ByteCache[int, Float64] = ByteCache(nbytes=lambda array: array.nbytes)
        self._families: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        self._lock = threading.RLock()
        manager.changed.connect(self._on_changed)

    def __contains__(self, cluster_id: int) -> bool:
        return cluster_id in self._sums

    def put(self, cluster_id: int, total: Float64) -> None:
        """Take a sum that was computed elsewhere."""
        with self._lock:
            self._sums.put(cluster_id, total)

    def get(self, cluster_ids: Iterable[int], on_progress: OnProgress = no_progress) -> dict[int, Float64]:
        """Return {cluster: (n,) sum}, computing together what is not known; safe in worker threads.

        The lock is not held while something is computed, since edits wait for it.
        """
        ids = [int(cluster) for cluster in cluster_ids]
        with self._lock:
            found = self._sums.known(ids)
            rests = {one: rest for one in ids if one not in found and (rest := self._rest(one)) is not None}
            found |= self._sums.known(one for rest in rests.values() for one in rest.siblings)
        needed = (*ids, *(one for rest in rests.values() for one in rest.siblings))
        wanted = list(dict.fromkeys(one for one in needed if one not in found and one not in rests))
        if wanted:
            computed = self._compute([self._manager.spikes(cluster) for cluster in wanted], on_progress)
            found.update(zip(wanted, computed, strict=True))
        for cluster, rest in rests.items():
            found[cluster] = rest.total - sum(found[one] for one in rest.siblings)
        for cluster in (*wanted, *rests):
            self.put(cluster, found[cluster])
        return {cluster: found[cluster] for cluster in ids}

    def _rest(self, cluster: int) -> _Rest | None:
        """Return what the sum follows from; None when parents are not known or the rest is too small."""
        parents, siblings = self._families.get(cluster, ((), ()))
        known = [found for parent in parents if (found := self._sums.get(parent)) is not None]
        if not parents or len(known) < len(parents):
            return None
        total = np.asarray(np.sum(known, axis=0), dtype=np.float64)
        if not siblings:
            return _Rest(total, ())
        sizes = {one: self._manager.n_spikes(one) for one in (cluster, *siblings) if one in self._manager}
        if len(sizes) <= len(siblings):
            return None
        largest = max(sizes, key=lambda one: (sizes[one], one))
        if cluster != largest or sizes[cluster] < SMALLEST_REST * sum(sizes.values()):
            return None
        return _Rest(total, siblings)

    def _on_changed(self, update: UpdateInfo) -> None:
        with self._lock:
            for parents, children in families(update):
                for child in children:
                    if child not in self._families:
                        self._families[child] = (parents, tuple(one for one in children if one != child))
