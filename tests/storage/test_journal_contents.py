"""Every row of a journal knows whether it is what was written."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from napari_phy.core.update_info import UpdateInfo
from napari_phy.files.journal_tables import STATE_TABLES
from napari_phy.storage.journal import BaseNote, Journal
from napari_phy.storage.journal_contents import (
    EditRow,
    JournalContents,
    Seal,
    joint_checksum,
    read_contents,
    recovered,
    state_row,
)
from napari_phy.storage.journal_state import JournalState, SavedPlace

ROW = EditRow.of(3, "merge", "{}", b"ab")


def test_a_row_is_whole_until_any_part_of_it_changes():
    assert ROW.is_whole
    assert EditRow.of(3, "merge", "{}", None).is_whole
    for change in (
        {"seq": 4}, {"kind": "split"}, {"record": "{} "}, {"ids": b"ac"}, {"ids": None}, {"checksum": ROW.checksum + 1},
        {"kind": b"merge"}, {"record": 3}, {"ids": "ab"},
    ):  # fmt: skip
        assert not replace(ROW, **change).is_whole
    assert EditRow.of(1, "a", "b", None).checksum != EditRow.of(1, "", "ab", None).checksum


def test_checksums_are_joined_in_any_order_and_can_be_taken_out():
    rows = [EditRow.of(seq, "merge", "{}", None) for seq in range(1, 5)]
    whole = joint_checksum(rows)
    assert whole == joint_checksum(rows[::-1]) == joint_checksum(rows[2:], joint_checksum(rows[:2]))
    assert joint_checksum(rows[3:], whole) == joint_checksum(rows[:3])
    assert joint_checksum([]) == 0
    assert len({joint_checksum(rows[:n]) for n in range(5)}) == 5


def test_a_base_has_a_checksum_of_all_its_parts():
    notes = [BaseNote("labels", "a", "b"), BaseNote("original", "a", "b"), BaseNote("labels", "b", "b")]
    notes.append(BaseNote("labels", "a", "c"))
    assert len({note.checksum for note in notes}) == 4
    assert notes[0].checksum == BaseNote("labels", "a", "b").checksum


def test_a_state_and_its_seal_are_one_row_with_a_checksum():
    state = JournalState(3, 40, SavedPlace(2, 1), "a")
    row = state_row(state, Seal(5, 77))
    assert row[:-1] == (3, 40, 2, 1, "a", None, None, None, None, 5, 77, None)
    pending = state_row(replace(state, pending=SavedPlace(3), pending_hash="b", committed=1.5), Seal(5, 77, 8))
    assert pending[:-1] == (3, 40, 2, 1, "a", 3, 0, "b", 1.5, 5, 77, 8)
    assert row[-1] != pending[-1]
    assert row[-1] == state_row(state, Seal(5, 77))[-1]
    assert Seal() == Seal(0, 0, None)


def test_a_journal_is_new_where_it_is_whole_and_says_nothing():
    assert JournalContents(is_whole=True).is_new
    assert not JournalContents().is_new
    assert not JournalContents(JournalState(0, 0, SavedPlace(0), ""), is_whole=True).is_new


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "journal-0-main.sqlite"
    with closing(Journal(path)) as journal:
        journal.start("content", 10)
        for cluster in (10, 11, 12):
            journal.commit(UpdateInfo("merge", added=(cluster,), deleted=(1, 2)))
        journal.keep_base(BaseNote("labels", "hash", "{}"))
    return path


def changed(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        return read_contents(connection)


def test_what_was_written_is_read(path):
    contents = changed(path)
    assert (contents.n_edits, sorted(contents.edits), contents.base) == (3, [1, 2, 3], BaseNote("labels", "hash", "{}"))
    assert (contents.is_whole, contents.is_base_lost, contents.is_old, contents.is_new) == (True, False, False, False)
    assert (contents.state.head, contents.state.next_id) == (3, 13)
    again = recovered(path)
    assert (again.n_edits, again.edits, again.state, again.is_whole) == (3, contents.edits, contents.state, True)


@pytest.mark.parametrize(
    ("statement", "edits", "is_base_lost"),
    [
        ("UPDATE edit SET record = '[]' WHERE seq = 2", [1, 3], False),
        ("DELETE FROM edit WHERE seq = 3", [1, 2], False),
        ("DELETE FROM base", [1, 2, 3], True),
        ("UPDATE base SET metadata = '[]'", [1, 2, 3], True),
        ("UPDATE base SET metadata = 3.5", [1, 2, 3], True),
    ],
)
def test_what_is_not_what_was_written_is_left_out(path, statement, edits, is_base_lost):
    contents = changed(path, statement)
    assert (sorted(contents.edits), contents.is_base_lost, contents.is_whole) == (edits, is_base_lost, False)
    assert (contents.base is None) is is_base_lost
    assert (contents.state.head, contents.n_edits) == (3, 3)


def test_one_of_the_two_states_is_enough_and_none_is_no_state(path):
    first, second = STATE_TABLES
    contents = changed(path, f"UPDATE {first} SET head = 2")
    assert (contents.state.head, contents.is_whole, len(contents.edits)) == (3, False, 3)
    contents = changed(path, f"UPDATE {second} SET next_id = 2")
    assert (contents.state, contents.is_whole, contents.is_old) == (None, False, True)


def test_an_edit_that_was_replaced_by_another_costs_all_of_them(path):
    row = EditRow.of(2, "split", "{}", None)
    contents = changed(
        path, f"UPDATE edit SET kind = 'split', record = '{{}}', ids = NULL, checksum = {row.checksum} WHERE seq = 2"
    )
    assert (dict(contents.edits), contents.is_whole, contents.n_edits) == ({}, False, 3)


def test_a_later_version_is_left_alone(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {version + 1}")
    assert recovered(path) == JournalContents()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 1000")
    assert recovered(path).state is not None  # that is damage


def test_pages_that_are_damaged_cost_what_lies_on_them(path):
    data = bytearray(path.read_bytes())
    data[:4096] = b"\xff" * 4096
    path.write_bytes(data)
    contents = recovered(path)
    assert (contents.n_edits, sorted(contents.edits), contents.is_whole) == (3, [1, 2, 3], True)
    path.write_bytes(data[:100])
    assert recovered(path).state is None
