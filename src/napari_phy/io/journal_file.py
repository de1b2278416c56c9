"""The SQLite file of a journal: its tables, its transactions, and a checksum of each edit."""

from __future__ import annotations

import os
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_phy.core.errors import JournalError
from napari_phy.io.atomic import sync_file
from napari_phy.io.crash_points import reached
from napari_phy.io.journal_state import JournalState, SavedPlace
from napari_phy.io.locks import connect_exclusively
from napari_phy.io.platform_files import REMOVES_OPEN_FILES, sync_folder

FORMAT_VERSION = 2
_APPLICATION_ID = 0x6E706879  # "nphy"

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE edit (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, record TEXT NOT NULL, ids BLOB, checksum INTEGER NOT NULL
);
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
COMMIT;
"""
_STATE = "head, next_id, saved_head, saved_lost, saved_hash, pending_head, pending_lost, pending_hash, committed"
_EDIT = "seq, kind, record, ids, checksum"


class UnreadableJournalError(JournalError):
    """The journal is damaged, of another version, or another file altogether."""


@dataclass(frozen=True, slots=True)
class EditRow:
    """One edit as it lies in the file.

    Attributes
    ----------
    seq : its place on the stack, from 1 on.
    kind, record, ids : as `edit_records` writes them.
    checksum : of all of these.
    """

    seq: int
    kind: str
    record: str
    ids: bytes | None
    checksum: int

    @classmethod
    def of(cls, seq: int, kind: str, record: str, ids: bytes | None) -> EditRow:
        """Return a new row."""
        return cls(seq, kind, record, ids, _checksum(seq, kind, record, ids))

    @property
    def is_whole(self) -> bool:
        """Whether it is what was written."""
        parts: tuple[Any, ...] = (self.kind, self.record)  # a damaged file may hold anything
        are_texts = all(isinstance(part, str) for part in parts) and isinstance(self.ids, (bytes, type(None)))
        return are_texts and self.checksum == _checksum(self.seq, self.kind, self.record, self.ids)


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


class JournalFile:
    """The open file, held by one process at a time; threads may share it. Opening it raises as that of `Journal`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
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
        self._descriptor = os.open(path, os.O_RDONLY)  # closing it would free SQLite's locks: kept until the end

    @property
    def is_there(self) -> bool:
        """Whether it still has a name; what is written to it is lost otherwise."""
        return not REMOVES_OPEN_FILES or os.fstat(self._descriptor).st_nlink > 0

    def written_anew(self) -> JournalFile:
        """Write the file anew where it was removed, and let go of the removed one."""
        copy = self.path.with_name(f"{self.path.name}.new")
        copy.unlink(missing_ok=True)
        self.copy_to(copy)
        sync_file(copy)
        copy.rename(self.path)
        sync_folder(self.path.parent)
        anew = JournalFile(self.path)
        anew.lock = self.lock
        self._connection.close()
        self._let_go()
        return anew

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make one transaction of what is written inside; if anything fails, all of it is taken back."""
        with self.lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                reached("commit.begun")
                yield
                self._connection.execute("COMMIT")
            except BaseException as error:
                with suppress(sqlite3.Error):  # SQLite has taken it back by itself when the disk was full
                    self._connection.execute("ROLLBACK")
                if isinstance(error, (sqlite3.Error, ValueError)):
                    raise _explained(error, self.path) from error
                raise

    def edits(self) -> list[EditRow]:
        """Return every edit from the first on."""
        return [EditRow(*row) for row in self._read(f"SELECT {_EDIT} FROM edit ORDER BY seq")]

    @property
    def has_edits(self) -> bool:
        """Whether there is any."""
        return bool(self._read("SELECT 1 FROM edit LIMIT 1"))

    def edit(self, seq: int) -> EditRow | None:
        """Return one edit."""
        rows = self._read(f"SELECT {_EDIT} FROM edit WHERE seq = ?", seq)
        return EditRow(*rows[0]) if rows else None

    def add_edit(self, row: EditRow) -> None:
        """Add an edit, inside a transaction."""
        values = (row.seq, row.kind, row.record, row.ids, row.checksum)
        self._connection.execute("INSERT INTO edit VALUES (?, ?, ?, ?, ?)", values)

    def drop_edits(self, *, above: int) -> int:
        """Remove the edits above a place of the stack, inside a transaction; return how many there were."""
        return self._connection.execute("DELETE FROM edit WHERE seq > ?", (above,)).rowcount

    def state(self) -> JournalState | None:
        """Return where the journal stands; None when it was never begun."""
        rows = self._read(f"SELECT {_STATE} FROM state")
        return _state_of(rows[0]) if rows else None

    def write_state(self, state: JournalState) -> None:
        """Write where the journal stands, inside a transaction."""
        pending = state.pending
        values = (
            *(state.head, state.next_id, state.saved.head, state.saved.lost, state.saved_hash),
            *((None, None) if pending is None else (pending.head, pending.lost)),
            *(state.pending_hash, state.committed),
        )
        self._connection.execute(f"INSERT OR REPLACE INTO state (one, {_STATE}) VALUES (1{', ?' * 9})", values)

    def base(self) -> BaseNote | None:
        """Return what the edits replay on; None while that is the file itself."""
        rows = self._read("SELECT source, labels_hash, metadata FROM base")
        return BaseNote(*rows[0]) if rows else None

    def write_base(self, base: BaseNote | None) -> None:
        """Write what the edits replay on, inside a transaction."""
        self._connection.execute("DELETE FROM base")
        if base is not None:
            values = (base.source, base.labels_hash, base.metadata)
            self._connection.execute("INSERT INTO base VALUES (1, ?, ?, ?)", values)

    def copy_to(self, target: Path) -> None:
        """Write a copy of the whole file."""
        try:
            with self.lock:
                self._connection.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error as error:
            raise _explained(error, target) from error

    def close(self) -> None:
        """Let go of the file."""
        with self.lock, suppress(sqlite3.ProgrammingError):
            with suppress(sqlite3.OperationalError):
                self._connection.execute("PRAGMA journal_mode=DELETE")  # leaves one file, not two
            self._connection.close()
            self._let_go()

    def _let_go(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def leave(self, act: Callable[[], object]) -> None:
        """Do something with the file's name and let go of it, in this order where files can be renamed while open."""
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
            self._connection.executescript(_SCHEMA)

    def _read(self, query: str, *values: Any) -> list[Any]:
        try:
            with self.lock:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _explained(error, self.path) from error


def _checksum(seq: int, kind: str, record: str, ids: bytes | None) -> int:
    return zlib.crc32(ids or b"", zlib.crc32(f"{seq}\0{kind}\0{record}\0".encode("utf-8", "surrogatepass")))


def _state_of(row: tuple[Any, ...]) -> JournalState:
    head, next_id, saved_head, saved_lost, saved_hash, pending_head, pending_lost, pending_hash, committed = row
    pending = None if pending_head is None else SavedPlace(pending_head, pending_lost)
    return JournalState(head, next_id, SavedPlace(saved_head, saved_lost), saved_hash, pending, pending_hash, committed)


def _explained(error: Exception, path: Path) -> JournalError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    unreadable = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
    if code in unreadable or isinstance(error, ValueError):
        return UnreadableJournalError(f"{path.name} cannot be read: {error}.")
    if code == sqlite3.SQLITE_FULL:
        return JournalError(f"Could not write to {path.name}: the disk is full.")
    return JournalError(f"Could not write to {path.name} in {path.parent}: {error}.")
