"""Deciding at opening which edits of a journal hold: those that are whole, or none when the file is not what it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from napari_phy.core.clustering_file import ClusteringReader, StoredClustering
from napari_phy.core.update_info import UpdateInfo
from napari_phy.files.clustering_place import ClusteringPlace, aside_name, free_name, put_aside
from napari_phy.files.platform_files import link_file
from napari_phy.files.side_folder import make_side_folder
from napari_phy.storage import store_messages
from napari_phy.storage.journal import (
    Journal,
    UnreadableJournalError,
    edit_row,
    next_free_id,
    write_journal,
)
from napari_phy.storage.journal_contents import BaseNote, JournalContents
from napari_phy.storage.journal_places import join_edits
from napari_phy.storage.journal_repair import decoded, keep_whole
from napari_phy.storage.journal_state import JournalState
from napari_phy.storage.replay_base import UnreadableBaseError, first_free_id, read_base


@dataclass(slots=True, eq=False)
class OpenedJournal:
    """A journal held, with what it said and what the user should know."""

    journal: Journal
    base: StoredClustering
    records: tuple[UpdateInfo, ...]
    recovered_at: datetime | None = None
    set_aside: Path | None = None
    messages: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class EditedFile:
    """A file while the journal of one of its clusterings is opened.

    Attributes
    ----------
    place : ClusteringPlace
        The clustering.
    reader : ClusteringReader
        Reads the clustering.
    base : StoredClustering
        What the file holds.
    """

    place: ClusteringPlace
    reader: ClusteringReader
    base: StoredClustering


def open_journal(file: EditedFile, session_start: float) -> OpenedJournal:
    """Hold the journal of a clustering.

    Of a damaged journal what is whole is kept, and the journal as it was set aside; so is one that belongs to what the
    file held before another program wrote it. Edits are recovered where the last one was made before `session_start`, s
    since 1970.

    Raises
    ------
    JournalLockedError
        Another process holds it.
    JournalError, OSError
        None can be made.
    """
    folder = make_side_folder(file.place.path)
    path = file.place.journal_file(folder)
    other_aside, sentence = join_edits(file.place, file.reader, folder)
    journal = None
    try:
        journal = Journal(path)
        contents = journal.contents()
    except UnreadableJournalError as error:
        contents = error.contents
    try:
        opened = _opened(file, path, journal, contents)
    except BaseException:
        if journal is not None:
            journal.close()
        raise
    if sentence:
        opened.messages.insert(0, sentence)
        opened.set_aside = opened.set_aside or other_aside
    return _with_recovered(opened, session_start)


def without_edits(opened: OpenedJournal, file: EditedFile, n_whole: int, session_start: float) -> OpenedJournal:
    """Return the journal without those edits after the first `n_whole`, which do not fit the clusters."""
    journal = opened.journal
    records = [*opened.records[:n_whole], *(None for _ in opened.records[n_whole:])]
    found = _Found(journal.path, journal, journal.state, records, journal.base, opened.base, is_damaged=True)
    return _with_recovered(_with_whole_edits(file, found), session_start)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A journal that belongs to what the file holds; `begins` is what its edits replay on, None where that is lost."""

    path: Path
    journal: Journal | None
    state: JournalState
    records: Sequence[UpdateInfo | None]
    note: BaseNote | None
    begins: StoredClustering | None
    is_damaged: bool


def _opened(
    file: EditedFile,
    path: Path,
    journal: Journal | None,
    contents: JournalContents,
) -> OpenedJournal:
    name, digest = file.place.path.name, file.reader.content_hash()
    if journal is not None and (journal.is_new or (journal.is_empty and journal.state.saved_hash != digest)):
        journal.start(digest, first_free_id(file.base, file.reader))
        return OpenedJournal(journal, file.base, ())
    if contents.state is None:
        return _begun_anew(file, path, journal, lambda aside: store_messages.unreadable(name, aside))
    state = contents.state.settled(digest)
    if state is None:
        n_unsaved = contents.state.n_unsaved
        return _begun_anew(file, path, journal, lambda _: store_messages.changed_elsewhere(name, n_unsaved))
    if journal is not None:
        journal.settle(digest)
    n_spikes = len(file.base.spike_clusters)
    begins = None if contents.is_base_lost else file.base
    if contents.base is not None:
        begins = None
        with suppress(UnreadableBaseError):
            labels = file.place.labels_file(path.parent)
            begins = read_base(contents.base, file.reader, labels, n_spikes)
    records = decoded(contents, n_spikes)
    found = _Found(path, journal, state, records, contents.base, begins, is_damaged=journal is None)
    return _with_whole_edits(file, found)


def _with_whole_edits(file: EditedFile, found: _Found) -> OpenedJournal:
    """Return a journal with what of it can be replayed; where that is not all, it is written anew."""
    path, journal, name, aside = found.path, found.journal, file.place.path.name, aside_name(found.path)
    is_base_lost = found.begins is None
    try:
        kept = keep_whole(
            found.state,
            found.records,
            is_base_lost=is_base_lost,
            is_damaged=found.is_damaged,
            name=name,
            aside=aside.name,
        )
    except UnreadableJournalError:
        return _begun_anew(file, path, journal, lambda aside: store_messages.unreadable(name, aside))
    messages = []
    if kept.sentence:
        if journal is not None:
            journal.close()
        rows = (edit_row(seq, record) for seq, record in enumerate(kept.records, start=1))
        state = replace(kept.state, next_id=next_free_id(kept.records))  # the ids of others are free
        write_journal(path, state, None if kept.is_on_file else found.note, rows, aside=aside)
        _copy_aside(file.place.labels_file(path.parent), free_name(aside.with_suffix(".npy")))
        journal = Journal(path)
        messages.append(kept.sentence)
    assert journal is not None
    begins = file.base if kept.is_on_file or found.begins is None else found.begins
    return OpenedJournal(journal, begins, kept.records, set_aside=aside if messages else None, messages=messages)


def _with_recovered(opened: OpenedJournal, session_start: float) -> OpenedJournal:
    """Tell of edits that only the journal holds, unless they were made in this session."""
    state = opened.journal.state
    committed = state.committed or 0.0
    if state.n_unsaved and committed < session_start:
        opened.recovered_at = datetime.fromtimestamp(committed, UTC).astimezone()
        now = datetime.now(UTC).astimezone()
        opened.messages.append(store_messages.recovered(state.n_unsaved, opened.recovered_at, now))
    return opened


def _begun_anew(
    file: EditedFile,
    path: Path,
    journal: Journal | None,
    sentence: Callable[[str], str],
) -> OpenedJournal:
    """Set a journal aside and begin a new one; `sentence` is made of the name that the old one gets."""
    aside = aside_name(path)
    put_aside(file.place, path.parent, aside, path.rename if journal is None else journal.set_aside)
    begun = Journal(path)
    try:
        begun.start(file.reader.content_hash(), first_free_id(file.base, file.reader))
    except BaseException:
        begun.close()
        raise
    return OpenedJournal(begun, file.base, (), set_aside=aside, messages=[sentence(aside.name)])


def _copy_aside(file: Path, aside: Path) -> None:
    if file.exists() and not link_file(file, aside):
        shutil.copyfile(file, aside)
