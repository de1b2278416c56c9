import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats import lasso
from napari_phy.stats.lasso import points_in_polygon


def inside_one_by_one(points, polygon):
    """The even-odd rule as it is written in books."""
    inside = []
    for x, y in points:
        odd = False
        for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                odd = not odd
        inside.append(odd)
    return np.array(inside, dtype=bool)


coordinates = st.integers(-6, 6).map(float) | st.floats(-6, 6)
point_lists = st.lists(st.tuples(coordinates, coordinates), max_size=40).map(lambda p: np.array(p).reshape(-1, 2))
polygons = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12).map(np.array)


@given(point_lists, polygons)
def test_it_agrees_with_the_plain_rule(points, polygon):
    np.testing.assert_array_equal(points_in_polygon(points, polygon), inside_one_by_one(points, polygon))


def test_many_points_are_tested_in_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(5000, 2)).astype(np.float32)
    star = rng.normal(size=(60, 2))
    whole = points_in_polygon(points, star)
    monkeypatch.setattr(lasso, "_BLOCK", 700)
    np.testing.assert_array_equal(points_in_polygon(points, star), whole)
    np.testing.assert_array_equal(whole, inside_one_by_one(points.astype(float), star))


def test_a_hole_where_the_line_crosses_itself_is_outside():
    pentagram = np.array([[np.sin(a), np.cos(a)] for a in np.arange(5) * 4 * np.pi / 5])
    assert points_in_polygon([[0, 0], [0, 0.8]], pentagram).tolist() == [False, True]


def test_neighbouring_polygons_share_no_point_and_leave_none_out():
    grid = np.stack(np.meshgrid(np.arange(5.0), np.arange(5.0)), axis=-1).reshape(-1, 2)
    left = points_in_polygon(grid, [[-1, -1], [2, -1], [2, 6], [-1, 6]])
    right = points_in_polygon(grid, [[2, -1], [6, -1], [6, 6], [2, 6]])
    assert (left ^ right).all()


def test_points_that_are_not_finite_are_outside():
    points = [[np.nan, 0], [0, np.nan], [np.inf, 0], [0, 0]]
    assert points_in_polygon(points, [[-1, -1], [1, -1], [0, 1]]).tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("points", "polygon", "message"),
    [
        ([[0, 0]], [[0, 0], [1, 1]], "three points or more"),
        ([0, 0], [[0, 0], [1, 1], [0, 1]], r"\(n, 2\)"),
        ([[0, 0]], [[0, 0], [1, np.nan], [0, 1]], "not finite"),
    ],
)
def test_wrong_shapes_are_refused(points, polygon, message):
    with pytest.raises(ValueError, match=message):
        points_in_polygon(points, polygon)
