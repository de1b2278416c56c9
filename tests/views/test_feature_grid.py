"""The grid of projections against the features themselves."""

import numpy as np
import pytest

from napari_phy.core.errors import MissingDataError
from napari_phy.views.feature_grid import FeatureGridRequest, compute_feature_grid, grid_axes
from napari_phy.views.features import TIME_AXIS, FeatureAxis, FeatureRequest, compute_features

AXES = tuple(FeatureAxis("feature", channel, component) for channel, component in ((4, 0), (1, 0), (2, 1)))


def test_each_cell_shows_its_two_features_and_the_diagonal_time(session):
    request = FeatureGridRequest((3, 1), AXES, n_background=50)
    data = compute_feature_grid(session, request)
    rows, times_s = session.model.features[data.spike_ids], session.model.spike_times[data.spike_ids]
    columns = [axis.channel_index * 3 + axis.component for axis in AXES]
    for row in range(3):
        for column in range(3):
            x, y = data.cell(row, column)
            wanted = times_s if row == column else rows[:, columns[column]]
            np.testing.assert_allclose(data.values[x], wanted, rtol=1e-6)
            np.testing.assert_array_equal(data.values[y], rows[:, columns[row]])
            assert request.cell(row, column) == (TIME_AXIS if row == column else AXES[column], AXES[row])
    assert data.labels == ("channel 4 · PC1", "channel 1 · PC1", "channel 2 · PC2")


def test_a_cell_draws_the_spikes_and_shows_the_range_of_the_large_projection(session):
    data = compute_feature_grid(session, FeatureGridRequest((3, 1), AXES, n_spikes_max=40, n_background=50))
    large = compute_features(session, FeatureRequest((3, 1), AXES[1], AXES[0], 40, 50))
    np.testing.assert_array_equal(data.spike_ids, large.spike_ids)
    np.testing.assert_array_equal(data.places, large.places)
    x, y = data.cell(0, 1)
    assert (data.ranges[x], data.ranges[y]) == (large.x_range, large.y_range)
    assert data.ranges[-1] == (0.0, session.model.duration)
    n_total = session.manager.n_spikes(3) + session.manager.n_spikes(1)
    assert data.caption == f"80 of {n_total} spikes of the selection"


def test_axes_are_those_of_the_strongest_channels():
    def pairs(*arguments):
        return [(axis.channel_index, axis.component) for axis in grid_axes(*arguments)]

    assert pairs("channels", [5, 2, 7, 1, 0], 3) == [(5, 0), (2, 0), (7, 0), (1, 0)]
    assert pairs("components", [5, 2, 7, 1, 0], 3) == [(5, 0), (5, 1), (2, 0), (2, 1)]
    assert pairs("channels", [5, 2, 7, 1, 0], 3, 1) == [(1, 0), (5, 0), (2, 0), (7, 0)]
    assert pairs("channels", [1, 0], 3) == [(1, 0), (0, 0), (1, 1), (0, 1)]
    assert pairs("components", [0], 3) == [(0, 0), (0, 1)]
    assert pairs("components", [1, 0], 1) == [(1, 0), (0, 0)]


def test_missing_features_are_told(make_session):
    with pytest.raises(MissingDataError, match=r"memory\.kwx is missing"):
        compute_feature_grid(make_session(features=None, masks=None), FeatureGridRequest((2,), AXES))
