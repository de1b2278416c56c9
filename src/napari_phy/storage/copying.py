"""Saving to a data set of another name: the `.kwik` with the edits, its features, and where its raw data are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from napari_phy.core.errors import JournalLockedError, SaveError
from napari_phy.files import atomic
from napari_phy.files.locks import connect_exclusively
from napari_phy.files.platform_files import is_folder, replace_file, sync_folder
from napari_phy.files.replacing import copy_name
from napari_phy.files.side_folder import side_folder
from napari_phy.formats.kwik import schema
from napari_phy.formats.raw_notes import read_raw_notes, write_raw_notes
from napari_phy.storage.clustering_place import ClusteringPlace
from napari_phy.storage.saving import Snapshot, explaining, write_copy

_COARSEST_CLOCK_S = 2.0


def copy_data_set(
    place: ClusteringPlace, snapshot: Snapshot, target: Path, raw_places: Mapping[str, Path], n_unsaved: int
) -> None:
    """Write a data set of another name that holds the snapshot.

    The features are copied along, as a reflink where the file system can. Raw data stay where they are; the side
    folder of the copy remembers where.

    Parameters
    ----------
    place : what is copied.
    snapshot : the clustering that the copy gets.
    target : its `.kwik`.
    raw_places : {name of a raw file in the `.kwik`: where it is}.
    n_unsaved : edits that the user would miss, for the message.

    Raises
    ------
    SaveError
        It cannot be written; files that had the names are as before.
    """
    features, copied_features = place.path.with_suffix(".kwx"), target.with_suffix(".kwx")
    temporaries = [copy_name(target), copy_name(copied_features)]
    with explaining(target, n_unsaved):
        _check_target(place.path, target)
        try:
            if _needs_copying(features, copied_features):
                temporaries[1].unlink(missing_ok=True)
                atomic.copy_file(features, temporaries[1], room_for=place.path.stat().st_size)
                atomic.make_writable(temporaries[1])
                atomic.sync_file(temporaries[1])
            write_copy(_in_copy(place), snapshot, temporaries[0])
            atomic.sync_file(temporaries[0])
            if temporaries[1].exists():
                replace_file(temporaries[1], copied_features)
            replace_file(temporaries[0], target)
            sync_folder(target.parent)
        finally:
            for temporary in temporaries:
                temporary.unlink(missing_ok=True)
    elsewhere = {name: path for name, path in raw_places.items() if not _is_same(target.parent / name, path)}
    order = read_raw_notes(place.path).recording_order
    if elsewhere or order:
        write_raw_notes(target, elsewhere, recording_order=order)


def _in_copy(place: ClusteringPlace) -> ClusteringPlace:
    """Return the clustering that a copy gets: what is sorted in `original` is `main` there, and `original` stays."""
    return replace(place, clustering=schema.MAIN) if place.clustering == schema.ORIGINAL else place


def _check_target(path: Path, target: Path) -> None:
    if not path.exists():
        raise SaveError(f"{path.name} is not there any more; put it back")
    if target == path:
        raise SaveError(f"{path.name} cannot be a copy of itself; choose another name")
    if target.suffix.lower() != ".kwik":
        raise SaveError(f"{target.name} does not end in .kwik; choose another name")
    if not is_folder(target.parent):
        raise SaveError(f"there is no folder {target.parent}; make it first")
    for journal in side_folder(target).glob("journal-*.sqlite"):
        try:
            connect_exclusively(journal).close()
        except JournalLockedError as error:
            raise SaveError(f"{target.name} is being edited; choose another name") from error


def _needs_copying(features: Path, copied: Path) -> bool:
    """Tell whether there are features to be copied; those of an earlier copy are as good."""
    if not features.exists():
        return False
    if not copied.exists():
        return True
    old, new = features.stat(), copied.stat()
    if old.st_size != new.st_size or abs(old.st_mtime - new.st_mtime) > _COARSEST_CLOCK_S:
        raise SaveError(f"{copied.name} is there already and belongs to another data set; choose another name")
    return False


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False
