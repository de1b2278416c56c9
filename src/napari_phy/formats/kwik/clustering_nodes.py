"""The nodes of a whole clustering in an open Kwik file: listed, made, copied, moved and removed."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.spikes import count_integers


def list_clusterings(file: H5File, channel_group: int) -> tuple[str, ...]:
    """Return the names of the clusterings of a channel group, in the alphabet."""
    file.find_group(schema.clusterings_path(channel_group))  # a broken link is distinguished from a missing one
    return tuple(sorted(file.datasets(schema.clusterings_path(channel_group), with_dead_links=True)))


def count_spikes(file: H5File, channel_group: int) -> int:
    """Return the number of spikes of a channel group."""
    path = schema.spikes_path(channel_group, "time_samples")
    return count_integers(file, path) if file.has(path) else 0


def has_clustering(file: H5File, channel_group: int, name: str) -> bool:
    """Tell whether the dataset of a clustering, one number for each spike, is in the file."""
    return file.is_dataset(schema.clustering_path(channel_group, name))


def begin_clustering(file: H5File, channel_group: int, name: str, source: str) -> None:
    """Add a clustering to a file in place: a copy of another one, or of one cluster, 0, where `source` is ""."""
    if source:
        copy_nodes(file, channel_group, source, name)
    else:
        make_nodes(file, channel_group, name)


def make_nodes(file: H5File, channel_group: int, name: str) -> None:
    """Make a clustering of one cluster, 0, of the type that the others have."""
    remove_nodes(file, channel_group, name)
    others = list_clusterings(file, channel_group)
    like = file.dataset(schema.clustering_path(channel_group, others[0])).dtype if others else np.dtype("int32")
    like = like if like.kind in "iu" else np.dtype("int32")
    file.write(schema.clustering_path(channel_group, name), np.zeros(count_spikes(file, channel_group), dtype=like))
    file.require_group(schema.clusters_path(channel_group, name))


def copy_nodes(file: H5File, channel_group: int, old: str, new: str) -> None:
    """Copy all that the file says of a clustering."""
    remove_nodes(file, channel_group, new)
    for parent in _parents(file, channel_group, old):
        parent.copy(old, new)


def move_nodes(file: H5File, channel_group: int, old: str, new: str) -> None:
    """Give a clustering another name."""
    remove_nodes(file, channel_group, new)
    for parent in _parents(file, channel_group, old):
        parent.move(old, new)


def remove_nodes(file: H5File, channel_group: int, name: str) -> None:
    """Remove a clustering, also what is left of one whose spikes are gone."""
    for parent in _parents(file, channel_group, name, only_with=False):
        if parent.get(name, getlink=True) is not None:  # a link, too, that leads nowhere
            del parent[name]


def _parents(file: H5File, channel_group: int, name: str, *, only_with: bool = True) -> list[Any]:
    """Return the groups that hold a part of the clustering, or might: its spikes, its clusters, its cluster groups."""
    nodes = (
        schema.clustering_path(channel_group, name),
        schema.clusters_path(channel_group, name),
        schema.cluster_groups_path(channel_group, name),
    )
    parents = {node: file.find_group(node.rpartition("/")[0]) for node in nodes}
    return [group for node, group in parents.items() if group is not None and (file.has(node) or not only_with)]
