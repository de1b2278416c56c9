import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats.intervals import density_of, interval_counts, linear_edges, log_edges, spike_intervals

trains = st.lists(st.integers(0, 400), max_size=50).map(sorted)
all_edges = st.lists(st.integers(0, 120), min_size=2, max_size=12, unique=True).map(sorted)


@given(trains, all_edges)
def test_it_counts_what_a_look_at_every_interval_counts(train, edges):
    intervals = [later - earlier for earlier, later in itertools.pairwise(train)]
    wanted = [sum(low <= interval < high for interval in intervals) for low, high in itertools.pairwise(edges)]
    assert interval_counts(spike_intervals(train), np.array(edges)).tolist() == wanted


@given(st.lists(trains, min_size=1, max_size=5))
def test_no_interval_leads_from_one_stretch_to_the_next(stretches):
    spikes, firsts = [], []
    for place, stretch in enumerate(stretches):
        firsts.append(len(spikes))
        spikes += [500 * place + sample for sample in stretch]
    wanted = [interval for stretch in stretches for interval in [-1, *np.diff(stretch)][: len(stretch)]]
    assert spike_intervals(spikes, firsts[1:]).tolist() == wanted


def test_linear_bins_are_whole_samples():
    assert linear_edges(1, 50, 20_000).tolist() == list(range(0, 1001, 20))
    assert linear_edges(1, 50, 24_414.0625)[-1] == 50 * 24
    assert linear_edges(0.25, 0.1, 20_000).tolist() == [0, 5]
    assert linear_edges(1, 5, 20_000, 2.5).tolist() == [50, 70, 90]
    assert linear_edges(0.001, 1, 20_000).tolist() == list(range(21))


def test_log_bins_are_distinct_and_as_near_to_fractions_of_decades_as_samples_allow():
    assert log_edges(0.1, 10, 5, 30).tolist() == [1, 2]  # one bin of one sample at least
    edges = log_edges(0.1, 10_000, 10, 20_000)
    assert edges[[0, -1]].tolist() == [2, 200_000]
    assert (np.diff(edges) > 0).all()
    requested = 2 * 10.0 ** (np.arange(51) / 10)
    assert np.abs(requested[:, None] - edges).min(axis=1).max() <= 0.5


def test_a_density_sums_to_one_and_nothing_has_none():
    widths = np.array([1.0, 2.0, 4.0])
    density = density_of(np.array([2, 4, 2]), widths)
    assert density.tolist() == [0.25, 0.25, 0.0625]
    assert (density * widths).sum() == 1
    assert density_of(np.array([0, 1, 0]), widths).tolist() == [0, 0.5, 0]
    assert density_of(np.zeros(3, int), widths).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "make", [lambda: linear_edges(1, 0, 1000), lambda: linear_edges(1, 5, 1000, 5), lambda: log_edges(5, 1, 10, 1000)]
)
def test_axes_that_are_none_are_refused(make):
    with pytest.raises(ValueError, match="ms"):
        make()


@pytest.mark.parametrize(
    ("shortest", "window", "fits"), [(0, 5, True), (-0.1, 5, False), (5, 5, False), (4.9, 5, True)]
)
def test_a_linear_axis_begins_at_0_or_later_and_ends_after_that(shortest, window, fits):
    if fits:
        assert linear_edges(1, window, 1000, shortest)[0] == round(shortest)
    else:
        with pytest.raises(ValueError, match=f"^Intervals from {shortest} to {window} ms have no histogram"):
            linear_edges(1, window, 1000, shortest)


@pytest.mark.parametrize(("shortest", "longest"), [(0, 5), (5, 5), (-1, 5)])
def test_a_logarithmic_axis_begins_above_0(shortest, longest):
    with pytest.raises(ValueError, match=f"^From {shortest} to {longest} ms there is no logarithmic axis"):
        log_edges(shortest, longest, 10, 1000)
    assert log_edges(1, 1.5, 1, 1000).tolist() == [1, 2]


def test_edges_are_in_samples_however_long_the_intervals():
    assert linear_edges(10, 5000, 20_000, 2500)[[0, 1, -1]].tolist() == [50_000, 50_200, 100_000]
    assert log_edges(1000, 100_000, 1, 20_000).tolist() == [20_000, 200_000, 2_000_000]


def test_few_spikes_have_no_interval():
    for train in ([], [5]):
        assert interval_counts(spike_intervals(train), np.array([0, 10])).tolist() == [0]
