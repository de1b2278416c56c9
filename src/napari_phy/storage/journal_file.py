"""The SQLite file of a journal: its tables and its transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from napari_phy.core.errors import JournalError
from napari_phy.files.crash_points import reached
from napari_phy.files.journal_tables import PAGE_BYTES, STATE_TABLES, empty_journal, is_sound, limited
from napari_phy.files.locks import connect_exclusively
from napari_phy.files.platform_files import REMOVES_OPEN_FILES, read_at
from napari_phy.storage.journal_contents import (
    EDIT_COLUMNS,
    STATE_COLUMNS,
    BaseNote,
    EditRow,
    JournalContents,
    Seal,
    joint_checksum,
    read_contents,
    state_row,
)
from napari_phy.storage.journal_state import JournalState

_N_PAGES_WATCHED = 5  # the first page of each table: each commit changes some of them
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_INTERRUPT}
_DAMAGE_WHERE_WRITABLE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


class UnreadableJournalError(JournalError):
    """The journal is damaged, of another version, or another file altogether.

    Attributes
    ----------
    contents : JournalContents
        What could be read of it.
    """

    def __init__(self, message: str, contents: JournalContents | None = None) -> None:
        super().__init__(message)
        self.contents = contents or JournalContents()


class JournalFile:
    """The open file, held by one process at a time; threads may share it. Opening it raises as that of `Journal`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._seeking = threading.Lock()
        self._seal = Seal()
        if path.is_symlink() and not path.exists():
            raise UnreadableJournalError(f"{path.name} is a link to a file that is not there.")
        try:
            self._connection = connect_exclusively(path, content=empty_journal())
        except (sqlite3.Error, ValueError, OSError) as error:
            raise explained(error, path) from error
        try:
            self._prepare()
            self._descriptor = os.open(path, os.O_RDONLY)  # closing it would free SQLite's locks: kept until the end
        except (sqlite3.Error, ValueError, OSError) as error:  # ValueError: of a message that is no UTF-8
            self._connection.close()
            raise explained(error, path) from error
        except JournalError:
            self._connection.close()
            raise
        self._known = self._fingerprint()

    @property
    def is_ours(self) -> bool:
        """Whether no other program moved, removed, shortened or overwrote it: what is written to it is lost then."""
        if not REMOVES_OPEN_FILES:
            return True
        return self.is_in_place and self._fingerprint() == self._known

    @property
    def is_in_place(self) -> bool:
        """Whether its name leads to the open file."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._descriptor))
        except OSError:
            return False

    @property
    def is_moved(self) -> bool:
        """Whether it has another name now, as when a folder that it is in was renamed."""
        return self._descriptor >= 0 and os.fstat(self._descriptor).st_nlink > 0 and not self.is_in_place

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make one transaction of what is written inside; if anything fails, all of it is taken back."""
        with self.lock:
            seal = self._seal
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                reached("commit.begun")
                yield
                self._connection.execute("COMMIT")
            except BaseException as error:
                self._seal = seal
                with suppress(sqlite3.Error):  # SQLite has taken it back by itself when the disk was full
                    self._connection.execute("ROLLBACK")
                self._known = self._fingerprint()
                if isinstance(error, (sqlite3.Error, ValueError)):
                    raise explained(error, self.path) from error
                raise
            self._known = self._fingerprint()

    def contents(self) -> JournalContents:
        """Return everything in it.

        Raises
        ------
        UnreadableJournalError
            It takes too long.
        """
        try:
            with self.lock, limited(self._connection, self.path.stat().st_size):
                return read_contents(self._connection)
        except (sqlite3.Error, ValueError, OSError) as error:
            raise explained(error, self.path) from error

    def edit(self, seq: int) -> EditRow | None:
        """Read the edit at a place on the stack; None where there is none."""
        try:
            with self.lock:
                row = self._connection.execute(f"SELECT {EDIT_COLUMNS} FROM edit WHERE seq = ?", (seq,)).fetchone()
        except sqlite3.Error as error:
            raise explained(error, self.path) from error
        return EditRow(*row) if row else None

    @property
    def n_edits(self) -> int:
        """Number of edits, those that can be redone included."""
        return self._seal.n_edits

    @property
    def has_base(self) -> bool:
        """Whether edits replay on something else than the file itself."""
        return self._seal.base_checksum is not None

    def add_edit(self, row: EditRow) -> None:
        """Add an edit, inside a transaction that writes the state."""
        values = (row.seq, row.kind, row.record, row.ids, row.checksum)
        self._connection.execute("INSERT INTO edit VALUES (?, ?, ?, ?, ?)", values)
        checksum = joint_checksum([row], self._seal.edits_checksum)
        self._seal = replace(self._seal, n_edits=self._seal.n_edits + 1, edits_checksum=checksum)

    def drop_edits(self, *, above: int) -> int:
        """Remove the edits above a place of the stack, inside a transaction that writes the state; return how many."""
        if self._seal.n_edits <= above:
            return 0
        found = self._connection.execute(f"SELECT {EDIT_COLUMNS} FROM edit WHERE seq > ?", (above,)).fetchall()
        self._connection.execute("DELETE FROM edit WHERE seq > ?", (above,))
        rows = [EditRow(*row) for row in found]
        checksum = joint_checksum(rows, self._seal.edits_checksum)
        self._seal = replace(self._seal, n_edits=self._seal.n_edits - len(rows), edits_checksum=checksum)
        return len(rows)

    def write_state(self, state: JournalState) -> None:
        """Write where the journal stands, inside a transaction."""
        values = state_row(state, self._seal)
        for table in STATE_TABLES:
            self._connection.execute(
                f"INSERT OR REPLACE INTO {table} (one, {STATE_COLUMNS}) VALUES (1{', ?' * len(values)})", values
            )

    def write_base(self, base: BaseNote | None) -> None:
        """Write what the edits replay on, inside a transaction that writes the state."""
        self._connection.execute("DELETE FROM base")
        if base is not None:
            values = (base.source, base.labels_hash, base.metadata)
            self._connection.execute("INSERT INTO base VALUES (1, ?, ?, ?)", values)
        self._seal = replace(self._seal, base_checksum=None if base is None else base.checksum)

    def seal(self, contents: JournalContents) -> None:
        """Take over what was found in it."""
        base = contents.base
        checksum = joint_checksum(contents.edits.values())
        self._seal = Seal(contents.n_edits, checksum, None if base is None else base.checksum)

    def close(self) -> None:
        """Close the file."""
        with self.lock, suppress(sqlite3.ProgrammingError):
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA journal_mode=DELETE")  # leaves one file, not two
            self._connection.close()
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)

    def leave(self, act: Callable[[], object]) -> None:
        """Do something with the file's name and close it, in this order where files can be renamed while open."""
        if REMOVES_OPEN_FILES:
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA journal_mode=DELETE")
            act()
            self.close()
        else:
            self.close()
            act()

    def _prepare(self) -> None:
        with limited(self._connection, self.path.stat().st_size):
            if not is_sound(self._connection):
                raise UnreadableJournalError(f"{self.path.name} is not a journal of this version, or is damaged.")
            self._connection.execute("PRAGMA journal_mode=TRUNCATE")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute("PRAGMA secure_delete=ON")  # no old row lies where a damaged page could show it

    def _fingerprint(self) -> tuple[int, int]:
        """Return what another program that writes to the file changes: its size, and pages that each commit changes."""
        pages = bytearray(_N_PAGES_WATCHED * PAGE_BYTES)
        n_read = read_at(self._descriptor, memoryview(pages), 0, self._seeking)
        return os.fstat(self._descriptor).st_size, zlib.crc32(pages[:n_read])


def explained(error: Exception, path: Path) -> JournalError:
    """Return what an error of SQLite or of the system means for the journal."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    is_damage = code in _DAMAGE or (code in _DAMAGE_WHERE_WRITABLE and os.access(path, os.R_OK | os.W_OK))
    if is_damage or isinstance(error, ValueError):
        return UnreadableJournalError(f"{path.name} cannot be read: {error}.")
    if code == sqlite3.SQLITE_FULL:
        return JournalError(f"Could not write to {path.name}: the disk is full.")
    return JournalError(f"Could not write to {path.name} in {path.parent}: {error}.")
