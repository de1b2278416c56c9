"""Small JSON files, those of the user in `~/.phy`; one that cannot be read or written never stops the program."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from napari_phy.files.atomic import write_file

logger = logging.getLogger(__name__)

FOLDER_VARIABLE = "PHY_CONFIG_DIR"
_MOST_BYTES = 1_000_000


def phy_folder() -> Path:
    """Return the folder of the user's settings: `~/.phy`, or what PHY_CONFIG_DIR names."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path.home() / ".phy"


def load_user_file(name: str, instead: str) -> Any:
    """Return what a file holds, None where it is not there or cannot be read: the log then says what is done instead.

    Parameters
    ----------
    name : str
        Name of the file.
    instead : str
        `views begin with their usual settings`.
    """
    return load_json(phy_folder() / name, instead)


def load_json(path: Path, instead: str, most_bytes: int = _MOST_BYTES) -> Any:
    """Return what a small file holds, as `load_user_file` does of those of the user."""
    try:
        if path.stat().st_size > most_bytes:
            raise ValueError("it is too long")
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        logger.warning("%s cannot be read (%s); %s.", path, error, instead)
        return None


def save_user_file(name: str, content: Any, lost: str) -> None:
    """Write a file; where that is not possible, the log says what is lost: `what was chosen is not kept`."""
    path = phy_folder() / name
    text = json.dumps(content, indent=1, sort_keys=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, lambda file: file.write(text.encode("utf-8")))
    except OSError as error:
        logger.warning("%s cannot be written (%s); %s.", path, error, lost)
