"""Amplitude cutoffs are those of SpikeInterface 0.105.3."""

import math

import numpy as np
import pytest
from stats.quality_data import amplitudes

from napari_phy.stats.amplitude_cutoff import amplitude_cutoff


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
