"""What the user chose in each view, kept from one window to the next: `~/.phy/views.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_phy.io.user_files import load_user_file, save_user_file

_FILE = "views.json"

Options = Mapping[str, Mapping[str, Any]]


def load_view_options() -> dict[str, dict[str, Any]]:
    """Return {view: {option: value}}; what cannot be read counts as never chosen."""
    read = load_user_file(_FILE, "views begin with their usual settings")
    if not isinstance(read, dict):
        return {}
    return {view: options for view, options in read.items() if isinstance(options, dict)}


def save_view_options(options: Options) -> None:
    """Keep the options of these views; those of other views stay as they are kept."""
    save_user_file(_FILE, {**load_view_options(), **options}, "what was chosen in the views is not kept")
