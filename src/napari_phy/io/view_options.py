"""What the user chose in each view, kept from one window to the next: `~/.phy/views.json`."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_phy.io.atomic import write_file
from napari_phy.io.config import phy_folder

logger = logging.getLogger(__name__)

_FILE = "views.json"
_MOST_BYTES = 1_000_000

Options = Mapping[str, Mapping[str, Any]]


def load_view_options() -> dict[str, dict[str, Any]]:
    """Return {view: {option: value}}; what cannot be read counts as never chosen."""
    path = _path()
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too long")
        read = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        logger.warning("%s cannot be read (%s); views begin with their usual settings.", path, error)
        return {}
    if not isinstance(read, dict):
        return {}
    return {view: options for view, options in read.items() if isinstance(options, dict)}


def save_view_options(options: Options) -> None:
    """Keep the options of these views; those of other views stay as they are kept."""
    path = _path()
    content = json.dumps({**load_view_options(), **options}, indent=1, sort_keys=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, lambda file: file.write(content.encode("utf-8")))
    except OSError as error:
        logger.warning("%s cannot be written (%s); what was chosen in the views is not kept.", path, error)


def _path() -> Path:
    return phy_folder() / _FILE
