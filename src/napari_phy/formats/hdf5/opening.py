"""Opening of HDF5 files, and what is said where that cannot be."""

from __future__ import annotations

import errno
import logging
from pathlib import Path
from typing import Literal

import h5py

from napari_phy.core.errors import KwikFormatError, ReadOnlyError
from napari_phy.formats.hdf5.links import HDF5_ERRORS, reason

logger = logging.getLogger(__name__)

_LOCK = "unable to lock file"
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTSUP)

Mode = Literal["r", "r+", "w", "x", "a"]


def open_file(path: Path, mode: Mode) -> h5py.File:
    """Return the h5py file at a path, without a lock where the file system has none; as `open_h5`."""
    if mode in ("r", "r+"):
        _check_readable(path)
    try:
        try:
            return h5py.File(path, mode)
        except OSError as error:
            if not _cannot_lock(error):
                raise
            logger.debug("%s cannot be locked here; opened without a lock.", path.name)
            return h5py.File(path, mode, locking=False)
    except FileExistsError:
        raise
    except HDF5_ERRORS as error:
        if _LOCK in str(error):
            raise ReadOnlyError(f"{path.name} is being written to by another program.") from error
        if isinstance(error, PermissionError) and mode != "r":
            raise ReadOnlyError(f"{path.name} may not be written to.") from error
        raise KwikFormatError(f"{path.name} cannot be opened: {_explain(error)}.") from error


def state_of(path: Path) -> tuple[int, ...] | None:
    """Return what `H5File.identity` is of a file that is opened now; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _cannot_lock(error: OSError) -> bool:
    """Tell whether the file system knows no locks; a lock that somebody holds is another matter."""
    return _LOCK in str(error) and error.errno in _NO_LOCKS


def _check_readable(path: Path) -> None:
    try:
        path.stat()
    except PermissionError as error:
        raise KwikFormatError(f"{path.name} cannot be opened: its folder is closed to you.") from error
    except (OSError, ValueError):
        raise KwikFormatError(f"{path.name} is not there: no such file in {path.resolve().parent}.") from None
    if path.is_dir():
        raise KwikFormatError(f"{path.name} is a folder, not a file.")
    if not path.is_file():
        raise KwikFormatError(f"{path.name} is a device or a pipe, not a file.")
    if path.stat().st_size == 0:
        raise KwikFormatError(f"{path.name} is empty.")


def _explain(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, PermissionError):
        return "its permissions do not allow it"
    if "truncated" in text:
        return "the file was cut short"
    if "signature not found" in text:
        return "it is not an HDF5 file"
    return reason(error)
