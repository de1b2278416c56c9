import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats.correlograms import bin_samples, correlograms, half_window_bins, symmetrise


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


@given(trains, st.permutations([0, 2, 3, 9]), st.integers(1, 7), st.integers(1, 12))
def test_it_counts_what_a_look_at_every_pair_counts(train, cluster_ids, width, n_bins):
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
    np.testing.assert_array_equal(both[..., 10], np.maximum(counts[..., 0], counts[..., 0].T))


def test_nothing_gives_nothing():
    assert correlograms([], [], [], sample_rate=1000).shape == (0, 0, 26)
    assert correlograms([], [], [4], sample_rate=1000).sum() == 0
    assert correlograms([3], [4], [4], sample_rate=1000).sum() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([2, 1], [0, 0], [0]), "not ascending"),
        (([1.0, 2.0], [0, 0], [0]), "integers"),
        (([1, 2], [0], [0]), "do not fit"),
        (([1, 2], [0, 0], [0, 0]), "twice"),
    ],
)
def test_bad_trains_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        correlograms(*arguments, sample_rate=1000)


@pytest.mark.parametrize("bad", [{"bin_ms": 0}, {"bin_ms": -1}, {"window_ms": -1}, {"sample_rate": 0}])
def test_bad_bins_are_refused(bad):
    with pytest.raises(ValueError, match="bin"):
        correlograms([1], [0], [0], **{"sample_rate": 1000, **bad})
