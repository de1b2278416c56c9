"""Writes an edited clustering into a `.kwik` in place, and reads it back to be sure.

Only three things change: the cluster ids of the spikes of one clustering (of a wider type where theirs
cannot hold them), the groups of clusters that have spikes (`cluster_group`, and cluster groups that are
new), and this program's own attributes. Nodes of clusters without spikes stay, but lose our `color` and
`label.*`: an id that came back would else wear them. `clusters/original`, unknown groups and unknown
attributes are never touched.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import compact_ids
from napari_phy.core.cluster_groups import ClusterGroup
from napari_phy.core.clustering_file import ORIGINAL
from napari_phy.core.errors import NapariPhyError, ReadOnlyError, SaveError
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.hdf5.links import HDF5_ERRORS, reason
from napari_phy.formats.hdf5.values import encode
from napari_phy.formats.kwik import schema, spikes
from napari_phy.formats.kwik.cluster_groups import read_user_groups, write_user_groups
from napari_phy.formats.kwik.clustering_nodes import begin_clustering, has_clustering
from napari_phy.formats.kwik.clusters import (
    LABEL_PREFIX,
    group_name,
    is_label_name,
    is_label_value,
    klustaviewa_color,
    read_cluster_nodes,
    read_clusters,
    read_group_names,
)

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def write_clustering(
    path: str | Path,
    *,
    channel_group: int,
    clustering: str,
    spike_clusters: npt.NDArray[np.integer[Any]],
    cluster_groups: Mapping[int, str],
    cluster_colors: Mapping[int, str],
    cluster_labels: Mapping[str, Mapping[int, Any]],
    group_names: Sequence[str],
    user_groups: Sequence[ClusterGroup] | None = None,
    sources: Sequence[str] = (),
) -> str:
    """Write a clustering in place into a `.kwik` (a copy, if a crash must not harm the original); return its hash.

    Parameters
    ----------
    path : str or Path
        `.kwik` file.
    channel_group : int
        Channel group of the clustering.
    clustering : str
        Name of the clustering; never "original".
    spike_clusters : ndarray of integer, shape (n_spikes,)
        Cluster of each spike, in ascending time as the model gives them.
    cluster_groups : mapping of int to str
        {cluster: group name}; those left out are unsorted.
    cluster_colors : mapping of int to str
        {cluster: '#rrggbb'}.
    cluster_labels : mapping of str to mapping of int to object
        {field: {cluster: value}}, each a str, int, float or bool.
    group_names : sequence of str
        All group names; those the file lacks get the first free ids from 4 on.
    user_groups : sequence of ClusterGroup, optional
        The groups besides the standard ones with number and colour; others of the file are removed. None leaves the
        groups of the file as they are.
    sources : sequence of str, default ()
        Clusterings that one which the file lacks is first a copy of, the first that is there; "" for none, as where no
        clustering is there. Empty: the file has it.

    Raises
    ------
    ReadOnlyError
        For the clustering "original", or a file that may not be written to.
    SaveError
        If the clustering does not fit the file (nothing is written then), or the file does not hold
        afterwards what was written.
    """
    path = Path(path)
    if clustering == ORIGINAL:
        raise ReadOnlyError(f"{path.name}: the clustering original is never changed; save another one.")
    clusters = np.asarray(spike_clusters)
    live = set(np.unique(clusters).tolist())
    colors = {cluster: color.lower() for cluster, color in cluster_colors.items() if cluster in live}
    labels = {
        field: kept
        for field, values in cluster_labels.items()
        if (kept := {cluster: value for cluster, value in values.items() if cluster in live})
    }
    groups = {cluster: cluster_groups.get(cluster, "unsorted").lower() for cluster in live}
    _check_values(path.name, colors, labels)
    try:
        with open_h5(path, "r+") as file:
            schema.check_is_kwik(file)
            if sources and not has_clustering(file, channel_group, clustering):
                found = (name for name in sources if name and has_clustering(file, channel_group, name))
                begin_clustering(file, channel_group, clustering, next(found, ""))
            values = _in_file_order(file, channel_group, clustering, clusters)
            _write_clusters(file, schema.clustering_path(channel_group, clustering), values)
            if user_groups is not None:
                write_user_groups(file, channel_group, clustering, user_groups)
            names = [*group_names, *(groups[cluster] for cluster in sorted(groups))]
            group_ids = _write_group_names(file, channel_group, clustering, names)
            _write_nodes(file, channel_group, clustering, groups, group_ids, colors, labels)
            file.flush()
    except NapariPhyError:
        raise
    except HDF5_ERRORS as error:
        raise SaveError(f"{path.name} could not be written: {reason(error)}.") from error
    with open_h5(path) as file:
        _verify(file, channel_group, clustering, values, groups, colors, labels)
        if user_groups is not None:
            _verify_groups(file, channel_group, clustering, user_groups)
        return clustering_hash(file, channel_group, clustering)


def content_hash(path: str | Path, channel_group: int, clustering: str) -> str:
    """Return the hash of a clustering of a file; see `clustering_hash`."""
    with open_h5(path) as file:
        return clustering_hash(file, channel_group, clustering)


def clustering_hash(file: H5File, channel_group: int, clustering: str) -> str:
    """Return the BLAKE2b hash of a clustering: cluster ids, groups, our colours and labels.

    Names and types count, not how the file stores them: repacking a file does not change its hash.

    Raises
    ------
    MissingDataError
        If the file has no such clustering.
    KwikFormatError
        If it cannot be read.
    """
    digest = hashlib.blake2b(digest_size=32)
    samples = schema.spikes_path(channel_group, "time_samples")
    wanted = spikes.count_integers(file, samples) if file.is_dataset(samples) else None
    n_spikes = 0
    for ids in spikes.integer_blocks(file, schema.clustering_path(channel_group, clustering), wanted):
        digest.update(np.ascontiguousarray(ids, dtype="<i8").data)
        n_spikes += len(ids)
    names = read_group_names(file, channel_group, clustering)
    clusters = [
        (cluster_id, group_name(group, names), _looks(own))
        for cluster_id, (group, own) in read_cluster_nodes(file, channel_group, clustering).items()
    ]
    group_colors = [
        (group.group_id, group.color)
        for group in read_user_groups(file, channel_group, clustering)
        if group.color is not None
    ]
    if group_colors:
        digest.update(json.dumps(group_colors).encode())
    described = json.dumps([n_spikes, sorted(names.items()), clusters], sort_keys=True, default=repr)
    digest.update(described.encode())
    return digest.hexdigest()


def _check_values(name: str, colors: Mapping[int, str], labels: Mapping[str, Mapping[int, Any]]) -> None:
    for cluster, color in colors.items():
        if not _COLOR.fullmatch(color):
            raise SaveError(f"{name}: the colour {color!r} of cluster {cluster} is not of the form #rrggbb.")
    for field, values in labels.items():
        for cluster, value in values.items():
            try:
                encode(field)
                encode(value)
            except (TypeError, ValueError) as error:
                raise SaveError(f"{name}: the label {field} of cluster {cluster} cannot be saved: {error}.") from error
            if not is_label_value(value):
                raise SaveError(f"{name}: the label {field} of cluster {cluster} is no text, number or truth value.")


def _in_file_order(
    file: H5File, channel_group: int, clustering: str, clusters: npt.NDArray[np.integer[Any]]
) -> npt.NDArray[np.integer[Any]]:
    path = schema.clustering_path(channel_group, clustering)
    if not file.is_dataset(path):
        raise SaveError(f"{file.path.name} has no clustering {clustering} in channel group {channel_group}.")
    samples, recordings = spikes.read_times(file, channel_group)
    if clusters.shape != samples.shape or clusters.dtype.kind not in "iu":
        raise SaveError(
            f"{file.path.name}: channel group {channel_group} has {len(samples)} spikes "
            f"but the clustering to save has shape {clusters.shape} of {clusters.dtype}."
        )
    if clusters.size and not 0 <= int(clusters.min()) <= int(clusters.max()) < schema.MAX_CLUSTERS:
        low, high = int(clusters.min()), int(clusters.max())
        raise SaveError(f"{file.path.name}: cluster ids go from 0 to {schema.MAX_CLUSTERS - 1}, not {low} to {high}.")
    return spikes.to_file(clusters, spikes.ascending_order(samples, recordings))


def _write_clusters(file: H5File, path: str, values: npt.NDArray[np.integer[Any]]) -> None:
    """Write cluster ids in the shape and the type that the file has; int32 or int64 where these cannot hold them."""
    dataset = file.dataset(path)
    dtype, shape = dataset.dtype, dataset.shape
    if dtype.kind not in "iuf" or not np.array_equal(values.astype(dtype), values):
        dtype = compact_ids(values).dtype
    if shape is None or math.prod(shape) != values.size:
        shape = values.shape
    file.write(path, values.astype(dtype).reshape(shape))


def _write_group_names(file: H5File, channel_group: int, clustering: str, names: Sequence[str]) -> dict[str, int]:
    """Make nodes for group names that the file lacks; return {name in lower case: group id}."""
    path = schema.cluster_groups_path(channel_group, clustering)
    taken = read_group_names(file, channel_group, clustering)
    group_ids = {name: group_id for group_id, name in reversed(taken.items())}
    for name in [*schema.DEFAULT_GROUPS.values(), *names]:
        if name.lower() in group_ids:
            continue
        group_id = _free_group_id(name.lower(), taken)
        file.write_attr(f"{path}/{group_id}", "name", name)
        file.write_attr(schema.klustaviewa(f"{path}/{group_id}"), "color", klustaviewa_color(group_id))
        taken[group_id] = name.lower()
        group_ids[name.lower()] = group_id
    return group_ids


def _free_group_id(name: str, taken: Mapping[int, str]) -> int:
    wanted = [group_id for group_id, default in schema.DEFAULT_GROUPS.items() if default.lower() == name]
    if match := re.fullmatch(r"group_(\d{1,9})", name):
        wanted.append(int(match[1]))
    if wanted and wanted[0] not in taken:
        return wanted[0]
    return next(number for number in range(schema.FIRST_USER_GROUP, 2**31) if number not in taken)


def _write_nodes(
    file: H5File,
    channel_group: int,
    clustering: str,
    groups: Mapping[int, str],
    group_ids: Mapping[str, int],
    colors: Mapping[int, str],
    labels: Mapping[str, Mapping[int, Any]],
) -> None:
    """Write group, colour and labels of clusters, where the file has others; `groups` has all that have spikes."""
    names = {group_id: name for name, group_id in group_ids.items()}
    names.update(read_group_names(file, channel_group, clustering))
    path = schema.clusters_path(channel_group, clustering)
    clusters = sorted(groups.keys() | {name for name in file.children(path) if isinstance(name, int)})
    wanted = {"": ["cluster_group"], schema.OWN: None, schema.KLUSTAVIEWA: ["color"]}
    changed: dict[int, dict[str, dict[str, Any]]] = {}
    for cluster, (node, own, klustaviewa) in file.attrs_of_children(path, clusters, wanted):
        stored = {name: value for name, value in _looks(own).items() if name == "color" or is_label_value(value)}
        looks: dict[str, Any] = {
            f"{LABEL_PREFIX}{field}": values[cluster] for field, values in labels.items() if cluster in values
        }
        if cluster in colors:
            looks["color"] = colors[cluster]
        for name in stored.keys() - looks.keys():
            file.delete_attr(f"{path}/{cluster}/{schema.OWN}", name)
        looks = {name: value for name, value in looks.items() if name not in stored or not _same(stored[name], value)}
        changed[cluster] = {schema.OWN: looks} if looks else {}
        if cluster in groups:
            group = node.get("cluster_group")
            if group is None or group_name(group, names) != groups[cluster]:
                changed[cluster][""] = {"cluster_group": group_ids[groups[cluster]]}
            if "color" in looks or "color" not in klustaviewa:
                color = klustaviewa_color(cluster, colors.get(cluster))
                changed[cluster][schema.KLUSTAVIEWA] = {"color": color}
    file.write_attrs_of_children(path, changed)


def _looks(own: Mapping[str, Any]) -> dict[str, Any]:
    """Return colour and labels of a cluster."""
    return {name: value for name, value in own.items() if name == "color" or is_label_name(name)}


def _same(stored: Any, value: Any) -> bool:
    value = value.item() if isinstance(value, np.generic) else value
    return type(stored) is type(value) and (stored == value or (stored != stored and value != value))


def _verify(
    file: H5File,
    channel_group: int,
    clustering: str,
    values: npt.NDArray[np.integer[Any]],
    groups: Mapping[int, str],
    colors: Mapping[int, str],
    labels: Mapping[str, Mapping[int, Any]],
) -> None:
    written = spikes.read_integers(file, schema.clustering_path(channel_group, clustering), values.size)
    found = read_clusters(file, channel_group, clustering, sorted(groups))
    wrong = None
    if not np.array_equal(written, values):
        wrong = "cluster ids"
    elif {cluster: found.groups.get(cluster, "unsorted") for cluster in groups} != dict(groups):
        wrong = "cluster groups"
    elif dict(found.colors) != dict(colors):
        wrong = "colours"
    elif not _same_labels(found.labels, labels):
        wrong = "labels"
    if wrong:
        raise SaveError(f"{file.path.name} does not hold the {wrong} that were written to it.")


def _verify_groups(file: H5File, channel_group: int, clustering: str, groups: Sequence[ClusterGroup]) -> None:
    found = {group.name: group.color for group in read_user_groups(file, channel_group, clustering)}
    wanted = {group.name: group.color for group in groups}
    if {name: found.get(name) for name in wanted if name in found} != wanted:
        raise SaveError(f"{file.path.name} does not hold the groups that were written to it.")


def _same_labels(found: Mapping[str, Mapping[int, Any]], wanted: Mapping[str, Mapping[int, Any]]) -> bool:
    return found.keys() == wanted.keys() and all(
        found[field].keys() == values.keys()
        and all(_same(found[field][cluster], value) for cluster, value in values.items())
        for field, values in wanted.items()
    )
