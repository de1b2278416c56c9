"""How far each clustering of a `.kwik` is."""

from __future__ import annotations

from dataclasses import replace

from napari_phy.core.base_model import BaseModel
from napari_phy.core.cluster_groups import DISCARDED
from napari_phy.core.clustering_file import MAIN, ClusteringSummary
from napari_phy.core.errors import NapariPhyError
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.kwik.clustering_nodes import list_clusterings
from napari_phy.formats.kwik.clusters import read_clusters
from napari_phy.formats.kwik.spike_clusters import distinct, read_spike_clusters


def read_summaries(model: BaseModel) -> list[ClusteringSummary]:
    """Return what the file of a model says of every clustering; one that cannot be read has the reason."""
    found = []
    with open_h5(model.path) as file:
        for group in model.channel_groups:
            n_spikes, reason = model.count_spikes(group), model.unreadable.get((group, None), "")
            for clustering in list_clusterings(file, group) or (MAIN,):
                summary = ClusteringSummary(group, clustering, n_spikes, reason=reason)
                found.append(summary if reason or not n_spikes else _counted(summary, file))
    return found


def _counted(summary: ClusteringSummary, file: H5File) -> ClusteringSummary:
    """Return a summary with how many clusters are decided."""
    group, clustering = summary.channel_group, summary.clustering
    try:
        ids = distinct(read_spike_clusters(file, group, clustering, summary.n_spikes, None))
        groups = read_clusters(file, group, clustering, ids).groups
    except NapariPhyError as error:
        return replace(summary, reason=str(error))
    shown = [groups.get(cluster) for cluster in ids.tolist() if groups.get(cluster) != DISCARDED]
    return replace(summary, n_decided=sum(name is not None for name in shown), n_clusters=len(shown))
