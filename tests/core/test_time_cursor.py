"""The clock stays on the time line, keeps the moment in sight where it can, and says each move once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.time_cursor import TimeCursor, UsedTime, same_time, spans_of

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


def test_at_first_the_first_quarter_of_a_second_is_shown_and_all_spikes_are_used():
    clock = TimeCursor(60)
    assert (clock.time_s, clock.shown_s, clock.range_s, clock.duration_s) == (0, (0, 0.25), None, 60)
    assert TimeCursor(0.1).shown_s == (0, 0.1)
    assert (TimeCursor(-1).shown_s, TimeCursor(-1).duration_s) == ((0, 0), 0)
    assert repr(clock) == "<TimeCursor: 0 of 60 s, shown 0–0.25 s>"
    clock.set_range(1, 2.5)
    assert repr(clock) == "<TimeCursor: 0 of 60 s, shown 0–0.25 s, only spikes of 1–2.5 s>"


def test_a_moment_at_either_end_of_what_is_shown_moves_nothing():
    clock = TimeCursor(60)
    clock.show(10, 12)
    for time_s in (10, 12):
        clock.move_to(time_s)
        assert clock.shown_s == (10, 12)
    clock.move_to(12.5)
    assert clock.shown_s == (11.5, 13.5)


def test_a_stretch_of_no_length_or_the_wrong_way_round_is_a_moment():
    clock = TimeCursor(60)
    clock.show(20, 10)
    assert clock.shown_s == (20, 20)
    clock.show(-5, -5)
    assert clock.shown_s == (0, 0)
    clock.show(-5, 100)
    assert clock.shown_s == (0, 60)


def test_a_range_is_cut_at_the_ends_and_cannot_be_empty():
    clock = TimeCursor(60)
    changes = counted(clock.range_changed)
    clock.set_range(-5, 100)
    assert (clock.range_s, spans_of(clock.range_s), clock.range_s.name) == ((0, 60), ((0, 60),), "")
    clock.set_range(0, 60)
    assert len(changes) == 1
    for start, stop, words in (
        (5, 5, "From 5 to 5 s there is nothing of 60 s."),
        (60, 61, "From 60 to 61 s"),
        (-2, 0, "From -2 to 0 s"),
    ):
        with pytest.raises(ValueError, match=words):
            clock.set_range(start, stop)
    clock.clear_range()
    clock.clear_range()
    assert len(changes) == 2


def test_a_time_without_epochs_is_its_own_only_one():
    assert spans_of((3.0, 4.0)) == ((3.0, 4.0),)
    assert spans_of(UsedTime([(1, 2), (3, 4)], "run")) == ((1, 2), (3, 4))
    run = UsedTime([(1, 2), (3, 4)], "run")
    for other, is_same in (
        (UsedTime([(1, 2), (3, 4)], "run"), True),
        (UsedTime([(1, 2), (3, 4)], "rest"), False),
        (UsedTime([(1, 4)], "run"), False),
        (None, False),
    ):
        assert same_time(run, other) is is_same
        assert same_time(other, run) is is_same
    assert same_time(None, None)


def test_epochs_that_lie_within_others_or_are_empty_change_nothing():
    clock = TimeCursor(10)
    clock.set_epochs([(1, 6), (2, 3), (4, 4), (6.5, 7)], "run")
    assert clock.range_s.spans == ((1, 6), (6.5, 7))


@pytest.mark.parametrize(("duration", "is_kept"), [(30, True), (20, True), (19.9, False)])
def test_a_range_goes_where_the_time_line_ends_before_it(duration, is_kept):
    clock = TimeCursor(60)
    clock.set_range(10, 20)
    clock.show(50, 52)
    clock.move_to(51)
    clock.set_duration(duration)
    assert (clock.range_s is not None) is is_kept
    assert clock.shown_s == pytest.approx((duration - 2, duration))
    clock.set_duration(-3)
    assert (clock.duration_s, clock.time_s) == (0, 0)
