"""Writes a picture into a file, wholly or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

from napari_phy.core.errors import SaveError
from napari_phy.io.atomic import write_file
from napari_phy.io.replacing import disk_was_full

_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}


def write_picture(path: Path, content: bytes) -> None:
    """Put a picture in place of what is there.

    Raises
    ------
    SaveError
        It could not be written; what was there is there still, and nothing else.
    """
    try:
        write_file(path, lambda file: file.write(content))
    except OSError as error:
        raise SaveError(f"Could not save {path.name}: {_why_not(path, error)}.") from error


def _why_not(path: Path, error: OSError) -> str:
    folder = path.parent.name or str(path.parent)
    if disk_was_full(error):
        return "the disk is full"
    if error.errno == errno.ENAMETOOLONG:
        return "its name is too long"
    if path.is_dir():
        return "a folder has that name"
    if not path.parent.is_dir():
        return f"there is no folder {folder}"
    if error.errno in _READ_ONLY:
        return f"the folder {folder} is read-only"
    return (error.strerror or str(error)).rstrip(".")
