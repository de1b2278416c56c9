"""KlustaViewa's similarity: by hand, by the direct way, and for clusters that have hardly anything."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from stats.masked_truth import log_matrix

from napari_phy.stats.masked_gaussian import (
    GaussianStack,
    log_likelihoods,
    masked_gaussian,
    normalised_logs,
)
from napari_phy.stats.masked_sums import (
    MOST_FEATURES,
    MaskedNoise,
    core_channels,
    masked_sums,
    merged_sums,
)


def draw(rng, n, n_channels=6, n_per_channel=3, n_clusters=4, *, masked=True):
    """Return features, masks and labels of clusters that have neighbouring channels each."""
    labels = rng.integers(0, n_clusters, n)
    centres = rng.normal(0, 30, (n_clusters, n_channels * n_per_channel))
    features = rng.normal(0, 5, (n, n_channels * n_per_channel)).astype(np.float32)
    near = np.abs(np.arange(n_channels) - (labels * n_channels / n_clusters)[:, None]) < 2
    masks = np.where(near, rng.uniform(0.2, 1, (n, n_channels)), 0)
    masks[rng.random(masks.shape) < 0.02] = 0.3
    if not masked:
        masks = np.ones_like(masks)
    masks = masks.astype(np.float32)
    features += np.repeat(masks > 0, n_per_channel, axis=1) * centres[labels]
    return features.astype(np.float32), masks, labels


def sums_of(features, masks, labels, noise):
    """Return the sums of each cluster."""
    found = []
    for one in np.unique(labels):
        spikes = np.flatnonzero(labels == one)
        n_per_channel = features.shape[1] // masks.shape[1]
        own = masks[spikes]
        core = core_channels((own > 0).sum(axis=0).astype(float), own.sum(axis=0, dtype=float), n_per_channel)
        found.append(masked_sums((features[spikes], own), spikes, noise, core))
    return found


def logs_of(features, masks, labels, noise, dtype=np.float64):
    gaussians = [masked_gaussian(sums, noise, len(labels)) for sums in sums_of(features, masks, labels, noise)]
    means = np.array([one.mean for one in gaussians])
    return log_likelihoods(means, GaussianStack.of(gaussians, dtype=dtype))


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("n_per_channel", [1, 3])
def test_it_is_that_of_the_direct_way(masked, n_per_channel):
    features, masks, labels = draw(np.random.default_rng(3), 400, n_per_channel=n_per_channel, masked=masked)
    labels[:6] = 7, 8, 8, 9, 9, 9  # few spikes are no exception
    noise = MaskedNoise.of([(features, masks)])
    direct = log_matrix(features, masks, labels, noise)
    assert_allclose(logs_of(features, masks, labels, noise), direct, rtol=1e-9, atol=1e-9)
    assert_allclose(logs_of(features, masks, labels, noise, np.float32), direct, rtol=1e-4)


def test_two_clusters_of_one_feature_by_hand():
    # ν = 0, σ² = 4. Cluster a: 12 spikes, half at 9, half at 11; b: 12 spikes at 13 ± 2; nothing is masked.
    noise = MaskedNoise(np.zeros(1), np.full(1, 4.0))
    a, b = np.tile([9.0, 11.0], 6), np.tile([11.0, 15.0], 6)
    features = np.concatenate([a, b])[:, None]
    logs = logs_of(features, np.ones((24, 1)), np.repeat([0, 1], 12), noise)
    mean_a, mean_b = 120 / 13, 156 / 13
    # Σ (y − μ)² = 12 (1 + (10 − μ_a)²); one prior spike of variance 4; divided by 12 + 1 − 1
    variance_a, variance_b = 1 + (10 - mean_a) ** 2 + 4 / 12, 4 + (13 - mean_b) ** 2 + 4 / 12
    away = (mean_a - mean_b) ** 2
    density = [1 / np.sqrt(2 * np.pi * variance) for variance in (variance_a, variance_b)]
    expected = [
        [0.5 * density[0], 0.5 * density[1] * np.exp(-away / variance_b / 2)],
        [0.5 * density[0] * np.exp(-away / variance_a / 2), 0.5 * density[1]],
    ]
    assert_allclose(np.exp(logs), expected, rtol=1e-12)
    shares = np.exp(normalised_logs(logs))
    assert_allclose(shares[0, 1], expected[0][1] / sum(expected[0]), rtol=1e-12)


def test_a_half_mask_by_hand():
    # x = 10 with mask ½: y = ½ 10 + ½ 2 = 6, ỹ = 4, η = ¼ (10 − 2)² + ½ 9 = 20.5
    noise = MaskedNoise(np.full(1, 2.0), np.full(1, 9.0))
    sums = masked_sums((np.full((11, 1), 10.0), np.full((11, 1), 0.5)), np.arange(11), noise, np.array([0]))
    assert (sums.n, sums.first[0], sums.unknown[0], sums.products[0, 0]) == (11, 44, 11 * 20.5, 11 * 16)
    found = masked_gaussian(sums, noise, 11)
    mean = 44 / 12
    assert_allclose(found.mean[0] * 3, mean)
    variance = (11 * (4 - mean) ** 2 + 9) / 11 + 20.5
    assert_allclose(found.whitening[0, 0], 3 / np.sqrt(variance))
    assert_allclose(found.log_scale, -0.5 * np.log(2 * np.pi * variance))


def test_what_is_masked_is_known_from_masked_spikes_and_never_varies_by_nothing():
    rng = np.random.default_rng(0)
    features = rng.normal(100, 3, (500, 3))
    masks = np.ones((500, 3))
    masks[:200, 0] = 0
    features[:, 2] = 7
    noise = MaskedNoise.of([(features[:90], masks[:90]), (features[90:], masks[90:])])
    assert_allclose(noise.mean, [features[:200, 0].mean(), features[:, 1].mean(), 7])
    assert_allclose(noise.variance, [features[:200, 0].var(), 1e-3 * features[:, 1].var(), 1])
    with pytest.raises(ValueError, match="Without a spike"):
        MaskedNoise.of([])


def test_empty_tiny_equal_and_masked_clusters_have_numbers():
    rng = np.random.default_rng(1)
    features, masks, labels = draw(rng, 300)
    masks[labels == 0] = 0  # masked everywhere
    labels[:2], labels[2] = 7, 8  # of two spikes, and of one
    features[labels == 1] = features[labels == 1][0]  # no spread at all
    noise = MaskedNoise.of([(features, masks)])
    sums = sums_of(features, masks, labels, noise)
    sums.append(masked_sums((features[:0], masks[:0]), np.arange(0), noise, np.arange(0)))
    gaussians = [masked_gaussian(one, noise, len(labels)) for one in sums]
    logs = log_likelihoods(np.array([one.mean for one in gaussians]), GaussianStack.of(gaussians))
    assert not np.isnan(logs).any()
    shares = np.exp(normalised_logs(logs))
    assert_allclose(shares.sum(axis=1), 1)
    assert not shares[:, -1].any()  # the cluster without spikes
    assert (normalised_logs(np.full((2, 2), -np.inf)) == -np.inf).all()
    assert normalised_logs(np.empty((0, 0))).shape == (0, 0)


def test_rows_are_normalised_however_unlikely_everything_is():
    logs = normalised_logs(np.array([[-5000.0, -5000 + np.log(3)], [0, -np.inf]]))
    assert_allclose(np.exp(logs), [[0.25, 0.75], [1, 0]])


def test_columns_by_blocks_are_those_of_all(monkeypatch):
    features, masks, labels = draw(np.random.default_rng(5), 300)
    noise = MaskedNoise.of([(features, masks)])
    whole = logs_of(features, masks, labels, noise)
    monkeypatch.setattr("napari_phy.stats.masked_gaussian.BLOCK_BYTES", 1)
    assert_allclose(logs_of(features, masks, labels, noise), whole, rtol=1e-9)
    gaussians = [masked_gaussian(sums, noise, len(labels)) for sums in sums_of(features, masks, labels, noise)]
    means = np.array([one.mean for one in gaussians])
    some = log_likelihoods(means[2:], GaussianStack.of(gaussians, dtype=np.float64), np.array([3, 1]))
    assert_allclose(some, whole[2:, [3, 1]], rtol=1e-9)


def assert_same(found, expected):
    for name in ("n", "first", "second", "unknown", "n_unmasked", "mask_sum"):
        assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-9, atol=1e-6, err_msg=name)
    np.testing.assert_array_equal(found.core, expected.core)
    assert_allclose(found.products, expected.products, rtol=1e-9, atol=1e-5)


def test_sums_of_merged_clusters_are_those_of_their_spikes_also_where_only_one_has_a_channel_in_its_core():
    rng = np.random.default_rng(2)
    for n in (30, 60, 200):
        features, masks, labels = draw(rng, n)
        noise = MaskedNoise.of([(features, masks)])
        parts = sums_of(features, masks, labels, noise)
        whole = sums_of(features, masks, np.zeros_like(labels), noise)[0]
        asked = []

        def read(place, parts=parts, features=features, masks=masks, asked=asked):
            asked.append(len(parts[place].outside))
            return features[parts[place].outside], masks[parts[place].outside]

        merged = merged_sums(parts, noise, read)
        assert_same(merged, whole)
        assert set(whole.outside.tolist()) <= set(merged.outside.tolist())
        assert len(asked) == sum(len(part.core) < len(whole.core) for part in parts)
        assert n < 200 or sum(asked) < n


def test_what_is_left_of_a_split_is_the_whole_less_the_part():
    features, masks, _ = draw(np.random.default_rng(4), 200)
    noise = MaskedNoise.of([(features, masks)])
    whole = sums_of(features, masks, np.zeros(200), noise)[0]
    gone = np.arange(0, 200, 3)
    rest = whole.minus(masked_sums((features[gone], masks[gone]), gone, noise, whole.core))
    stay = np.setdiff1d(np.arange(200), gone)
    expected = sums_of(features[stay], masks[stay], np.zeros(len(stay)), noise)[0]
    assert_same(rest.on(rest.own_core), expected)
    assert rest.outside is None


def test_a_core_is_bounded_and_has_the_channels_with_most_part():
    n = np.full(200, 50.0)
    n[3] = 10
    weights = np.arange(200.0)
    assert core_channels(n[:9], weights[:9], 3).tolist() == [0, 1, 2, 4, 5, 6, 7, 8]
    most = MOST_FEATURES // 3
    assert core_channels(n, weights, 3).tolist() == list(range(200 - most, 200))


def test_five_hundred_clusters_hold_less_than_200_mb_however_many_channels_there_are():
    n_channels, n_spikes = 384, 12
    features = np.random.default_rng(0).normal(size=(n_spikes, 3 * n_channels))
    masks = np.ones((n_spikes, n_channels))
    noise = MaskedNoise.of([(features, masks)])
    sums = sums_of(features, masks, np.zeros(n_spikes), noise)[0]
    stack = GaussianStack.of([masked_gaussian(sums, noise, n_spikes)])
    arrays = (stack.means, stack.precisions, stack.log_scales, stack.cores, stack.whitenings)
    of_pairs = 500**2 * 4
    assert 500 * (sums.nbytes + sum(array.nbytes for array in arrays)) + of_pairs < 200e6
    assert np.isfinite(log_likelihoods(stack.means, stack)).all()
