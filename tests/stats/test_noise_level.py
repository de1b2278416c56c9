"""Levels of noise are those of SpikeInterface 0.105.3."""

import math

import numpy as np
import pytest

from napari_phy.stats.noise_level import noise_level, signal_to_noise


def test_the_level_is_that_of_spikeinterface():
    values = np.random.default_rng(2).normal(3, 7, 1001)
    assert noise_level(values) == pytest.approx(7.082382829282675, rel=1e-12)
    assert noise_level([*values, math.nan, math.inf]) == noise_level(values)


def test_a_signal_is_its_largest_distance_from_0():
    assert signal_to_noise([1.0, -30.0, 20.0], 3.0) == 10
    for template, noise in (([1.0], 0.0), ([1.0], math.nan), ([math.nan], 1.0), ([], 1.0), ([0.0], 1.0)):
        assert math.isnan(signal_to_noise(template, noise))
    assert math.isnan(noise_level([]))
