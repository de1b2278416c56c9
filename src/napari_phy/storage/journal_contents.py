"""What lies in the file of a journal: read with every value checked, also from a damaged file."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

from napari_phy.core.arrays import MAX_ID
from napari_phy.files.journal_tables import (
    APPLICATION_ID,
    FORMAT_VERSION,
    PAGE_BYTES,
    STATE_TABLES,
    TABLES,
    empty_journal,
    limited,
)
from napari_phy.storage.journal_state import JournalState

_MAGIC = b"SQLite format 3\0"

_STATE = "head, next_id, saved_head, saved_lost, saved_hash, pending_head, pending_lost, pending_hash, committed"
EDIT_COLUMNS = "seq, kind, record, ids, checksum"
STATE_COLUMNS = f"{_STATE}, n_edits, edits_checksum, base_checksum, checksum"


@dataclass(frozen=True, slots=True)
class EditRow:
    """One edit as it lies in the file.

    Attributes
    ----------
    seq : int
        Place on the stack, from 1 on.
    kind : str
        Kind of the edit.
    record : str
        All of it but the spike ids, as `edit_records` writes it.
    ids : bytes or None
        Its spike ids, as `edit_records` packs them.
    checksum : int
        Checksum of all of these.
    """

    seq: int
    kind: str
    record: str
    ids: bytes | None
    checksum: int

    @classmethod
    def of(cls, seq: int, kind: str, record: str, ids: bytes | None) -> EditRow:
        """Return a new row."""
        return cls(seq, kind, record, ids, _edit_checksum(seq, kind, record, ids))

    @property
    def is_whole(self) -> bool:
        """Whether it is what was written."""
        parts: tuple[Any, ...] = (self.kind, self.record)  # a damaged file may hold anything
        are_texts = all(isinstance(part, str) for part in parts) and isinstance(self.ids, (bytes, type(None)))
        return are_texts and self.checksum == _edit_checksum(self.seq, self.kind, self.record, self.ids)


@dataclass(frozen=True, slots=True)
class BaseNote:
    """What the edits replay on once the file itself was saved over.

    Attributes
    ----------
    source : str
        "original", the clustering of that name in the file, or "labels", the file in the side folder.
    labels_hash : str
        Hash of the clusters of all spikes, to know that they are the same.
    metadata : str
        Groups, colours, labels and names of groups, as JSON.
    """

    source: str
    labels_hash: str
    metadata: str

    @property
    def checksum(self) -> int:
        """Return the checksum of all of it."""
        return _checksum(self.source, self.labels_hash, self.metadata)


@dataclass(frozen=True, slots=True)
class Seal:
    """What the state says of the other tables, so that nothing of them can be missing or old.

    Attributes
    ----------
    n_edits : int, default 0
        Number of edits, those that can be redone included.
    edits_checksum : int, default 0
        Checksum of all edits.
    base_checksum : int, optional
        Checksum of the base; None where there is none.
    """

    n_edits: int = 0
    edits_checksum: int = 0
    base_checksum: int | None = None


@dataclass(frozen=True, slots=True)
class JournalContents:
    """What was found in a journal.

    Attributes
    ----------
    state : JournalState, optional
        Where the journal stands; None where it says so nowhere.
    n_edits : int, default 0
        Number of edits, those that can be redone and those that are damaged included.
    base : BaseNote, optional
        What the edits replay on; None: the file itself, unless `is_base_lost`.
    edits : mapping of int to EditRow, optional
        {place on the stack: edit} of those that are what was written.
    is_base_lost : bool, default False
        Whether there was a base that is not what was written.
    is_whole : bool, default False
        Whether nothing is damaged.
    is_old : bool, default False
        Whether it was written in the format before, which cannot tell all damage.
    """

    state: JournalState | None = None
    n_edits: int = 0
    base: BaseNote | None = None
    edits: Mapping[int, EditRow] = field(default_factory=dict)
    is_base_lost: bool = False
    is_whole: bool = False
    is_old: bool = False

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever written to it."""
        return self.is_whole and self.state is None


def read_contents(connection: sqlite3.Connection) -> JournalContents:
    """Return what is in the tables of a journal; what cannot be read is left out."""
    reader = _Reader(connection)
    states = [reader.rows(f"SELECT {STATE_COLUMNS} FROM {table}") for table in STATE_TABLES]
    bases = reader.rows("SELECT source, labels_hash, metadata FROM base")
    base = BaseNote(*bases[0]) if len(bases) == 1 and all(isinstance(part, str) for part in bases[0]) else None
    sealed = [found for rows in states for row in rows if (found := _sealed_state(row)) is not None]
    if not sealed:
        return _old_contents(reader, states[0], base, is_base_lost=bool(bases) and base is None)
    state, seal = sealed[0]
    edits = reader.edits(seal.n_edits)
    is_base_lost = (base.checksum if base else None) != seal.base_checksum
    is_whole = reader.is_whole and sealed == [(state, seal)] * len(STATE_TABLES) and not is_base_lost
    is_whole = is_whole and len(edits) == seal.n_edits
    if len(edits) == seal.n_edits and joint_checksum(edits.values()) != seal.edits_checksum:
        edits, is_whole = {}, False  # one of them was replaced by another one, who knows which
    return JournalContents(state, seal.n_edits, None if is_base_lost else base, edits, is_base_lost, is_whole)


