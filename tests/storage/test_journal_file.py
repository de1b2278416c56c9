"""The file of a journal: what is written together is there together, and what an error means is said."""

import sqlite3
from contextlib import closing

import pytest

from napari_phy.core.errors import JournalError
from napari_phy.storage import journal_file
from napari_phy.storage.journal_contents import BaseNote, EditRow
from napari_phy.storage.journal_file import JournalFile, UnreadableJournalError, explained
from napari_phy.storage.journal_state import JournalState, SavedPlace

STATE = JournalState(0, 10, SavedPlace(0), "content")
ROWS = [EditRow.of(seq, "merge", "{}", b"x" * seq) for seq in (1, 2, 3)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal-0-main.sqlite"


@pytest.fixture
def file(path):
    with closing(JournalFile(path)) as file:
        with file.transaction():
            for row in ROWS:
                file.add_edit(row)
            file.write_state(STATE)
        yield file


def test_edits_are_found_at_their_places(file):
    assert (file.n_edits, file.has_base) == (3, False)
    assert [file.edit(seq) for seq in range(5)] == [None, *ROWS, None]
    contents = file.contents()
    assert (contents.is_whole, contents.state, dict(contents.edits)) == (True, STATE, {row.seq: row for row in ROWS})


@pytest.mark.parametrize(("above", "n_dropped"), [(0, 3), (1, 2), (2, 1), (3, 0), (9, 0)])
def test_edits_above_a_place_are_dropped(file, above, n_dropped):
    with file.transaction():
        assert file.drop_edits(above=above) == n_dropped
        file.write_state(STATE)
    assert file.n_edits == 3 - n_dropped
    contents = file.contents()
    assert (contents.is_whole, sorted(contents.edits)) == (True, list(range(1, 4 - n_dropped)))


def test_a_base_comes_and_goes(file):
    for base in (BaseNote("labels", "a", "b"), BaseNote("original", "c", "d"), None):
        with file.transaction():
            file.write_base(base)
            file.write_state(STATE)
        assert (file.has_base, file.contents().base, file.contents().is_whole) == (base is not None, base, True)


def change_and_fail(file, error):
    with file.transaction():
        file.drop_edits(above=1)
        file.write_base(BaseNote("labels", "a", "b"))
        if isinstance(error, EditRow):
            file.add_edit(error)
        else:
            raise error


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ZeroDivisionError("ours"), ZeroDivisionError, "ours"),
        (KeyboardInterrupt("stop"), KeyboardInterrupt, "stop"),
        (ROWS[0], JournalError, "Could not write to journal-0-main"),  # it is there already
    ],
)
def test_what_fails_inside_a_transaction_leaves_all_as_it_was(file, error, kind, words):
    with pytest.raises(kind, match=words):
        change_and_fail(file, error)
    assert (file.n_edits, file.has_base, file.contents().is_whole, file.is_ours) == (3, False, True, True)


def test_a_file_that_was_closed_is_whole_for_the_next(path, file):
    file.close()
    file.close()
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    with closing(JournalFile(path)) as again:
        contents = again.contents()
        assert (again.n_edits, contents.is_whole, len(contents.edits)) == (0, True, 3)  # until it is sealed
        again.seal(contents)
        assert (again.n_edits, again.has_base) == (3, False)
        with again.transaction():
            again.drop_edits(above=2)
            again.write_state(STATE)
        assert again.contents().is_whole


def test_where_the_file_is_now_is_known(path, file):
    assert (file.is_in_place, file.is_moved, file.is_ours) == (True, False, True)
    away = path.rename(path.with_name("away.sqlite"))
    assert (file.is_in_place, file.is_moved, file.is_ours) == (False, True, False)
    path.write_bytes(b"another")
    assert (file.is_in_place, file.is_moved, file.is_ours) == (False, True, False)
    path.unlink()
    away.unlink()
    assert (file.is_in_place, file.is_moved, file.is_ours) == (False, False, False)


def test_where_open_files_cannot_be_moved_it_is_always_ours(path, file, monkeypatch):
    path.write_bytes(path.read_bytes() + b"more")
    assert not file.is_ours
    monkeypatch.setattr(journal_file, "REMOVES_OPEN_FILES", False)
    assert file.is_ours


def test_what_another_program_writes_is_noticed(path, file):
    data = bytearray(path.read_bytes())
    with path.open("r+b") as other:
        other.seek(len(data))
        other.write(b"more")
    assert not file.is_ours
    path.write_bytes(data)
    assert file.is_ours
    with path.open("r+b") as other:
        other.seek(4096 + 100)
        other.write(bytes([data[4196] ^ 1]))
    assert not file.is_ours
    path.write_bytes(data)


def test_a_link_to_nothing_and_another_file_are_no_journals(tmp_path):
    link = tmp_path / "link.sqlite"
    link.symlink_to(tmp_path / "nothing")
    with pytest.raises(
        UnreadableJournalError, match=r"^link\.sqlite is a link to a file that is not there\.$"
    ) as raised:
        JournalFile(link)
    assert not raised.value.contents.is_whole
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE other (x)")
    with pytest.raises(UnreadableJournalError, match="is not a journal of this version, or is damaged"):
        JournalFile(other)
    with pytest.raises(JournalError, match=r"Could not write to x\.sqlite in .*/gone"):
        JournalFile(tmp_path / "gone" / "x.sqlite")


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (sqlite3.SQLITE_CORRUPT, UnreadableJournalError, "journal-0-main.sqlite cannot be read: what."),
        (sqlite3.SQLITE_CORRUPT | 5 << 8, UnreadableJournalError, "cannot be read"),
        (sqlite3.SQLITE_NOTADB, UnreadableJournalError, "cannot be read"),
        (sqlite3.SQLITE_ERROR, UnreadableJournalError, "cannot be read"),
        (sqlite3.SQLITE_INTERRUPT, UnreadableJournalError, "cannot be read"),
        (sqlite3.SQLITE_READONLY, UnreadableJournalError, "cannot be read"),
        (sqlite3.SQLITE_CANTOPEN, UnreadableJournalError, "cannot be read"),
        (sqlite3.SQLITE_FULL, JournalError, "Could not write to journal-0-main.sqlite: the disk is full."),
        (sqlite3.SQLITE_IOERR, JournalError, "Could not write to journal-0-main.sqlite in "),
        (sqlite3.SQLITE_BUSY, JournalError, "Could not write to journal-0-main.sqlite in "),
    ],
)
def test_what_an_error_of_sqlite_means(path, code, kind, words):
    path.touch()
    error = sqlite3.OperationalError("what")
    error.sqlite_errorcode = code
    found = explained(error, path)
    assert type(found) is kind
    assert words in str(found)


def test_what_other_errors_mean(path):
    assert type(explained(ValueError("no UTF-8"), path)) is UnreadableJournalError
    assert type(explained(OSError("broken"), path)) is JournalError
    error = sqlite3.OperationalError("what")
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    assert type(explained(error, path)) is JournalError  # it is not there
