"""Channel, depth and amplitude of single spikes, against plain loops."""

import numpy as np
import pytest

from napari_phy.core.spike_columns import UNKNOWN_CHANNEL, spike_columns

Y_UM = np.array([0.0, 25.0, 50.0, 90.0, 200.0])


def plain(features, masks):
    """Return (channel, depth, amplitude) of each spike, one at a time."""
    found = []
    for row, mask in zip(features.reshape(len(masks), len(Y_UM), -1).astype(float), masks.astype(float), strict=True):
        weights = np.abs(row).sum(axis=1) * mask
        amplitude = max(abs(row[channel, 0]) * mask[channel] for channel in range(len(Y_UM)))
        found.append((int(np.argmax(weights)), float(weights @ Y_UM / weights.sum()), amplitude))
    return np.array(found)


def test_they_are_the_largest_channel_the_centre_of_mass_and_the_largest_first_feature():
    rng = np.random.default_rng(1)
    features = rng.normal(0, 30, (400, 15)).astype(np.float32)
    masks = (rng.random((400, 5)) * (rng.random((400, 5)) < 0.6)).astype(np.float32)
    masks[:, 2] = np.maximum(masks[:, 2], 0.1)
    columns, expected = spike_columns(features, masks, Y_UM), plain(features, masks)
    assert columns.channels.tolist() == expected[:, 0].astype(int).tolist()
    np.testing.assert_allclose(columns.depths, expected[:, 1], rtol=1e-5)
    np.testing.assert_allclose(columns.amplitudes, expected[:, 2], rtol=1e-5)


def test_without_any_feature_the_masks_decide_and_without_those_nobody():
    masks = np.array([[0, 0.5, 1, 0, 0], [0, 0, 0, 0, 0]], dtype=np.float32)
    columns = spike_columns(np.zeros((2, 15), np.float32), masks, Y_UM)
    assert columns.channels.tolist() == [2, UNKNOWN_CHANNEL]
    assert columns.depths[0] == pytest.approx((0.5 * 25 + 50) / 1.5)
    assert np.isnan(columns.depths[1])
    assert columns.amplitudes.tolist() == [0, 0]


def test_values_that_are_no_numbers_count_as_nothing():
    features = np.zeros((1, 10), np.float32)
    features[0, [0, 3, 4]] = np.inf, np.nan, 7
    columns = spike_columns(features, np.ones((1, 5), np.float32), Y_UM)
    assert (columns.channels[0], columns.depths[0], columns.amplitudes[0]) == (2, 50, 7)
