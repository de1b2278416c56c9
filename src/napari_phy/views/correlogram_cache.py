"""Correlograms of all clusters of a large data set, kept for each clustering that is open."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.incremental_correlograms import IncrementalCorrelograms
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike

CACHED_FROM = 100_000  # spikes; of fewer, counting those of a selection takes a millisecond


class _Entry:
    """The counts of one clustering in bins of one kind, and at which cut they are."""

    def __init__(self, samples: npt.NDArray[np.int64], bins: tuple[int, int]) -> None:
        self.bins = bins
        self.pairs = IncrementalCorrelograms(samples, *bins)
        self.n_cuts: int | None = None
        self.lock = threading.Lock()

    def follow(self, manager: ClusterManager, on_progress: OnProgress) -> npt.NDArray[np.int32] | None:
        """Count what changed and return the cluster of each slot; None: there are too many slots to keep them."""
        if not self.pairs.has_room(len(manager.slot_clusters)):
            return None
        n_cuts, slots, slot_clusters = manager.slots_since(self.n_cuts if self.pairs.slots is not None else None)
        if slots is not None:
            self.pairs.follow(slots, len(slot_clusters), on_progress)
            self.n_cuts = n_cuts
        return slot_clusters


_cache: SessionCache[Literal["pairs"], _Entry] = SessionCache(lambda entry: entry.pairs.nbytes)


def cache_pairs(session: SessionLike, width: int, n_bins: int, on_progress: OnProgress = no_progress) -> bool:
    """Count the pairs of all clusters, instead of those in other bins; slow, for a thread in the background.

    Returns whether they are kept: a small data set, one with too many clusters (above 1 000 in 26 bins) and a
    stretch of time are counted on demand.
    """
    manager = session.manager
    if not isinstance(manager, ClusterManager) or session.model.n_spikes < CACHED_FROM:
        return False
    entry = _cache.known(session, ["pairs"]).get("pairs")
    if entry is None or entry.bins != (width, n_bins):
        entry = _Entry(session.model.spike_samples, (width, n_bins))
        if not entry.pairs.has_room(len(manager.slot_clusters)):
            _cache.remove(session, "pairs")
            return False
    with entry.lock:
        _cache.keep(session, "pairs", entry)
        is_cached = entry.follow(manager, on_progress) is not None
        entry.pairs.warm_up()
        _cache.keep(session, "pairs", entry)  # as large as it is now
        return is_cached


def cached_counts(
    session: SessionLike, clusters: Sequence[int], width: int, n_bins: int, on_progress: OnProgress = no_progress
) -> npt.NDArray[np.int64] | None:
    """Return (n, n, n_bins) one-sided counts from those that are kept, or None: they are not, or are being counted."""
    manager = session.manager
    if not isinstance(manager, ClusterManager):
        return None
    entry = _cache.known(session, ["pairs"]).get("pairs")
    if entry is None or entry.bins != (width, n_bins) or not entry.lock.acquire(blocking=False):
        return None
    try:
        slot_clusters = entry.follow(manager, on_progress) if entry.pairs.slots is not None else None
        _cache.keep(session, "pairs", entry)
        if slot_clusters is None:
            return None
        members = [np.flatnonzero(slot_clusters == cluster) for cluster in clusters]
        return entry.pairs.sums(members) if all(map(len, members)) else None
    finally:
        entry.lock.release()
