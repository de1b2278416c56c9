"""How far each clustering of a file is, which have unsaved edits, and where the file was left: `clusterings.json`."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from napari_phy.core.base_model import BaseModel
from napari_phy.core.clustering_file import ClusteringSummary
from napari_phy.core.errors import JournalError
from napari_phy.files.atomic import write_file
from napari_phy.files.clustering_place import ClusteringPlace
from napari_phy.files.side_folder import find_side_file, side_folder
from napari_phy.files.user_files import load_json
from napari_phy.storage.journal import Journal

logger = logging.getLogger(__name__)

_FILE = "clusterings.json"
Where = tuple[int, str]  # channel group, clustering


@dataclass(frozen=True, slots=True)
class LeftClusterings:
    """How the clusterings of a file were left.

    Attributes
    ----------
    last : tuple of int and str, optional
        Channel group and name of the clustering that was open last; None where it is not known.
    decided : mapping of tuple of int and str to tuple of int, optional
        {clustering: (clusters decided, of how many)} of those with unsaved edits.
    """

    last: Where | None = None
    decided: Mapping[Where, tuple[int, int]] = field(default_factory=dict)


def read_summaries(model: BaseModel) -> list[ClusteringSummary]:
    """Return what is known of every clustering of a file as it is on disk; one that cannot be read has the reason."""
    path, found = model.edited_file, []
    left = load_left(path)
    for one in model.read_summaries():
        n_unsaved = count_unsaved(path, one.channel_group, one.clustering)
        counts = left.decided.get((one.channel_group, one.clustering)) if n_unsaved else None
        n_decided, n_clusters = counts if counts and not one.reason else (one.n_decided, one.n_clusters)
        found.append(replace(one, n_decided=n_decided, n_clusters=n_clusters, n_unsaved=n_unsaved))
    return found


def find_unsaved(model: BaseModel, but_not: Where) -> dict[Where, int]:
    """Return {clustering: unsaved edits} of all but one, also of `original`, into which a save writes nothing."""
    path = model.edited_file
    own = ClusteringPlace(path.resolve(), *but_not).journal_file(side_folder(path))
    if all(journal == own for journal in side_folder(path).glob("journal-*.sqlite")):
        return {}
    others = [place for place in model.places() if place != but_not]
    counts = {place: count_unsaved(path, *place) for place in others}
    return {place: n_unsaved for place, n_unsaved in counts.items() if n_unsaved}


def count_unsaved(path: Path, channel_group: int, clustering: str) -> int:
    """Return how many edits wait in the journal of a clustering; 0 where it is held elsewhere, or damaged."""
    journal_file = ClusteringPlace(path.resolve(), channel_group, clustering).journal_file(side_folder(path))
    if not journal_file.is_file():
        return 0
    try:
        journal = Journal(journal_file)
    except (JournalError, OSError) as error:
        logger.debug("%s", error)
        return 0
    try:
        return 0 if journal.is_new else journal.state.n_unsaved
    finally:
        journal.close()


def load_left(path: Path) -> LeftClusterings:
    """Return how a file was left."""
    file = find_side_file(path, _FILE)
    read = None if file is None else load_json(file, "the data set opens on its first channel group")
    content = read if isinstance(read, dict) else {}
    decided = {}
    for item in content["decided"] if isinstance(content.get("decided"), list) else ():
        if isinstance(item, list) and len(item) == 4 and _is_place(item[:2]) and all(map(_is_count, item[2:])):
            decided[item[0], item[1]] = (item[2], item[3])
    last: Any = content.get("last")
    return LeftClusterings((last[0], last[1]) if _is_place(last) else None, decided)


def save_left(path: Path, left: LeftClusterings) -> None:
    """Keep how a file is left, where it has a side folder."""
    folder = side_folder(path)
    decided = [[*place, *counts] for place, counts in sorted(left.decided.items())]
    text = json.dumps({"last": left.last, "decided": decided}, indent=1)
    if not folder.is_dir():
        return
    try:
        write_file(folder / _FILE, lambda file: file.write(text.encode("utf-8")))
    except OSError as error:
        logger.warning("%s cannot be written (%s); where the data set was left is not kept.", folder / _FILE, error)


def _is_place(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and _is_count(value[0]) and isinstance(value[1], str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
