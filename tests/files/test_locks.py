"""One program edits at a time, whatever the folder's system can do; who crashes leaves nothing locked."""

import errno
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing

import pytest
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.core.errors import JournalError, JournalLockedError
from napari_phy.files import lock_files, locks, platform_files
from napari_phy.files.lock_files import STALE_S, LockFile
from napari_phy.files.locks import connect_exclusively, held
from napari_phy.storage.journal import Journal

EDITED_ELSEWHERE = "small.kwik is being edited in another program, so it opens read-only."
EDITED_HERE = "small.kwik is being edited in another window, so it opens read-only."


@pytest.fixture
def no_locks(monkeypatch):
    """A system that locks nothing: SQLite then says of every file that somebody has it."""

    class Refusing(sqlite3.Connection):
        def execute(self, sql, *parameters):
            if sql.startswith("BEGIN"):
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise error
            return super().execute(sql, *parameters)

    def connect(path, **options):
        return real(path, **options) if "nolock=1" in str(path) else real(path, **options, factory=Refusing)

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    real = sqlite3.connect
    monkeypatch.setattr(locks.sqlite3, "connect", connect)
    monkeypatch.setattr(platform_files, "_lock", refuse)


@pytest.fixture(params=["locks", "no locks"])
def any_system(request):
    """The same where files can be locked and where they cannot."""
    if request.param == "no locks":
        request.getfixturevalue("no_locks")


@pytest.fixture
def kwik(tmp_path):
    return make_kwik(tmp_path)


class Elsewhere:
    """Another process with the data set open; `end` kills it."""

    def __init__(self, kwik):
        code = f"""
            import sys
            from napari_phy import open_session
            session = open_session({str(kwik)!r})
            session.merge([0, 1])
            sys.stdout.write("ready")
            sys.stdout.flush()
            sys.stdin.read()
        """
        self._process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout.read(5) == b"ready"

    def end(self):
        self._process.kill()
        assert self._process.wait() == -signal.SIGKILL
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture
def elsewhere(kwik):
    other = Elsewhere(kwik)
    yield other
    if other._process.poll() is None:
        other.end()


def test_what_is_edited_elsewhere_opens_read_only_and_a_crash_leaves_it_free(kwik, elsewhere):
    with open_session(kwik) as session:
        assert session.store.read_only
        assert any(sentence.startswith(EDITED_ELSEWHERE) for sentence in session.messages)
        assert 0 in session.manager
    elsewhere.end()
    with open_session(kwik) as session:
        assert not session.store.read_only
        assert 0 not in session.manager  # the edit that was not saved is there
        assert session.n_unsaved == 1


def test_a_second_session_is_read_only(kwik, any_system):
    with open_session(kwik) as first, open_session(kwik) as second:
        assert (first.store.read_only, second.store.read_only) == (False, True)
        assert any(sentence.startswith(EDITED_HERE) for sentence in second.messages)
        first.merge([0, 1])
        first.save()
    with open_session(kwik) as session:
        assert not session.store.read_only
        assert not session.is_dirty


def test_edits_survive_without_locks(kwik, no_locks):
    with open_session(kwik) as session:
        merged = session.merge([0, 1]).added[0]
        side = kwik.with_suffix(".napari-phy")
        assert (side / "journal-0-main.sqlite.lock").exists()
    with open_session(kwik) as session:
        assert merged in session.manager
        assert session.undo().cause == "undo"
        session.redo()
        session.save()
        assert not session.is_dirty
    assert not list(side.glob("*.sqlite.lock")) + list(side.glob("*.lock.lock"))


def test_looking_leaves_nothing_behind_without_locks(kwik, no_locks):
    before = sorted(kwik.parent.iterdir())
    open_session(kwik).close()
    assert sorted(kwik.parent.iterdir()) == before


def test_one_holds_and_the_next_waits_or_is_refused(tmp_path, any_system):
    path = tmp_path / "saving.lock"
    with held(path, 0.0), pytest.raises(JournalLockedError, match=r"saving\.lock is in use by another program\."):
        connect_exclusively(path)
    with held(path, 0.0), pytest.raises(JournalLockedError), held(path, 0.2):
        pytest.fail("two hold it")
    with held(path, 0.0):
        pass


def test_a_folder_that_cannot_be_written_to_is_no_lock(tmp_path):
    with pytest.raises(JournalError, match="cannot be locked"), held(tmp_path / "gone" / "saving.lock", 0.0):
        pytest.fail("there is no such folder")


# --- lock files ---


def leave(path, **changes):
    """Leave a lock file as another program would have."""
    lock = LockFile(path)
    owner = json.loads(path.read_text())
    lock.release()
    path.write_text(json.dumps({**owner, "token": "another", **changes}))


def age(path, seconds):
    stat = path.stat()
    os.utime(path, (stat.st_atime - seconds, stat.st_mtime - seconds))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite.lock"


def test_the_lock_of_a_living_program_is_kept(path, monkeypatch):
    monkeypatch.setattr(lock_files, "_started", {os.getpid(): "7"}.get)
    leave(path)  # this process lives
    age(path, 2 * STALE_S)
    with pytest.raises(JournalLockedError):
        LockFile(path)


@pytest.mark.parametrize("changes", [{"started": "1"}, {"process": 0}])
def test_the_lock_of_a_program_that_crashed_here_is_taken_over_at_once(path, changes, monkeypatch):
    monkeypatch.setattr(lock_files, "_started", {os.getpid(): "7"}.get)
    leave(path, **changes)
    lock = LockFile(path)
    assert lock.is_held
    lock.release()
    assert list(path.parent.iterdir()) == []


def test_the_lock_of_another_computer_counts_while_it_is_touched(path):
    leave(path, computer="another")
    age(path, STALE_S / 2)
    with pytest.raises(JournalLockedError):
        LockFile(path)
    age(path, STALE_S)
    LockFile(path).release()
    assert not path.exists()


def test_where_processes_are_not_known_a_lock_counts_while_it_is_touched(path, monkeypatch):
    monkeypatch.setattr(lock_files, "_started", lambda process: "")
    leave(path)
    with pytest.raises(JournalLockedError):
        LockFile(path)
    age(path, 2 * STALE_S)
    LockFile(path).release()


def test_a_holder_touches_its_lock(path, monkeypatch):
    monkeypatch.setattr(lock_files, "BEAT_S", 0.01)
    lock = LockFile(path)
    age(path, 2 * STALE_S)
    old = path.stat().st_mtime
    while path.stat().st_mtime == old:
        pass
    lock.release()


def test_who_was_taken_over_writes_no_more(tmp_path, no_locks):
    journal = Journal(tmp_path / "journal.sqlite")
    leave_elsewhere = tmp_path / "journal.sqlite.lock"
    leave_elsewhere.write_text(json.dumps({"token": "another"}))
    with pytest.raises(JournalError, match="another program has taken it over"):
        journal.start("hash", 5)
    journal.close()
    assert leave_elsewhere.exists()


def test_a_stale_lock_file_does_not_matter_where_locks_work(tmp_path):
    database = tmp_path / "journal.sqlite"
    leave(tmp_path / "journal.sqlite.lock", computer="another")
    with pytest.raises(JournalLockedError):
        connect_exclusively(database)
    age(tmp_path / "journal.sqlite.lock", 2 * STALE_S)
    with closing(connect_exclusively(database)):
        assert not (tmp_path / "journal.sqlite.lock").exists()
