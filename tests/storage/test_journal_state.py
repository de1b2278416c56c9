"""A row of a journal is a state only where each of its values can be one."""

import pytest

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
