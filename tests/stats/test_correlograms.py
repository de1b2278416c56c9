import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_phy.core.progress import CancelledError
from napari_phy.stats.correlograms import bin_samples, correlograms, half_window_bins, places_of, symmetrise

counting = sys.modules[correlograms.__module__]


@pytest.fixture(params=["numpy", "numba", "numba, cluster by cluster"])
def way(request, monkeypatch):
    """Count by each of the ways that are chosen by the number of spikes and clusters."""
    if request.param != "numpy":
        monkeypatch.setattr(counting, "N_SPIKES_NUMBA", -1)
    if "cluster by cluster" in request.param:
        monkeypatch.setattr(counting, "CACHED_BYTES", 0)
    monkeypatch.setattr(counting, "SPIKES_AT_ONCE", 16)


def count_pair_by_pair(samples, clusters, cluster_ids, n_bins, width):
    """Every pair of spikes, looked at once."""
    place = {cluster: index for index, cluster in enumerate(cluster_ids)}
    counts = np.zeros((len(place), len(place), n_bins), dtype=np.int64)
    for first in range(len(samples)):
        for second in range(first + 1, len(samples)):
            lag = (samples[second] - samples[first]) // width
            if lag < n_bins and clusters[first] in place and clusters[second] in place:
                counts[place[clusters[first]], place[clusters[second]], lag] += 1
    return counts


trains = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 4)), max_size=60).map(sorted)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trains, st.permutations([0, 2, 3, 9]), st.integers(1, 7), st.integers(1, 12))
def test_it_counts_what_a_look_at_every_pair_counts(way, train, cluster_ids, width, n_bins):
    samples = np.array([sample for sample, _ in train], dtype=np.int64)
    clusters = np.array([cluster for _, cluster in train], dtype=np.int32)
    counts = correlograms(
        samples, clusters, cluster_ids, sample_rate=1000, bin_ms=width, window_ms=2 * (n_bins - 1) * width
    )
    np.testing.assert_array_equal(counts, count_pair_by_pair(samples, clusters, cluster_ids, n_bins, width))


def test_the_usual_window_has_lags_from_0_to_25_ms():
    counts = correlograms([0, 499, 500, 520], [1, 2, 3, 4], [1, 2, 3, 4], sample_rate=20_000)
    assert counts.shape == (4, 4, 26)
    assert counts[0].nonzero() == (pytest.approx([1, 2]), pytest.approx([24, 25]))


def test_spikes_in_one_sample_fall_in_the_first_bin_in_their_order():
    counts = correlograms([7, 7], [5, 3], [3, 5], sample_rate=1000)
    assert counts[1, 0, 0] == 1
    assert counts.sum() == 1


@pytest.mark.parametrize(
    ("n_clusters", "bin_ms", "window_ms", "sample_rate"),
    [(12, 1, 50, 20_000), (3, 0.3, 7, 24_414.0625), (1, 0.01, 500, 44_100), (200, 1, 50, 30_000)],
)
def test_compiled_code_counts_what_numpy_counts(n_clusters, bin_ms, window_ms, sample_rate, monkeypatch):
    rng = np.random.default_rng(n_clusters)
    samples = np.sort(rng.integers(0, 200_000, 6000))
    clusters = rng.integers(0, n_clusters + 2, 6000)
    both = []
    for limit in (10**9, 0):
        monkeypatch.setattr(counting, "N_SPIKES_NUMBA", limit)
        both.append(
            correlograms(
                samples,
                clusters,
                np.arange(n_clusters)[::-1],
                sample_rate=sample_rate,
                bin_ms=bin_ms,
                window_ms=window_ms,
            )
        )
    assert both[0].sum() > 1000
    np.testing.assert_array_equal(*both)


