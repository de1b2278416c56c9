"""Contamination is that of SpikeInterface 0.105.3, and what cannot be told is nan."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stats.quality_data import N_SAMPLES, RATE, train

from napari_phy.stats.contamination import (
    SLIDING_SHARES,
    can_rule_out,
    close_pairs,
    hill_ratio,
    llobet_contamination,
    sliding_contamination,
)
from napari_phy.stats.refractory import violations


def test_the_ratio_of_violations_is_that_of_spikeinterface():
    samples = train()
    n_violations = int(violations(samples, sample_rate=RATE, refractory_ms=1.5).sum())
    assert n_violations == 9
    assert hill_ratio(9, len(samples), N_SAMPLES / RATE) == pytest.approx(0.14208984375, rel=1e-12)


def test_the_contamination_is_that_of_spikeinterface():
    samples = train()
    assert close_pairs(samples, 20) == 5
    assert llobet_contamination(5, len(samples), N_SAMPLES, 20) == pytest.approx(0.12639620321910228, rel=1e-12)


def test_the_sliding_test_is_that_of_spikeinterface():
    clean = np.cumsum(np.random.default_rng(2).integers(90, 3000, 8000))
    assert sliding_contamination(train(), N_SAMPLES / RATE, sample_rate=RATE) == 0.21
    assert sliding_contamination(clean, (clean[-1] + 1) / RATE, sample_rate=RATE) == 0.005
    assert math.isnan(sliding_contamination(train()[:60], N_SAMPLES / RATE, sample_rate=RATE))
    twice = np.sort(np.concatenate([train(), train()[::40]]))
    assert math.isnan(sliding_contamination(twice, N_SAMPLES / RATE, sample_rate=RATE))


@given(st.integers(0, 99), st.integers(300, 900))
def test_the_sliding_test_of_few_samples_a_second_is_that_of_many(seed, n):
    samples = np.cumsum(np.random.default_rng(seed).integers(3, 41, n))
    least = sliding_contamination(samples, float(samples[-1]) / 100, sample_rate=1000.0)
    finer = sliding_contamination(20 * samples, float(samples[-1]) / 100, sample_rate=20_000.0)
    assert least == pytest.approx(finer, nan_ok=True)


@pytest.mark.parametrize(("n", "duration_s"), [(200, 200.0), (800, 200.0), (2000, 200.0), (400, 20.0)])
def test_what_can_be_ruled_out_is_what_the_test_gives_without_violations(n, duration_s):
    regular = np.linspace(0, duration_s * RATE - 1, n).astype(np.int64)  # all intervals are longer than 10 ms
    least = sliding_contamination(regular, duration_s, sample_rate=RATE)
    told = [share for share in SLIDING_SHARES if can_rule_out(share, n, duration_s, refractory_ms=10)]
    assert least == pytest.approx(told[0] if told else math.nan, nan_ok=True)
    assert not can_rule_out(0.1, 0, duration_s)


@given(st.lists(st.integers(0, 300), max_size=40).map(sorted), st.integers(0, 50))
def test_close_pairs_are_those_found_one_by_one(samples, distance):
    pairs = [(a, b) for place, a in enumerate(samples) for b in samples[place + 1 :]]
    assert close_pairs(samples, distance) == sum(b - a <= distance for a, b in pairs)
    assert close_pairs(samples, distance) >= sum(b - a <= distance for a, b in pairwise(samples))


def test_two_independent_trains_violate_in_half_of_the_pairs_that_chance_has():
    rng = np.random.default_rng(1)
    parts = [np.cumsum(rng.geometric(1 / 2000, 20_000) + 60) for _ in range(2)]
    n_samples = min(part[-1] for part in parts)
    samples = np.sort(np.concatenate(parts))
    samples = samples[samples < n_samples]
    n_pairs = close_pairs(samples, 40)
    assert llobet_contamination(n_pairs, len(samples), n_samples, 40) == pytest.approx(1 - 0.5**0.5, abs=0.03)


def test_what_cannot_be_told_is_nan_and_more_violations_than_chance_are_all():
    for values in ((0, 0, 100, 20), (0, 1, 100, 20), (0, 5, 100, 0)):
        assert math.isnan(llobet_contamination(*values))
    assert llobet_contamination(50, 10, 10_000, 20) == 1
    assert llobet_contamination(0, 10, 10_000, 20) == 0
    assert math.isnan(sliding_contamination([], 1.0, sample_rate=RATE))
    assert math.isnan(hill_ratio(0, 0, 1.0))
    assert math.isnan(hill_ratio(0, 3, 0.0))
