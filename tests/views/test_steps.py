"""Step lines are where the values are, at any number of bins, and the bin under a pixel is the one drawn there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from views.rectangle_laws import TYPES, PlainType, assert_inside

from napari_phy.views.steps import bin_at, decade_ticks, step_frame, step_pieces

SIZES = st.tuples(st.integers(120, 1500), st.integers(90, 900))


@pytest.mark.parametrize(("largest", "top"), [(0, 1.0), (0.37, 0.4), (83, 100.0), (101, 1.05 * 101), (40, 42.0)])
def test_an_axis_ends_at_a_tick_that_is_near(largest, top):
    assert step_frame(480, 250, PlainType(), (0, 50), largest).y_range == (0.0, pytest.approx(top))


@given(SIZES, TYPES, st.floats(1e-3, 1e6))
def test_the_plot_lies_inside_and_the_largest_value_below_its_top(size, sizes, largest):
    frame = step_frame(*size, sizes, (0.0, 1.0), largest)
    if frame.width > 20 and frame.height > 20:
        assert_inside([frame.area], *size)
    assert 1 <= frame.y_range[1] / largest <= 1.25


@given(SIZES, st.integers(1, 3000), st.integers(0, 2**32 - 1))
def test_a_line_covers_every_value_in_its_column_and_nothing_beyond(size, n_bins, seed):
    values = np.random.default_rng(seed).random(n_bins)
    edges = np.linspace(3, 7, n_bins + 1)
    frame = step_frame(*size, PlainType(), (3.0, 7.0), 1.0)
    x0, y0, x1, y1 = step_pieces(frame, edges, values).T
    low, high = np.minimum(y0, y1), np.maximum(y0, y1)
    wanted = frame.to_px(np.column_stack([(edges[:-1] + edges[1:]) / 2, values]))
    assert high.max() <= wanted[:, 1].max() + 1.01
    assert low.min() == pytest.approx(wanted[:, 1].min())
    near = np.abs(np.clip(wanted[:, :1], np.minimum(x0, x1), np.maximum(x0, x1)) - wanted[:, :1]) <= 1.01
    covers = near & (low <= wanted[:, 1:] + 1e-6) & (wanted[:, 1:] <= high + 1e-6)
    assert covers.any(axis=1).all()


@given(SIZES, st.integers(1, 300))
def test_the_bin_under_a_pixel_is_the_one_whose_edges_are_around_it(size, n_bins):
    edges = np.linspace(0, 50, n_bins + 1)
    frame = step_frame(*size, PlainType(), (0.0, 50.0), 1.0)
    middles = (edges[:-1] + edges[1:]) / 2
    places = frame.to_px(np.column_stack([middles, np.full(n_bins, 0.5)]))
    assert [bin_at(frame, edges, *place) for place in places] == list(range(n_bins))
    assert bin_at(frame, edges, frame.left - 1, frame.top) is None


def test_decades_that_have_no_room_are_left_out():
    labels = [label for _, label in decade_ticks((-1.0, 4.0), 400, PlainType())]
    assert labels == ["0.1", "1", "10", "100", "1\u2009000", "10\u2009000"]
    assert len(decade_ticks((-1.0, 4.0), 120, PlainType())) <= 3


@given(st.floats(-2, 4), st.floats(0.1, 6), st.integers(150, 1200))
def test_an_axis_in_decades_always_has_ticks_inside_that_don_t_touch(low, length, width):
    sizes = PlainType()
    ticks = decade_ticks((low, low + length), width, sizes)
    places = np.array([place for place, _ in ticks])
    assert len(ticks) >= (2 if length > 1 and width > 400 else 1)
    assert ((places >= low - 1e-6) & (places <= low + length + 1e-6)).all()
    if length > 2:
        assert (np.diff(places) / length * width >= [sizes.text_width(label, 10) for _, label in ticks[:-1]]).all()
