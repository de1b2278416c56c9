"""Changing a `.kwik` besides saving: a copy is edited and put in the place of the file, which stays as a backup."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from napari_phy.core.errors import ClusteringError, NapariPhyError, NotInFileError, ReadOnlyError, SaveError
from napari_phy.core.sentences import cause_of
from napari_phy.files.replacing import copy_name, disk_was_full, remove_lock, replace_by_copy
from napari_phy.files.side_folder import make_side_folder, side_folder
from napari_phy.formats.hdf5.links import HDF5_ERRORS

_ROOM = 1 << 20


def rewrite_kwik(path: Path, edit: Callable[[Path], object], *, room_for: int = 0) -> None:
    """Replace a `.kwik` by a copy that `edit` changed; what it was stays as `x.kwik.bak`.

    Whenever the process is killed, the file is whole, the old or the new one.

    Parameters
    ----------
    path : Path
        The file, links followed.
    edit : callable
        Called with the path of the copy; if it raises, nothing has happened.
    room_for : int, default 0
        Bytes that it may add.

    Raises
    ------
    ReadOnlyError
        The file or its folder cannot be written to.
    SaveError
        The disk is full, another program changed the file meanwhile or is saving to it; the file is as before.
    """
    check_writable(path)
    with _explaining(path), used_side_folder(path) as folder:
        replace_by_copy("rewrite", path, folder, edit, room_for=room_for + _ROOM)


def check_writable(path: Path) -> None:
    """Raise ReadOnlyError unless the file can be replaced."""
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)):
        raise ReadOnlyError(f"{path.name} is read-only. Nothing was changed.")


@contextmanager
def used_side_folder(path: Path) -> Iterator[Path]:
    """Have a side folder for locks; one that was not there before is gone afterwards, unless something is in it."""
    is_new = not side_folder(path).is_dir()
    folder = make_side_folder(path)
    try:
        yield folder
    finally:
        if is_new:
            with suppress(OSError):
                remove_lock(folder)
                folder.rmdir()


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong into one sentence."""
    try:
        yield
    except (ClusteringError, NotInFileError, ReadOnlyError) as error:
        raise type(error)(_renamed(path, str(error))) from error
    except (*HDF5_ERRORS, NapariPhyError) as error:
        if disk_was_full(error):
            raise SaveError(f"Could not change {path.name}: the disk is full. Nothing was changed.") from error
        reason = _renamed(path, cause_of(error)).rstrip(".")
        if isinstance(error, SaveError):
            raise SaveError(f"{reason}. Nothing was changed.") from error
        raise SaveError(f"Could not change {path.name}: {reason}. Nothing was changed.") from error


def _renamed(path: Path, message: str) -> str:
    return message.replace(copy_name(path).name, path.name)
