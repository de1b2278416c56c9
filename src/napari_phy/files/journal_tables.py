"""The file of a journal before anything is kept in it: its tables, and the limits within which SQLite reads them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from time import monotonic

FORMAT_VERSION = 3
APPLICATION_ID = 0x6E706879  # "nphy"
PAGE_BYTES = 4096
_SECONDS, _BYTES_PER_SECOND = 2, 20_000_000
_N_STEPS = 10_000

_STATE_TABLE = """CREATE TABLE {} (
    one INTEGER PRIMARY KEY CHECK (one = 1), head INTEGER NOT NULL, next_id INTEGER NOT NULL,
    saved_head INTEGER NOT NULL, saved_lost INTEGER NOT NULL, saved_hash TEXT NOT NULL,
    pending_head INTEGER, pending_lost INTEGER, pending_hash TEXT, committed REAL,
    n_edits INTEGER NOT NULL, edits_checksum INTEGER NOT NULL, base_checksum INTEGER, checksum INTEGER NOT NULL
)"""
TABLES = {
    "edit": """CREATE TABLE edit (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, record TEXT NOT NULL, ids BLOB, checksum INTEGER NOT NULL
)""",
    "state": _STATE_TABLE.format("state"),
    "base": """CREATE TABLE base (
    one INTEGER PRIMARY KEY CHECK (one = 1), source TEXT NOT NULL, labels_hash TEXT NOT NULL, metadata TEXT NOT NULL
)""",
    "state_copy": _STATE_TABLE.format("state_copy"),
}
STATE_TABLES = ("state", "state_copy")  # one bit cannot damage both
SCHEMA = ";\n".join(
    (
        f"PRAGMA page_size = {PAGE_BYTES}",
        "BEGIN IMMEDIATE",
        *TABLES.values(),
        f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {FORMAT_VERSION}",
        "COMMIT;",
    )
)
_SCHEMA_ROWS = [("table", name, page, sql) for page, (name, sql) in enumerate(TABLES.items(), start=2)]


def empty_journal() -> bytes:
    """Return the file of a journal that was not started."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(SCHEMA)
        return connection.serialize()


def is_sound(connection: sqlite3.Connection) -> bool:
    """Tell whether a database has the tables of a journal and nothing else, and each page in its place.

    Raises
    ------
    sqlite3.Error
        It cannot even be found out.
    """
    found = connection.execute("SELECT type, name, rootpage, sql FROM sqlite_master ORDER BY rootpage").fetchall()
    return found == _SCHEMA_ROWS and connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]


def has_edits(connection: sqlite3.Connection) -> bool:
    """Tell whether there is anything in the tables of a journal that somebody could miss."""
    return any(connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in ("edit", "base"))


@contextmanager
def limited(connection: sqlite3.Connection, n_bytes: int) -> Iterator[None]:
    """Let reading a file of so many bytes take some seconds, and nothing in it be carried out.

    Raises
    ------
    sqlite3.OperationalError
        It takes longer.
    """
    end = monotonic() + _SECONDS + n_bytes / _BYTES_PER_SECOND
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0)
    connection.text_factory = _text
    connection.set_progress_handler(lambda: monotonic() > end, _N_STEPS)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        yield
    finally:
        connection.set_progress_handler(None, 0)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
