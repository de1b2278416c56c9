"""The keys that the user has chosen: `~/.phy/keys.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from napari_phy.files.user_files import load_user_file, save_user_file

_FILE = "keys.json"

Keys = Mapping[str, Mapping[str, Sequence[str]]]


def load_keys() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return {action: {place: keys}} of actions whose keys were chosen; what cannot be read was not chosen."""
    read = load_user_file(_FILE, "the usual keys hold")
    chosen = read.items() if isinstance(read, dict) else ()
    return {action: _places(places) for action, places in chosen if isinstance(places, dict)}


def _places(places: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    return {
        place: tuple(key for key in keys if isinstance(key, str))
        for place, keys in places.items()
        if isinstance(keys, list)
    }


def save_keys(keys: Keys) -> None:
    """Keep {action: {place: keys}}, and nothing else that was kept before."""
    content = {action: {place: list(chosen) for place, chosen in places.items()} for action, places in keys.items()}
    save_user_file(_FILE, content, "the keys that were chosen are not kept")
