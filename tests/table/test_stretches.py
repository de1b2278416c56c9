"""Where stretches of time begin among spikes, and how they are kept apart."""

import itertools
from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.time_cursor import UsedTime
from napari_phy.table.stretches import first_spikes, moved_apart, used_samples

SPANS = ((2, 5), (5, 5), (7, 12))
MANAGER = SimpleNamespace(spike_spans=SPANS)


def test_the_first_spike_of_each_stretch_is_found_among_those_of_a_cluster():
    assert first_spikes(MANAGER, np.array([2, 4, 8, 11])).tolist() == [2, 2]
    assert first_spikes(MANAGER, np.array([3, 4])).tolist() == [2, 2]  # behind the last: none of them
    assert first_spikes(SimpleNamespace(spike_spans=((0, 12),)), np.array([3, 4])).tolist() == []


@given(st.lists(st.lists(st.integers(0, 50), max_size=6).map(sorted), min_size=1, max_size=5), st.integers(1, 100))
def test_stretches_are_a_gap_apart_and_keep_their_intervals(stretches, gap):
    samples, firsts = [], []
    for place, stretch in enumerate(stretches):
        firsts.append(len(samples))
        samples += [51 * place + sample for sample in stretch]
    moved = moved_apart(np.array(samples, dtype=np.int64), np.array(firsts[1:], dtype=np.int64), gap)
    parts = np.split(moved, firsts[1:])
    for part, stretch in zip(parts, stretches, strict=True):
        assert np.diff(part).tolist() == np.diff(stretch).tolist()
    ends = [(part[0], part[-1]) for part in parts if len(part)]
    assert all(later[0] - earlier[1] >= gap for earlier, later in itertools.pairwise(ends))


def test_times_are_whole_samples_from_the_first_that_is_not_before():
    session = SimpleNamespace(
        range_s=UsedTime([(0.3, 0.6), (0.70001, 1.0)]), model=SimpleNamespace(sample_rate=20_000.0)
    )
    assert used_samples(session).tolist() == [[6000, 12_000], [14_001, 20_000]]
