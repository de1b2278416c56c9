"""A row of a journal is a state only where each of its values can be one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.storage.journal_state import JournalState, SavedPlace

ROW = {
    "head": 3,
    "next_id": 40,
    "saved_head": 2,
    "saved_lost": 1,
    "saved_hash": "a",
    "pending_head": 3,
    "pending_lost": 0,
    "pending_hash": "b",
    "committed": 1.5e9,
}
NOT_PENDING = {"pending_head": None, "pending_lost": None, "pending_hash": None}


def test_a_row_comes_back():
    assert JournalState.of(**ROW) == JournalState(3, 40, SavedPlace(2, 1), "a", SavedPlace(3), "b", 1.5e9)
    plain = JournalState.of(**ROW | NOT_PENDING | {"committed": None})
    assert plain == JournalState(3, 40, SavedPlace(2, 1), "a")


@pytest.mark.parametrize("pending", [{}, NOT_PENDING])
@pytest.mark.parametrize("name", [name for name in ROW if name not in NOT_PENDING])
@pytest.mark.parametrize("value", [-1, 2**60, True, "3", b"a", 2.5e300])
def test_a_value_that_no_state_has_is_refused(pending, name, value):
    if name == "saved_hash" and value == "3":
        return
    with pytest.raises(ValueError, match="not the state of a journal"):
        JournalState.of(**ROW | pending | {name: value})


@pytest.mark.parametrize(
    "change", [{"pending_head": None}, {"pending_lost": -1}, {"pending_hash": None}, {"pending_hash": 3}]
)
def test_half_a_pending_save_is_refused(change):
    with pytest.raises(ValueError, match="not the state of a journal"):
        JournalState.of(**ROW | change)


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("head", 0, True),
        ("head", 2**31 - 1, True),
        ("head", 2**31, False),
        ("saved_lost", 2**31 - 1, True),
        ("pending_lost", 2**31, False),
        ("next_id", 0, True),
        ("next_id", 2**53, True),
        ("next_id", 2**53 + 1, False),
        ("committed", 0, True),
        ("committed", 253_370_764_799, True),
        ("committed", 253_370_764_800, False),
        ("committed", -0.5, False),
    ],
)
def test_values_at_the_ends_of_what_a_state_can_have(name, value, fits):
    if fits:
        JournalState.of(**ROW | {name: value})
    else:
        with pytest.raises(ValueError, match="not the state of a journal"):
            JournalState.of(**ROW | {name: value})


places = st.builds(SavedPlace, st.integers(0, 6), st.integers(0, 3))


@given(places, st.integers(0, 8), st.integers(0, 8))
def test_a_saved_state_is_as_far_away_as_there_are_edits_on_the_way(place, head, cut_at):
    assert place.distance(head) == place.lost + abs(head - place.head)
    after = place.after_cut(cut_at)
    assert after.head == min(place.head, cut_at)
    assert after.distance(after.head) == place.distance(after.head)  # what was cut is on the way still
    assert SavedPlace(4) == SavedPlace(4, 0)


states = st.builds(
    JournalState,
    st.integers(0, 6),
    st.integers(0, 50),
    places,
    st.just("saved"),
    st.none() | places,
    st.just("pending"),
    st.none() | st.just(1.0),
)


@given(states, st.integers(0, 60))
def test_a_new_edit_is_on_top_and_cuts_what_was_above_the_head(state, next_id):
    after = state.with_edit(next_id, 2.0)
    assert (after.head, after.next_id, after.committed) == (state.head + 1, max(state.next_id, next_id), 2.0)
    assert after.saved == state.saved.after_cut(state.head)
    assert after.pending == (None if state.pending is None else state.pending.after_cut(state.head))
    assert after.n_unsaved == after.saved.lost + abs(after.head - after.saved.head)


@given(states, st.integers(0, 8))
def test_what_is_left_of_a_damaged_journal_has_no_more_edits_than_are_whole(state, n_edits):
    cut = state.cut(n_edits)
    assert (cut.head, cut.saved) == (min(state.head, n_edits), state.saved.after_cut(n_edits))
    assert cut.pending == (None if state.pending is None else state.pending.after_cut(n_edits))
    begun = state.begun_at_saved(n_edits)
    assert begun.head == min(max(0, state.head - state.saved.head), n_edits)
    assert (begun.saved, begun.pending, begun.pending_hash) == (SavedPlace(0), None, None)


@given(states)
def test_what_the_file_holds_is_what_was_saved_or_was_to_be(state):
    saved = state.settled("saved")
    assert (saved.saved, saved.saved_hash, saved.pending) == (state.saved, "saved", None)
    pending = state.settled("pending")
    if state.pending is None:
        assert pending is None
    else:
        assert (pending.saved, pending.saved_hash, pending.pending_hash) == (state.pending, "pending", None)
    assert state.settled("other") is None
    moved = state.with_head(3, 9.0)
    assert moved == replace(state, head=3, committed=9.0)
    assert state.with_pending(SavedPlace(2), "new") == replace(state, pending=SavedPlace(2), pending_hash="new")
