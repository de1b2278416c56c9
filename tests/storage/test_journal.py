"""Edits come back from the journal as they went in, or not at all."""

import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.arrays import MAX_ID
from napari_phy.core.errors import JournalError, JournalLockedError
from napari_phy.core.update_info import MetadataChange, UpdateInfo
from napari_phy.storage.edit_records import decode_ids, decode_record, encode_ids, encode_record
from napari_phy.storage.journal import BaseNote, Journal, UnreadableJournalError, write_journal
from napari_phy.storage.journal_state import SavedPlace

ids = st.integers(0, 2**31 - 1)
pairs = st.lists(st.tuples(ids, ids), max_size=5).map(tuple)
values = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
changes = st.lists(st.builds(MetadataChange, ids, st.text(), values, values), max_size=4).map(tuple)


@st.composite
def moved(draw):
    steps = draw(st.lists(st.integers(0, draw(st.sampled_from([3, 70_000, 2**33]))), max_size=50))
    spikes = np.cumsum(np.array(steps, dtype=np.int64)) + draw(st.integers(0, 2**40))
    return spikes, np.array(draw(st.lists(ids, min_size=len(steps), max_size=len(steps))), dtype=np.int64)


@st.composite
def updates(draw):
    spikes, clusters = draw(moved())
    return UpdateInfo(
        draw(st.sampled_from(["merge", "split", "assign", "move", "label", "recolor", "discard"])),
        added=draw(st.lists(ids, max_size=5).map(tuple)),
        deleted=draw(st.lists(ids, max_size=5).map(tuple)),
        descendants=draw(pairs),
        spike_ids=spikes,
        spike_clusters=clusters,
        heirs=draw(pairs),
        metadata_changed=draw(changes),
    )


def same(one, other):
    """Equal in values and in types, nan included."""
    return all(
        np.array_equal(a, b) if isinstance(a, np.ndarray) else repr(a) == repr(b)
        for a, b in ((getattr(one, field.name), getattr(other, field.name)) for field in fields(UpdateInfo))
    )


def merge(new=10, old=(1, 2)):
    return UpdateInfo(
        "merge",
        added=(new,),
        deleted=old,
        descendants=tuple((cluster, new) for cluster in old),
        metadata_changed=(MetadataChange(new, "group", None, "good"), MetadataChange(new, "note", None, float("nan"))),
    )


def records(journal):
    contents = journal.contents()
    assert contents.is_whole
    return tuple(decode_record(row.kind, row.record, row.ids) for _, row in sorted(contents.edits.items()))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal-0-main.sqlite"


@pytest.fixture
def journal(path):
    with closing(Journal(path)) as journal:
        journal.start("content", next_id=10)
        yield journal


@given(updates())
def test_a_record_comes_back_exactly(update):
    ids = encode_ids(update.spike_ids, update.spike_clusters)
    back = decode_record(update.description, encode_record(update), ids)
    assert same(back, update)
    assert not back.spike_ids.flags.writeable
    assert not back.spike_clusters.flags.writeable


def test_ids_that_do_not_ascend_come_back_too():
    spikes = np.array([5, 3, -7, 2**62, np.iinfo(np.int64).min, np.iinfo(np.int64).max])
    back, clusters = decode_ids(encode_ids(spikes, np.arange(6)))
    assert np.array_equal(back, spikes)
    assert np.array_equal(clusters, np.arange(6))


def test_moved_spikes_take_about_a_byte_each():
    spikes = np.sort(np.random.default_rng(0).choice(1_000_000, 50_000, replace=False))
    assert len(encode_ids(spikes, np.full(50_000, 7))) < 60_000


def test_numpy_values_are_kept_as_plain_ones():
    update = UpdateInfo(
        "label", added=(np.int64(3),), metadata_changed=(MetadataChange(3, "x", None, np.float32(0.5)),)
    )
    back = decode_record("label", encode_record(update), None)
    assert type(back.added[0]) is int
    assert type(back.metadata_changed[0].new) is float


def test_a_label_that_is_no_plain_value_is_refused(journal):
    with pytest.raises(JournalError, match="use text, a number"):
        journal.commit(UpdateInfo("label", metadata_changed=(MetadataChange(1, "x", None, [1]),)))
    assert records(journal) == ()


@pytest.mark.parametrize("cluster", [-1, MAX_ID + 1, 2**63])
def test_an_id_that_no_cluster_can_have_is_refused(journal, cluster):
    with pytest.raises(JournalError, match="New clusters have ids from 0 to"):
        journal.commit(merge(cluster))
    assert journal.is_empty
    journal.commit(merge(MAX_ID))


def test_edits_undo_and_redo_survive_reopening(path):
    with closing(Journal(path)) as journal:
        journal.start("content", next_id=10)
        edits = [merge(10), merge(11, (3, 10)), merge(12, (4, 11))]
        for edit in edits:
            journal.commit(edit)
        undone = edits[2].inverse()
        journal.commit(undone)
        journal.commit(undone.inverse())
        journal.commit(undone)
    with closing(Journal(path)) as journal:
        assert journal.state.head == 2
        assert journal.state.next_id == 13
        assert all(map(same, records(journal), edits))
        assert len(records(journal)) == 3


def test_a_new_edit_drops_what_could_be_redone_but_never_an_id(journal):
    journal.commit(merge(10))
    journal.commit(merge(10).inverse())
    journal.commit(UpdateInfo("move", metadata_changed=(MetadataChange(1, "group", None, "good"),)))
    assert [record.description for record in records(journal)] == ["move"]
    assert journal.state.head == 1
    assert journal.state.next_id == 11


