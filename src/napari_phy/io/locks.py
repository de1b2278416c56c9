"""Locks between processes that a crash leaves open: SQLite's own, on a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from napari_phy.core.errors import JournalError, JournalLockedError


def connect_exclusively(path: Path, timeout_s: float = 0.0) -> sqlite3.Connection:
    """Return a connection to a database, made if it is not there, that no other connection reads until it closes.

    Raises
    ------
    JournalLockedError
        Another process, or another connection of this one, has it.
    sqlite3.Error
        It cannot be opened, or is no database.
    """
    for _ in range(3):
        if not path.exists():  # opening and closing a file of ours would free the locks that we hold on it
            path.touch()
        before = path.stat()
        connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            if path.exists() and path.stat().st_ino == before.st_ino:
                return connection
        except sqlite3.Error as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise JournalLockedError(f"{path} is in use by another program.") from error
            raise
        connection.close()  # its last owner removed the file between our opening and locking it
    raise JournalLockedError(f"{path} is in use by another program.")


@contextmanager
def held(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold the lock named by a file, waiting for it at most `timeout_s`.

    Raises
    ------
    JournalLockedError
        Another process holds it.
    JournalError
        The file cannot be made.
    """
    try:
        connection = connect_exclusively(path, timeout_s)
    except (sqlite3.Error, OSError) as error:
        raise JournalError(f"{path} cannot be locked: {error}.") from error
    with closing(connection):
        yield
