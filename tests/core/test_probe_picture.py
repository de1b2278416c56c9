"""Places in px and in µm lead to each other, and marks stay as large as they are legible."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.probe_geometry import probe_geometry
from napari_phy.core.probe_picture import probe_picture

COLUMN = probe_geometry([[0, 25 * i] for i in range(16)])
IDS = np.arange(16)


@given(st.floats(100, 900), st.floats(100, 900), st.floats(0.5, 8), st.none() | st.tuples(*[st.floats(-200, 600)] * 2))
def test_a_place_in_px_is_the_place_in_um_that_is_drawn_there(width, height, zoom, center_um):
    picture = probe_picture(COLUMN, IDS, width, height, zoom=zoom, center_um=center_um)
    for place, center in zip(COLUMN.places, picture.centers, strict=True):
        assert picture.place_um(*center) == pytest.approx(tuple(place), abs=1e-6)
    assert picture.place_um(0, 0) == pytest.approx(picture.origin_um)
    if center_um is not None:
        assert picture.place_um(width / 2, height / 2) == pytest.approx(center_um, abs=1e-6)


def test_without_a_centre_the_middle_of_the_probe_is_in_the_middle_above_the_tip():
    picture = probe_picture(COLUMN, IDS, 300, 500)
    assert picture.place_um(150, (500 - 34) / 2) == pytest.approx((0, 25 * 7.5))


def test_it_fits_within_the_edge_and_zooms_from_there():
    fits = probe_picture(COLUMN, IDS, 300, 500)
    room = 500 - 2 * (15 + 6) - 34
    assert fits.px_per_um == pytest.approx(room / 375)
    assert probe_picture(COLUMN, IDS, 300, 500, zoom=3).px_per_um == pytest.approx(3 * fits.px_per_um)
    assert probe_picture(COLUMN, IDS, 9000, 9000).px_per_um == pytest.approx(60 / 25)  # px between two sites
    row = probe_geometry([[25 * i, 0] for i in range(16)])
    number = 0.62 * 10 * 2
    assert probe_picture(row, IDS, 500, 300).px_per_um == pytest.approx((500 - 2 * (21 + 4 + number)) / 375)
    assert probe_picture(COLUMN, IDS, 10, 10).px_per_um == pytest.approx(10 / 375)  # of no room


@pytest.mark.parametrize(
    ("height", "text_px", "zoom", "radius"),
    [(150, 10, 1, None), (9000, 10, 1, 6), (9000, 20, 1, 12), (9000, 5, 1, 6), (9000, 10, 4, 12), (60, 10, 1, 1)],
)
def test_discs_are_as_large_as_there_is_room_and_no_larger_than_is_of_use(height, text_px, zoom, radius):
    picture = probe_picture(COLUMN, IDS, 300, height, text_px=text_px, zoom=zoom)
    assert picture.radius == pytest.approx(0.46 * 25 * picture.px_per_um if radius is None else radius)


def test_the_nearest_disc_is_found_within_reach_and_on_the_disc_itself():
    picture = probe_picture(COLUMN, IDS, 300, 500)
    x, y = picture.centers[5]
    assert picture.nearest(x + 3, y, 4) == 5
    assert picture.nearest(x + 8, y, 8) == 5
    assert picture.nearest(x + 8.01, y, 8) is None
    assert picture.nearest(x + picture.radius, y, 0) == 5
    assert picture.nearest(x + picture.radius + 0.01, y, 0) is None
    assert picture.nearest(*(picture.centers[5] * 0.4 + picture.centers[6] * 0.6), 50) == 6
    assert probe_picture(probe_geometry([]), np.arange(0), 300, 500).nearest(150, 250, 1e9) is None


def test_numbers_stand_right_of_a_column_and_leave_marks_their_room():
    for spread in (0.0, 1.5):
        picture = probe_picture(COLUMN, np.arange(96, 112), 300, 800, spread=spread)
        wide = 0.62 * 10 * np.where(np.arange(96, 112) < 100, 2, 3)
        across = picture.radius * (1 + spread) + 4 + wide / 2
        np.testing.assert_allclose(picture.number_centers - picture.centers, np.column_stack([across, 0 * across]))


def test_numbers_stand_left_where_something_is_to_the_right_and_below_where_there_is_no_room_beside():
    pair = probe_geometry([[0, 0], [16, 0], [16, 200]])
    side = probe_picture(pair, np.arange(3), 600, 600)
    assert side.is_numbered.all()
    below = probe_picture(probe_geometry([[25 * i, 0] for i in range(16)]), IDS, 500, 300)
    np.testing.assert_allclose(below.number_centers - below.centers, [[0, below.radius + 5 + 2]] * 16)


def test_without_a_known_position_there_is_no_bar():
    assert probe_picture(probe_geometry(np.zeros((4, 2))), np.arange(4), 300, 500).bar_um is None
    assert probe_picture(COLUMN, IDS, 300, 500).bar_um == 50


def test_where_no_number_fits_none_is_written():
    cross = [[0, 0], [20, 0], [-20, 0], [0, 20], [0, -20]]  # the first one is in the middle of the others
    for positions in (cross, [*cross, [20, 20], [20, -20], [-20, 20], [-20, -20]]):
        picture = probe_picture(probe_geometry(positions), np.arange(len(positions)), 400, 400, text_px=200.0)
        assert not picture.is_numbered.any()


def test_the_outline_of_a_slender_shank_is_a_box_around_its_sites_and_numbers_with_a_tip():
    picture = probe_picture(COLUMN, IDS, 300, 500)
    x, (top, bottom) = 150.0, (picture.centers[:, 1].min(), picture.centers[:, 1].max())
    pad = 15 - 6 / 2
    beside = 4 + 0.62 * 10 * 2 + 2  # what the numbers take, on both sides
    (outline,) = picture.outlines
    left, right = x - 6 - beside, x + 6 + beside
    wide = right - left
    wanted = [
        (left, top - 6 - pad),
        (right, top - 6 - pad),
        (right, bottom + 6 + pad),
        (x, bottom + 6 + pad + 0.35 * wide),
        (left, bottom + 6 + pad),
    ]
    np.testing.assert_allclose(outline, wanted)


def test_a_broad_shank_has_no_tip_and_numbers_below_are_within_its_outline():
    row = probe_geometry([[25 * i, 0] for i in range(16)])
    picture = probe_picture(row, IDS, 500, 300)
    radius, pad = picture.radius, 15 - picture.radius / 2
    (outline,) = picture.outlines
    assert outline.shape == (4, 2)
    assert outline[:, 0].min() == pytest.approx(picture.centers[:, 0].min() - radius - pad)
    assert outline[:, 0].max() == pytest.approx(picture.centers[:, 0].max() + radius + pad)
    assert outline[:, 1].min() == pytest.approx(picture.centers[0, 1] - radius - pad)
    assert outline[:, 1].max() == pytest.approx(picture.centers[0, 1] + radius + max(pad, 10 + 3 * 2))


@pytest.mark.parametrize("width", [62, 66, 70, 90, 300])
def test_shanks_that_lie_close_together_share_the_room_between_them(width):
    geometry = probe_geometry([[100 * (i // 8), 20 * (i % 8)] for i in range(16)])
    picture = probe_picture(geometry, np.arange(16), width, 400)
    one, other = picture.outlines
    edges = [picture.centers[:8, 0].max() + picture.radius, picture.centers[8:, 0].min() - picture.radius]
    gap, are_beside = edges[1] - edges[0], picture.number_centers[0, 0] != picture.centers[0, 0]
    wanted = max(min(15 - picture.radius / 2, 0.35 * gap), min((4 + 0.62 * 10 * 2) * are_beside + 2, 0.45 * gap))
    assert one[:, 0].max() - edges[0] == pytest.approx(wanted)
    assert edges[1] - other[:, 0].min() == pytest.approx(wanted)
