"""Which tables of trials were read for a data set, kept in its side folder: `trials.json`."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path

from napari_phy.files.atomic import write_file
from napari_phy.files.side_folder import find_side_file, make_side_folder
from napari_phy.files.user_files import load_json

logger = logging.getLogger(__name__)

FILE = "trials.json"


def load_tables(path: Path) -> tuple[Path, ...]:
    """Return the tables of a data set, in the order in which they were read."""
    file = find_side_file(path, FILE)
    read = None if file is None else load_json(file, "the data set opens without the trials that were read")
    listed = read.get("tables") if isinstance(read, dict) else None
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    folder = path.absolute().parent
    return tuple(dict.fromkeys(folder / name for name in names if "\0" not in name))


def save_tables(path: Path, tables: Iterable[Path]) -> None:
    """Keep the tables of a data set, and no others; those beside it are found there also when all of it was moved."""
    folder = path.absolute().parent
    names = [_name(table.absolute(), folder) for table in tables]
    try:
        file = make_side_folder(path) / FILE
        write_file(file, lambda opened: opened.write(json.dumps({"tables": names}, indent=1).encode("utf-8")))
    except OSError as error:
        logger.warning("Which trials were read for %s cannot be kept (%s).", path.name, error)


def _name(table: Path, folder: Path) -> str:
    try:
        return table.relative_to(folder).as_posix()
    except ValueError:
        return os.fspath(table)
