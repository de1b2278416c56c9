"""Templates that are no neurons are told from those that are."""

import numpy as np
from numpy.testing import assert_array_equal

from napari_phy.sorting.templates.cleaning import Trains, neurons, tidied
from napari_phy.sorting.templates.parameters import TemplateParameters

REACH = 12
RATE, N_SAMPLES = 25_000.0, 1_500_000


def template(centre, height=8.0, width=3.0, at=16, n_channels=10):
    time = np.arange(40.0) - at
    heights = height * np.exp(-((np.arange(n_channels) - centre) ** 2) / 2)
    return (-np.exp(-((time / width) ** 2))[:, None] * heights).astype(np.float32)


def spikes(counts, after_ms=8.0):
    """Return trains in which no spike follows one of another template within some time."""
    ends = np.cumsum([0, *counts]) * after_ms * RATE / 1000
    return [start + np.arange(n) * after_ms * RATE / 1000 for start, n in zip(ends, counts, strict=False)]


def judge(waveforms, counts, of_group=None, times=None):
    groups = np.zeros(len(counts), dtype=np.int64) if of_group is None else np.array(of_group)
    waveforms = tidied(np.array(waveforms), np.array(counts, dtype=np.float64))
    trains = Trains(tuple(spikes(counts) if times is None else times), N_SAMPLES, RATE)
    return neurons(waveforms, trains, groups, TemplateParameters(), REACH).tolist()


def test_two_that_are_alike_are_kept_where_one_fires_while_the_other_is_refractory():
    alike, rng = [template(4), 1.2 * template(4)], np.random.default_rng(0)
    one, other = (np.sort(rng.integers(0, N_SAMPLES, 600)).astype(np.float64) for _ in range(2))
    assert judge(alike, [600, 600], times=[one, other]) == [True, True]
    apart = np.abs(one[:, None] - other).min(axis=1) > 0.0025 * RATE
    assert sorted(judge(alike, [apart.sum(), 600], times=[one[apart], other])) == [False, True]
    assert sorted(judge(alike, [60, 60], times=[one[::10], other[::10]])) == [False, True]  # too few to tell


def test_templates_of_neurons_are_kept():
    assert judge([template(1), template(4), template(8, width=5)], [300, 200, 40]) == [True] * 3


def test_tiny_and_rare_ones_are_dropped():
    assert judge([template(1), template(4, height=1), template(8)], [300, 300, 29]) == [True, False, False]


def test_the_same_later_is_dropped_where_it_has_fewer_spikes():
    same = [template(4), template(4, at=20), template(4, height=2.5)]
    assert judge(same, [300, 400, 500]) == [False, True, True]
    assert judge(same[:2], [300, 400], [0, 1]) == [True, True]


def test_the_sum_of_two_is_dropped_where_it_is_rare():
    both = template(3) + template(6, at=24)
    assert judge([template(3), template(6), both], [500, 500, 40]) == [True, True, False]
    assert judge([template(3), template(6), both], [500, 500, 400]) == [True, True, True]


def test_channels_of_noise_are_0():
    noisy = template(4) + np.random.default_rng(0).normal(0, 0.1, (40, 10)).astype(np.float32)
    cleaned = tidied(noisy[None], np.array([100.0]))[0]
    assert_array_equal(np.abs(cleaned).max(axis=0) > 0, np.abs(noisy).max(axis=0) >= 0.5)
    assert_array_equal(cleaned[[0, -1]], 0)


def test_none_are_none():
    assert judge(np.zeros((0, 40, 10), dtype=np.float32), np.zeros(0, dtype=np.int64)) == []


def test_templates_are_compared_where_they_may_be_moved_by_more_than_they_have_samples():
    short = template(4)[12:20]
    assert len(short) < REACH
    assert judge([short, 1.2 * short, template(8)[12:20]], [300, 400, 300]) == [False, True, True]
