"""Saving a clustering: a copy is edited and put in the place of the file, which stays as a backup."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_groups import ClusterGroup
from napari_phy.core.errors import JournalError, JournalLockedError, NapariPhyError, SaveError
from napari_phy.io import atomic, store_messages
from napari_phy.io.clustering_place import ClusteringPlace
from napari_phy.io.crash_points import reached
from napari_phy.io.journal import Journal
from napari_phy.io.kwik.clustering_nodes import begin_clustering
from napari_phy.io.kwik.save import content_hash, write_clustering
from napari_phy.io.locks import held
from napari_phy.io.platform_files import replace_file, sync_folder
from napari_phy.io.replay_base import Base, keep_base

FULL = {errno.ENOSPC, errno.EDQUOT}
_TIMEOUT_S = 30.0


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
    spike_clusters: npt.NDArray[np.int32]
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
    copy = copy_name(path)
    with explaining(path, journal.state.n_unsaved), one_saver(folder):
        remove_leftovers(path)
        try:
            before = identity(path)
            if not journal.settle(place.content_hash()):
                raise SaveError(f"{path.name} was changed by another program")
            write_copy(place, snapshot, copy)
            new_hash = content_hash(copy, place.channel_group, place.clustering)
            reached("save.verified")
            atomic.sync_file(copy)
            reached("save.synced")
            if journal.base() is None:
                journal.keep_base(keep_base(base, path, place.channel_group, place.labels_file(folder)))
            reached("save.base_kept")
            journal.expect(new_hash, snapshot.n_done, n_committed)
            reached("save.pending")
            atomic.keep_backup(path, path.with_name(f"{path.name}.bak"), backup_name(path))
            reached("save.backed_up")
            if identity(path) != before:
                raise SaveError(f"{path.name} was changed by another program")
            replace_file(copy, path)
        finally:
            remove_leftovers(path)
    reached("save.replaced")
    sync_folder(path.parent)
    reached("save.folder_synced")
    journal.settle(new_hash)
    reached("save.saved")


def write_copy(place: ClusteringPlace, snapshot: Snapshot, copy: Path) -> None:
    """Write a copy of a `.kwik` that holds the snapshot, and read it back; whatever was there is overwritten."""
    copy.unlink(missing_ok=True)
    atomic.copy_file(place.path, copy, room_for=snapshot.spike_clusters.nbytes + (1 << 20))
    atomic.make_writable(copy)
    reached("save.copied")
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
    reached("save.written")


def remove_leftovers(path: Path) -> None:
    """Remove what a save that was killed left beside a file; only who holds the lock of saving may."""
    for leftover in (copy_name(path), backup_name(path)):
        with suppress(OSError):
            leftover.unlink(missing_ok=True)


def clean_up(path: Path, folder: Path) -> None:
    """Remove what a save that was killed left, unless one is under way."""
    if copy_name(path).exists() or backup_name(path).exists():
        with suppress(JournalError), held(folder / "saving.lock", 0.0):
            remove_leftovers(path)


def copy_name(path: Path) -> Path:
    """Return where the copy that is edited lies."""
    return path.with_name(f".{path.name}.saving")


def backup_name(path: Path) -> Path:
    """Return where the backup is made before it takes the place of an older one."""
    return path.with_name(f".{path.name}.saving-bak")


def identity(path: Path) -> tuple[int, int, int]:
    """Return what tells a file from one that another program put in its place."""
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def identity_or_none(path: Path) -> tuple[int, int, int] | None:
    """Return the same, None where there is no file."""
    try:
        return identity(path)
    except OSError:
        return None


@contextmanager
def one_saver(folder: Path) -> Iterator[None]:
    """Keep two programs, which may edit two channel groups of one file, from saving at once."""
    try:
        with held(folder / "saving.lock", _TIMEOUT_S):
            yield
    except JournalLockedError as error:
        raise SaveError("another program is saving to the same file") from error


@contextmanager
def explaining(path: Path, n_unsaved: int) -> Iterator[None]:
    """Turn whatever goes wrong into one sentence that says what becomes of the edits."""
    try:
        yield
    except (OSError, NapariPhyError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if (isinstance(cause, OSError) and cause.errno in FULL) or says_full(str(error)):
            details = str(error.strerror) if isinstance(error, OSError) and "needed" in str(error.strerror) else ""
            raise SaveError(store_messages.disk_full(n_unsaved, details)) from error
        reason = store_messages.reason(error).replace(copy_name(path).name, path.name)
        raise SaveError(store_messages.save_failed(reason, n_unsaved)) from error


def says_full(message: str) -> bool:
    """Tell whether the disk was full where only the words of HDF5 or of the journal say so."""
    return "No space left on device" in message or "the disk is full" in message
