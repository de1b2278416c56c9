import math

from napari_phy.stats.refractory import refractory_fraction, violations


def test_a_spike_violates_that_comes_less_than_two_ms_after_the_one_before():
    samples = [0, 39, 79, 1000, 1000]
    assert violations(samples, sample_rate=20_000).tolist() == [False, True, False, False, True]
    assert violations(samples, sample_rate=20_000, refractory_ms=1.9).tolist() == [False] * 4 + [True]
    assert violations([], sample_rate=20_000).tolist() == []


def test_intervals_below_two_ms_are_counted():
    assert refractory_fraction([0, 39, 79, 1000, 1000], sample_rate=20_000) == 0.5


def test_one_spike_has_no_interval():
    assert math.isnan(refractory_fraction([5], sample_rate=20_000))
    assert math.isnan(refractory_fraction([], sample_rate=20_000))


def test_the_refractory_time_is_two_ms_where_nothing_is_said():
    samples = [0, 59, 119, 178]
    assert violations(samples, sample_rate=30_000).tolist() == [False, True, False, True]
    assert refractory_fraction(samples, sample_rate=30_000) == 2 / 3
    assert refractory_fraction(samples, sample_rate=30_000, refractory_ms=2.1) == 1
    assert refractory_fraction([0, 10], sample_rate=30_000) == 1


def test_the_first_spike_of_a_stretch_violates_nothing_and_no_interval_leads_to_it():
    samples = [0, 39, 60, 79, 1000]
    assert violations(samples, sample_rate=20_000, firsts=[2, 5]).tolist() == [False, True, False, True, False]
    assert refractory_fraction(samples, sample_rate=20_000, firsts=[2]) == 2 / 3
    assert math.isnan(refractory_fraction([0, 10], sample_rate=20_000, firsts=[1]))
