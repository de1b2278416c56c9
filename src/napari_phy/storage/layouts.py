"""How the docks of a window were left, for each data set and for the user: `layout.json`."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_phy.files.atomic import write_file
from napari_phy.files.platform_files import is_folder
from napari_phy.files.side_folder import side_folder
from napari_phy.files.user_files import load_json, load_user_file, save_user_file

logger = logging.getLogger(__name__)

_FILE = "layout.json"
_INSTEAD = "the window begins as the user left it last"
_MOST_DOCKS = 100


@dataclass(frozen=True, slots=True)
class SavedLayout:
    """A window as it was left.

    Attributes
    ----------
    preset : str
        The preset that it began with.
    docks : tuple of str
        Names of those that were open.
    state : bytes
        Places of the docks, as Qt tells them.
    behind : tuple of str, optional
        Names of those that lay behind others of their places.
    """

    preset: str
    docks: tuple[str, ...]
    state: bytes
    behind: tuple[str, ...] = ()


def load_layout(path: Path | None, form: str) -> SavedLayout | None:
    """Return how the docks were left for a data set, else by the user with any; None where nothing is known.

    Parameters
    ----------
    path : Path or None
        Path of the data set, None for none.
    form : str
        Form of the window: layouts of large and small windows are kept apart.
    """
    of_data_set = None if path is None else load_json(side_folder(path) / _FILE, _INSTEAD)
    of_user = load_user_file(_FILE, "the window begins with the usual layout")
    return _layout_of(of_data_set, form) or _layout_of(of_user, form)


def save_layout(path: Path | None, form: str, layout: SavedLayout) -> None:
    """Keep a layout for a data set that has a side folder already, and for the user."""
    state = base64.b64encode(layout.state).decode("ascii")
    kept = {"preset": layout.preset, "docks": layout.docks, "behind": layout.behind, "state": state}
    of_user = load_user_file(_FILE, "it is written anew")
    save_user_file(_FILE, {**_forms(of_user), form: kept}, "the layout is not kept")
    folder = None if path is None else side_folder(path)
    if folder is not None and is_folder(folder):
        text = json.dumps({**_forms(load_json(folder / _FILE, _INSTEAD)), form: kept}, indent=1, sort_keys=True)
        try:
            write_file(folder / _FILE, lambda file: file.write(text.encode("utf-8")))
        except OSError as error:
            logger.warning("%s cannot be written (%s); the layout is kept for the user alone.", folder / _FILE, error)


def _forms(read: Any) -> Mapping[str, Any]:
    return read if isinstance(read, dict) else {}


def _layout_of(read: Any, form: str) -> SavedLayout | None:
    kept = _forms(read).get(form)
    if not isinstance(kept, dict):
        return None
    preset, docks, state = (kept.get(name) for name in ("preset", "docks", "state"))
    behind = kept.get("behind", [])  # not there in a file of an earlier version
    if not (
        isinstance(preset, str) and isinstance(docks, list) and isinstance(behind, list) and isinstance(state, str)
    ):
        return None
    if max(len(docks), len(behind)) > _MOST_DOCKS or not all(isinstance(name, str) for name in [*docks, *behind]):
        return None
    try:
        return SavedLayout(preset, tuple(docks), base64.b64decode(state, validate=True), tuple(behind))
    except ValueError:
        return None
