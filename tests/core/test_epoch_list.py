"""Epochs that are drawn: in the order of time, each once, and told once a change."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.epoch_list import Epoch, EpochList
from napari_phy.core.errors import TimelineError

epochs = st.builds(
    lambda start, length, name: Epoch(float(start), float(start + length), name),
    st.integers(0, 20), st.integers(1, 5), st.sampled_from(["rest", "run"]),
)  # fmt: skip


@given(st.lists(epochs), st.data())
def test_a_list_is_the_sorted_set_of_what_was_added_and_not_removed(added, data):
    kept = []
    drawn = EpochList(keep=kept.append)
    for epoch in added:
        assert drawn.add(epoch.start_s, epoch.stop_s, epoch.name) == epoch
    removed = data.draw(st.sets(st.sampled_from(added))) if added else set()
    for epoch in removed:
        drawn.remove(epoch)
    assert drawn.drawn == tuple(sorted(set(added) - removed))
    assert len(drawn) == len(drawn.drawn)
    assert len(kept) == len(set(added)) + len(removed)
    assert not kept or kept[-1] == drawn.drawn


def test_each_change_is_told_once_and_no_change_is_not():
    drawn = EpochList([Epoch(3.0, 4.0, "run"), Epoch(0.0, 1.0, "rest")])
    told = []
    drawn.changed.connect(lambda: told.append(drawn.drawn_names))
    run = drawn.rename(drawn.drawn[1], "  fast   run ")
    assert run == Epoch(3.0, 4.0, "fast run")
    assert drawn.move(run, 0.5, 2) == Epoch(0.5, 2.0, "fast run")
    drawn.add(0, 1, "rest")
    drawn.move(drawn.drawn[0], 0, 1)
    drawn.remove(drawn.drawn[0])
    assert told == [("rest", "fast run"), ("rest", "fast run"), ("fast run",)]


@pytest.mark.parametrize(("start", "stop"), [(1, 1), (2, 1), (math.nan, 1), (0, math.inf)])
def test_an_epoch_needs_a_duration(start, stop):
    drawn = EpochList()
    with pytest.raises(TimelineError, match=r"^An epoch cannot go from .* s; choose an end after its start\.$"):
        drawn.add(start, stop)
    assert len(drawn) == 0


def test_what_cannot_be_done_changes_nothing():
    drawn = EpochList([Epoch(0.0, 1.0, "rest")], reserved="recordings")
    there = drawn.drawn
    for act, words in [
        (lambda: drawn.add(2, 3, "  "), "An epoch needs a name."),
        (lambda: drawn.rename(there[0], "recordings"), "recordings are those of the file; choose another name."),
        (lambda: drawn.move(there[0], 3, 2), "An epoch cannot go from 3 to 2 s; choose an end after its start."),
        (lambda: drawn.remove(Epoch(0.0, 2.0, "rest")), "There is no epoch rest from 0 to 2 s any more."),
    ]:
        with pytest.raises(TimelineError) as caught:
            act()
        assert str(caught.value) == words
        assert drawn.drawn == there


def test_a_name_need_not_be_thought_of_and_sentences_have_ten_digits():
    drawn = EpochList()
    assert drawn.add(1, 2).name == "epoch"
    assert (drawn.drawn_names, len(drawn)) == (("epoch",), 1)
    with pytest.raises(TimelineError, match=r"^There is no epoch a from 0\.123456789 to 1 s any more\.$"):
        drawn.remove(Epoch(0.1234567890123, 1.0, "a"))
    for call in (lambda epoch: drawn.rename(epoch, "b"), lambda epoch: drawn.move(epoch, 0, 1)):
        with pytest.raises(TimelineError, match="There is no epoch a"):
            call(Epoch(0.0, 1.0, "a"))


def test_names_are_told_in_the_order_in_which_they_first_occur():
    drawn = EpochList([Epoch(0.0, 1.0, "b"), Epoch(2.0, 3.0, "a"), Epoch(4.0, 5.0, "b"), Epoch(4.0, 5.0, "b")])
    assert (drawn.drawn_names, len(drawn)) == (("b", "a"), 3)
