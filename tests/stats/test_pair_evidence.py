"""Evidence that two clusters are one neuron: counts by brute force, clouds that are one or two, and the odds."""

import math

import numpy as np
import pytest

from napari_phy.stats.pair_evidence import (
    ALIEN_SHARE,
    TimeEvidence,
    log_odds,
    refractory_odds,
    shape_evidence,
    time_evidence,
)

RATE = 20_000.0
NO_TIME = TimeEvidence(0, 0.0, 0.0, 0.9)


def spikes_of_a_neuron(rng, n=600, n_features=12):
    """Return features of one neuron whose spikes vary in amplitude and a little in shape."""
    mean = rng.normal(0, 8, n_features)
    return mean * rng.normal(1, 0.15, (n, 1)) + rng.normal(size=(n, n_features))


def train(rng, n, n_samples, dead=60):
    samples = np.sort(rng.integers(0, n_samples, n))
    return samples[np.concatenate([[True], np.diff(samples) > dead])]


def odds(shape, time=NO_TIME):
    return sum(log_odds(shape, time).values())


@pytest.mark.parametrize("cut", ["random", "amplitude", "axis"])
def test_parts_of_one_neuron_are_one_however_it_is_cut(cut):
    rng = np.random.default_rng(1)
    spikes = spikes_of_a_neuron(rng)
    by = {"random": rng.random(600), "amplitude": np.linalg.norm(spikes, axis=1), "axis": spikes[:, 3]}[cut]
    is_first = by < np.quantile(by, 0.4)
    shape = shape_evidence(spikes[is_first], spikes[~is_first])
    assert shape.cosine > 0.97
    assert shape.gap < 0.05
    assert odds(shape) > 0
    turned = shape_evidence(spikes[~is_first], spikes[is_first])
    assert turned.residual == pytest.approx(shape.residual)
    assert turned.size_ratio == pytest.approx(1 / shape.size_ratio)
    assert odds(turned) == pytest.approx(odds(shape), abs=0.2)


def test_two_neurons_that_look_alike_are_told_apart_by_the_gap_between_them():
    rng = np.random.default_rng(2)
    mean = rng.normal(0, 8, 12)
    aside = rng.normal(0, 1, 12)
    aside *= 7 / np.linalg.norm(aside)
    one, other = (mean + shift + rng.normal(size=(400, 12)) for shift in (0, aside))
    shape = shape_evidence(one, other)
    assert shape.cosine > 0.9
    assert shape.gap > 0.2
    assert shape.residual > 4
    assert odds(shape) < -3
    at_other_times = TimeEvidence(0, 0.0, 0.0, 0.0)
    assert log_odds(shape, at_other_times)["gap"] == 0  # they may have drifted meanwhile
    assert -log_odds(shape, at_other_times)["residual"] < -log_odds(shape, NO_TIME)["residual"]


def test_little_alike_too_few_or_empty_is_never_one():
    rng = np.random.default_rng(3)
    one = spikes_of_a_neuron(rng)
    apart = shape_evidence(one, spikes_of_a_neuron(rng))
    assert math.isnan(apart.gap)
    assert odds(apart) < -3
    few = shape_evidence(one[:5], one[5:])
    assert math.isnan(few.residual)
    assert odds(few) < odds(shape_evidence(one[:300], one[300:]))
    silent = shape_evidence(np.zeros((20, 12)), one)
    assert silent.cosine == 0
    assert odds(silent) < -10


def test_pairs_in_time_are_those_of_a_loop_over_all():
    rng = np.random.default_rng(4)
    one, other = train(rng, 300, 200_000), train(rng, 500, 200_000)
    found = time_evidence(one, other, 200_000, RATE)
    lags = np.abs(one[:, None] - other[None, :])
    assert found.n_close == np.count_nonzero((lags >= 12) & (lags < 40))
    n_near = np.count_nonzero((lags >= 80) & (lags < 480))
    assert found.n_by_chance == pytest.approx(n_near * 28 / 400)
    assert time_evidence(other, one, 200_000, RATE) == found


def test_refractory_time_tells_one_neuron_from_two():
    rng = np.random.default_rng(5)
    whole = train(rng, 4000, 6_000_000)
    is_first = rng.random(len(whole)) < 0.5
    one = time_evidence(whole[is_first], whole[~is_first], 6_000_000, RATE)
    two = time_evidence(whole[is_first], train(rng, 2000, 6_000_000), 6_000_000, RATE)
    assert one.n_close == 0
    assert refractory_odds(one) == 3.0
    assert two.n_close == pytest.approx(two.n_by_chance, rel=0.5)
    assert refractory_odds(two) < -3
    assert one.overlap > 0.9


def test_clusters_with_violations_of_their_own_say_less_and_none_says_nothing():
    assert refractory_odds(TimeEvidence(10, 10.0, 10.0, 1.0)) == 0.0
    assert refractory_odds(TimeEvidence(3, 10.0, 3.0, 1.0)) > 0 > refractory_odds(TimeEvidence(3, 4.0, 0.0, 1.0))
    assert refractory_odds(TimeEvidence(0, 0.0, 0.0, 0.0)) == 0.0
    assert refractory_odds(TimeEvidence(0, 1.0, 0.0, 1.0)) == pytest.approx(1 - ALIEN_SHARE)


def test_what_is_never_there_at_the_same_time_does_not_overlap():
    early, late = np.arange(0, 90_000, 300), np.arange(110_000, 200_000, 300)
    assert time_evidence(early, late, 200_000, RATE).overlap == pytest.approx(0, abs=0.02)
    assert time_evidence(early, early + 1, 200_000, RATE).overlap == pytest.approx(1, abs=0.02)
