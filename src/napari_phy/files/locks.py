"""Locks between processes that a crash leaves open: SQLite's own, on a file; a lock file where the system has none."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from napari_phy.core.errors import JournalError, JournalLockedError
from napari_phy.core.sentences import cause_of
from napari_phy.files.atomic import make_file
from napari_phy.files.lock_files import LockFile, is_held_by_somebody
from napari_phy.files.platform_files import REMOVES_OPEN_FILES, locks_files

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_PAUSE_S = 0.1
_UNSURE = {*_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN}


def connect_exclusively(path: Path, timeout_s: float = 0.0, content: bytes = b"") -> sqlite3.Connection:
    """Return a connection to a database that no other connection reads until it closes.

    Where the folder's system locks nothing, as on some network folders, a lock file beside the database stands in.

    Parameters
    ----------
    path : Path
        The database; if it is not there it is made, but not through a link.
    timeout_s : float, default 0.0
        How long to wait for whoever has it.
    content : bytes, default b''
        What is written into a lock file that is made.

    Raises
    ------
    JournalLockedError
        Another process, or another connection of this one, has it.
    sqlite3.Error, OSError
        It cannot be opened, or is no database.
    """
    if not timeout_s and is_held_by_somebody(_lock_name(path)):
        raise _in_use(path)
    try:
        return _connect_locked(path, timeout_s, content)
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _UNSURE and not locks_files(path.parent):
            return _connect_beside_lock_file(path, timeout_s, content)
        if code in _BUSY:
            raise _in_use(path) from error
        raise


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
        is_full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
        reason = "the disk is full" if is_full else cause_of(error)
        raise JournalError(f"{path.name} cannot be locked: {reason}.") from error
    with closing(connection):
        yield


class _Beside(sqlite3.Connection):
    """A connection that may only change the database while its lock file is its own."""

    lock: LockFile | None = None

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql.startswith("BEGIN") and (self.lock is None or not self.lock.is_held):
            raise sqlite3.OperationalError("another program has taken it over")
        return super().execute(sql, parameters)

    def close(self) -> None:
        super().close()
        if self.lock is not None:
            self.lock.release()


def _connect_locked(path: Path, timeout_s: float, content: bytes) -> sqlite3.Connection:
    for _ in range(3):
        make_file(path, content)
        before = path.stat()
        try:
            connection = _connect(path, timeout_s)
        except sqlite3.OperationalError:
            if path.exists():
                raise
            continue  # its last owner removed the file before our opening it
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            if path.exists() and path.stat().st_ino == before.st_ino:
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()  # its last owner removed the file between our opening and locking it
    raise _in_use(path)


def _connect(path: Path, timeout_s: float) -> sqlite3.Connection:
    """Return a connection to a database; where files are removed while they are open, it is never made anew."""
    where: Path | str = path
    if REMOVES_OPEN_FILES:
        where = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(
        where, timeout=timeout_s, isolation_level=None, check_same_thread=False, uri=REMOVES_OPEN_FILES
    )


def _connect_beside_lock_file(path: Path, timeout_s: float, content: bytes) -> sqlite3.Connection:
    lock = _wait_for(_lock_name(path), timeout_s)
    try:
        make_file(path, content)
        uri = f"{path.absolute().as_uri()}?nolock=1"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, factory=_Beside)
        connection.lock = lock
    except BaseException:
        lock.release()
        raise
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _wait_for(path: Path, timeout_s: float) -> LockFile:
    end = time.monotonic() + timeout_s
    while True:
        try:
            return LockFile(path)
        except JournalLockedError:
            if time.monotonic() >= end:
                raise
            time.sleep(_PAUSE_S)


def _lock_name(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _in_use(path: Path) -> JournalLockedError:
    return JournalLockedError(f"{path} is in use by another program.")
