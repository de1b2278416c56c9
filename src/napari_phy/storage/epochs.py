"""The epochs that were drawn in a data set, kept in its side folder: `epochs.json`."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from napari_phy.core.epoch_list import Epoch
from napari_phy.core.errors import TimelineError
from napari_phy.files.atomic import write_file
from napari_phy.files.side_folder import find_side_file, make_side_folder
from napari_phy.files.user_files import load_json

logger = logging.getLogger(__name__)

FILE = "epochs.json"


def load_epochs(path: Path) -> tuple[Epoch, ...]:
    """Return the epochs of a data set; what cannot be read was not drawn."""
    file = find_side_file(path, FILE)
    read = None if file is None else load_json(file, "the data set opens without the epochs that were drawn")
    listed = read.get("epochs") if isinstance(read, dict) else None
    return tuple(epoch for item in listed if (epoch := _epoch_of(item))) if isinstance(listed, list) else ()


def save_epochs(path: Path, epochs: Iterable[Epoch]) -> None:
    """Keep the epochs of a data set, and no others; where that is not possible, the log says so."""
    content = {"epochs": [[epoch.start_s, epoch.stop_s, epoch.name] for epoch in epochs]}
    try:
        file = make_side_folder(path) / FILE
        write_file(file, lambda opened: opened.write(json.dumps(content).encode("utf-8")))
    except OSError as error:
        logger.warning("The epochs of %s cannot be kept (%s); they are there until it is closed.", path.name, error)


def _epoch_of(item: Any) -> Epoch | None:
    if not (isinstance(item, list) and len(item) == 3 and isinstance(item[2], str)):
        return None
    if not all(isinstance(edge, (int, float)) and not isinstance(edge, bool) for edge in item[:2]):
        return None
    try:
        return Epoch(float(item[0]), float(item[1]), item[2])
    except (TimelineError, OverflowError):
        return None
