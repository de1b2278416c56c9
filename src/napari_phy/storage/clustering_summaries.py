"""How far each clustering of a file is, which have unsaved edits, and where the file was left: `clusterings.json`."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from napari_phy.core.cluster_meta import DISCARDED
from napari_phy.core.errors import JournalError, NapariPhyError
from napari_phy.files.atomic import write_file
from napari_phy.files.side_folder import find_side_file, side_folder
from napari_phy.files.user_files import load_json
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.clustering_nodes import list_clusterings
from napari_phy.formats.kwik.clusters import read_clusters
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.kwik.spike_clusters import distinct, read_spike_clusters
from napari_phy.formats.opening import find_kwik
from napari_phy.storage.clustering_place import ClusteringPlace
from napari_phy.storage.journal import Journal

logger = logging.getLogger(__name__)

_FILE = "clusterings.json"
Where = tuple[int, str]  # channel group, clustering


@dataclass(frozen=True, slots=True)
class ClusteringSummary:
    """One clustering of a file.

    Attributes
    ----------
    channel_group, clustering : which.
    n_spikes : of the channel group.
    n_decided, n_clusters : clusters in a group, of all but the discarded ones; None where that is not known.
    n_unsaved : edits that wait in its journal.
    reason : why it cannot be opened, a sentence; "" where it can.
    """

    channel_group: int
    clustering: str
    n_spikes: int
    n_decided: int | None = None
    n_clusters: int | None = None
    n_unsaved: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LeftClusterings:
    """How the clusterings of a file were left.

    Attributes
    ----------
    last : the one that was open last; None where nobody knows.
    decided : {clustering: (clusters decided, of how many)} of those with unsaved edits.
    """

    last: Where | None = None
    decided: Mapping[Where, tuple[int, int]] = field(default_factory=dict)


def read_summaries(model: KwikModel) -> list[ClusteringSummary]:
    """Return what is known of every clustering of a file as it is on disk; one that cannot be read has the reason."""
    path, left, found = model.path, load_left(model.path), []
    with open_h5(path) as file:
        for group in model.channel_groups:
            n_spikes, reason = model.count_spikes(group), model.unreadable.get((group, None), "")
            for clustering in list_clusterings(file, group) or (schema.MAIN,):
                n_unsaved = count_unsaved(path, group, clustering)
                summary = ClusteringSummary(group, clustering, n_spikes, n_unsaved=n_unsaved, reason=reason)
                counts = left.decided.get((group, clustering)) if n_unsaved else None
                found.append(summary if reason or not n_spikes else _counted(summary, file, counts))
    return found


def find_unsaved(path: Path, channel_groups: Iterable[int], but_not: Where) -> dict[Where, int]:
    """Return {clustering: unsaved edits} of those that a save may write, but one."""
    own = ClusteringPlace(path.resolve(), *but_not).journal_file(side_folder(path))
    if all(journal == own for journal in side_folder(path).glob("journal-*.sqlite")):
        return {}
    with open_h5(path) as file:
        places = [(group, name) for group in channel_groups for name in list_clusterings(file, group)]
    others = [place for place in places if place != but_not and place[1] != schema.ORIGINAL]
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


def last_place(path: Path) -> Where | None:
    """Return the channel group and clustering that were open last, by any file of a data set; None if unknown."""
    kwik = find_kwik(path)
    return None if kwik is None else load_left(kwik).last


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


def _counted(summary: ClusteringSummary, file: H5File, counts: tuple[int, int] | None) -> ClusteringSummary:
    """Return a summary with how many clusters are decided: those counted when it was left, else those of the file."""
    group, clustering = summary.channel_group, summary.clustering
    try:
        ids = distinct(read_spike_clusters(file, group, clustering, summary.n_spikes, None))
        groups = read_clusters(file, group, clustering, ids).groups
    except NapariPhyError as error:
        return replace(summary, reason=str(error))
    shown = [groups.get(cluster) for cluster in ids.tolist() if groups.get(cluster) != DISCARDED]
    n_decided, n_clusters = counts or (sum(name is not None for name in shown), len(shown))
    return replace(summary, n_decided=n_decided, n_clusters=n_clusters)


def _is_place(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and _is_count(value[0]) and isinstance(value[1], str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
