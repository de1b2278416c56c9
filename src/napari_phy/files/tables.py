"""Writes tables as comma-separated values, wholly or not at all."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from napari_phy.files.pictures import write_picture

_FORMULA = ("=", "+", "-", "@", "\t", "\n")  # a program that opens the table would run what follows

Cell = str | float | bool | None


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
