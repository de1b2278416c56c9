"""Writes pictures and tables that the user saves, as a whole or not at all."""

from __future__ import annotations

import csv
import errno
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from napari_phy.core.errors import SaveError
from napari_phy.files.atomic import write_file
from napari_phy.files.replacing import disk_was_full

ELSEWHERE = "save it in another folder"
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
_FORMULA = ("=", "+", "-", "@", "\t", "\n")  # a program that opens the table would run what follows

Cell = str | float | bool | None


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


def write_table(path: Path, names: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a line of names and a line for each row, in UTF-8; what is not known stays empty.

    Text that a spreadsheet would take for a formula begins with an apostrophe.

    Raises
    ------
    SaveError
        It could not be written; what was there is there still.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(_plain, names))
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    write_picture(path, text.getvalue().encode())


def _plain(cell: Cell) -> str | float:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if not isinstance(cell, str):
        return str(cell).lower() if isinstance(cell, bool) else cell
    text = cell.replace("\r\n", "\n").replace("\r", "\n")  # `csv` quotes no "\r"
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
