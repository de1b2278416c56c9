"""The journal: every edit on disk before anybody sees it, in one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_phy.core.errors import JournalError
from napari_phy.core.update_info import UpdateInfo
from napari_phy.io.crash_points import reached
from napari_phy.io.edit_records import decode_record, encode_ids, encode_record, encode_value
from napari_phy.io.journal_state import JournalState, SavedPlace
from napari_phy.io.locks import connect_exclusively
from napari_phy.io.platform_files import REMOVES_OPEN_FILES

FORMAT_VERSION = 1
_APPLICATION_ID = 0x6E706879  # "nphy"

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE edit (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, record TEXT NOT NULL, ids BLOB);
CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1), head INTEGER NOT NULL, next_id INTEGER NOT NULL,
    saved_head INTEGER NOT NULL, saved_lost INTEGER NOT NULL, saved_hash TEXT NOT NULL,
    pending_head INTEGER, pending_lost INTEGER, pending_hash TEXT, committed REAL
);
CREATE TABLE base (
    one INTEGER PRIMARY KEY CHECK (one = 1), source TEXT NOT NULL, labels_hash TEXT NOT NULL, metadata TEXT NOT NULL
);
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {FORMAT_VERSION};
"""
_STATE_COLUMNS = (
    "head, next_id, saved_head, saved_lost, saved_hash, pending_head, pending_lost, pending_hash, committed"
)


class UnreadableJournalError(JournalError):
    """The journal is damaged, of another version, or another file altogether."""


@dataclass(frozen=True, slots=True)
class BaseNote:
    """What the edits replay on once the file itself was saved over.

    Attributes
    ----------
    source : "original", the clustering of that name in the file, or "labels", the file in the side folder.
    labels_hash : of the clusters of all spikes, to know that they are the same.
    metadata : groups, colours, labels and names of groups, as JSON.
    """

    source: str
    labels_hash: str
    metadata: str


