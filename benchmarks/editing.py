"""Edits of every kind, the same in each process."""

from __future__ import annotations

import random

import numpy as np
from harness import SEED

from napari_phy import ClusterManager

_N_MOVED = 1_000  # spikes of a split
_GROUPS = ("noise", "mua", "good", "unsorted")


def edit(manager: ClusterManager, n_edits: int) -> None:
    """Merge, split and move in turn until there are `n_edits` that can be undone."""
    chance = random.Random(SEED)
    rng = np.random.default_rng(SEED)
    while manager.n_done < n_edits:
        clusters = manager.cluster_ids.tolist()
        kind = manager.n_done % 3
        if kind == 0:
            manager.merge(chance.sample(clusters, 2))
        elif kind == 1:
            manager.split(_part(manager, max(chance.sample(clusters, 5), key=manager.n_spikes), rng))
        else:
            cluster = chance.choice(clusters)
            manager.move([cluster], chance.choice([name for name in _GROUPS if name != manager.group(cluster)]))


def _part(manager: ClusterManager, cluster: int, rng: np.random.Generator) -> np.ndarray:
    spikes = manager.spikes(cluster)
    return rng.choice(spikes, min(_N_MOVED, len(spikes) // 2), replace=False)
