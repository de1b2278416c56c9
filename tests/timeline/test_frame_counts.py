"""Spikes are counted in the frame, or the row, that was being taken; what cannot be counted is said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import TimelineError
from napari_phy.timeline.doubts import Doubt
from napari_phy.timeline.frame_counts import (
    Places,
    count_per_frame,
    frames_within,
    places_of,
    unbroken_stretches,
)
from napari_phy.timeline.time_base import TimeBase


def clock(n_frames=20, **with_):
    base = TimeBase.from_rate(n_frames, 10.0, 100.0)
    return base.with_rows(4, 0.02) if with_.get("rows") else base


@given(st.lists(st.floats(99, 103)), st.integers(-3, 3), st.integers(0, 3), st.booleans(), st.booleans())
def test_each_spike_is_in_its_frame_or_left_out_and_counted(times, low, n_more, has_rows, is_doubtful):
    high = low + n_more
    base = clock(rows=has_rows)
    base = base.with_doubts([Doubt(5, 8, "irregular", "?")]) if is_doubtful else base
    found = count_per_frame(base, times, [low, high], places_of(base, (4, 6)))
    wanted, n_outside, n_doubtful = np.zeros((4 if has_rows else 1, 20), int), 0, 0
    for time in times:
        rows = range(4) if has_rows else [None]
        frames = [int(base.frame_at(time, row=row)) for row in rows]
        needed = range(min(frames) + min(low, 0), max(frames) + max(high, 0) + 1)
        if not base.is_covered(time) or needed[0] < 0 or needed[-1] >= 20:
            n_outside += 1
        elif is_doubtful and set(needed) & {5, 6, 7}:
            n_doubtful += 1
        else:
            for row, frame in enumerate(frames):
                wanted[row, frame] += 1
    assert np.array_equal(found.counts, wanted if has_rows else wanted[0])
    assert (found.n_outside, found.n_doubtful) == (n_outside, n_doubtful)
    assert found.n_counted + n_outside + n_doubtful == len(times)


def test_spikes_in_a_pause_are_outside():
    base = TimeBase.from_times([0, 1, 2, 10, 11, 12])
    found = count_per_frame(base, [0.5, 2.5, 6.0, 11.5])
    assert found.counts.tolist() == [1, 0, 1, 0, 1, 0]
    assert found.n_outside == 1


def test_a_spike_whose_lags_reach_over_a_pause_is_outside():
    base = TimeBase.from_times([0, 1, 2, 10, 11, 12])
    found = count_per_frame(base, [1.5, 2.5, 10.5, 11.5], [0, 1])
    assert found.counts.tolist() == [0, 1, 0, 1, 1, 0]
    assert found.n_outside == 1


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=30))
def test_frames_are_in_one_stretch_where_all_between_them_are_used_without_a_pause(frames):
    used, pauses = np.array(frames).T
    pauses[0] = False
    if 2 * pauses.sum() >= len(pauses) - 1:  # half of the intervals: no pause is unusual any more
        pauses[:] = False
    stretches = unbroken_stretches(TimeBase.from_times(np.cumsum(1.0 + 9.0 * pauses)), used)
    assert np.array_equal(stretches >= 0, used)
    for first in range(len(used)):
        for last in range(first, len(used)):
            is_whole = used[first : last + 1].all() and not pauses[first + 1 : last + 1].any()
            assert is_whole == (stretches[first] == stretches[last] >= 0)
    assert (np.diff(stretches[used]) >= 0).all()


def test_planes_and_rows_are_counted_plane_by_plane():
    base = TimeBase.from_rate(5, 1.0).with_rows(2, 0.1).with_planes([0.0, 0.5])
    places = places_of(base, (2, 2, 7))
    assert (places.n, places.rows.tolist(), places.planes.tolist()) == (4, [0, 1, 0, 1], [0, 0, 1, 1])
    found = count_per_frame(base, [2.55], places=places)
    assert found.counts.argmax(axis=1).tolist() == [2, 2, 2, 1]


def test_one_part_of_a_frame_has_its_own_time_too():
    base = TimeBase.from_rate(5, 1.0).with_rows(4, 0.2)
    found = count_per_frame(base, [2.1], places=Places(rows=np.array([3])))
    assert found.counts.tolist() == [[0, 1, 0, 0, 0]]


def test_a_clock_of_other_rows_is_said():
    assert places_of(TimeBase.from_rate(5, 1.0), (4, 4)).is_whole
    with pytest.raises(TimelineError, match="The clock knows 4 rows; frames of this movie have 5"):
        places_of(clock(rows=True), (5, 4))


def test_frames_that_begin_and_end_within_a_stretch_are_told():
    base = TimeBase.from_rate(10, 1.0, 5.0)
    assert np.flatnonzero(frames_within(base, [(0.0, 7.0), (8.5, 11.0), (14.0, 15.0)])).tolist() == [0, 1, 4, 5, 9]
    assert not frames_within(base, [(14.5, 20.0)]).any()
    assert np.flatnonzero(
        count_per_frame(base, [5.5, 7.5], used=frames_within(base, [(5.0, 7.0)])).counts
    ).tolist() == [0]
