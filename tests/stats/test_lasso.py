import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats import lasso
from napari_phy.stats._crossings import mark_inside
from napari_phy.stats.lasso import edges_by_band, lines_through_polygon, points_in_polygon


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
    expected = inside_one_by_one(points, polygon)
    np.testing.assert_array_equal(points_in_polygon(points, polygon), expected)
    bands = edges_by_band(polygon)
    if bands:
        inside = np.empty(len(points), dtype=bool)
        mark_inside(points, *bands, inside)
        np.testing.assert_array_equal(inside, expected)
    else:
        assert np.ptp(polygon[:, 1]) < 1e-300


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
        ([[[0], [0]]], [[0, 0], [1, 1], [0, 1]], r"\(n, 2\)"),
        ([[0, 0]], [[0, 0], [1, np.nan], [0, 1]], "not finite"),
    ],
)
def test_wrong_shapes_are_refused(points, polygon, message):
    with pytest.raises(ValueError, match=message):
        points_in_polygon(points, polygon)


@given(
    st.lists(st.lists(st.floats(-6, 6), min_size=4, max_size=4), max_size=5),
    st.lists(st.tuples(st.floats(-1, 4), st.floats(-6, 6)), min_size=3, max_size=9).map(np.array),
)
def test_lines_pass_where_one_of_many_of_their_points_is_inside(lines, polygon):
    """What a fine grid of points finds is found, and nothing is that neither begins inside nor meets an edge."""
    values, x = np.array(lines).reshape(-1, 4), np.arange(4.0)
    found = lines_through_polygon(x, values, polygon)
    fine = np.linspace(0, 3, 61)
    grid = [points_in_polygon(np.column_stack([fine, np.interp(fine, x, line)]), polygon) for line in values]
    assert (found >= [row.any() for row in grid]).all()
    assert (found >= [_crosses(x, line, polygon, -1e-9) for line in values]).all()
    assert (
        found <= [bool(row[0]) or _crosses(x, line, polygon, 1e-9) for line, row in zip(values, grid, strict=True)]
    ).all()


def _crosses(x, line, polygon, least):
    """Whether a line meets an edge: pairs of segments by the signs of their areas, touching if `least` is above 0."""

    def side(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    ends = np.roll(polygon, -1, axis=0)
    for a, b in zip(np.column_stack([x, line])[:-1], np.column_stack([x, line])[1:], strict=True):
        for c, d in zip(polygon, ends, strict=True):
            if side(a, b, c) * side(a, b, d) < least and side(c, d, a) * side(c, d, b) < least:
                return True
    return False


def test_a_line_inside_or_around_a_polygon():
    square = np.array([(0.2, -1), (0.8, -1), (0.8, 1), (0.2, 1)])
    around = np.array([(-5, -9), (5, -9), (5, 9), (-5, 9)])
    lines = np.array([[0, 0], [0, 5], [2, 2], [-3, 3], [-1.2, -1.2]])
    assert lines_through_polygon([0, 1], lines, square).tolist() == [True, True, False, True, False]
    assert lines_through_polygon([0, 1], lines, around).all()
    assert lines_through_polygon([0, 1], lines[:0], square).shape == (0,)


def test_a_line_that_only_touches_the_polygon_passes_through_it():
    triangle = np.array([(1.0, 0.0), (3.0, 0.0), (2.0, 2.0)])
    x = [0, 4]
    assert lines_through_polygon(x, np.array([[2, 2], [2.01, 2.01], [0, 0], [-0.01, -0.01]]), triangle).tolist() == [
        True, False, True, False
    ]  # fmt: skip


def test_edges_that_are_upright_or_beyond_the_line_are_met_where_they_are():
    square = np.array([(1.0, -1.0), (2.0, -1.0), (2.0, 1.0), (1.0, 1.0)])
    assert lines_through_polygon([0, 1], np.array([[5, 0.5], [5, 2], [0, -1]]), square).tolist() == [True, False, True]
    assert lines_through_polygon([2, 3], np.array([[0.5, 5], [2, 5]]), square).tolist() == [True, False]
    assert not lines_through_polygon([3, 4], np.array([[0, 0]]), square).any()
    assert not lines_through_polygon([-2, 0.5], np.array([[0, 0]]), square).any()


def test_a_polygon_has_three_corners_at_least_and_no_points_are_none():
    triangle = [(0, 0), (2, 0), (0, 2)]
    assert points_in_polygon(np.empty((0, 2)), triangle).shape == (0,)
    assert points_in_polygon([(0.5, 0.5), (5, 5)], triangle).tolist() == [True, False]
    with pytest.raises(ValueError, match=r"as \(k, 2\), not \(3, 3\)"):
        points_in_polygon([(0, 0)], np.eye(3))
