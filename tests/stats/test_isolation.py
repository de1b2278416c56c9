"""Measures of isolation are those of SpikeInterface 0.105.3."""

import math

import numpy as np
import pytest
from stats.quality_data import clouds

from napari_phy.stats.isolation import (
    d_prime,
    mahalanobis_measures,
    neighbor_rates,
    neighbors,
    silhouette,
)

NOTHING = np.empty((0, 4))


def test_isolation_distance_and_l_ratio_are_those_of_spikeinterface():
    own, others, _ = clouds()
    found = mahalanobis_measures(own, others)
    assert found == pytest.approx((10.966478327866687, 0.24025346189558205), rel=1e-9)


def test_d_prime_is_that_of_spikeinterface():
    own, others, _ = clouds()
    assert d_prime(own, others) == pytest.approx(2.163419080668013, rel=1e-9)
    assert d_prime(others, own) == pytest.approx(d_prime(own, others))


def test_the_silhouette_is_that_of_spikeinterface():
    assert silhouette(*clouds()) == pytest.approx(0.3233073712321772, rel=1e-12)


def test_hit_and_miss_rate_are_those_of_spikeinterface():
    own, others, _ = clouds()
    assert neighbor_rates(own, others) == pytest.approx((0.7706666666666667, 0.09125), rel=1e-12)


def test_neighbors_are_the_nearest_others():
    points = np.concatenate(clouds()[:2])[:600]
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distances, np.inf)
    expected = np.sort(np.argsort(distances, axis=1)[:, :5], axis=1)
    np.testing.assert_array_equal(np.sort(neighbors(points, 5), axis=1), expected)


def test_samples_stand_for_all_that_they_are_of():
    rng = np.random.default_rng(0)
    own, others = rng.normal(0, 1, (4000, 3)), rng.normal(2, 1, (16_000, 3))
    whole = mahalanobis_measures(own, others)
    of_some = mahalanobis_measures(own[::2], others[::4], n_own=4000, n_others=16_000)
    assert of_some == pytest.approx(whole, rel=0.1)


def test_what_cannot_be_told_is_nan():
    own, others, labels = clouds()
    same = np.ones((50, 4))
    for some, rest in ((own[:4], others), (same, others), (NOTHING, others), (own, NOTHING), (own, others[:1])):
        assert np.isnan(mahalanobis_measures(some, rest)).all()
    for some, rest in ((own[:1], others), (own, NOTHING), (same, same)):
        assert math.isnan(d_prime(some, rest))
    assert math.isnan(silhouette(NOTHING, others, labels))
    assert math.isnan(silhouette(own, NOTHING, np.empty(0, int)))
    assert silhouette(same, same, np.zeros(50, int)) == 0
    assert np.isnan(neighbor_rates(NOTHING, others)).all()
    assert np.isnan(neighbor_rates(own[:3], others[:2])).all()
    assert neighbor_rates(own, NOTHING) == (1, 0)
