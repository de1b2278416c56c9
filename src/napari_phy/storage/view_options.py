"""What the user chose in each view, kept from one window to the next: `~/.phy/views.json`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from napari_phy.files.user_files import load_user_file, save_user_file

_FILE = "views.json"

_RENAMED: Mapping[tuple[str, str], str] = {  # (view, option as it was called): its name now; the later one wins
    ("Correlograms", "bin"): "bin_ms",
    ("Correlograms", "window"): "window_ms",
    ("Correlograms", "span"): "window_ms",
    ("Correlograms", "refractory"): "refractory_ms",
    ("Intervals", "window"): "longest_ms",
    ("Intervals", "longest"): "longest_ms",
    ("Intervals", "shortest"): "shortest_ms",
    ("Intervals", "bin"): "bin_ms",
    ("Intervals", "refractory"): "refractory_ms",
    ("Firing rate", "bin"): "bin_s",
    ("Scatter", "x"): "x_by",
    ("Scatter", "y"): "y_by",
    ("Scatter", "size"): "size_by",
    ("Drift", "metric"): "color",
}

Options = Mapping[str, Mapping[str, Any]]


def load_view_options() -> dict[str, dict[str, Any]]:
    """Return {view: {option: value}} by the names of today; what cannot be read counts as never chosen."""
    read = load_user_file(_FILE, "views begin with their usual settings")
    if not isinstance(read, dict):
        return {}
    return {view: _by_name_now(view, options) for view, options in read.items() if isinstance(options, dict)}


def save_view_options(options: Options) -> None:
    """Keep the options of these views; those of other views stay as they are kept."""
    save_user_file(_FILE, {**load_view_options(), **options}, "what was chosen in the views is not kept")


def _by_name_now(view: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return options of a view, which may be the second of its kind; what has both names keeps the value of today's."""
    kind = re.sub(r" \d+$", "", view)
    old = {option: name for (of_kind, option), name in _RENAMED.items() if of_kind == kind and option in options}
    kept = {option: value for option, value in options.items() if option not in old}
    return {**{name: options[option] for option, name in old.items()}, **kept}
