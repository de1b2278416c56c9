"""Saving a clustering: a copy is edited and put in the place of the file, which stays as a backup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_phy.core.arrays import ClusterIds
from napari_phy.core.cluster_groups import ClusterGroup
from napari_phy.core.errors import NapariPhyError, SaveError
from napari_phy.core.sentences import cause_of
from napari_phy.files import atomic
from napari_phy.files.crash_points import reached
from napari_phy.files.replacing import backup_name, copy_name, disk_was_full, replace_by_copy
from napari_phy.formats.hdf5.links import HDF5_ERRORS
from napari_phy.formats.kwik.clustering_nodes import begin_clustering
from napari_phy.formats.kwik.save import content_hash, write_clustering
from napari_phy.storage import store_messages
from napari_phy.storage.clustering_place import ClusteringPlace
from napari_phy.storage.journal import Journal
from napari_phy.storage.replay_base import Base, keep_base

_ROOM = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A state to save, taken in the thread that edits.

    Attributes
    ----------
    n_done : edits that led to it.
    spike_clusters : (n_spikes,) cluster of each spike.
    cluster_groups, cluster_colors, cluster_labels, group_names : as in `Base`.
    n_committed : `EditStore.n_committed` at that moment; None when no edit can follow before it is saved.
    user_groups : as in `Base`; None leaves those of the file as they are.
    """

    n_done: int
    spike_clusters: ClusterIds
    cluster_groups: Mapping[int, str]
    cluster_colors: Mapping[int, str]
    cluster_labels: Mapping[str, Mapping[int, Any]]
    group_names: tuple[str, ...]
    n_committed: int | None = None
    user_groups: tuple[ClusterGroup, ...] | None = None


def base_of_snapshot(snapshot: Snapshot) -> Base:
    """Return the clustering of a snapshot."""
    user_groups = snapshot.user_groups or ()
    return Base(
        snapshot.spike_clusters,
        snapshot.cluster_groups,
        snapshot.cluster_colors,
        snapshot.cluster_labels,
        (*snapshot.group_names, *(group.name for group in user_groups)),
        user_groups,
    )


def replace_kwik(place: ClusteringPlace, snapshot: Snapshot, journal: Journal, base: Base) -> None:
    """Replace a `.kwik` by a copy that holds the snapshot, and note it in the journal at each step.

    Raises
    ------
    SaveError
        It did not come about; the file is as before.
    JournalError
        The file is saved, but that could not be noted yet.
    """
    path, folder = place.path, journal.path.parent
    n_committed = journal.n_edits if snapshot.n_committed is None else snapshot.n_committed
    new_hash = ""

    def check() -> None:
        if not journal.settle(place.content_hash()):
            raise SaveError(f"{path.name} was changed by another program")

    def edit(copy: Path) -> None:
        nonlocal new_hash
        write_snapshot(place, snapshot, copy)
        new_hash = content_hash(copy, place.channel_group, place.clustering)

    def announce() -> None:
        if journal.base is None:
            journal.keep_base(keep_base(base, path, place.channel_group, place.labels_file(folder)))
        reached("save.base_kept")
        journal.expect(new_hash, snapshot.n_done, n_committed)
        reached("save.pending")

    with explaining(path, journal.state.n_unsaved):
        room = snapshot.spike_clusters.nbytes + _ROOM
        replace_by_copy("save", path, folder, edit, room_for=room, check=check, announce=announce)
    journal.settle(new_hash)
    reached("save.saved")


def write_copy(place: ClusteringPlace, snapshot: Snapshot, copy: Path) -> None:
    """Write a copy of a `.kwik` that holds the snapshot, and read it back; whatever was there is overwritten."""
    copy.unlink(missing_ok=True)
    atomic.copy_file(place.path, copy, room_for=snapshot.spike_clusters.nbytes + _ROOM)
    atomic.make_writable(copy)
    write_snapshot(place, snapshot, copy)


def write_snapshot(place: ClusteringPlace, snapshot: Snapshot, copy: Path) -> None:
    """Write a snapshot into a copy of a `.kwik`, and read it back."""
    found = place.found_in(copy)
    if found != place.clustering:
        begin_clustering(copy, place.channel_group, place.clustering, found)
    write_clustering(
        copy,
        channel_group=place.channel_group,
        clustering=place.clustering,
        spike_clusters=snapshot.spike_clusters,
        cluster_groups=snapshot.cluster_groups,
        cluster_colors=snapshot.cluster_colors,
        cluster_labels=snapshot.cluster_labels,
        group_names=snapshot.group_names,
        user_groups=snapshot.user_groups,
    )


@contextmanager
def explaining(path: Path, n_unsaved: int) -> Iterator[None]:
    """Turn whatever goes wrong into one sentence that says what becomes of the edits."""
    try:
        yield
    except (*HDF5_ERRORS, NapariPhyError) as error:
        if disk_was_full(error):
            details = str(error.strerror) if isinstance(error, OSError) and "needed" in str(error.strerror) else ""
            raise SaveError(store_messages.disk_full(n_unsaved, details)) from error
        reason = cause_of(error).replace(backup_name(path).name, f"{path.name}.bak")
        reason = reason.replace(copy_name(path).name, path.name)
        raise SaveError(store_messages.save_failed(reason, n_unsaved)) from error
