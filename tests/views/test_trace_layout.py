"""Where channels are: their order from the top, and which of them are in sight."""

import numpy as np
import pytest

from napari_phy.views.trace_layout import TraceLayout, channel_order, number_places, scroll_to_row
from napari_phy.views.trace_source import TraceSource

NOBODY = np.empty(0, np.int64)


def source(depths):
    columns = np.arange(3)
    return TraceSource(np.zeros((10, 3)), 1000.0, columns, np.array([7, 5, 9]), depths)


@pytest.mark.parametrize(
    ("order", "depths", "best", "found"),
    [
        ("number", [30.0, 10.0, 20.0], NOBODY, [1, 0, 2]),
        ("depth", [30.0, 10.0, 20.0], NOBODY, [0, 2, 1]),
        ("depth", None, NOBODY, [1, 0, 2]),  # nobody knows it
        ("best", [30.0, 10.0, 20.0], np.array([2, 0]), [2, 0]),
        ("best", None, NOBODY, [1, 0, 2]),
    ],
)
def test_channels_are_in_the_order_that_was_asked_for_or_by_their_numbers(order, depths, best, found):
    given = source(None if depths is None else np.array(depths))
    assert channel_order(given, order, best).tolist() == found


@pytest.mark.parametrize(
    ("row", "scroll_px", "found"),
    [
        (7, 100.0, 100.0),  # in sight
        (7, 104.0, 100.0),  # whole rows
        (2, 100.0, -40.0),  # it would be in the middle; `clamped_scroll` leaves no room above the first row
        (30, 100.0, 520.0),
    ],
)
def test_a_row_out_of_sight_comes_into_the_middle_and_others_move_nothing(row, scroll_px, found):
    layout = TraceLayout(0.0, 0.0, 300.0, 200.0, 0.0, 1.0, np.arange(40), row_px=20.0, scroll_px=scroll_px)
    assert scroll_to_row(layout, row, scroll_px) == found


def test_channels_half_in_sight_have_their_number_inside():
    order = np.arange(20)
    half = TraceLayout(40.0, 4.0, 300.0, 200.0, 0.0, 1.0, order, row_px=20.0, scroll_px=10.0)
    places = number_places(half, 14.0)
    assert [row for row, _ in places] == list(range(11))
    assert places[0][1] == 4 + 6
    assert places[-1][1] == 204 - 6
    gone = TraceLayout(40.0, 4.0, 300.0, 200.0, 0.0, 1.0, order, row_px=20.0, scroll_px=18.0)
    assert number_places(gone, 14.0)[0][0] == 1
    tight = TraceLayout(40.0, 4.0, 300.0, 200.0, 0.0, 1.0, order, row_px=14.0, scroll_px=7.0)
    assert (np.diff([y for _, y in number_places(tight, 14.0)]) >= 0.7 * 14).all()
