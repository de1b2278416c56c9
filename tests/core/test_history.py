"""The undo stack, against two plain lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.history import GlobalHistory


@given(st.lists(st.sampled_from(["push", "back", "forward"])), st.none() | st.integers(1, 4))
def test_it_is_two_lists_of_which_the_first_has_a_limit(acts, limit):
    history, done, undone, n_dropped = GlobalHistory(limit), [], [], 0
    for number, act in enumerate(acts):
        if act == "push":
            assert history.push(number) == undone
            done, undone = [*done, number], []
            if limit is not None and len(done) > limit:
                done, n_dropped = done[1:], n_dropped + 1
        elif act == "back" and done:
            history.back()
            undone.append(done.pop())
        elif act == "forward" and undone:
            history.forward()
            done.append(undone.pop())
        assert history.steps == (*done, *undone[::-1])
        assert history.last == (done[-1] if done else None)
        assert history.next == (undone[-1] if undone else None)
        assert (history.n_dropped, history.n_done) == (n_dropped, n_dropped + len(done))


def test_it_keeps_one_step_at_least():
    assert GlobalHistory(1).steps == ()
    with pytest.raises(ValueError, match="at least one edit, not 0"):
        GlobalHistory(0)
