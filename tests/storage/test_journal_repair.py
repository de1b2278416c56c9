"""A damaged edit costs what followed it and cannot be replayed, and nothing else."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from soak.small_kwik import make_kwik

from napari_phy import Session, open_session
from napari_phy.core.update_info import UpdateInfo
from napari_phy.storage.edit_records import encode_ids
from napari_phy.storage.journal import UnreadableJournalError, edit_row
from napari_phy.storage.journal_contents import EditRow, JournalContents
from napari_phy.storage.journal_repair import decoded, keep_whole
from napari_phy.storage.journal_state import JournalState, SavedPlace

DAMAGES = {
    "a bit of the record": "UPDATE edit SET record = replace(record, '[', '{{') WHERE seq = {}",
    "a plausible record": "UPDATE edit SET record = (SELECT record FROM edit WHERE seq <> {0} LIMIT 1) WHERE seq = {0}",
    "spikes": "UPDATE edit SET ids = zeroblob(40) WHERE seq = {}",
    "no text": "UPDATE edit SET kind = x'00ff' WHERE seq = {}",
    "missing": "DELETE FROM edit WHERE seq = {}",
}
N_EDITS = 5


@pytest.fixture
def kwik(tmp_path: Path) -> Path:
    return make_kwik(tmp_path)


def edit(session: Session, number: int) -> None:
    if number % 2:
        session.split(np.arange(10 * number, 10 * number + 9))
    else:
        session.merge(session.manager.cluster_ids[:2].tolist())


def shown(session: Session) -> tuple[object, ...]:
    return session.manager.spike_clusters.tolist(), session.manager.cluster_groups


def worked(kwik: Path, *, save_after: int | None = None, undone: int = 0) -> list[tuple[object, ...]]:
    """Make edits; return what was shown after each number of them."""
    with open_session(kwik) as session:
        states = [shown(session)]
        for number in range(1, N_EDITS + 1):
            edit(session, number)
            states.append(shown(session))
            if number == save_after:
                session.save()
        for _ in range(undone):
            session.undo()
    return states


def damage(kwik: Path, seq: int, how: str = "a bit of the record") -> None:
    journal = kwik.with_suffix(".napari-phy") / "journal-0-main.sqlite"
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute(DAMAGES[how].format(seq))


def check_opens_the_same_again(kwik: Path, expected: tuple[object, ...]) -> None:
    with open_session(kwik) as session:
        assert shown(session) == expected
        assert not any("damaged" in sentence for sentence in session.store.messages)


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("seq", [1, 2, N_EDITS])
def test_the_edits_before_it_are_kept(kwik: Path, seq: int, how: str) -> None:
    states = worked(kwik)
    damage(kwik, seq, how)
    with open_session(kwik) as session:
        assert shown(session) == states[seq - 1]
        assert session.n_unsaved == seq - 1
        (sentence,) = (sentence for sentence in session.store.messages if "damaged" in sentence)
        kept = {1: "", 2: " The 1 edit before it is kept.", 5: " The 4 edits before it are kept."}[seq]
        assert sentence.startswith(
            f"Edit {seq} in the journal of small.kwik is damaged.{kept} {N_EDITS + 1 - seq} edit"
        )
        assert session.store.set_aside.name in sentence
        with closing(sqlite3.connect(session.store.set_aside)) as aside:
            n_aside = aside.execute("SELECT count(*) FROM edit").fetchone()[0]
        assert n_aside == N_EDITS - int(how == "missing")
        for expected in states[seq - 2 :: -1] if seq > 1 else ():
            session.undo()
            assert shown(session) == expected
        session.move(session.manager.cluster_ids[:1].tolist(), "good")
        expected = shown(session)
        session.save()
    check_opens_the_same_again(kwik, expected)


def test_one_that_was_undone_is_not_missed(kwik: Path) -> None:
    states = worked(kwik, undone=2)
    damage(kwik, 5)
    with open_session(kwik) as session:
        assert shown(session) == states[3]
        assert (
            "It was undone, and can no longer be redone. The journal as it was was set aside"
            in session.store.messages[0]
        )
        session.redo()
        assert shown(session) == states[4]
        assert session.redo() is None
    check_opens_the_same_again(kwik, states[4])


@pytest.mark.parametrize("seq", [1, 3])
def test_what_was_saved_after_it_stays_and_so_do_the_edits_since(kwik: Path, seq: int) -> None:
    states = worked(kwik, save_after=3)
    damage(kwik, seq)
    with open_session(kwik) as session:
        assert shown(session) == states[5]
        assert session.n_unsaved == 2
        assert "The file holds it, but what was done before the last save" in session.store.messages[0]
        for expected in (states[4], states[3]):
            session.undo()
            assert shown(session) == expected
        assert session.undo() is None
        assert not session.is_dirty
        session.redo()
        session.save()
    check_opens_the_same_again(kwik, states[4])


def test_two_damages(kwik: Path) -> None:
    states = worked(kwik, save_after=2)
    damage(kwik, 1)
    damage(kwik, 4)
    with open_session(kwik) as session:
        assert shown(session) == states[3]
        assert session.n_unsaved == 1
        assert "2 edits and the journal as it was were set aside" in session.store.messages[0]
    check_opens_the_same_again(kwik, states[3])


def test_edits_undone_below_a_save_whose_record_is_damaged(kwik: Path) -> None:
    states = worked(kwik, save_after=5, undone=2)
    damage(kwik, 2)
    with open_session(kwik) as session:
        assert shown(session) == states[5]
        assert not session.is_dirty


def test_a_saved_state_that_left_the_stack_cannot_be_begun_at(kwik: Path) -> None:
    worked(kwik, save_after=5, undone=2)
    with open_session(kwik) as session:
        saved = session.model.spike_clusters.tolist()
        edit(session, 7)
    damage(kwik, 1)
    with open_session(kwik) as session:
        assert session.manager.spike_clusters.tolist() == saved
        assert session.store.messages[0].startswith("The journal of small.kwik cannot be read. It was set aside as ")
        assert not session.is_dirty


def split_of(spike_ids: list[int]) -> UpdateInfo:
    return UpdateInfo("split", spike_ids=np.array(spike_ids), spike_clusters=np.full(len(spike_ids), 9))


@pytest.mark.parametrize(
    ("spike_ids", "fits"), [([0, 19], True), ([0, 20], False), ([-1, 3], False), ([7], True), (list(range(20)), True)]
)
def test_an_edit_names_spikes_that_there_are(spike_ids: list[int], fits: bool) -> None:
    contents = JournalContents(n_edits=1, edits={1: edit_row(1, split_of(spike_ids))})
    (found,) = decoded(contents, 20)
    assert (found is not None) is fits


def test_edits_behind_the_last_that_was_found_are_one_that_is_lost() -> None:
    rows = {seq: edit_row(seq, split_of([seq])) for seq in (1, 3)}
    for n_edits, expected in ((3, "+-+"), (4, "+-+-"), (9, "+-+-"), (1, "+")):
        found = decoded(JournalContents(n_edits=n_edits, edits=rows), 20)
        assert "".join("-" if one is None else "+" for one in found) == expected
    assert decoded(JournalContents(), 20) == []
    assert len(decoded(JournalContents(n_edits=5), 20)) == 1
    broken = EditRow.of(1, "split", "[]", encode_ids(np.array([1]), np.array([9])))
    assert decoded(JournalContents(n_edits=1, edits={1: broken}), 20) == [None]


def kept(head: int, saved: SavedPlace, damaged_at: int | None, n: int = 5, **flags: bool) -> tuple[object, ...]:
    """Return head, saved head, number of edits, and whether they begin with the file, of what is kept of a journal."""
    records = [None if seq == damaged_at else split_of([seq]) for seq in range(1, n + 1)]
    state = JournalState(head, 40, saved, "hash")
    flags = {"is_base_lost": False, "is_damaged": True} | flags
    found = keep_whole(state, records, name="x.kwik", aside="old.sqlite", **flags)
    return found.state.head, found.state.saved.head, len(found.records), found.is_on_file, found.sentence


@pytest.mark.parametrize(
    ("head", "saved", "damaged_at", "expected", "words"),
    [
        (5, 0, None, (5, 0, 5, False), "no edit is lost"),
        (5, 0, 1, (0, 0, 0, False), "5 edits and the journal"),
        (5, 0, 5, (4, 0, 4, False), "The 4 edits before it are kept. 1 edit and the journal"),
        (3, 0, 4, (3, 0, 3, False), "It was undone"),
        (5, 3, 4, (3, 3, 3, False), "2 edits and the journal"),
        (5, 3, 3, (2, 0, 2, True), "The file holds it, but what was done"),
        (3, 3, 3, (0, 0, 2, True), "The file holds it, but what was done"),
        (2, 4, 3, (2, 2, 2, False), "It was undone"),
        (1, 4, 1, (0, 0, 1, True), "3 edits that were undone since the save hold again"),
        (5, 1, 1, (4, 0, 4, True), "The file holds it"),
    ],
)
def test_of_a_damaged_journal_as_much_is_kept_as_can_be_replayed(
    head: int, saved: int, damaged_at: int | None, expected: tuple[object, ...], words: str
) -> None:
    *found, sentence = kept(head, SavedPlace(saved), damaged_at)
    assert tuple(found) == expected
    assert words in sentence


def test_what_is_whole_is_kept_without_a_word_and_a_lost_base_costs_only_its_undo() -> None:
    assert kept(5, SavedPlace(2), None, is_damaged=False) == (5, 2, 5, False, "")
    assert kept(5, SavedPlace(2), None, is_base_lost=True)[:4] == (3, 0, 3, True)
    assert "no edit is lost" in kept(5, SavedPlace(0), None, is_base_lost=True)[4]
    with pytest.raises(UnreadableJournalError, match=r"The journal of x\.kwik is damaged where its edits begin"):
        kept(5, SavedPlace(2, 1), 1)
    assert kept(5, SavedPlace(2, 1), 4)[:4] == (3, 2, 3, False)
    assert kept(6, SavedPlace(0), None, n=5)[:4] == (5, 0, 5, False)  # one that was done is missing