def test_undo_of_something_else_is_refused(journal):
    journal.commit(merge(10))
    for wrong in (merge(11).inverse(), replace(merge(10), cause="redo")):
        with pytest.raises(JournalError, match="is not edit"):
            journal.commit(wrong)
    assert journal.state.head == 1


def test_a_commit_that_finds_no_room_leaves_the_journal_as_it_was(journal, path):
    big = UpdateInfo("label", metadata_changed=(MetadataChange(1, "x", None, "y" * 300_000),))
    journal.commit(merge(10))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 8192, before[1]))
    try:
        with pytest.raises(JournalError, match="Could not write to journal-0-main"):
            journal.commit(big)
        assert journal.state.head == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    journal.commit(big)
    assert [record.description for record in records(journal)] == ["merge", "label"]


def test_the_saved_place_is_found_by_undo_until_another_edit_takes_its_way(journal):
    for edit in (merge(10), merge(11, (3, 10))):
        journal.commit(edit)
    journal.expect("saved", 2, journal.n_edits)
    assert journal.settle("saved")
    assert journal.state.n_unsaved == 0
    journal.commit(merge(11, (3, 10)).inverse())
    assert (journal.state.n_unsaved, journal.state.saved) == (1, SavedPlace(2))
    journal.commit(merge(12, (4, 10)))
    assert (journal.state.n_unsaved, journal.state.saved) == (2, SavedPlace(1, 1))


def test_edits_between_a_snapshot_and_its_save_are_not_taken_for_saved(journal):
    journal.commit(merge(10))
    head, n_edits = journal.state.head, journal.n_edits
    journal.commit(merge(10).inverse())
    journal.commit(merge(11))  # replaces the edit that the snapshot holds
    journal.expect("saved", head, n_edits)
    assert journal.settle("saved")
    assert journal.state.saved == SavedPlace(0, 1)
    assert journal.state.n_unsaved == 2


@pytest.mark.parametrize(("content", "saved"), [("new", SavedPlace(1)), ("content", SavedPlace(0)), ("other", None)])
def test_what_the_file_holds_tells_whether_a_save_took_place(journal, content, saved):
    journal.commit(merge(10))
    journal.expect("new", 1, journal.n_edits)
    before = journal.state
    assert journal.settle(content) == (saved is not None)
    if saved is None:
        assert journal.state == before
    else:
        assert (journal.state.saved, journal.state.saved_hash, journal.state.pending) == (saved, content, None)


def test_one_that_is_written_as_a_whole_has_a_state_where_one_is_given(path, journal):
    for state in (None, journal.state):
        new = path.with_name(f"{state is None}.sqlite")
        write_journal(new, state, None, [])
        with closing(Journal(new)) as written:
            assert written.contents().state == state


def test_the_base_is_kept(journal, path):
    assert journal.base is None
    note = BaseNote("labels", "hash", '{"groups": []}')
    journal.keep_base(note)
    assert journal.base == note
    assert not journal.is_empty


def test_only_one_process_holds_it(journal, path):
    with pytest.raises(JournalLockedError):
        Journal(path)
    script = (
        "import pathlib, sys\n"
        "from napari_phy.core.errors import JournalLockedError\n"
        "from napari_phy.storage.journal import Journal\n"
        "try:\n    Journal(pathlib.Path(sys.argv[1]))\n"
        "except JournalLockedError:\n    sys.exit(7)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == 7
    journal.commit(merge(10))


def test_a_holder_that_is_killed_leaves_no_lock(path):
    script = (
        "import os, pathlib, sys\n"
        "from napari_phy.storage.journal import Journal\n"
        "journal = Journal(pathlib.Path(sys.argv[1]))\n"
        "journal.start('content', 10)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    with closing(Journal(path)) as journal:
        assert journal.state.next_id == 10


@pytest.mark.parametrize("damage", ["other file", "cut short", "another table", "no table", "record", "missing edit"])
def test_a_damaged_journal_is_not_believed(path, damage):
    with closing(Journal(path)) as journal:
        journal.start("content", 10)
        for _ in range(3):
            journal.commit(merge(10))
    statements = {
        "another table": "CREATE TABLE other (x)",
        "no table": "DROP TABLE state",
        "record": "UPDATE edit SET record = '[1' WHERE seq = 2",
        "missing edit": "DELETE FROM edit WHERE seq = 2",
    }
    if damage == "other file":
        path.write_bytes(b"once upon a time " * 500)
    elif damage == "cut short":
        os.truncate(path, path.stat().st_size - 4096 * 2)
    else:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(statements[damage])
    with pytest.raises(UnreadableJournalError):
        Journal(path)


def test_one_whose_file_was_deleted_is_let_go_of(path):
    journal = Journal(path)
    path.unlink()
    journal.remove()
    assert not list(path.parent.iterdir())


def test_one_that_is_made_is_never_an_empty_file(path, monkeypatch):
    def killed(made, name):
        assert made.stat().st_size
        raise KeyboardInterrupt

    monkeypatch.setattr("napari_phy.files.atomic.link_file", killed)
    with pytest.raises(KeyboardInterrupt):
        Journal(path)
    assert not list(path.parent.iterdir())
    monkeypatch.setattr("napari_phy.files.atomic.link_file", lambda made, name: False)  # a file system without links
    with closing(Journal(path)) as journal:
        assert journal.is_new


def test_one_file_is_left_when_it_is_closed(path):
    with closing(Journal(path)) as journal:
        journal.start("content", 10)
        journal.commit(merge(10))
    assert [file.name for file in path.parent.iterdir()] == [path.name]
