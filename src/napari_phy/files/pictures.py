"""Writes a picture into a file, wholly or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

from napari_phy.core.errors import SaveError
from napari_phy.files.atomic import write_file
from napari_phy.files.replacing import disk_was_full

ELSEWHERE = "save it in another folder"
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
        raise SaveError(f"Could not save {path.name}: {_why_not(path.absolute(), error)}.") from error


def _why_not(path: Path, error: OSError) -> str:
    """Return the cause, with the folder, and what to do."""
    folder = path.parent
    if disk_was_full(error):
        return f"the disk of {folder} is full. Make room there, or {ELSEWHERE}"
    if error.errno == errno.ENAMETOOLONG:
        return "its name is too long. Save it under a shorter one"
    if path.is_dir():
        return f"{folder} has a folder of that name. Save it under another one"
    if not folder.is_dir():
        return f"there is no folder {folder}. Make it, or {ELSEWHERE}"
    if error.errno in _READ_ONLY:
        return f"the folder {folder} is read-only. {ELSEWHERE.capitalize()}"
    cause = (error.strerror or str(error)).rstrip(".")
    return f"nothing can be written into {folder} ({cause}). {ELSEWHERE.capitalize()}"