class Journal:
    """The edits of one clustering, held by one process at a time; a crash leaves it whole and free.

    Threads may share it. A method that raises JournalError leaves it as it was.

    Raises
    ------
    JournalLockedError
        Another process is editing this clustering.
    UnreadableJournalError
        The file cannot be understood.
    JournalError
        The file cannot be made or written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._n_edits = 0
        self._cuts: list[tuple[int, int]] = []  # (edits made here before it, head) of edits that dropped a redo tail
        self._state: JournalState | None = None
        try:
            self._connection = connect_exclusively(path)
        except (sqlite3.Error, OSError) as error:
            raise _explained(error, path) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._connection.close()
            raise _explained(error, path) from error
        except JournalError:
            self._connection.close()
            raise

    @property
    def is_new(self) -> bool:
        """Whether `start` was never called on it."""
        return self._state is None

    @property
    def state(self) -> JournalState:
        """Where it stands."""
        if self._state is None:
            raise JournalError(f"{self.path.name} was not started.")
        return self._state

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it that anybody could miss."""
        if self._state is None:
            return True
        with self._lock:
            (n_rows,) = self._read("SELECT (SELECT count(*) FROM edit) + (SELECT count(*) FROM base)")[0]
        return not n_rows and self._state.pending is None

    @property
    def n_edits(self) -> int:
        """New edits committed since it was opened: tells whether the stack changed since a snapshot was taken."""
        return self._n_edits

    def start(self, content_hash: str, next_id: int) -> None:
        """Begin with no edits on a file of this content; `next_id` is above every cluster id in it."""
        with self._changing() as write:
            for table in ("edit", "base"):
                write(f"DELETE FROM {table}")
            self._cuts.clear()
            self._write_state(JournalState(0, next_id, SavedPlace(0), content_hash))

    def records(self) -> tuple[UpdateInfo, ...]:
        """Return every stored edit from the first on, those that can be redone included.

        Raises
        ------
        UnreadableJournalError
            A record is damaged or missing.
        """
        records = []
        for expected, (seq, kind, record, ids) in enumerate(
            self._read("SELECT seq, kind, record, ids FROM edit ORDER BY seq"), start=1
        ):
            if seq != expected:
                raise UnreadableJournalError(f"Edit {expected} is missing from {self.path.name}.")
            try:
                records.append(decode_record(kind, record, ids))
            except ValueError as error:
                raise UnreadableJournalError(f"Edit {seq} in {self.path.name} cannot be read: {error}.") from error
        if not 0 <= self.state.head <= len(records):
            raise UnreadableJournalError(f"{self.path.name} has {len(records)} edits, not {self.state.head}.")
        return tuple(records)

    def commit(self, update: UpdateInfo) -> None:
        """Keep a new edit, or move the head over the one that was undone or redone; it is on disk on return.

        Raises
        ------
        JournalError
            The disk is full or gone, or the edit is not the one that lies there to be undone or redone.
        """
        with self._lock:
            head = self.state.head
            if update.cause == "edit":
                self._append(update, head)
            elif update.cause == "undo":
                self._move(update.inverse(), head, head - 1)
            else:
                self._move(update, head + 1, head + 1)
        reached("commit.committed")

    def base(self) -> BaseNote | None:
        """Return what the edits replay on, None while that is the file itself."""
        rows = self._read("SELECT source, labels_hash, metadata FROM base")
        return BaseNote(*rows[0]) if rows else None

    def keep_base(self, base: BaseNote) -> None:
        """Note what the edits replay on from now on."""
        with self._changing() as write:
            write("INSERT OR REPLACE INTO base VALUES (1, ?, ?, ?)", (base.source, base.labels_hash, base.metadata))

    def expect(self, content_hash: str, head: int, n_edits: int) -> None:
        """Note that the file is about to hold the state after `head` edits.

        `n_edits` is what `n_edits` was when the state was taken: edits may have followed.
        """
        with self._changing():
            place = SavedPlace(head)
            for made_before, cut_at in self._cuts:
                if made_before >= n_edits:
                    place = place.after_cut(cut_at)
            self._write_state(self.state.with_pending(place, content_hash))

    def settle(self, content_hash: str) -> bool:
        """Note what the file turned out to hold; False, with nothing changed, when another program wrote it."""
        with self._lock:
            state = self.state.settled(content_hash)
            if state is not None and state != self.state:
                with self._changing():
                    self._write_state(state)
            return state is not None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock, suppress(sqlite3.ProgrammingError):
            with suppress(sqlite3.OperationalError):
                self._connection.execute("PRAGMA journal_mode=DELETE")  # leaves one file, not two
            self._connection.close()

    def remove(self) -> None:
        """Take the file away and let go of it, in this order where files can be removed while they are open."""
        self._leave(self.path.unlink)

    def set_aside(self, target: Path) -> None:
        """Give the file another name and let go of it, so that nobody gets it in between."""
        self._leave(lambda: self.path.rename(target))

    def _leave(self, act: Callable[[], object]) -> None:
        if REMOVES_OPEN_FILES:
            self._connection.execute("PRAGMA journal_mode=DELETE")
            act()
            self.close()
        else:
            self.close()
            act()

    def _prepare(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and (version, application) != (FORMAT_VERSION, _APPLICATION_ID):
            raise UnreadableJournalError(f"{self.path.name} has format {version}, not {FORMAT_VERSION}.")
        self._connection.execute("PRAGMA journal_mode=TRUNCATE")
        self._connection.execute("PRAGMA synchronous=FULL")
        if not tables:
            self._connection.executescript(_SCHEMA + "COMMIT;")
        rows = self._connection.execute(f"SELECT {_STATE_COLUMNS} FROM state").fetchall()
        if rows:
            self._state = _state_of(rows[0])

    def _append(self, update: UpdateInfo, head: int) -> None:
        try:
            record, ids = encode_record(update), encode_ids(update.spike_ids, update.spike_clusters)
        except TypeError as error:
            raise JournalError(str(error)) from error
        with self._changing() as write:
            cut = write("DELETE FROM edit WHERE seq > ?", (head,)).rowcount
            write("INSERT INTO edit VALUES (?, ?, ?, ?)", (head + 1, update.description, record, ids))
            reached("commit.inserted")
            next_id = max((int(cluster) + 1 for cluster in update.added), default=0)
            self._write_state(self.state.with_edit(next_id, time.time()))
        if cut:
            self._cuts.append((self._n_edits, head))
        self._n_edits += 1

    def _move(self, edit: UpdateInfo, seq: int, head: int) -> None:
        with self._changing() as write:
            stored: tuple[str, str] | None = write("SELECT kind, record FROM edit WHERE seq = ?", (seq,)).fetchone()
            if stored is None or _outline(edit) != _outline(decode_record(stored[0], stored[1], None)):
                raise JournalError(
                    f"The {edit.description} that was undone or redone is not edit {seq} of {self.path.name}."
                )
            reached("commit.inserted")
            self._write_state(self.state.with_head(head, time.time()))

    @contextmanager
    def _changing(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """Make one transaction of what is written inside; if anything fails, all of it is taken back."""
        with self._lock:
            before = self._state
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                reached("commit.begun")
                yield self._connection.execute
                self._connection.execute("COMMIT")
            except BaseException as error:
                self._state = before
                with suppress(sqlite3.Error):  # SQLite has taken it back by itself when the disk was full
                    self._connection.execute("ROLLBACK")
                if isinstance(error, (sqlite3.Error, ValueError)):
                    raise _explained(error, self.path) from error
                raise

    def _read(self, query: str) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(query).fetchall()
        except sqlite3.Error as error:
            raise _explained(error, self.path) from error

    def _write_state(self, state: JournalState) -> None:
        pending = state.pending
        values = (
            *(state.head, state.next_id, state.saved.head, state.saved.lost, state.saved_hash),
            *((None, None) if pending is None else (pending.head, pending.lost)),
            *(state.pending_hash, state.committed),
        )
        self._connection.execute(f"INSERT OR REPLACE INTO state (one, {_STATE_COLUMNS}) VALUES (1{', ?' * 9})", values)
        self._state = state


def _state_of(row: tuple[Any, ...]) -> JournalState:
    head, next_id, saved_head, saved_lost, saved_hash, pending_head, pending_lost, pending_hash, committed = row
    pending = None if pending_head is None else SavedPlace(pending_head, pending_lost)
    return JournalState(head, next_id, SavedPlace(saved_head, saved_lost), saved_hash, pending, pending_hash, committed)


def _outline(update: UpdateInfo) -> tuple[object, ...]:
    """Return what tells one edit from another, whatever the order of its parts."""
    changes = (
        repr((int(change.cluster_id), change.field, encode_value(change.old), encode_value(change.new)))
        for change in update.metadata_changed
    )
    groups = sorted(map(repr, update.groups_changed))
    return (update.description, sorted(update.added), sorted(update.deleted), sorted(changes), groups)


def _explained(error: Exception, path: Path) -> JournalError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    unreadable = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
    if code in unreadable or isinstance(error, ValueError):
        return UnreadableJournalError(f"{path.name} cannot be read: {error}.")
    if code == sqlite3.SQLITE_FULL:
        return JournalError(f"Could not write to {path.name}: the disk is full.")
    return JournalError(f"Could not write to {path.name} in {path.parent}: {error}.")
