"""The lines typed into the command line, kept from one window to the next: `~/.phy/commands.json`."""

from __future__ import annotations

from collections.abc import Iterable

from napari_phy.files.user_files import load_user_file, save_user_file

_FILE = "commands.json"
_MOST, _MOST_CHARACTERS = 200, 1000


def load_commands() -> list[str]:
    """Return the lines, the oldest first."""
    read = load_user_file(_FILE, "the command line begins without its history")
    return [line for line in read if isinstance(line, str)][-_MOST:] if isinstance(read, list) else []


def keep_command(line: str) -> list[str]:
    """Add a line at the end, where it stands only once, unless it is very long; return all lines that are kept."""
    if len(line) > _MOST_CHARACTERS:
        return load_commands()
    lines = [*_without(load_commands(), line), line][-_MOST:]
    save_user_file(_FILE, lines, "the history of the command line is not kept")
    return lines


def _without(lines: Iterable[str], line: str) -> list[str]:
    return [other for other in lines if other != line]
