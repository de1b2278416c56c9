"""The clustering of each side, with the verbs that both have: merge, split, undo, redo."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from harness import Side


class Clustering(Protocol):
    """What is compared."""

    spike_clusters: Any

    def merge(self, cluster_ids: list[int], /) -> Any:
        """Join clusters into a new one."""

    def split(self, spike_ids: npt.NDArray[np.int64], /) -> Any:
        """Give spikes a new cluster."""

    def undo(self) -> Any:
        """Take back the last edit."""

    def redo(self) -> Any:
        """Do it again."""


def clustering_class(side: Side) -> Any:
    """Return the class that makes a clustering from (n_spikes,) clusters; what it needs is imported by then."""
    if side == "ours":
        from napari_phy import ClusterManager

        ClusterManager(np.arange(1_000_001) % 7)  # compiled code is loaded on first use
        return ClusterManager
    from phy.cluster.clustering import Clustering as PhyClustering

    return PhyClustering


def digest(clusterings: Iterable[Clustering]) -> str:
    """Return one hash of the clusters of all spikes; new ids follow the same rules on both sides."""
    hashed = hashlib.blake2b(digest_size=8)
    for clustering in clusterings:
        hashed.update(np.ascontiguousarray(clustering.spike_clusters, dtype=np.int32))
    return hashed.hexdigest()
