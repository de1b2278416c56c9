"""The clusterings of a Kwik file: summarized, written, added, copied, renamed, deleted and reset, each in one step."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_phy.core.base_model import BaseModel
from napari_phy.core.cluster_groups import DISCARDED
from napari_phy.core.clustering_file import MAIN, ORIGINAL, ClusteringSummary, check_not_original
from napari_phy.core.errors import ClusteringError, NapariPhyError, SaveError
from napari_phy.files.clustering_place import ClusteringPlace
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.kwik.clustering_edits import (
    Changes,
    alone,
    check_known,
    checked_name,
    rewrite,
    write_changes,
)
from napari_phy.formats.kwik.clustering_nodes import copy_nodes, list_clusterings, make_nodes, move_nodes, remove_nodes
from napari_phy.formats.kwik.clusters import read_clusters
from napari_phy.formats.kwik.save import content_hash
from napari_phy.formats.kwik.spike_clusters import distinct, read_spike_clusters, read_stored_clusters

__all__ = [
    "Changes",
    "add_clustering",
    "copy_clustering",
    "delete_clustering",
    "list_clusterings",
    "read_summaries",
    "rename_clustering",
    "reset_clustering",
    "save_clustering",
]

logger = logging.getLogger(__name__)


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


def save_clustering(path: Path, channel_group: int, clustering: str, changes: Changes) -> None:
    """Write changes to a clustering that is not being edited.

    Raises
    ------
    ReadOnlyError
        It is "original", somebody edits it, or the file cannot be written to.
    NotInFileError
        There is no such clustering.
    SaveError
        The changes do not fit the file, or it could not be written; it is as before.
    """
    check_not_original(path, clustering)
    with alone(path, channel_group, clustering) as (file, _):
        rewrite(file, channel_group, lambda copy: write_changes(copy, channel_group, clustering, changes), {clustering})
    logger.info("Saved the clustering %s of %s.", clustering, file.name)


def add_clustering(path: Path, channel_group: int, name: str, changes: Changes) -> None:
    """Add a clustering; `changes.spike_clusters` is needed.

    Raises
    ------
    ClusteringError
        There is one of this name, or this is no name.
    ReadOnlyError, SaveError
        As `save_clustering`.
    """
    name = checked_name(name)

    def edit(copy: Path) -> None:
        with open_h5(copy, "r+") as kwik:
            make_nodes(kwik, channel_group, name)
        write_changes(copy, channel_group, name, changes)

    if changes.spike_clusters is None:
        raise ClusteringError(f"{Path(path).name}: the clustering {name} needs the cluster of each spike.")
    with alone(path, channel_group, name, is_new=True) as (file, journal):
        rewrite(file, channel_group, edit, {name})
        journal.set_aside()
    logger.info("Added the clustering %s to %s.", name, file.name)


def copy_clustering(path: Path, channel_group: int, old: str, new: str, changes: Changes | None = None) -> None:
    """Copy a clustering with all that the file says of its clusters, and write changes to the copy.

    Raises
    ------
    NotInFileError, ClusteringError
        There is no clustering `old`, or there is one `new` already.
    ReadOnlyError, SaveError
        As `save_clustering`.
    """
    new = checked_name(new)

    def edit(copy: Path) -> None:
        with open_h5(copy, "r+") as kwik:
            copy_nodes(kwik, channel_group, old, new)
        _check_same(file, old, copy, new, channel_group)
        if changes is not None:
            write_changes(copy, channel_group, new, changes)

    with open_h5(path) as kwik:
        check_known(kwik, channel_group, old)
    with alone(path, channel_group, new, is_new=True) as (file, journal):
        rewrite(file, channel_group, edit, {new})
        journal.set_aside()
    logger.info("Copied the clustering %s of %s to %s.", old, file.name, new)


def rename_clustering(path: Path, channel_group: int, old: str, new: str) -> None:
    """Rename a clustering that is not being edited; the edits kept for it go along.

    Raises
    ------
    NotInFileError, ClusteringError
        There is no clustering `old`, or there is one `new` already.
    ReadOnlyError, SaveError
        As `save_clustering`.
    """
    new = checked_name(new)
    check_not_original(path, old)
    check_not_original(path, new)

    def edit(copy: Path) -> None:
        with open_h5(copy, "r+") as kwik:
            move_nodes(kwik, channel_group, old, new)
        _check_same(file, old, copy, new, channel_group)

    with (
        alone(path, channel_group, old) as (file, journal),
        alone(path, channel_group, new, is_new=True) as (_, stale),
    ):
        stale.set_aside()
        stale.release()
        with journal.moving(ClusteringPlace(file, channel_group, new)):
            rewrite(file, channel_group, edit, {old, new})
    logger.info("Renamed the clustering %s of %s to %s.", old, file.name, new)


def delete_clustering(path: Path, channel_group: int, name: str) -> None:
    """Delete a clustering that is not being edited; the edits kept for it are set aside.

    Raises
    ------
    NotInFileError, ClusteringError
        There is no such clustering, or no other one.
    ReadOnlyError, SaveError
        As `save_clustering`.
    """
    check_not_original(path, name)

    def edit(copy: Path) -> None:
        with open_h5(copy, "r+") as kwik:
            if list_clusterings(kwik, channel_group) == (name,):
                raise ClusteringError(f"{file.name}: {name} is the only clustering and cannot be deleted.")
            remove_nodes(kwik, channel_group, name)

    with alone(path, channel_group, name) as (file, journal):
        rewrite(file, channel_group, edit, {name})
        journal.set_aside()
    logger.info("Deleted the clustering %s of %s.", name, file.name)


def reset_clustering(path: Path, channel_group: int, name: str) -> None:
    """Make a clustering what "original" is; the edits kept for it are set aside.

    The groups of the user's own stay on the list, and so does what the file says of clusters besides group, colour and
    labels.

    Raises
    ------
    NotInFileError
        There is no such clustering, or no "original".
    ReadOnlyError, SaveError
        As `save_clustering`.
    """
    check_not_original(path, name)

    def edit(copy: Path) -> None:
        with open_h5(copy) as kwik:
            clusters = read_stored_clusters(kwik, channel_group, ORIGINAL)
            found = read_clusters(kwik, channel_group, ORIGINAL, np.unique(clusters))
        original = Changes(
            spike_clusters=clusters,
            cluster_groups=found.groups,
            cluster_colors=found.colors,
            cluster_labels=found.labels,
            keeps_the_rest=False,
        )
        write_changes(copy, channel_group, name, original)

    with open_h5(path) as kwik:
        check_known(kwik, channel_group, ORIGINAL)
    with alone(path, channel_group, name) as (file, journal):
        rewrite(file, channel_group, edit, {name})
        journal.set_aside()
    logger.info("Reset the clustering %s of %s to original.", name, file.name)


def _check_same(file: Path, old: str, copy: Path, new: str, channel_group: int) -> None:
    if content_hash(copy, channel_group, new) != content_hash(file, channel_group, old):
        raise SaveError(f"{file.name} does not hold the clustering {old} under its new name.")


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
