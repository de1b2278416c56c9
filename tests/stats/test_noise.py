"""Levels of noise and the overlap with it are those of SpikeInterface 0.105.3."""

import math

import numpy as np
import pytest
from stats.quality_data import wave

from napari_phy.stats.noise import noise_level, noise_overlap, signal_to_noise


def test_the_level_is_that_of_spikeinterface():
    values = np.random.default_rng(2).normal(3, 7, 1001)
    assert noise_level(values) == pytest.approx(7.082382829282675, rel=1e-12)
    assert noise_level([*values, math.nan, math.inf]) == noise_level(values)


def test_a_signal_is_its_largest_distance_from_0():
    assert signal_to_noise([1.0, -30.0, 20.0], 3.0) == 10
    for template, noise in (([1.0], 0.0), ([1.0], math.nan), ([math.nan], 1.0), ([], 1.0), ([0.0], 1.0)):
        assert math.isnan(signal_to_noise(template, noise))
    assert math.isnan(noise_level([]))


def test_the_overlap_is_that_of_spikeinterface():
    """On the snippets that it is given here; there it draws those of noise at random."""
    rng = np.random.default_rng(13)
    noise = rng.normal(0, 10, (80, 30, 4))
    for size, expected in ((1.0, 0.0), (0.12, 0.275), (0.0, 0.47625)):
        spikes = rng.normal(0, 10, (80, 30, 4)) + size * wave()[10:40, None] * np.array([1, 0.6, 0.3, 0.1])
        assert noise_overlap(spikes, noise) == pytest.approx(expected, abs=1e-12)


def test_the_overlap_of_few_spikes_or_without_noise_cannot_be_told():
    spikes = np.random.default_rng(1).normal(0, 1, (20, 5, 2))
    assert math.isnan(noise_overlap(spikes[:9], spikes[9:18]))
    assert math.isnan(noise_overlap(spikes, spikes[:5]))
    assert math.isnan(noise_overlap(spikes, np.zeros_like(spikes)))
    assert math.isnan(noise_overlap(np.full_like(spikes, math.nan), spikes))
    assert 0 <= noise_overlap(spikes[:10], spikes[10:]) <= 1
