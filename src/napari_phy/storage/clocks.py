"""The clocks of the stacks of a data set, kept in its side folder: `clocks.json`."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_phy.files.atomic import write_file
from napari_phy.files.side_folder import find_side_file, make_side_folder
from napari_phy.files.user_files import load_json

logger = logging.getLogger(__name__)

FILE = "clocks.json"
VERSION = 1
_MOST_BYTES = 500_000_000


def load_clocks(path: Path) -> dict[str, Any]:
    """Return {name: clock as plain values} of a data set; what cannot be read was not kept."""
    file = find_side_file(path, FILE)
    instead = "the data set opens without the clocks of its stacks"
    read = None if file is None else load_json(file, instead, _MOST_BYTES)
    clocks = read.get("clocks") if isinstance(read, dict) else None
    if read is not None and not isinstance(clocks, dict):
        logger.warning("%s cannot be read (it holds no clocks); %s.", file, instead)
    return dict(clocks) if isinstance(clocks, dict) else {}


def save_clocks(path: Path, clocks: Mapping[str, Any]) -> None:
    """Keep the clocks of a data set, and no others; where that is not possible, the log says so."""
    try:
        file = make_side_folder(path) / FILE
        text = json.dumps({"version": VERSION, "clocks": clocks})
        write_file(file, lambda opened: opened.write(text.encode("utf-8")))
    except OSError as error:
        logger.warning("The clocks of %s cannot be kept (%s); they are there until it is closed.", path.name, error)
