"""What is kept of a data set besides its edits, each kind in a JSON file of the side folder: clocks, epochs, trials."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from napari_phy.core.decisions import KeptDecisions
from napari_phy.core.epoch_list import Epoch
from napari_phy.core.errors import PlacementError, TimelineError
from napari_phy.core.probe_placement import PlacedProbe, ProbePlacement
from napari_phy.files.atomic import write_file
from napari_phy.files.background_writes import WRITES
from napari_phy.files.side_folder import find_side_file, make_side_folder
from napari_phy.files.user_files import load_json

logger = logging.getLogger(__name__)

Value = TypeVar("Value")

VERSION = 1
_MOST_BYTES = 500_000_000  # a time for each frame of long movies


@dataclass(frozen=True, slots=True)
class SideFile(Generic[Value]):
    """One kind of what is kept.

    Attributes
    ----------
    file : str
        Name of the file.
    entry : str
        Name of the entry that has all values.
    words : str
        What it holds: `the epochs that were drawn`.
    plain : type
        What the entry is in JSON: list or dict.
    to_plain : callable
        Takes the value and the folder of the data set, and returns lists, dicts, numbers and text.
    from_plain : callable
        Takes those and the folder, and returns the value, without what cannot be understood.
    """

    file: str
    entry: str
    words: str
    plain: type[list[Any]] | type[dict[str, Any]]
    to_plain: Callable[[Value, Path], Any]
    from_plain: Callable[[Any, Path], Value]


class SideFiles:
    """The side files of one data set; one that cannot be read or written costs nothing else.

    Parameters
    ----------
    path : Path
        The file of the data set. Where there is none, as for arrays in memory, nothing is read or written.
    is_kept : bool, default True
        Whether anything is written.
    """

    def __init__(self, path: Path, *, is_kept: bool = True) -> None:
        self._path, self._is_there = path, path.exists()
        self._is_kept = is_kept and self._is_there

    def load(self, kind: SideFile[Value]) -> Value:
        """Return what is kept of a kind; the log says so where it cannot be read."""
        file = find_side_file(self._path, kind.file) if self._is_there else None
        instead = f"the data set opens without {kind.words}"
        read = None if file is None else load_json(file, instead, _MOST_BYTES)
        values = read.get(kind.entry) if isinstance(read, dict) else None
        if read is not None and not isinstance(values, kind.plain):
            logger.warning("%s cannot be read (it has no %s); %s.", file, kind.entry, instead)
        return kind.from_plain(values if isinstance(values, kind.plain) else kind.plain(), self._folder)

    def save(self, kind: SideFile[Value], value: Value) -> None:
        """Keep a value in the place of that of before; where that is not possible, the log says so."""
        if not self._is_kept:
            return
        text = json.dumps({"version": VERSION, kind.entry: kind.to_plain(value, self._folder)})
        try:
            file = make_side_folder(self._path) / kind.file
            write_file(file, lambda opened: opened.write(text.encode("utf-8")))
        except OSError as error:
            name = self._path.name
            logger.warning("%s: %s cannot be kept (%s) and are lost when it is closed.", name, kind.words, error)

    def update(self, kind: SideFile[dict[str, Any]], entry: str, value: Any) -> None:
        """Keep one entry of a kind in the background, beside what others keep of it; `settle` waits for that."""

        def write() -> None:
            entries = self.load(kind)
            self.save(kind, {**entries, entry: value})

        if self._is_kept:
            WRITES.put((self._path, kind.file, entry), write)

    @staticmethod
    def settle() -> None:
        """Return when all that was to be kept in the background is on the disk."""
        WRITES.wait()

    @property
    def _folder(self) -> Path:
        return self._path.absolute().parent


# ---- epochs


def _epochs_of(items: list[Any], _folder: Path) -> tuple[Epoch, ...]:
    return tuple(epoch for item in items if (epoch := _epoch_of(item)))


def _epoch_of(item: Any) -> Epoch | None:
    if not (isinstance(item, list) and len(item) == 3 and isinstance(item[2], str)):
        return None
    if not all(isinstance(edge, (int, float)) and not isinstance(edge, bool) for edge in item[:2]):
        return None
    try:
        return Epoch(float(item[0]), float(item[1]), item[2])
    except (TimelineError, OverflowError):
        return None


# ---- tables of trials


def _table_names(tables: tuple[Path, ...], folder: Path) -> list[str]:
    """Return names of those beside or below the data set, which are found there also when all of it was moved."""
    whole = [table.absolute() for table in tables]
    return [
        table.relative_to(folder).as_posix() if table.is_relative_to(folder) else os.fspath(table) for table in whole
    ]


def _tables_of(items: list[Any], folder: Path) -> tuple[Path, ...]:
    names = [name for name in items if isinstance(name, str) and "\0" not in name]
    return tuple(dict.fromkeys(folder / name for name in names))


# ---- placements of probes


def _placements_of(items: list[Any], _folder: Path) -> dict[int, PlacedProbe]:
    return dict(placed for item in items if (placed := _placed(item)))


def _placed(item: Any) -> tuple[int, PlacedProbe] | None:
    if not isinstance(item, dict):
        return None
    group, image = item.get("channel_group"), item.get("image")
    if not isinstance(group, int) or isinstance(group, bool) or not isinstance(image, str):
        return None
    try:
        return group, PlacedProbe(image, ProbePlacement.from_json(item.get("placement")))
    except PlacementError:
        return None


# ---- what was decided in reviews


def _plain_decisions(decisions: dict[str, KeptDecisions], _folder: Path) -> dict[str, Any]:
    return {
        place: {"different": one.different, "skipped": one.skipped, "sound": one.sound, "prints": one.prints}
        for place, one in decisions.items()
    }


def _decisions_of(items: dict[str, Any], _folder: Path) -> dict[str, KeptDecisions]:
    return {place: _decided(item) for place, item in items.items() if isinstance(item, dict)}


def _decided(item: dict[str, Any]) -> KeptDecisions:
    """Return what of the decisions on a clustering can be understood."""
    different, skipped, sound, prints = (item.get(name) for name in ("different", "skipped", "sound", "prints"))
    pairs = different if isinstance(different, list) else []
    return KeptDecisions(
        tuple((pair[0], pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) == 2 and _are_ids(pair)),
        tuple(one for one in skipped if _are_ids([one])) if isinstance(skipped, list) else (),
        {int(cluster): text for cluster, text in prints.items() if cluster.isdecimal() and isinstance(text, str)}
        if isinstance(prints, dict)
        else {},
        tuple(one for one in sound if _are_ids([one])) if isinstance(sound, list) else (),
    )


def _are_ids(values: list[Any]) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)


# ---- where ours was kept in comparisons


def _marks_of(items: dict[str, Any], _folder: Path) -> dict[str, tuple[str, ...]]:
    lists = {place: marks for place, marks in items.items() if isinstance(marks, list)}
    return {place: tuple(mark for mark in marks if isinstance(mark, str)) for place, marks in lists.items()}


# ---- what there is

CLOCKS: SideFile[Mapping[str, Any]] = SideFile(  # {name of a stack: its clock}
    "clocks.json", "clocks", "the clocks of its stacks", dict, lambda clocks, _: dict(clocks), lambda plain, _: plain
)
EPOCHS: SideFile[tuple[Epoch, ...]] = SideFile(
    "epochs.json",
    "epochs",
    "the epochs that were drawn",
    list,
    lambda epochs, _: [[epoch.start_s, epoch.stop_s, epoch.name] for epoch in epochs],
    _epochs_of,
)
TRIAL_TABLES: SideFile[tuple[Path, ...]] = SideFile(  # in the order in which they were read
    "trials.json", "tables", "the trials that were read", list, _table_names, _tables_of
)
PLACEMENTS: SideFile[dict[int, PlacedProbe]] = SideFile(  # {channel group: its probe in an image}
    "placements.json",
    "placements",
    "the places of its probes in images",
    list,
    lambda placed, _: [
        {"channel_group": group, "image": one.image, "placement": one.placement.to_json()}
        for group, one in placed.items()
    ],
    _placements_of,
)
DECISIONS: SideFile[dict[str, KeptDecisions]] = SideFile(  # {"channel group/clustering": what was decided there}
    "decisions.json",
    "decisions",
    "what was decided and skipped in the wizard",
    dict,
    _plain_decisions,
    _decisions_of,
)
KEPT_MINE: SideFile[dict[str, tuple[str, ...]]] = SideFile(  # {"channel group/clustering": marks of differences}
    "compared.json",
    "kept",
    "where yours was kept beside another curation",
    dict,
    lambda kept, _: kept,
    _marks_of,
)
KINDS: tuple[SideFile[Any], ...] = (CLOCKS, EPOCHS, TRIAL_TABLES, PLACEMENTS, DECISIONS, KEPT_MINE)
