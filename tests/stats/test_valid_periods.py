"""Valid periods are those of SpikeInterface 0.105.3."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from stats.quality_data import RATE, unsteady

from napari_phy.stats.valid_periods import common_stretches, valid_periods, within_stretches

WHOLE = [(0, 20_000_000)]


def test_periods_are_those_of_spikeinterface():
    found = valid_periods(*unsteady(), WHOLE, sample_rate=RATE)
    assert found.tolist() == [[0, 9_000_000], [10_800_000, 14_400_000]]
    shorter = valid_periods(*unsteady(), WHOLE, sample_rate=RATE, shortest_s=120)
    assert shorter.tolist() == [[0, 9_000_000], [10_800_000, 14_400_000], [17_400_000, 19_800_000]]


def test_no_period_goes_from_one_recording_to_another():
    found = valid_periods(*unsteady(), [(0, 4_000_000), (4_000_000, 20_000_000)], sample_rate=RATE)
    assert found[0].tolist() == [0, 4_000_000]
    assert found[1, 0] == 4_000_000


def test_without_spikes_or_time_there_is_none():
    for samples, sizes, stretches in (([], [], WHOLE), ([5], [1.0], WHOLE), ([5], [1.0], [])):
        assert valid_periods(samples, sizes, stretches, sample_rate=RATE).shape == (0, 2)
    samples, sizes = unsteady()
    for value in (np.nan, np.inf, 3.0):
        assert not len(valid_periods(samples, np.full(len(sizes), value), WHOLE, sample_rate=RATE))


def stretches_of(edges):
    ends = np.cumsum(edges)
    return ends[: len(ends) // 2 * 2].reshape(-1, 2)


@given(st.lists(st.integers(1, 20), max_size=9), st.lists(st.integers(1, 20), max_size=9))
def test_common_stretches_hold_what_both_hold(some, others):
    some, others, samples = stretches_of(some), stretches_of(others), np.arange(200)

    def inside(stretches):
        return np.array([any(start <= one < stop for start, stop in stretches.tolist()) for one in samples])

    assert (within_stretches(samples, some) == inside(some)).all()
    assert (inside(common_stretches(some, others)) == (inside(some) & inside(others))).all()