@pytest.mark.parametrize("width", [1, 2, 3, 7, 19, 20, 24, 30_000, 2**20 - 1])
def test_lags_at_the_edges_of_bins_fall_where_a_division_puts_them(way, width):
    lags = np.array([k * width + step for k in range(6) for step in (-1, 0, 1) if k * width + step > 0])
    for lag in lags.tolist():
        counts = counting.count_pairs(np.array([5, 5 + lag]), np.zeros(2, np.uint16), 1, width, 5)
        assert np.flatnonzero(counts).tolist() == ([lag // width] if lag // width < 5 else [])


def test_ids_may_be_far_apart_or_below_zero():
    counts = correlograms([0, 1, 2, 3], [-5, 2**40, 7, -5], [2**40, -5], sample_rate=1000, window_ms=10)
    assert counts[1, 0].tolist() == [0, 1, 0, 0, 0, 0]
    assert counts[0, 1].tolist() == [0, 0, 1, 0, 0, 0]
    assert counts[1, 1].tolist() == [0, 0, 0, 1, 0, 0]
    assert counts.sum() == 3


def test_it_tells_how_far_it_is_and_can_be_stopped(way):
    samples, clusters, shares = np.arange(100), np.zeros(100, int), []
    correlograms(samples, clusters, [0], sample_rate=1000, on_progress=shares.append)
    assert shares == pytest.approx(np.arange(0, 100, 16) / 100)

    def stop(share):
        shares.append(share)
        if share > 0.3:
            raise CancelledError

    shares.clear()
    with pytest.raises(CancelledError):
        correlograms(samples, clusters, [0], sample_rate=1000, on_progress=stop)
    assert len(shares) == 3


def test_bins_are_rounded_to_whole_samples():
    assert bin_samples(0.3, 20_000) == 6
    assert bin_samples(1, 24_414.0625) == 24
    assert bin_samples(0.001, 20_000) == 1
    assert half_window_bins(1, 50) == 26
    assert half_window_bins(0.1, 0.6) == 4


@given(trains)
def test_both_signs_mirror_each_other(train):
    samples, clusters = [s for s, _ in train], [c for _, c in train]
    counts = correlograms(np.array(samples, dtype=int), clusters, [0, 1, 2], sample_rate=1000, window_ms=20)
    both = symmetrise(counts)
    assert both.shape == (3, 3, 21)
    np.testing.assert_array_equal(both, both.transpose(1, 0, 2)[..., ::-1])
    np.testing.assert_array_equal(both[..., 11:], counts[..., 1:])


@given(trains, st.integers(1, 9))
def test_the_middle_bar_holds_all_pairs_less_than_a_bin_apart_whichever_came_first(train, width):
    counts = correlograms(
        [sample for sample, _ in train],
        [cluster for _, cluster in train],
        [0, 1, 2],
        sample_rate=1000,
        bin_ms=width,
        window_ms=2 * width,
    )
    middle = symmetrise(counts)[..., 1]
    close = np.zeros((3, 3), dtype=int)
    for first, (sample, cluster) in enumerate(train):
        for other, of in train[first + 1 :]:
            if other - sample < width and max(cluster, of) < 3:
                close[cluster, of] += 1
                close[of, cluster] += cluster != of
    np.testing.assert_array_equal(middle, close)


def test_nothing_gives_nothing():
    assert correlograms([], [], [], sample_rate=1000).shape == (0, 0, 26)
    assert correlograms([], [], [4], sample_rate=1000).sum() == 0
    assert correlograms([3], [4], [4], sample_rate=1000).sum() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([2, 1], [0, 0], [0]), "not ascending"),
        (([0, 5, 3], [0, 0, 0], [0]), "not ascending"),
        (([1.0, 2.0], [0, 0], [0]), "integers"),
        (([1, 2], [0], [0]), "do not fit"),
        (([1, 2], [0, 0], [0, 0]), "twice"),
        (([1, 2], [0, 0], range(2**16)), "more than 65535"),
    ],
)
def test_bad_trains_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        correlograms(*arguments, sample_rate=1000)


@pytest.mark.parametrize("bad", [{"bin_ms": 0}, {"bin_ms": -1}, {"window_ms": -1}, {"sample_rate": 0}])
def test_bad_bins_are_refused(bad):
    with pytest.raises(ValueError, match="bin"):
        correlograms([1], [0], [0], **{"sample_rate": 1000, **bad})


def test_a_window_longer_than_a_day_is_refused():
    with pytest.raises(ValueError, match="too long"):
        correlograms([1], [0], [0], sample_rate=30_000, bin_ms=1000, window_ms=2e8)


cluster_sets = st.one_of(
    st.lists(of, max_size=8, unique=True) for of in (st.integers(0, 40), st.integers(0, 40) | st.integers(-9, 2**60))
)


@given(cluster_sets, st.lists(st.integers(-12, 45) | st.integers(0, 2**60), max_size=20), st.integers(0, 50))
def test_a_clusters_place_is_found_with_a_table_and_without(cluster_ids, clusters, longest):
    expected = [cluster_ids.index(one) if one in cluster_ids else len(cluster_ids) for one in clusters]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "LONGEST_TABLE", longest)
        found = places_of(np.array(clusters, dtype=np.int64), np.array(cluster_ids, dtype=np.int64))
    assert (found.tolist(), found.dtype) == (expected, np.uint16)


def test_as_many_clusters_as_sixteen_bits_count_can_be_told_apart():
    ids = np.arange(counting.MAX_CLUSTERS)
    assert counting.MAX_CLUSTERS == 65_535
    assert places_of(np.array([0, 65_534, 65_535]), ids).tolist() == [0, 65_534, 65_535]


@pytest.mark.parametrize(("n_bins", "fits"), [(2**10 - 1, True), (2**10, False)])
def test_a_window_has_less_than_two_to_the_31_samples(n_bins, fits):
    nothing = np.empty(0, np.int64), np.empty(0, np.uint16)
    if fits:
        assert counting.count_pairs(*nothing, 1, 2**21, n_bins).shape == (1, 1, n_bins)
    else:
        with pytest.raises(ValueError, match="A window of 1024 bins of 2097152 samples is too long"):
            counting.count_pairs(*nothing, 1, 2**21, n_bins)


def test_a_bin_is_a_millisecond_and_the_window_50_where_nothing_is_said():
    samples, clusters = np.array([0, 30, 59, 60, 749, 750, 780]), np.zeros(7, int)
    usual = correlograms(samples, clusters, [0], sample_rate=30_000)
    named = correlograms(samples, clusters, [0], sample_rate=30_000, bin_ms=1, window_ms=50)
    np.testing.assert_array_equal(usual, named)
    assert usual[0, 0].nonzero()[0].max() == 25


@pytest.mark.parametrize("n_spikes", [19_999, 20_000, 20_001])
def test_few_spikes_are_counted_before_compiled_code_is_loaded(monkeypatch, n_spikes):
    used = []
    monkeypatch.setattr(counting, "_count_by_numpy", lambda *arguments: used.append(1))
    counting.count_pairs(np.arange(n_spikes) * 100, np.zeros(n_spikes, np.uint16), 1, 1, 1)
    assert bool(used) == (n_spikes <= 20_000)
