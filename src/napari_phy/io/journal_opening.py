"""Deciding at opening which edits of a journal hold: all, or none when the file is not what it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from napari_phy.core.update_info import UpdateInfo
from napari_phy.io import store_messages
from napari_phy.io.clustering_place import ClusteringPlace
from napari_phy.io.journal import Journal, UnreadableJournalError
from napari_phy.io.journal_mending import mend
from napari_phy.io.replay_base import Base, read_base
from napari_phy.io.side_folder import make_side_folder


@dataclass(slots=True)
class OpenedJournal:
    """A journal held, with what it said and what the user should know."""

    journal: Journal
    base: Base
    records: tuple[UpdateInfo, ...]
    recovered_at: datetime | None = None
    set_aside: Path | None = None
    messages: list[str] = field(default_factory=list)


def open_journal(place: ClusteringPlace, base: Base) -> OpenedJournal:
    """Hold the journal of a clustering whose file holds `base`.

    A journal that cannot be read, or that belongs to what the file held before another program wrote it, is set
    aside, and a new one begun.

    Raises
    ------
    JournalLockedError
        Another process holds it.
    JournalError, OSError
        None can be made.
    """
    folder = make_side_folder(place.path)
    path = place.journal_file(folder)
    name = place.path.name
    aside = aside_name(path)
    try:
        journal = Journal(path)
    except UnreadableJournalError:
        put_aside(place, folder, aside, path.rename)
        message = store_messages.unreadable(name, aside.name)
    else:
        try:
            opened = _adopted(journal, place, folder, base, aside)
            if opened is not None:
                return opened
            message = store_messages.changed_elsewhere(name, journal.state.n_unsaved)
        except UnreadableJournalError:
            message = store_messages.unreadable(name, aside.name)
        except BaseException:
            journal.close()
            raise
        put_aside(place, folder, aside, journal.set_aside)
    return OpenedJournal(_begun(path, place, base), base, (), set_aside=aside, messages=[message])


def _adopted(journal: Journal, place: ClusteringPlace, folder: Path, base: Base, aside: Path) -> OpenedJournal | None:
    """Return what the journal says, None when the file is not the one it belongs to."""
    digest = place.content_hash()
    if journal.is_new or (journal.is_empty and journal.state.saved_hash != digest):
        journal.start(digest, place.first_free_id(base))
    if not journal.settle(digest):
        return None
    message = mend(journal, place.path.name, aside)
    note = journal.base()
    if note is not None:
        base = read_base(note, place.path, place.channel_group, place.labels_file(folder))
    opened = OpenedJournal(journal, base, journal.records())
    if message:
        opened.set_aside = aside
        opened.messages.append(message)
    state = journal.state
    if state.n_unsaved:
        opened.recovered_at = datetime.fromtimestamp(state.committed or 0.0, UTC).astimezone()
        now = datetime.now(UTC).astimezone()
        opened.messages.append(store_messages.recovered(state.n_unsaved, opened.recovered_at, now))
    return opened


def _begun(path: Path, place: ClusteringPlace, base: Base) -> Journal:
    journal = Journal(path)
    try:
        journal.start(place.content_hash(), place.first_free_id(base))
    except BaseException:
        journal.close()
        raise
    return journal


def put_aside(place: ClusteringPlace, folder: Path, aside: Path, rename: Callable[[Path], object]) -> None:
    """Rename the journal, the rest of a broken commit beside it and the clusters it began with."""
    rename(aside)
    path, labels = place.journal_file(folder), place.labels_file(folder)
    for old, new in (
        (path.with_name(f"{path.name}-journal"), aside.with_name(f"{aside.name}-journal")),
        (labels, _free_name(aside.with_suffix(labels.suffix))),
    ):
        if old.exists():
            old.rename(new)


def aside_name(path: Path) -> Path:
    """Return a free name, with the time in it, for a journal that is set aside."""
    stamp = f"set-aside-{datetime.now(UTC).astimezone():%Y%m%dT%H%M%S}"
    return _free_name(path.with_name(f"{path.stem}.{stamp}{path.suffix}"))


def _free_name(path: Path) -> Path:
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate
