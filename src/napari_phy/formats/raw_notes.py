"""What the side folder remembers of raw data: where files are that moved, how long recordings are, and their order."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from napari_phy.core.recording_order import Order
from napari_phy.files.atomic import write_file
from napari_phy.files.side_folder import find_side_file, make_side_folder

logger = logging.getLogger(__name__)

_NAME = "raw-data.json"
_MAX_BYTES = 1 << 20
_MAX_SAMPLE = 2**62


@dataclass(frozen=True, slots=True)
class RawNotes:
    """What is remembered of one data set.

    Attributes
    ----------
    files : mapping of str to tuple of Path, optional
        {file name in the `.kwik`: places where it may be now}, for files that moved.
    lengths : mapping of int to int, optional
        {recording: samples}, so that times stay right when the raw data are gone again.
    recording_order : Order, optional
        Which recordings the numbers of spikes mean, if the user said so.
    """

    files: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    lengths: Mapping[int, int] = field(default_factory=dict)
    recording_order: Order | None = None


def read_raw_notes(kwik: Path) -> RawNotes:
    """Return what is remembered of a data set; nothing where that cannot be read."""
    file = find_side_file(kwik, _NAME)
    if file is None:
        return RawNotes()
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise ValueError("it is too large")
        stored = json.loads(file.read_bytes())
        files = {str(name): _places(kwik, places) for name, places in _items(stored, "files")}
        lengths = {int(number): int(length) for number, length in _items(stored, "lengths")}
        order = stored.get("recording_order")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        logger.debug("%s cannot be read (%s).", file, error)
        return RawNotes()
    lengths = {number: length for number, length in lengths.items() if 0 < length < _MAX_SAMPLE}
    return RawNotes(files, lengths, order if order in get_args(Order) else None)


def write_raw_notes(
    kwik: Path,
    files: Mapping[str, Path] = MappingProxyType({}),
    lengths: Mapping[int, int] = MappingProxyType({}),
    recording_order: Order | None = None,
) -> None:
    """Remember where raw files are, how long recordings are and their order, beside what was remembered before.

    Where no side folder can be made, nothing is remembered, and a warning says so.
    """
    old = read_raw_notes(kwik)
    places = {name: [str(place) for place in found] for name, found in old.files.items()}
    places |= {name: _described(kwik, path) for name, path in files.items()}
    notes: dict[str, Any] = {
        "files": places,
        "lengths": {str(key): n for key, n in {**old.lengths, **lengths}.items()},
    }
    order = recording_order or old.recording_order
    notes |= {} if order is None else {"recording_order": order}
    text = json.dumps(notes, indent=1, ensure_ascii=True).encode()
    try:
        write_file(make_side_folder(kwik) / _NAME, lambda file: file.write(text))
    except OSError as error:
        logger.warning("Where the raw data of %s are cannot be remembered: %s.", kwik.name, error.strerror or error)


def _described(kwik: Path, path: Path) -> list[str]:
    """Return a place as it is, and as it is seen from the `.kwik`, should both move."""
    path, folder = Path(os.path.abspath(path)), kwik.resolve().parent  # noqa: PTH100  # links in it are kept
    try:
        return [str(path), os.path.relpath(path, folder)]
    except ValueError:  # on another drive
        return [str(path)]


def _places(kwik: Path, stored: Any) -> tuple[Path, ...]:
    if not isinstance(stored, list):
        raise TypeError("a place is no list")
    return tuple(kwik.resolve().parent / str(place) for place in stored)


def _items(stored: Any, name: str) -> list[tuple[Any, Any]]:
    values = stored.get(name, {}) if isinstance(stored, dict) else None
    if not isinstance(values, dict):
        raise TypeError(f"{name} is no object")
    return list(values.items())
