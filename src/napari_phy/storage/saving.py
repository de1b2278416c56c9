"""Saving a clustering: a copy is edited and put in the place of the file, which stays as a backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from napari_phy.core.clustering_file import ClusteringFile, StoredClustering
from napari_phy.core.errors import NapariPhyError, SaveError
from napari_phy.core.sentences import cause_of
from napari_phy.files.clustering_place import ClusteringPlace
from napari_phy.files.crash_points import reached
from napari_phy.files.replacing import backup_name, copy_name, disk_was_full, replace_by_copy
from napari_phy.storage import store_messages
from napari_phy.storage.journal import Journal
from napari_phy.storage.replay_base import is_original, keep_base

_ROOM = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A state to save, taken in the thread that edits.

    Attributes
    ----------
    clustering : StoredClustering
        The clustering that is saved.
    n_done : int
        Edits that led to it.
    n_committed : int, optional
        `EditStore.n_committed` at that moment; None when no edit can follow before it is saved.
    """

    clustering: StoredClustering
    n_done: int
    n_committed: int | None = None


def replace_by_snapshot(file: ClusteringFile, snapshot: Snapshot, journal: Journal, base: StoredClustering) -> None:
    """Replace a file by a copy that holds the snapshot, and note it in the journal at each step.

    Parameters
    ----------
    file : ClusteringFile
        The file that is replaced.
    snapshot : Snapshot
        What is saved, spikes in the order of the file.
    base : StoredClustering
        What the edits replay on, spikes in the order of the file.
    journal : Journal
        The journal of the file.

    Raises
    ------
    SaveError
        It did not come about; the file is as before.
    JournalError
        The file is saved, but that could not be noted yet.
    """
    path, folder = file.path, journal.path.parent
    labels_file = ClusteringPlace(path, file.channel_group, file.clustering).labels_file(folder)
    n_committed = journal.n_edits if snapshot.n_committed is None else snapshot.n_committed
    new_hash, is_base_in_file = "", False

    def check() -> None:
        nonlocal is_base_in_file
        with file.reading() as reader:
            if not journal.settle(reader.content_hash()):
                raise SaveError(f"{path.name} was changed by another program")
            is_base_in_file = journal.base is None and is_original(base, reader)

    def edit(copy: Path) -> None:
        nonlocal new_hash
        new_hash = file.write(copy, snapshot.clustering)

    def announce() -> None:
        if journal.base is None:
            journal.keep_base(keep_base(base, labels_file, is_in_file=is_base_in_file))
        reached("save.base_kept")
        journal.expect(new_hash, snapshot.n_done, n_committed)
        reached("save.pending")

    with explaining(path, journal.state.n_unsaved):
        room = snapshot.clustering.spike_clusters.nbytes + _ROOM
        replace_by_copy("save", path, folder, edit, room_for=room, check=check, announce=announce)
        file.finish()
    journal.settle(new_hash)
    reached("save.saved")


@contextmanager
def explaining(path: Path, n_unsaved: int) -> Iterator[None]:
    """Turn whatever goes wrong into one sentence that says what becomes of the edits."""
    try:
        yield
    except (OSError, MemoryError, NapariPhyError) as error:
        if disk_was_full(error):
            details = str(error.strerror) if isinstance(error, OSError) and "needed" in str(error.strerror) else ""
            raise SaveError(store_messages.disk_full(n_unsaved, details)) from error
        reason = cause_of(error).replace(backup_name(path).name, f"{path.name}.bak")
        reason = reason.replace(copy_name(path).name, path.name)
        raise SaveError(store_messages.save_failed(reason, n_unsaved)) from error
