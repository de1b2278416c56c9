"""Finds the files that belong to a `.kwik`: beside it, or beside the file that it links to."""

from __future__ import annotations

from pathlib import Path

from napari_phy.files.platform_files import is_file


def homes(kwik: Path) -> tuple[Path, ...]:
    """Return the path of a `.kwik`, and the one that it links to if it is a link."""
    return tuple(dict.fromkeys([kwik, kwik.resolve() if kwik.is_symlink() else kwik]))


def find_features(kwik: Path) -> Path:
    """Return the `.kwx` of a `.kwik`; where there is none, the one that would be beside it."""
    places = [home.with_suffix(".kwx") for home in homes(kwik)]
    return next((place for place in places if is_file(place)), places[0])
