"""Drift is that of SpikeInterface 0.105.3."""

import math

import numpy as np
import pytest
from stats.quality_data import N_SAMPLES, RATE, depths, train

from napari_phy.stats.drift_measures import drift_measures


def values(found):
    return found.ptp, found.std, found.mad


def test_drift_is_that_of_spikeinterface():
    samples = train()
    found = drift_measures(samples, depths(samples), [(0, N_SAMPLES)], sample_rate=RATE)
    assert values(found) == pytest.approx((47.70783194651327, 16.939833507998078, 12.372899336656843), rel=1e-12)
    found = drift_measures(samples, depths(samples), [(0, N_SAMPLES)], sample_rate=RATE, bin_s=30, spikes_per_bin=250)
    assert values(found) == pytest.approx((53.08501176982895, 17.201840922478564, 15.313206654456536), rel=1e-12)


@pytest.mark.parametrize(
    ("n_samples", "spikes_per_bin", "places"),
    [
        (2_399_999, 100, 200.0),  # one bin
        (N_SAMPLES, 2000, 200.0),  # no bin with enough spikes
        (100_000_000, 100, 200.0),  # most bins without spikes
        (N_SAMPLES, 100, math.nan),
        (0, 0, 200.0),
    ],
)
def test_where_too_little_is_known_nothing_is_told(n_samples, spikes_per_bin, places):
    samples = train()
    found = drift_measures(
        samples, np.full(len(samples), places), [(0, n_samples)], sample_rate=RATE, spikes_per_bin=spikes_per_bin
    )
    assert np.isnan(values(found)).all()
    assert np.isnan(values(drift_measures([], [], [(0, n_samples)], sample_rate=RATE))).all()
