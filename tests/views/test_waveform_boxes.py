"""Boxes of waveforms: inside the area, apart from each other, and under the mouse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.views.rectangles import Rectangle
from napari_phy.views.waveform_boxes import Scale, place_boxes
from napari_phy.views.waveforms import WaveformRequest, compute_waveforms

AREAS = st.builds(Rectangle, st.just(8), st.just(10), st.integers(150, 1200), st.integers(150, 900))
LAYOUTS = st.fixed_dictionaries(
    {"arrangement": st.sampled_from(["probe", "stacked"]), "number_width": st.integers(20, 40)}
)
FACTORS = st.floats(0.2, 5)


@pytest.fixture
def data(make_session):
    positions = np.column_stack([np.where(np.arange(8) % 2, -15.0, 15.0), 20.0 * np.arange(8)])
    return compute_waveforms(make_session(positions=positions), WaveformRequest((3, 1, 0)))


def placed(data, area, layout, scale=None, **options):
    return place_boxes(
        data, area, layout["number_width"], layout["arrangement"], scale or Scale(), **options
    )  # fmt: skip


def test_means_lie_inside_the_area_and_lanes_apart(data):
    @given(AREAS, LAYOUTS, st.booleans())
    def law(area, layout, side_by_side):
        boxes = placed(data, area, layout, side_by_side=side_by_side)
        for cluster, box in np.argwhere(boxes.takes_part).tolist():
            line = boxes.line(box, data.means[cluster, :, box], cluster)
            assert (line >= (area.left - 1e-6, area.top - 1e-6)).all()
            assert (line <= (area.right + 1e-6, area.bottom + 1e-6)).all()
        if side_by_side:
            assert (np.diff(boxes.lanes) > boxes.x[-1]).all()
        for left in np.unique(boxes.left):
            assert (np.diff(np.sort(boxes.center_y[boxes.left == left])) >= boxes.pitch - 1e-6).all()

    law()


def test_a_box_and_a_lane_are_under_the_pixels_of_their_zero_line(data):
    @given(AREAS, LAYOUTS)
    def law(area, layout):
        boxes = placed(data, area, layout, side_by_side=True)
        for box in range(len(boxes.left)):
            for lane, start in enumerate(boxes.lanes.tolist()):
                x, y = boxes.left[box] + start + boxes.x[-1] / 2, boxes.center_y[box]
                assert boxes.at(x, y) == box
                assert boxes.lane_at(box, x) == lane
        assert boxes.at(area.left, -500) is None

    law()


def test_a_frame_maps_time_and_voltage_to_where_the_line_is(data):
    @given(AREAS, LAYOUTS, st.builds(Scale, FACTORS, FACTORS, FACTORS, FACTORS))
    def law(area, layout, scale):
        boxes = placed(data, area, layout, scale)
        mean = data.means[0, :, 0]
        frame = boxes.frame(0, 0, data.times_ms, (1300, 1000))
        np.testing.assert_allclose(frame.to_px(np.column_stack([data.times_ms, mean])), boxes.line(0, mean), atol=1e-3)

    law()


def test_numbers_of_a_column_are_as_far_apart_as_asked(data):
    @given(AREAS, LAYOUTS, st.floats(1, 80))
    def law(area, layout, distance):
        boxes = placed(data, area, layout)
        chosen = boxes.spaced(distance)
        assert len(chosen) >= 1
        for left in np.unique(boxes.left[chosen]):
            assert (np.diff(np.sort(boxes.center_y[chosen][boxes.left[chosen] == left])) >= distance - 1e-9).all()

    law()


@given(FACTORS, FACTORS, st.tuples(st.floats(-300, 300), st.floats(-300, 300)))
def test_spreading_keeps_the_place_under_the_mouse(across, along, about):
    before = Scale(across=1.3, along=0.7, moved=(20.0, -10.0))
    after = before.spread(across, along, about)
    offset = np.subtract(about, before.moved) / (before.across, before.along)
    np.testing.assert_allclose(offset * (after.across, after.along) + after.moved, about, atol=1e-6)
