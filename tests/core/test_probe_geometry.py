"""Where sites are drawn: shanks, distances and places, against the plain way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.probe_geometry import known_positions, probe_geometry

sites = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=30, unique=True)


@given(sites)
def test_sites_that_lie_apart_stay_where_they_are_and_the_pitch_is_the_smallest_distance(positions):
    geometry = probe_geometry(np.array(positions, float))
    assert geometry.places.tolist() == [[float(x), float(y)] for x, y in positions]
    distances = np.hypot(*(geometry.places[:, None] - geometry.places).T)[~np.eye(len(positions), dtype=bool)]
    assert geometry.pitch_um == pytest.approx(distances.min())


def test_of_many_sites_the_nearest_is_found_in_any_block():
    positions = np.column_stack([np.zeros(700), 100.0 * np.arange(700)])
    positions[650, 1] += 60
    assert probe_geometry(positions).pitch_um == pytest.approx(40)


@pytest.mark.parametrize(("gap", "n_shanks"), [(50, 1), (60, 1), (61, 2), (200, 2)])
def test_a_gap_wider_than_three_sites_parts_two_shanks(gap, n_shanks):
    positions = [[x, 20 * row] for x in (gap, 0) for row in range(5)]
    geometry = probe_geometry(positions)
    assert geometry.n_shanks == n_shanks
    assert geometry.shanks.tolist() == [n_shanks - 1] * 5 + [0] * 5  # from the left


@pytest.mark.parametrize("n", [2, 3, 5])
def test_sites_at_one_place_stand_side_by_side_over_half_a_pitch(n):
    geometry = probe_geometry([*[[30, 7]] * n, [30, 27], [30, 47]])
    x, y = geometry.places[:n].T
    assert (x.tolist(), set(y)) == (pytest.approx(np.linspace(25, 35, n)), {7.0})
    assert geometry.places[n:].tolist() == [[30, 27], [30, 47]]
    assert geometry.pitch_um == pytest.approx(10 / (n - 1))


def test_the_channels_that_are_said_to_be_unknown_are_put_aside():
    geometry = probe_geometry([[0, 0], [0, 20], [5, 40]], np.array([True, True, False]))
    assert geometry.places.tolist() == [[0, 0], [0, 20], [40, 0]]
    assert geometry.is_known.tolist() == [True, True, False]
    assert geometry.shanks.tolist() == [0, 0, -1]


@pytest.mark.parametrize(
    ("positions", "known"),
    [
        ([[0, 0], [0, 20]], [True, True]),
        ([[7, 3]], [True]),
        ([[7, 3], [7, 3]], [False, False]),
        ([[7, 3], [7, 3], [np.nan, 0]], [False, False, False]),
        ([[7, 3], [np.nan, 0]], [True, False]),
        ([[7, 3], [7, np.inf], [7, 4]], [True, False, True]),
    ],
)
def test_positions_are_known_where_they_are_finite_and_not_all_the_same(positions, known):
    assert known_positions(np.array(positions, float)).tolist() == known


def test_no_channels_have_no_shank_and_the_usual_pitch():
    geometry = probe_geometry([])
    assert (geometry.places.shape, geometry.n_shanks, geometry.pitch_um) == ((0, 2), 0, 20)
    assert not any(part.flags.writeable for part in (geometry.places, geometry.is_known, geometry.shanks))
