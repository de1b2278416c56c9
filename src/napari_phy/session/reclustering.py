"""Some clusters are clustered anew, as one edit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from napari_phy.core.base_model import BaseModel
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.update_info import UpdateInfo
from napari_phy.sorting import cluster


def find_clusters(
    model: BaseModel,
    manager: ClusterManager,
    clusters: Iterable[int],
    on_progress: OnProgress = no_progress,
    **options: Any,
) -> cluster.ClusteredSpikes:
    """Cluster the spikes of some clusters anew; nothing is edited.

    Parameters
    ----------
    model : BaseModel
        The data set.
    manager : ClusterManager
        Its clusters.
    clusters : iterable of int
        Those whose spikes are meant.
    on_progress : callable, optional
        Called with 0…1; by raising CancelledError it ends the work, and nothing is changed.
    **options : object
        Of `napari_phy.sorting.cluster.run`.

    Raises
    ------
    ClusteringError
        There are no such clusters.
    NapariPhyError
        They cannot be clustered.
    """
    chosen = sorted(set(clusters))
    if not chosen:
        raise ClusteringError("Select clusters to cluster anew.")
    spikes = np.sort(np.concatenate([manager.spikes(one) for one in chosen]))
    return cluster.run(model, spike_ids=spikes, **options).follow(on_progress)


def recluster(
    model: BaseModel,
    manager: ClusterManager,
    clusters: Iterable[int],
    on_progress: OnProgress = no_progress,
    **options: Any,
) -> UpdateInfo:
    """Do what `find_clusters` finds, by one edit that can be undone.

    Raises
    ------
    ClusteringError
        There are no such clusters, or they are found as they are; nothing was changed.
    NapariPhyError
        They cannot be clustered.
    """
    found = find_clusters(model, manager, clusters, on_progress, **options)
    return manager.assign(found.spike_ids, found.labels)
