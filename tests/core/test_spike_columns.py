"""Channel, depth and amplitude of single spikes, against plain loops."""

import numpy as np
import pytest

from napari_phy.core.spike_columns import UNKNOWN_CHANNEL, SpikeColumns, spike_columns

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


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("where", ["feature", "mask"])
def test_a_value_that_cannot_have_been_measured_costs_that_spike_alone(bad, where):
    rng = np.random.default_rng(2)
    features, masks = rng.normal(0, 30, (50, 15)).astype(np.float32), rng.random((50, 5)).astype(np.float32)
    expected = spike_columns(features, masks, Y_UM)
    (features if where == "feature" else masks)[7, 3] = bad
    found = spike_columns(features, masks, Y_UM)
    assert found.channels[7] == UNKNOWN_CHANNEL
    assert np.isnan([found.depths[7], found.amplitudes[7]]).all()
    others = np.arange(50) != 7
    for one, other in zip(
        (found.channels, found.depths, found.amplitudes),
        (expected.channels, expected.depths, expected.amplitudes),
        strict=True,
    ):
        np.testing.assert_array_equal(one[others], other[others])


def test_columns_are_filled_part_by_part_and_take_ten_bytes_a_spike():
    assert UNKNOWN_CHANNEL == 65_535  # as files have it
    features, masks = np.ones((7, 15), np.float32), np.eye(5, dtype=np.float32)[[0, 1, 2, 3, 4, 0, 1]]
    whole, filled = spike_columns(features, masks, Y_UM), SpikeColumns.empty(7)
    for start, stop in ((4, 7), (0, 4)):
        filled.put(start, spike_columns(features[start:stop], masks[start:stop], Y_UM))
    for one, other, size in zip(
        (filled.channels, filled.depths, filled.amplitudes),
        (whole.channels, whole.depths, whole.amplitudes),
        (2, 4, 4),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
        assert one.itemsize == size
    assert (len(filled), filled.lock()) == (7, filled)
    assert not any(part.flags.writeable for part in (filled.channels, filled.depths, filled.amplitudes))
