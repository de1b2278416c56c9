"""Files that are whole or not there at all, whenever the power goes."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from napari_phy.files.platform_files import link_file, replace_file, sync_folder

if sys.platform != "win32":
    import fcntl

_FICLONE = 0x40049409
_CHUNK_BYTES = 1 << 30
_BLOCK_BYTES = 1 << 22


def sync_file(path: Path) -> None:
    """Return when the file's contents are on the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a new file under another name, sync it and put it in place; a link there is replaced."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with _named(path, temporary):
        try:
            with temporary.open("xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            replace_file(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_file(path: Path, content: bytes) -> None:
    """Make a file with this content, unless there is one, or a link, of this name already."""
    if os.path.lexists(path):
        return
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with _named(path, temporary):
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if not link_file(temporary, path) and not os.path.lexists(path):  # a file system without links
                temporary.rename(path)
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def copy_file(source: Path, target: Path, *, room_for: int = 0) -> None:
    """Copy a file with its mode and owner: as a reflink where the file system can, which takes neither time nor room.

    Parameters
    ----------
    room_for : int, default 0
        Bytes that are going to be written to the copy beside its own.

    Raises
    ------
    OSError
        With ENOSPC before anything is copied when the disk has too little room; the message says how much it takes.
    """
    with source.open("rb") as reader, target.open("xb") as writer:
        if not _reflink(reader.fileno(), writer.fileno()):
            require_room(target.parent, os.fstat(reader.fileno()).st_size + room_for)
            if not _copy_range(reader.fileno(), writer.fileno()):
                shutil.copyfileobj(reader, writer, 1 << 20)
        else:
            require_room(target.parent, room_for)
    shutil.copystat(source, target)
    _copy_owner(source, target)


def is_same(one: Path, other: Path) -> bool:
    """Tell whether two files hold the same bytes."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while block := first.read(_BLOCK_BYTES):
            if block != second.read(_BLOCK_BYTES):
                return False
    return True


def make_writable(path: Path) -> None:
    """Let its owner write to a file, such as the copy of one that is read-only."""
    with suppress(OSError):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


def keep_backup(path: Path, backup: Path, temporary: Path) -> None:
    """Let `backup` name what `path` holds now: a second name where the file system has them, else a copy."""
    temporary.unlink(missing_ok=True)
    if not link_file(path, temporary):
        copy_file(path, temporary)
        sync_file(temporary)
    replace_file(temporary, backup)


def require_room(folder: Path, n_bytes: int) -> None:
    """Raise ENOSPC, saying how much is needed and free, when the disk of a folder has less than that."""
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise OSError(errno.ENOSPC, f"{format_bytes(n_bytes)} needed, {format_bytes(free)} free", str(folder))


def format_bytes(n_bytes: float) -> str:
    """Return a size as people read it: '12 MB'."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}" if unit != "bytes" else f"{n_bytes:.0f} bytes"
        n_bytes /= 1000
    return f"{n_bytes:.3g} TB"


@contextmanager
def _named(path: Path, temporary: Path) -> Iterator[None]:
    """Let errors name the file that was asked for, not the one that stands in for it."""
    try:
        yield
    except OSError as error:
        if str(error.filename) != str(temporary):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _reflink(source: int, target: int) -> bool:
    if sys.platform != "linux":
        return False
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


def _copy_range(source: int, target: int) -> bool:
    """Copy inside the kernel; False, with nothing copied, where it cannot."""
    if sys.platform != "linux":
        return False
    remaining = os.fstat(source).st_size
    try:
        while remaining:
            copied = os.copy_file_range(source, target, min(remaining, _CHUNK_BYTES))
            if not copied:
                break
            remaining -= copied
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise
    if remaining:
        os.lseek(source, 0, os.SEEK_SET)
        os.lseek(target, 0, os.SEEK_SET)
        os.ftruncate(target, 0)
    return not remaining


def _copy_owner(source: Path, target: Path) -> None:
    if sys.platform == "win32":
        return
    old, new = source.stat(), target.stat()
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        with suppress(OSError):
            os.chown(target, old.st_uid, old.st_gid)
            target.chmod(old.st_mode & 0o7777)
