"""What systems do differently with files, each with a way that works everywhere."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

REMOVES_OPEN_FILES = TELLS_WRITABLE = os.name != "nt"
_TRIES = 40
_PAUSE_S = 0.05
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF, errno.EACCES, errno.EISDIR}


def cache_folder() -> Path:
    """Return the user's cache for this package; `XDG_CACHE_HOME` counts on every system."""
    from platformdirs import user_cache_path  # where it is used: finding the reader stays quick

    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "napari-phy"
    return user_cache_path("napari-phy", appauthor=False)


def is_file(path: Path) -> bool:
    """Tell whether there is a file; where one may not look there is none, nor of a name that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder; where one may not look there is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def read_at(descriptor: int, target: memoryview, offset: int, seeking: threading.Lock) -> int:
    """Fill `target` from byte `offset` of an open file; return how many bytes there were.

    Where the system cannot read at a place (Windows), it seeks and reads under the lock of the file.
    """
    if hasattr(os, "preadv"):
        return os.preadv(descriptor, [target], offset)
    with seeking:
        os.lseek(descriptor, offset, os.SEEK_SET)
        data = os.read(descriptor, len(target))
    target[: len(data)] = data
    return len(data)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on the disk; where folders cannot be opened or synced, do nothing."""
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def replace_file(source: Path, target: Path) -> None:
    """Put a file in the place of another one; while another program has that open (Windows), try for two seconds.

    Raises
    ------
    OSError
        It could not be replaced; both are as before.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            source.replace(target)
        except PermissionError:
            if not tries_left or not _is_held_open(target):
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def link_file(path: Path, name: Path) -> bool:
    """Give a file a second name; False where the file system has no such thing."""
    try:
        os.link(path, name)
    except (OSError, AttributeError, NotImplementedError):
        return False
    return True


def is_writable_folder(folder: Path) -> bool:
    """Tell whether files can be made in a folder; on Windows, which does not tell, by making one."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    if TELLS_WRITABLE:
        return True
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def locks_files(folder: Path) -> bool:
    """Tell whether files in a folder can be locked at all, by locking one of its own; True where that is not known.

    Some network folders have no locks, and some say of every file that somebody has locked it.
    """
    try:
        with tempfile.NamedTemporaryFile(prefix=".lock-", dir=folder) as file:
            try:
                _lock(file.fileno())
            except OSError:
                return False
    except OSError:
        pass
    return True


def _lock(descriptor: int) -> None:
    """Lock the first byte of an open file, which is unlocked when it is closed."""
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
        with suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)


def _is_held_open(path: Path) -> bool:
    """Tell whether it is another program, not the permissions, that keeps a file in its place."""
    return not REMOVES_OPEN_FILES and (os.access(path, os.W_OK) or not path.exists())
