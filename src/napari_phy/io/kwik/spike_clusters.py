"""The cluster of each spike, as a clustering of a Kwik file has it, and which clustering is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import KwikFormatError, NotInFileError
from napari_phy.io.h5 import H5File
from napari_phy.io.kwik import schema, spikes
from napari_phy.io.kwik.clustering_nodes import list_clusterings


@dataclass(frozen=True, slots=True)
class Part:
    """The channel group and the clustering that are opened, and which there are."""

    channel_groups: tuple[int, ...]
    channel_group: int
    clusterings: tuple[str, ...]
    clustering: str


def choose_part(file: H5File, channel_group: int | None, clustering: str | None) -> Part:
    """Return what is opened: what is wished, else the first channel group with spikes, and `main` or the first.

    Raises
    ------
    KwikFormatError
        The file has no channel groups.
    NotInFileError
        It has no such channel group or clustering.
    """
    name = file.path.name
    groups = tuple(group for group in file.children(schema.GROUPS) if isinstance(group, int))
    if not groups:
        raise KwikFormatError(f"{name} has no channel groups.")
    if channel_group is None:
        with_spikes = (group for group in groups if file.has(schema.spikes_path(group, "time_samples")))
        channel_group = next(with_spikes, groups[0])
    if channel_group not in groups:
        raise NotInFileError(f"{name} has no channel group {channel_group}; it has {', '.join(map(str, groups))}.")
    found = list_clusterings(file, channel_group)
    if clustering is None:
        clustering = schema.MAIN if schema.MAIN in found or not found else found[0]
    elif clustering not in found:
        raise NotInFileError(
            f"{name}: channel group {channel_group} has no clustering {clustering}; "
            f"it has {', '.join(found) or 'none'}."
        )
    return Part(groups, channel_group, found, clustering)


def read_spike_clusters(
    file: H5File, channel_group: int, clustering: str, n_spikes: int, order: npt.NDArray[np.int64] | None
) -> npt.NDArray[np.int32]:
    """Return (n_spikes,) cluster ids in ascending time; `order` is that of `spikes.ascending_order`.

    Raises
    ------
    KwikFormatError
        There are not as many as spikes, or they are no cluster ids.
    """
    name, path = file.path.name, schema.clustering_path(channel_group, clustering)
    dataset = file.dataset(path)
    if dataset.shape != (n_spikes,) or dataset.dtype.kind not in "iu":
        raise KwikFormatError(
            f"{name}: channel group {channel_group} has {n_spikes} spikes "
            f"but the clustering {clustering} has shape {dataset.shape} of {dataset.dtype}."
        )
    values = file.read(path, shape=(n_spikes,))
    if values.size and not 0 <= int(values.min()) <= int(values.max()) < schema.MAX_CLUSTERS:
        raise KwikFormatError(
            f"{name}: the clustering {clustering} has cluster ids from {int(values.min())} "
            f"to {int(values.max())}; they must lie between 0 and {schema.MAX_CLUSTERS - 1}."
        )
    values = values.view(np.int32) if values.dtype == np.uint32 else values.astype(np.int32, copy=False)
    return read_only(spikes.to_program(values, order))


def read_stored_clusters(file: H5File, channel_group: int, clustering: str) -> npt.NDArray[Any]:
    """Return (n_spikes,) cluster ids in ascending time, unchecked and of the type that the file has.

    Raises
    ------
    KwikFormatError
        There are not as many as spikes.
    """
    samples, recordings = spikes.read_times(file, channel_group)
    clusters = file.read(schema.clustering_path(channel_group, clustering), samples.shape)
    return spikes.to_program(clusters, spikes.ascending_order(samples, recordings))


def distinct(clusters: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return the ids that occur, ascending; by marking them, which is quicker than sorting, where ids are small."""
    if len(clusters) and int(clusters.max()) <= 2**20 + len(clusters):
        occurs = np.zeros(int(clusters.max()) + 1, dtype=bool)
        occurs[clusters] = True
        return np.flatnonzero(occurs)
    return np.unique(clusters).astype(np.int64)
