"""The edits that are kept for a clustering, read without holding their journal: nothing is written or locked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from napari_phy.core.base_model import BaseModel
from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.errors import JournalError
from napari_phy.core.sentences import cause_of
from napari_phy.core.update_info import UpdateInfo
from napari_phy.files.clustering_place import ClusteringPlace
from napari_phy.files.platform_files import is_file
from napari_phy.files.side_folder import find_side_file, side_folder
from napari_phy.storage.journal_contents import recovered
from napari_phy.storage.journal_order import JournalOrder
from napari_phy.storage.journal_repair import decoded
from napari_phy.storage.replay_base import UnreadableBaseError, base_of, read_base

_PLACE = re.compile(r"(?:\.set-aside-.*)?\.sqlite$")


@dataclass(frozen=True, slots=True, eq=False)
class KeptEdits:
    """What a clustering began with, and the edits that lead from there to what it is now.

    Attributes
    ----------
    base : StoredClustering
        What the edits replay on, spikes in the order of the program.
    records : tuple of UpdateInfo
        The edits that hold.
    problem : str, default ''
        Why edits that are kept are left out; "" where there are none.
    """

    base: StoredClustering
    records: tuple[UpdateInfo, ...] = ()
    problem: str = ""


def read_kept_edits(model: BaseModel) -> KeptEdits:
    """Return the edits that are kept for the clustering of a model; none, and why, where they cannot be used."""
    place = ClusteringPlace(model.edited_file.resolve(), model.channel_group, model.clustering)
    path = find_side_file(place.path, place.journal_file(side_folder(place.path)).name)
    if path is None:
        return KeptEdits(base_of(model))
    try:
        return _read(model, path, is_own=True)
    except JournalError as error:
        return KeptEdits(base_of(model), problem=f"Its unsaved edits are left out: {error}")


def read_journal(model: BaseModel, path: Path) -> KeptEdits:
    """Return the edits of any journal of the spikes of a model.

    Raises
    ------
    JournalError
        The journal cannot be read, or begins with another state than there is.
    """
    if not is_file(path):
        raise JournalError(f"There is no journal {path}.")
    return _read(model, path, is_own=False)


def _read(model: BaseModel, path: Path, *, is_own: bool) -> KeptEdits:
    """Return the edits of a journal; `is_own` says that it must belong to what the file holds now."""
    name = path.name
    try:
        contents = recovered(path)
    except OSError as error:
        raise JournalError(f"{name} cannot be read ({cause_of(error)}).") from error
    if contents.is_new:
        return KeptEdits(base_of(model))
    state, order = contents.state, JournalOrder(model.journal_places)
    if state is None or contents.is_base_lost:
        raise JournalError(f"{name} is no journal of edits, or is damaged; choose another one.")
    base = order.to_journal(base_of(model))
    with model.clustering_file.reading() as reader:
        if (is_own or contents.base is None) and state.settled(reader.content_hash()) is None:
            raise JournalError(f"{name} begins with another state than {model.name} holds; open its own data set.")
        if contents.base is not None:
            labels = path.with_name(f"base{_PLACE.sub('', name).removeprefix('journal')}.npy")
            try:
                base = read_base(contents.base, reader, labels, model.n_spikes)
            except UnreadableBaseError as error:
                raise JournalError(f"{name}: what its edits begin with is not there.") from error
    records = decoded(contents, model.n_spikes)[: state.head]
    whole = tuple(order.record_from_journal(record) for record in records if record is not None)
    if len(whole) < state.head:
        raise JournalError(f"{name} is damaged: {state.head - len(whole)} of its edits cannot be read.")
    return KeptEdits(order.from_journal(base), whole)
