"""The one way in which a file is replaced: a copy of it is edited and put in its place, and what it was stays."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from napari_phy.core.errors import JournalError, JournalLockedError, SaveError
from napari_phy.files import atomic
from napari_phy.files.crash_points import reached
from napari_phy.files.locks import held
from napari_phy.files.platform_files import replace_file, sync_folder

_FULL = {errno.ENOSPC, errno.EDQUOT}
_LOCK = "saving.lock"
_TIMEOUT_S = 5.0  # a save that takes longer is reported; one that was stopped would block all others


def replace_by_copy(
    act: Literal["save", "rewrite"],
    path: Path,
    folder: Path,
    edit: Callable[[Path], object],
    *,
    room_for: int,
    check: Callable[[], object] = lambda: None,
    announce: Callable[[], object] = lambda: None,
) -> None:
    """Replace a file by a copy that `edit` changed; what it was stays as `x.kwik.bak`.

    A file whose copy came out the same, byte for byte, stays as it is. Whenever the process is killed, the file is
    whole, the old or the new one.

    Parameters
    ----------
    act : {'save', 'rewrite'}
        What the points on the way are called by, for tests.
    path : Path
        The file, links followed.
    folder : Path
        Where the lock lies that keeps two programs from saving at once.
    edit : callable
        Changes the copy, whose path it is given; if it raises, nothing has happened.
    room_for : int
        Bytes that it may add.
    check : callable, default lambda: None
        Called first of all; raises if the file is not what it should be.
    announce : callable, default lambda: None
        Called when the copy is whole and on the disk, just before it takes the place of the file.

    Raises
    ------
    SaveError
        Another program changed the file meanwhile, or is saving to it.
    OSError
        It could not be written.
    """
    copy = copy_name(path)
    with _one_saver(folder):
        remove_leftovers(path)
        try:
            before = identity(path)
            check()
            atomic.copy_file(path, copy, room_for=room_for)
            atomic.make_writable(copy)
            reached(f"{act}.copied")
            edit(copy)
            reached(f"{act}.written")
            atomic.sync_file(copy)
            reached(f"{act}.synced")
            announce()
            is_same = atomic.is_same(copy, path)
            if not is_same:
                atomic.keep_backup(path, path.with_name(f"{path.name}.bak"), backup_name(path))
            reached(f"{act}.backed_up")
            if identity(path) != before:
                raise SaveError(f"{path.name} was changed by another program")
            if not is_same:
                replace_file(copy, path)
        finally:
            remove_leftovers(path)
        reached(f"{act}.replaced")
        sync_folder(path.parent)
    reached(f"{act}.folder_synced")


def remove_leftovers(path: Path) -> None:
    """Remove what a save that was killed left beside a file; only who holds the lock of saving may."""
    for leftover in (copy_name(path), backup_name(path)):
        with suppress(OSError):
            leftover.unlink(missing_ok=True)


def clean_up(path: Path, folder: Path) -> None:
    """Remove what a save that was killed left, unless one is under way."""
    if copy_name(path).exists() or backup_name(path).exists():
        with suppress(JournalError), held(folder / _LOCK, 0.0):
            remove_leftovers(path)


def remove_lock(folder: Path) -> None:
    """Remove the lock of saving from a folder that is not in use."""
    (folder / _LOCK).unlink(missing_ok=True)


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


def disk_was_full(error: BaseException) -> bool:
    """Tell whether something failed for want of room, also where only the words of HDF5 or of the journal say so."""
    cause = error if isinstance(error, OSError) else error.__cause__
    is_full = isinstance(cause, OSError) and cause.errno in _FULL
    return is_full or "No space left on device" in str(error) or "the disk is full" in str(error)


@contextmanager
def _one_saver(folder: Path) -> Iterator[None]:
    """Keep two programs, which may edit two channel groups of one file, from saving at once."""
    try:
        with held(folder / _LOCK, _TIMEOUT_S):
            yield
    except JournalLockedError as error:
        raise SaveError("another program is saving to the same file") from error
