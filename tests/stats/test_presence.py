"""Presence ratios are those of SpikeInterface 0.105.3, and of several stretches the whole bins of each count."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from stats.quality_data import RATE, train

from napari_phy.stats.presence import presence_ratio


def test_the_share_of_bins_with_a_spike_is_that_of_spikeinterface():
    assert presence_ratio(train(), [(0, 9_700_000)], sample_rate=RATE) == 0.75  # of 8 whole minutes


def test_where_there_is_no_whole_bin_or_no_spike_it_cannot_be_told():
    assert math.isnan(presence_ratio([5], [(0, 1_199_999)], sample_rate=RATE))
    assert math.isnan(presence_ratio([], [(0, 1_200_000)], sample_rate=RATE))
    assert math.isnan(presence_ratio([5], [], sample_rate=RATE))
    assert presence_ratio([5], [(0, 1_200_000)], sample_rate=RATE) == 1


@given(st.lists(st.integers(0, 400), max_size=60), st.lists(st.integers(1, 99), min_size=2, max_size=6))
def test_whole_bins_of_each_stretch_are_counted(samples, widths):
    edges = np.cumsum(widths)
    stretches = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    samples = sorted(s for s in samples if any(a <= s < b for a, b in stretches))
    bins = [(start, start + 10) for a, b in stretches for start in range(a, b - 9, 10)]
    found = presence_ratio(samples, stretches, sample_rate=1.0, bin_s=10.0)
    if bins and samples:
        assert found == sum(any(a <= s < b for s in samples) for a, b in bins) / len(bins)
    else:
        assert math.isnan(found)