def recovered(path: Path) -> JournalContents:
    """Return what can be read in the file of a journal although its first page, or any other, is damaged.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    data = bytearray(path.read_bytes())
    version, application = (int.from_bytes(data[place : place + 4], "big") for place in (60, 68))
    is_later = data.startswith(_MAGIC) and application == APPLICATION_ID and FORMAT_VERSION < version < 1000
    if is_later:
        return JournalContents()
    n_pages = max(-(-len(data) // PAGE_BYTES), 1 + len(TABLES))
    data += bytes(n_pages * PAGE_BYTES - len(data))
    data[:PAGE_BYTES] = _first_page(n_pages)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        try:
            connection.deserialize(bytes(data))
            with limited(connection, len(data)):
                return read_contents(connection)
        except (sqlite3.Error, ValueError):
            return JournalContents()


def state_row(state: JournalState, seal: Seal) -> tuple[Any, ...]:
    """Return the row that says where a journal stands, `STATE_COLUMNS`."""
    pending = state.pending
    values = (
        *(state.head, state.next_id, state.saved.head, state.saved.lost, state.saved_hash),
        *((None, None) if pending is None else (pending.head, pending.lost)),
        *(state.pending_hash, state.committed),
        *(seal.n_edits, seal.edits_checksum, seal.base_checksum),
    )
    return (*values, _checksum(*values))


def joint_checksum(edits: Iterable[EditRow], start: int = 0) -> int:
    """Return the checksum of edits together with others that have `start`, or of the others when they had both."""
    return reduce(xor, (row.checksum for row in edits), start)


class _Reader:
    """Reads tables as far as they can be read, and remembers whether all could."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.is_whole = True
        self._n_bytes = sum(pages for (pages,) in self.rows("PRAGMA page_count")) * PAGE_BYTES

    def rows(self, query: str, *values: int) -> list[Any]:
        rows: list[Any] = []
        try:
            rows.extend(self._connection.execute(query, values))
        except (sqlite3.Error, ValueError):
            self.is_whole = False
        return rows

    def edits(self, n_edits: int) -> dict[int, EditRow]:
        """Return {place: edit} of those that are what was written."""
        was_whole, self.is_whole = self.is_whole, True
        query = f"SELECT {EDIT_COLUMNS} FROM edit"
        rows = self.rows(f"{query} ORDER BY seq")
        if not self.is_whole:  # what lies behind the damage
            rows += self.rows(f"{query} ORDER BY seq DESC")
            for seq in set(range(1, min(n_edits, self._n_bytes) + 1)).difference(row[0] for row in rows):
                rows += self.rows(f"{query} WHERE seq = ?", seq)
        self.is_whole = self.is_whole and was_whole and len(rows) == n_edits
        edits = (EditRow(*row) for row in rows if isinstance(row[0], int) and 1 <= row[0] <= n_edits)
        return {row.seq: row for row in edits if row.is_whole}


def _old_contents(reader: _Reader, states: list[Any], base: BaseNote | None, *, is_base_lost: bool) -> JournalContents:
    """Return what is in a journal of the format before: one state, with no checksum, and no copy of it."""
    (last,) = reader.rows("SELECT max(seq) FROM edit") or [(None,)]
    n_edits = last[0] if isinstance(last[0], int) and 0 < last[0] < 2**31 else 0
    state = None
    if len(states) == 1 and states[0][-4:] == (None,) * 4:
        state = _state(states[0][:-4])
        n_edits = n_edits if state is None else max(n_edits, state.head)
    edits = reader.edits(n_edits)
    is_whole = len(edits) == n_edits and not is_base_lost
    if state is None:
        is_whole = is_whole and reader.is_whole and not states and not edits and base is None
    return JournalContents(state, n_edits, base, edits, is_base_lost, is_whole, is_old=True)


def _sealed_state(row: tuple[Any, ...]) -> tuple[JournalState, Seal] | None:
    """Return what a row of the state says; None where it is not what was written."""
    *values, checksum = row
    if checksum != _checksum(*values):
        return None
    if type(values[1]) is int:  # an id that is too large costs the edit that gave it, not those before
        values[1] = min(values[1], MAX_ID + 1)
    state, seal = _state(tuple(values[:-3])), Seal(*values[-3:])
    are_numbers = all(type(value) is int for value in (seal.n_edits, seal.edits_checksum))
    if state is None or not are_numbers or not 0 <= seal.n_edits < 2**31 or state.head > seal.n_edits:
        return None
    return state, seal


def _state(row: tuple[Any, ...]) -> JournalState | None:
    try:
        return JournalState.of(*row)
    except ValueError:
        return None


def _first_page(n_pages: int) -> bytes:
    """Return the first page of a journal of so many pages: it is the same in all of them but for their number."""
    page = bytearray(empty_journal()[:PAGE_BYTES])
    page[28:32] = n_pages.to_bytes(4, "big")
    return bytes(page)


def _checksum(*values: Any) -> int:
    return zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))


def _edit_checksum(seq: int, kind: str, record: str, ids: bytes | None) -> int:
    return zlib.crc32(ids or b"", zlib.crc32(f"{seq}\0{kind}\0{record}\0".encode("utf-8", "surrogatepass")))
