"""The clusters an automatic sorter left behind: mostly right, with the mistakes of the story."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.sample_data.recipe import SEED, Story

Ints = npt.NDArray[np.int64]


def assign_clusters(sources: Ints, story: Story, shank: int) -> npt.NDArray[np.int32]:
    """Return (n_spikes,) cluster ids for spikes of known sources; over-split units are divided at random."""
    rng = np.random.default_rng((SEED, shank, 6))
    clusters = np.full(len(sources), -1, dtype=np.int32)
    draws = rng.random(len(sources))
    for cluster in story.clusters:
        for unit in cluster.units:
            spikes = sources == unit
            if unit in story.shares:
                spikes &= (draws >= story.shares[unit]) == bool(cluster.part)
            clusters[spikes] = cluster.cluster_id
    if np.any(clusters < 0):
        raise AssertionError("the story leaves spikes without a cluster")
    return clusters
