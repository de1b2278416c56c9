"""The cluster of each spike, as a clustering of a Kwik file has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import ClusterIds, compact_ids, read_only
from napari_phy.core.clustering_file import ORIGINAL
from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.kwik import schema, spikes


def check_clustering(file: H5File, channel_group: int, clustering: str, n_spikes: int) -> None:
    """Raise KwikFormatError if a clustering has not one whole number for each spike, as its shape and type tell."""
    path = schema.clustering_path(channel_group, clustering)
    try:
        fits = spikes.count_integers(file, path) == n_spikes
    except KwikFormatError:
        fits = False
    if not fits:
        dataset = file.dataset(path)
        advice = "use another copy of it" if clustering == ORIGINAL else "reset it to original or delete it"
        raise KwikFormatError(
            f"{file.path.name}: channel group {channel_group} has {n_spikes} spikes, "
            f"but the clustering {clustering} has shape {dataset.shape} and type {dataset.dtype}. "
            f"It belongs to another sorting: {advice}."
        )


def read_spike_clusters(
    file: H5File, channel_group: int, clustering: str, n_spikes: int, order: npt.NDArray[np.int64] | None
) -> ClusterIds:
    """Return (n_spikes,) cluster ids in ascending time; `order` is that of `spikes.ascending_order`.

    Raises
    ------
    KwikFormatError
        There are not as many as spikes, or they are no cluster ids.
    """
    name, path = file.path.name, schema.clustering_path(channel_group, clustering)
    check_clustering(file, channel_group, clustering, n_spikes)
    values = spikes.read_integers(file, path, n_spikes)
    if values.size and not 0 <= int(values.min()) <= int(values.max()) < schema.MAX_CLUSTERS:
        raise KwikFormatError(
            f"{name}: the clustering {clustering} has cluster ids from {int(values.min())} "
            f"to {int(values.max())}; they must lie between 0 and {schema.MAX_CLUSTERS - 1}."
        )
    return read_only(spikes.to_program(compact_ids(values), order))


def read_stored_clusters(file: H5File, channel_group: int, clustering: str) -> npt.NDArray[Any]:
    """Return (n_spikes,) cluster ids in ascending time, whole numbers of the type that the file has.

    Raises
    ------
    KwikFormatError
        There are not as many as spikes.
    """
    samples, recordings = spikes.read_times(file, channel_group)
    clusters = spikes.read_integers(file, schema.clustering_path(channel_group, clustering), len(samples))
    return spikes.to_program(clusters, spikes.ascending_order(samples, recordings))


def distinct(clusters: ClusterIds) -> npt.NDArray[np.int64]:
    """Return the ids that occur, ascending; by marking them, which is quicker than sorting, where ids are small."""
    if len(clusters) and int(clusters.max()) <= 2**20 + len(clusters):
        occurs = np.zeros(int(clusters.max()) + 1, dtype=bool)
        occurs[clusters] = True
        return np.flatnonzero(occurs)
    return np.unique(clusters).astype(np.int64)
