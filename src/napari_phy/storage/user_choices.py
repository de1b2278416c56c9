"""What the user chose or typed, kept from one window to the next: keys and lines of the command line, in `~/.phy`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from napari_phy.files.user_files import load_user_file, save_user_file

_KEYS, _COMMANDS = "keys.json", "commands.json"
_MOST, _MOST_CHARACTERS = 200, 1000

Keys = Mapping[str, Mapping[str, Sequence[str]]]


def load_keys() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return {action: {place: keys}} of actions whose keys were chosen; what cannot be read was not chosen."""
    read = load_user_file(_KEYS, "the usual keys hold")
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
    save_user_file(_KEYS, content, "the keys that were chosen are not kept")


def load_commands() -> list[str]:
    """Return the lines, the oldest first."""
    read = load_user_file(_COMMANDS, "the command line begins without its history")
    return [line for line in read if isinstance(line, str)][-_MOST:] if isinstance(read, list) else []


def keep_command(line: str) -> list[str]:
    """Add a line at the end, where it stands only once, unless it is very long; return all lines that are kept."""
    if len(line) > _MOST_CHARACTERS:
        return load_commands()
    lines = [*_without(load_commands(), line), line][-_MOST:]
    save_user_file(_COMMANDS, lines, "the history of the command line is not kept")
    return lines


def _without(lines: Iterable[str], line: str) -> list[str]:
    return [other for other in lines if other != line]
