"""A frame maps data to pixels and back."""

import numpy as np
import pytest

from napari_phy.views.frame import Frame

FRAME = Frame(10, 20, 200, 100, (0.0, 4.0), (-1.0, 1.0))


def test_a_frame_maps_its_range_to_its_rectangle_and_back():
    corners = [[0, 1], [4, -1]]
    assert FRAME.to_px(corners) == pytest.approx(np.array([[10, 20], [210, 120]]))
    points = np.random.default_rng(0).normal(size=(50, 2))
    assert FRAME.to_data(FRAME.to_px(points)) == pytest.approx(points)
    assert FRAME.contains(10, 20)
    assert not FRAME.contains(9, 20)


def test_zooming_keeps_the_point_under_the_mouse():
    zoomed = FRAME.zoomed(70, 50, 2.0)
    assert zoomed.to_data([[70, 50]]) == pytest.approx(FRAME.to_data([[70, 50]]))
    assert np.ptp(zoomed.x_range) == pytest.approx(2)
    assert np.ptp(zoomed.y_range) == pytest.approx(1)
    back = zoomed.zoomed(70, 50, 0.5)
    assert back.x_range == pytest.approx(FRAME.x_range)


def test_panning_moves_the_data_with_the_mouse():
    panned = FRAME.panned(25, -10)
    assert panned.to_px([[1, 0]]) == pytest.approx(FRAME.to_px([[1, 0]]) + np.array([25, -10]))


def test_its_area_is_the_rectangle_that_contains_its_pixels():
    assert FRAME.area == (10, 20, 200, 100)
    for place in ((10, 20), (210, 120), (9, 20), (211, 50)):
        assert FRAME.area.contains(*place) == FRAME.contains(*place)
