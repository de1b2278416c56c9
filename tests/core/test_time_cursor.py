"""The clock stays on the time line, keeps the moment in sight where it can, and says each move once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.time_cursor import TimeCursor

seconds = st.floats(-50, 150)


def counted(signal):
    calls = []
    signal.connect(lambda: calls.append(1))
    return calls


@given(st.floats(0, 100), st.lists(st.tuples(st.booleans(), seconds, seconds)))
def test_it_stays_on_the_time_line(duration, moves):
    clock = TimeCursor(duration)
    for is_move, one, other in moves:
        if is_move:
            clock.move_to(one)
            start, stop = clock.shown_s
            assert start <= clock.time_s <= stop
        else:
            clock.show(one, other)
            start, stop = clock.shown_s
            assert abs((stop - start) - min(max(0.0, other - one), duration)) < 1e-9
        assert 0 <= clock.time_s <= duration
        assert 0 <= start <= stop <= duration + 1e-9


def test_views_that_follow_each_other_come_to_rest():
    one, other = TimeCursor(60), TimeCursor(60)
    one.moved.connect(lambda: other.move_to(one.time_s))
    other.moved.connect(lambda: one.move_to(other.time_s))
    moves = counted(one.moved)
    other.move_to(20.0)
    other.move_to(20.0)
    assert one.time_s == 20.0
    assert len(moves) == 1


def test_what_is_shown_follows_only_when_it_must():
    clock = TimeCursor(60)
    clock.show(10, 12)
    changes = counted(clock.shown_changed)
    clock.move_to(11.5)
    assert clock.shown_s == (10, 12)
    assert not changes
    clock.move_to(30)
    assert clock.shown_s == (29, 31)
    assert len(changes) == 1
    clock.show(59.5, 61.5)
    assert clock.shown_s == (58, 60)


def test_a_shorter_time_line_takes_the_moment_along():
    clock = TimeCursor(60)
    clock.move_to(50)
    clock.set_duration(20)
    assert clock.time_s == 20
    assert clock.shown_s[1] <= 20


def test_epochs_are_joined_where_they_touch_and_cut_at_the_ends():
    clock = TimeCursor(10.0)
    told = []
    clock.range_changed.connect(lambda: told.append(clock.range_s and clock.range_s.spans))
    clock.set_epochs([(4, 5), (-1, 1), (1, 2), (9, 12), (4.5, 6)], "run")
    clock.set_epochs([(0, 2), (4, 6), (9, 10)], "run")
    assert told == [((0.0, 2.0), (4.0, 6.0), (9.0, 10.0))]
    assert (clock.range_s, clock.range_s.name) == ((0.0, 10.0), "run")
    clock.set_range(0, 10)
    assert told[1] == ((0.0, 10.0),)
    with pytest.raises(ValueError, match=r"^Of run there is nothing within 10 s\.$"):
        clock.set_epochs([(11, 12)], "run")
    clock.clear_range()
    assert clock.range_s is None
