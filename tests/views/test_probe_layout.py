"""Boxes keep the geometry of the probe and never lie on each other."""

import numpy as np
import pytest

from napari_phy.views.probe_layout import probe_layout, stacked_layout


def staggered(n=16):
    return np.column_stack([np.where(np.arange(n) % 2, -12.0, 12.0), 10.0 * np.arange(n)])


def test_a_staggered_probe_has_two_columns():
    layout = probe_layout(staggered())
    assert layout.n_columns == 2
    assert layout.columns.tolist() == [1, 0] * 8
    assert layout.heights[[0, -1]].tolist() == [0, 1]
    assert layout.pitch == pytest.approx(20 / 150)


def test_shown_channels_keep_the_columns_of_the_whole_probe():
    layout = probe_layout(staggered(), np.array([2, 3, 4]))
    assert layout.n_columns == 2
    assert layout.columns.tolist() == [1, 0, 1]
    assert probe_layout(staggered(), np.array([2, 4])).n_columns == 1


def test_a_long_stretch_without_a_channel_is_shortened_to_four_pitches():
    layout = probe_layout(staggered(400), np.array([2, 4, 6, 300, 302]))
    np.testing.assert_allclose(layout.heights, np.array([0, 20, 40, 80, 100]) / 100)
    assert layout.pitch == pytest.approx(0.2)


def test_a_tapered_probe_has_two_columns_and_its_tip_is_in_one_of_them():
    y = 10.0 * np.arange(31)[::-1]
    x = np.where(np.arange(31) % 2, -1, 1) * (8 + y / 12)
    positions = np.vstack([np.column_stack([x, y + 10]), [[0, 0]]])
    layout = probe_layout(positions)
    assert layout.n_columns == 2
    assert layout.pitch > 0.02


@pytest.mark.parametrize(("n_columns", "n_rows"), [(1, 32), (4, 12), (10, 10)])
def test_a_grid_keeps_its_columns(n_columns, n_rows):
    x, y = np.meshgrid(16.0 * np.arange(n_columns), 20.0 * np.arange(n_rows))
    layout = probe_layout(np.column_stack([x.ravel(), y.ravel()]))
    assert layout.n_columns == n_columns
    assert layout.pitch == pytest.approx(1 / (n_rows - 1))


@pytest.mark.parametrize("positions", [np.zeros((1, 2)), np.zeros((5, 2)), np.array([[0.0, 0], [0, 0], [0, 20]])])
def test_boxes_never_lie_on_each_other(positions):
    layout = probe_layout(positions)
    places = set(zip(layout.columns.tolist(), layout.heights.tolist(), strict=True))
    assert len(places) == len(positions)
    assert stacked_layout(positions).n_columns == 1
