"""Saving to a data set of another name: the `.kwik` with the edits, its features, and where its raw data are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from napari_phy.core.errors import JournalLockedError, SaveError
from napari_phy.files import atomic
from napari_phy.files.locks import connect_exclusively
from napari_phy.files.platform_files import is_folder, replace_file, sync_folder
from napari_phy.files.replacing import copy_name
from napari_phy.files.side_folder import side_folder
from napari_phy.formats.raw_notes import read_raw_notes, write_raw_notes

_COARSEST_CLOCK_S = 2.0


def copy_data_set(
    path: Path, target: Path, raw_places: Mapping[str, Path], write: Callable[[Path], object], *, room_for: int
) -> None:
    """Write a data set of another name that holds a clustering of its own.

    The features are copied along, as a reflink where the file system can. Raw data stay where they are; the side
    folder of the copy remembers where.

    Parameters
    ----------
    path : Path
        The `.kwik` that is copied.
    target : Path
        The `.kwik` of the copy.
    raw_places : mapping of str to Path
        {name of a raw file in the `.kwik`: where it is}.
    write : callable
        Writes the clustering into the copy, whose path it is given.
    room_for : int
        Bytes that it may add.

    Raises
    ------
    SaveError, OSError
        It cannot be written; files that had the names are as before.
    """
    features, copied_features = path.with_suffix(".kwx"), target.with_suffix(".kwx")
    temporaries = [copy_name(target), copy_name(copied_features)]
    _check_target(path, target)
    try:
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)
        if _needs_copying(features, copied_features):
            _copy(features, temporaries[1], room_for=path.stat().st_size)
            atomic.sync_file(temporaries[1])
        _copy(path, temporaries[0], room_for=room_for)
        write(temporaries[0])
        atomic.sync_file(temporaries[0])
        if temporaries[1].exists():
            replace_file(temporaries[1], copied_features)
        replace_file(temporaries[0], target)
        sync_folder(target.parent)
    finally:
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)
    elsewhere = {name: place for name, place in raw_places.items() if not _is_same(target.parent / name, place)}
    order = read_raw_notes(path).recording_order
    if elsewhere or order:
        write_raw_notes(target, elsewhere, recording_order=order)


def _copy(path: Path, copy: Path, *, room_for: int) -> None:
    atomic.copy_file(path, copy, room_for=room_for)
    atomic.make_writable(copy)


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
