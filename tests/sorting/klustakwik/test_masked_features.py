"""Features without what is masked: nothing is lost, spikes with the same mask lie together."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from napari_phy.core.errors import SortingError
from napari_phy.sorting.klustakwik import masked_features
from napari_phy.sorting.klustakwik.masked_features import FeatureSpace, MaskedFeatures

SHARES = st.sampled_from([0.0, 0.0, 0.25, 1.0])


def table_of(data):
    """Return features, 0 where masked, and masks, from what was kept of them."""
    kept = data.arrays
    per_channel = data.n_features // data.n_channels
    features, masks = (
        np.zeros((data.n_spikes, data.n_channels, per_channel)),
        np.zeros((data.n_spikes, data.n_channels)),
    )
    for place, row in enumerate(data.rows):
        own = slice(kept.offsets[place], kept.offsets[place + 1])
        features[row, kept.channels[own]] = kept.values[own]
        masks[row, kept.channels[own]] = kept.weights[own]
    return features.reshape(data.n_spikes, -1), masks


@given(st.data(), st.integers(1, 30), st.sampled_from([1, 5, 64, 70]), st.integers(1, 3))
def test_what_is_not_masked_is_kept_and_equal_masks_lie_together(draw, n_spikes, n_channels, per_channel):
    masks = draw.draw(arrays(np.float32, (n_spikes, n_channels), elements=SHARES))
    masks[0, -1] = 1
    features = np.arange(n_spikes * n_channels * per_channel, dtype=np.float32).reshape(n_spikes, -1)
    data = MaskedFeatures.of(features, masks)
    kept, kept_masks = table_of(data)
    assert_array_equal(kept_masks, masks)
    assert_array_equal(kept, features * (np.repeat(masks, per_channel, axis=1) > 0))
    assert_array_equal(np.sort(data.rows), np.arange(n_spikes))
    assert_allclose(data.n_unmasked, per_channel * masks.sum(axis=1)[data.rows])
    patterns = [tuple(np.flatnonzero(masks[row])) for row in data.rows]
    is_new = np.diff(data.arrays.patterns, prepend=-1) > 0
    assert len(set(patterns)) == is_new.sum()
    assert all(new == (before != after) for new, before, after in zip(is_new[1:], patterns, patterns[1:], strict=False))


def test_the_size_of_the_reads_changes_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    features, masks = rng.normal(size=(50, 8)).astype(np.float32), rng.choice([0, 1], (50, 4)).astype(np.float32)
    whole = MaskedFeatures.of(features, masks)
    monkeypatch.setattr(masked_features, "_BLOCK_BYTES", 7 * 4 * 8)
    parts = MaskedFeatures.of(features, masks, whole.space)
    for one, other in zip(whole.arrays, parts.arrays, strict=True):
        assert_array_equal(one, other)
    assert_allclose(FeatureSpace.of(features, masks).noise.variance, whole.space.noise.variance)


def test_memory_is_that_of_what_is_unmasked_however_many_spikes_are_read():
    rng, beyond = np.random.default_rng(0), []
    for n_spikes in (4_000, 20_000):
        masks = np.zeros((n_spikes, 32), dtype=np.float32)
        first = rng.integers(0, 30, n_spikes)[:, None] + np.arange(3)
        masks[np.arange(n_spikes)[:, None], first] = 1
        features = np.repeat(masks, 3, axis=1) * rng.normal(size=(n_spikes, 96)).astype(np.float32)
        tracemalloc.start()
        data = MaskedFeatures.of(features, masks)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        beyond.append(peak - sum(values.nbytes for values in data.arrays))
    assert beyond[0] < 16 * 2**20  # bytes, for blocks of rows
    assert beyond[1] - beyond[0] < 100 * 16_000  # of features and masks a spike has 512


def test_a_feature_that_is_never_masked_has_a_variance():
    features = np.random.default_rng(1).normal(size=(20, 3)).astype(np.float32)
    space = FeatureSpace.of(features, np.ones((20, 3), dtype=np.float32))
    assert (space.noise.variance > 0).all()
    assert np.isfinite(space.log_volume)
    constant = FeatureSpace.of(np.ones((20, 3), dtype=np.float32), np.ones((20, 3), dtype=np.float32))
    assert constant.log_volume == 0


def test_spikes_that_were_not_measured_are_left_out():
    features = np.ones((4, 2), dtype=np.float32)
    features[1, 0], features[2, 1] = np.nan, 1e30
    data = MaskedFeatures.of(features, np.ones((4, 2), dtype=np.float32))
    assert_array_equal(data.rows, [0, 3])
    assert_array_equal(data.in_rows(np.array([5, 6], dtype=np.int32)), [5, 0, 0, 6])


@pytest.mark.parametrize(
    ("features", "masks", "sentence"),
    [
        (np.ones((0, 4)), np.ones((0, 2)), "There are no spikes to cluster"),
        (np.ones((3, 4)), np.zeros((3, 2)), "All spikes are masked on every channel"),
        (np.ones((3, 4)), np.ones((2, 2)), "3 spikes with 4 features do not fit masks of 2 spikes on 2 channels"),
        (np.ones((3, 5)), np.ones((3, 2)), "3 spikes with 5 features do not fit"),
        (np.full((3, 4), np.nan), np.ones((3, 2)), "No spike has features that can be clustered"),
    ],
)
def test_what_cannot_be_clustered_is_said(features, masks, sentence):
    with pytest.raises(SortingError, match=sentence):
        MaskedFeatures.of(features, masks)
