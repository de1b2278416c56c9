"""Spikes around events, against loops over each pair."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats.peri_event import align_spikes, count_in_bins, recorded_around

samples = st.lists(st.integers(0, 200), max_size=25)


@st.composite
def recordings(draw):
    """Return starts and stops of recordings, with and without gaps."""
    edges = sorted(draw(st.sets(st.integers(0, 220), min_size=2, max_size=8)))
    edges = edges[: len(edges) // 2 * 2]
    if draw(st.booleans()):
        return np.array(edges[:-1]), np.array(edges[1:])
    return np.array(edges[::2]), np.array(edges[1::2])


def pairs(spikes, events, start, stop, starts, stops):
    """Return (event, lag) of each spike in the window and in the recording of the event, which is the last begun."""
    found = []
    for row, event in enumerate(events):
        own = max([place for place, first in enumerate(starts) if first <= event], default=0)
        near = [spike for spike in spikes if start <= spike - event < stop and starts[own] <= spike < stops[own]]
        found += [(row, spike - event) for spike in near]
    return found


@given(samples.map(sorted), samples, st.integers(-60, 0), st.integers(1, 60), recordings())
def test_spikes_are_aligned_within_the_recording_of_the_event(spikes, events, start, stop, line):
    events = np.array(events, dtype=np.int64)
    recorded = recorded_around(events, *line)
    found = align_spikes(np.array(spikes, dtype=np.int64), events, start, stop, recorded)
    wanted = pairs(spikes, events.tolist(), start, stop, *(edges.tolist() for edges in line))
    assert list(zip(found.rows.tolist(), found.lags.tolist(), strict=True)) == wanted


@given(samples.map(sorted), samples, st.integers(1, 9), st.integers(1, 5), st.integers(0, 5), recordings())
def test_bins_have_the_spikes_of_events_whose_whole_bin_was_recorded(spikes, events, width, n_after, n_before, line):
    events = np.array(events, dtype=np.int64)
    edges = np.arange(-n_before, n_after + 1) * width
    recorded = recorded_around(events, *line)
    aligned = align_spikes(np.array(spikes, dtype=np.int64), events, edges[0], edges[-1], recorded)
    counts, n_events = count_in_bins(aligned, edges, recorded), recorded.count(edges)
    assert len(counts) == len(n_events) == len(edges) - 1
    for place, (low, high) in enumerate(pairwise(edges)):
        whole = np.flatnonzero((recorded.first <= low) & (high <= recorded.stop))
        assert n_events[place] == len(whole)
        in_bin = (aligned.lags >= low) & (aligned.lags < high)
        assert counts[place] == np.isin(aligned.rows[in_bin], whole).sum()


def test_without_recordings_nothing_is_around_an_event():
    events = np.array([5, 9])
    recorded = recorded_around(events, np.empty(0, np.int64), np.empty(0, np.int64))
    assert len(align_spikes(np.array([5, 6]), events, -10, 10, recorded)) == 0
    assert recorded.count(np.array([-5, 0, 5])).tolist() == [0, 0]


def test_some_of_the_spikes_keep_their_events():
    aligned = align_spikes(
        np.array([1, 2, 3]), np.array([2, 0]), -5, 5, recorded_around(np.array([2, 0]), np.array([0]), np.array([9]))
    )
    some = aligned.where(aligned.lags > 0)
    assert (len(aligned), len(some)) == (6, 4)
    assert (some.rows.tolist(), some.lags.tolist()) == ([0, 1, 1, 1], [1, 1, 2, 3])


def test_a_stretch_is_held_where_all_of_it_was_recorded():
    recorded = recorded_around(np.array([10, 95]), np.array([0]), np.array([100]))
    assert (recorded.first.tolist(), recorded.stop.tolist()) == ([-10, -95], [90, 5])
    assert recorded.hold(-10, 90).tolist() == [True, False]
    assert recorded.hold(-11, 0).tolist() == [False, True]
    assert recorded.hold(0, 5).tolist() == [True, True]
    assert recorded.hold(0, 6).tolist() == [True, False]
