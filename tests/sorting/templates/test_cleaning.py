"""Templates that are no neurons are told from those that are."""

import numpy as np
from numpy.testing import assert_array_equal

from napari_phy.sorting.templates.cleaning import neurons, tidied
from napari_phy.sorting.templates.parameters import TemplateParameters

REACH = 12


def template(centre, height=8.0, width=3.0, at=16, n_channels=10):
    time = np.arange(40.0) - at
    heights = height * np.exp(-((np.arange(n_channels) - centre) ** 2) / 2)
    return (-np.exp(-((time / width) ** 2))[:, None] * heights).astype(np.float32)


def judge(waveforms, counts, of_group=None):
    groups = np.zeros(len(counts), dtype=np.int64) if of_group is None else np.array(of_group)
    waveforms = tidied(np.array(waveforms), np.array(counts))
    return neurons(waveforms, np.array(counts), groups, TemplateParameters(), REACH).tolist()


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
    cleaned = tidied(noisy[None], np.array([100]))[0]
    assert_array_equal(np.abs(cleaned).max(axis=0) > 0, np.abs(noisy).max(axis=0) >= 0.75)
    assert_array_equal(cleaned[[0, -1]], 0)


def test_none_are_none():
    assert judge(np.zeros((0, 40, 10), dtype=np.float32), np.zeros(0, dtype=np.int64)) == []


def test_templates_are_compared_where_they_may_be_moved_by_more_than_they_have_samples():
    short = template(4)[12:20]
    assert len(short) < REACH
    assert judge([short, 1.2 * short, template(8)[12:20]], [300, 400, 300]) == [False, True, True]
