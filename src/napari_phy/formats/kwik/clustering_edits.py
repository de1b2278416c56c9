"""What every change to the clusterings of a file goes through: nobody else edits them, and the others stay the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_groups import ClusterGroup, group_name, new_group_name
from napari_phy.core.errors import ClusteringError, KwikFormatError, NotInFileError, SaveError
from napari_phy.files.clustering_place import ClusteringPlace
from napari_phy.files.journal_hold import HeldJournal, hold_journal
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.cluster_data import ClusterExtras, write_extras
from napari_phy.formats.kwik.clustering_nodes import count_spikes, list_clusterings
from napari_phy.formats.kwik.clusters import read_clusters, read_group_names
from napari_phy.formats.kwik.rewriting import check_writable, rewrite_kwik, used_side_folder
from napari_phy.formats.kwik.save import content_hash, write_clustering
from napari_phy.formats.kwik.spike_clusters import read_stored_clusters

_LONGEST_NAME = 255
_BYTES_PER_SPIKE = 16


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """What is to be written of a clustering; what is not named stays.

    Attributes
    ----------
    spike_clusters : ndarray of integer, shape (n_spikes,), optional
        Integers in ascending time.
    cluster_groups : mapping of int to str or int or None, optional
        {cluster: name, number, or None for unsorted}.
    clustering_metadata : mapping of str to object, optional
        {attribute: value}.
    cluster_colors : mapping of int to str or None, optional
        {cluster: '#rrggbb', or None for none}.
    cluster_labels : mapping of str to mapping of int to object, optional
        {field: {cluster: value, or None for none}}.
    cluster_data : mapping of int to ClusterExtras, optional
        {cluster: user fields, quality measures, mean waveforms}.
    user_groups : tuple of ClusterGroup, optional
        The groups besides the standard ones, all of them.
    keeps_the_rest : bool, default True
        Whether groups, colours and labels of clusters that are not named stay; else they have none.
    """

    spike_clusters: npt.NDArray[np.integer[Any]] | None = None
    cluster_groups: Mapping[int, str | int | None] = field(default_factory=dict)
    clustering_metadata: Mapping[str, Any] = field(default_factory=dict)
    cluster_colors: Mapping[int, str | None] = field(default_factory=dict)
    cluster_labels: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)
    cluster_data: Mapping[int, ClusterExtras] = field(default_factory=dict)
    user_groups: tuple[ClusterGroup, ...] | None = None
    keeps_the_rest: bool = True


@contextmanager
def alone(
    path: Path, channel_group: int, clustering: str, *, is_new: bool = False
) -> Iterator[tuple[Path, HeldJournal]]:
    """Give the file, links followed, and the journal of a clustering, which is not edited meanwhile.

    Raises
    ------
    NotInFileError
        There is no such channel group or clustering.
    ClusteringError
        It is to be new, and there is one.
    ReadOnlyError
        Somebody edits it, or the file cannot be replaced.
    """
    path = Path(path).resolve()
    check_writable(path)
    with open_h5(path) as file:
        schema.check_is_kwik(file)
        if is_new:
            check_free(file, channel_group, clustering)
        else:
            check_known(file, channel_group, clustering)
    with used_side_folder(path), hold_journal(ClusteringPlace(path, channel_group, clustering)) as journal:
        yield path, journal


def rewrite(path: Path, channel_group: int, edit: Callable[[Path], object], changed: set[str]) -> None:
    """Let `edit` change a copy of the file, and take it if the clusterings not in `changed` are the same in it."""

    def edit_and_compare(copy: Path) -> None:
        edit(copy)
        with open_h5(path) as file:
            others = set(list_clusterings(file, channel_group)) - changed
        for other in sorted(others):
            try:
                before = content_hash(path, channel_group, other)
            except KwikFormatError:
                continue  # it could not be read before
            if content_hash(copy, channel_group, other) != before:
                raise SaveError(f"{path.name}: the clustering {other} would not stay as it is")

    with open_h5(path) as file:
        n_spikes = count_spikes(file, channel_group)
    rewrite_kwik(path, edit_and_compare, room_for=_BYTES_PER_SPIKE * n_spikes)


def write_changes(path: Path, channel_group: int, clustering: str, changes: Changes) -> None:
    """Write changes to a clustering in place, and read them back."""
    with open_h5(path) as file:
        clusters = changes.spike_clusters
        if clusters is None:
            clusters = read_stored_clusters(file, channel_group, clustering)
        if clusters.size and clusters.dtype.kind in "iu":
            low, high = int(clusters.min()), int(clusters.max())
            if low < 0 or high >= schema.MAX_CLUSTERS:
                raise SaveError(
                    f"{path.name}: cluster ids go from 0 to {schema.MAX_CLUSTERS - 1}, not {low} to {high}."
                )
        stays = np.unique(clusters) if changes.keeps_the_rest else ()
        found = read_clusters(file, channel_group, clustering, stays)
        names = read_group_names(file, channel_group, clustering)
    groups = {cluster: _group_name(path, value, names) for cluster, value in changes.cluster_groups.items()}
    write_clustering(
        path,
        channel_group=channel_group,
        clustering=clustering,
        spike_clusters=clusters,
        cluster_groups={**found.groups, **groups},
        cluster_colors=_known({**found.colors, **changes.cluster_colors}),
        cluster_labels={
            label: _known({**found.labels.get(label, {}), **changes.cluster_labels.get(label, {})})
            for label in {**found.labels, **changes.cluster_labels}
        },
        group_names=(),
        user_groups=changes.user_groups,
    )
    if changes.clustering_metadata or changes.cluster_data:
        with open_h5(path, "r+") as file:
            node = schema.clusters_path(channel_group, clustering)
            for name, value in changes.clustering_metadata.items():
                try:
                    file.write_attr(node, name, value)
                except (TypeError, ValueError) as error:
                    raise SaveError(f"{path.name}: the attribute {name} cannot be saved: {error}.") from error
            for cluster, extras in changes.cluster_data.items():
                write_extras(file, channel_group, clustering, cluster, extras)


def checked_name(name: str) -> str:
    """Return the name of a new clustering without blanks around it.

    Raises
    ------
    ClusteringError
        A file cannot hold it.
    """
    name = str(name).strip()
    if not name:
        raise ClusteringError("A clustering needs a name.")
    try:
        fits = not set(name) & set("/\0") and name != "." and len(name.encode()) <= _LONGEST_NAME
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise ClusteringError(f"{name[:40]!r} cannot be the name of a clustering: a file cannot hold it.")
    return name


def check_known(file: H5File, channel_group: int, clustering: str) -> None:
    """Raise NotInFileError unless the file has the clustering."""
    known = _clusterings(file, channel_group)
    if clustering not in known:
        raise NotInFileError(
            f"{file.path.name}: channel group {channel_group} has no clustering {clustering}; "
            f"it has {', '.join(known) or 'none'}."
        )


def check_free(file: H5File, channel_group: int, clustering: str) -> None:
    """Raise ClusteringError if the file has the clustering."""
    if clustering in _clusterings(file, channel_group):
        raise ClusteringError(
            f"{file.path.name}: channel group {channel_group} has a clustering {clustering} already; "
            "choose another name. Nothing was changed."
        )


def _clusterings(file: H5File, channel_group: int) -> tuple[str, ...]:
    if channel_group not in file.children(schema.GROUPS):
        raise NotInFileError(f"{file.path.name} has no channel group {channel_group}.")
    return list_clusterings(file, channel_group)


def _group_name(path: Path, value: object, names: Mapping[int, str]) -> str:
    if value is None or value == "None":
        return schema.DEFAULT_GROUPS[schema.UNSORTED].lower()
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        known = {**{number: name.lower() for number, name in schema.DEFAULT_GROUPS.items()}, **names}
        if int(value) not in known:
            raise SaveError(f"{path.name} has no group {value}.")
        return known[int(value)]
    name = group_name(value)
    return name if name in names.values() else new_group_name(name)


def _known(values: Mapping[int, Any]) -> dict[int, Any]:
    return {cluster: value for cluster, value in values.items() if value is not None}
