"""Presence ratios and amplitude cutoffs are those of SpikeInterface 0.105.3; of stretches the whole bins count."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stats.quality_data import RATE, amplitudes, train

from napari_phy.stats.completeness import amplitude_cutoff, presence_ratio


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


def test_the_cutoff_is_that_of_spikeinterface():
    values = amplitudes()
    assert amplitude_cutoff(values) == pytest.approx(0.11535617451318708, rel=1e-12)
    assert amplitude_cutoff(values, 500) == pytest.approx(0.08467227748023463, rel=1e-12)
    assert amplitude_cutoff(values[:500]) == pytest.approx(0.09420289855072464, rel=1e-12)


def test_of_less_than_five_spikes_a_bin_it_cannot_be_told():
    assert math.isnan(amplitude_cutoff(amplitudes()[:499]))
    assert math.isnan(amplitude_cutoff([]))


def test_one_amplitude_has_no_cutoff_and_what_is_no_number_is_left_out():
    assert math.isnan(amplitude_cutoff(np.full(1000, 3.0)))
    assert math.isnan(amplitude_cutoff(np.zeros(1000)))
    values = amplitudes()
    assert amplitude_cutoff([*values, math.nan, math.inf]) == amplitude_cutoff(values)
    assert math.isnan(amplitude_cutoff(np.full(1000, math.nan)))
