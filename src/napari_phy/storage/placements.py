"""Where the probe of each channel group lies in an image, kept in the side folder: `placements.json`."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_phy.core.errors import PlacementError
from napari_phy.core.probe_placement import ProbePlacement
from napari_phy.files.atomic import write_file
from napari_phy.files.side_folder import find_side_file, make_side_folder
from napari_phy.files.user_files import load_json

logger = logging.getLogger(__name__)

FILE = "placements.json"


@dataclass(frozen=True, slots=True, eq=False)
class PlacedProbe:
    """A probe in an image.

    Attributes
    ----------
    image : str
        Name of the layer.
    placement : ProbePlacement
        Where it lies there.
    """

    image: str
    placement: ProbePlacement


def load_placements(path: Path) -> dict[int, PlacedProbe]:
    """Return {channel group: its probe in an image}; what cannot be read was not placed."""
    file = find_side_file(path, FILE)
    read = None if file is None else load_json(file, "the probe is in no image until it is placed again")
    listed = read.get("placements") if isinstance(read, dict) else None
    found = [_placed(item) for item in listed] if isinstance(listed, list) else []
    return dict(item for item in found if item is not None)


def save_placements(path: Path, placed: Mapping[int, PlacedProbe]) -> None:
    """Keep the placements of a data set, and no others; where that is not possible, the log says so."""
    content = [
        {"channel_group": group, "image": one.image, "placement": one.placement.to_json()}
        for group, one in placed.items()
    ]
    try:
        file = make_side_folder(path) / FILE
        text = json.dumps({"placements": content}, indent=1)
        write_file(file, lambda opened: opened.write(text.encode("utf-8")))
    except OSError as error:
        logger.warning("Where the probe of %s lies cannot be kept (%s); it is there until it is closed.", path, error)


def _placed(item: Any) -> tuple[int, PlacedProbe] | None:
    if not isinstance(item, dict):
        return None
    group, image = item.get("channel_group"), item.get("image")
    if not isinstance(group, int) or isinstance(group, bool) or not isinstance(image, str):
        return None
    try:
        return group, PlacedProbe(image, ProbePlacement.from_json(item.get("placement")))
    except PlacementError:
        return None
