"""Which axis of a layer is time."""

import numpy as np
import pytest
from napari.layers import Image, Points, Tracks

from napari_phy.layers.timed_layer import find_time_axis, n_frames_of


@pytest.mark.parametrize(
    ("shape", "options", "axis"),
    [
        ((9, 4, 5), {}, 0),
        ((9, 3, 4, 5), {}, 0),
        ((4, 5), {}, None),
        ((9, 4, 5), {"axis_labels": ("z", "y", "x")}, None),
        ((3, 9, 4, 5), {"axis_labels": ("z", "T", "y", "x")}, 1),
        ((3, 9, 4, 5), {"axis_labels": ("c", "time", "y", "x")}, 1),
        ((3, 9, 4, 5), {"units": ("um", "ms", "um", "um")}, 1),
        ((4, 5, 9), {"units": ("um", "um", "s")}, 2),
        ((3, 9, 4, 5), {"axis_labels": ("z", "-3", "y", "x")}, 1),
        ((9, 4, 5), {"units": ("um", "um", "um")}, None),
    ],
)
def test_the_time_axis_is_found_by_name_by_unit_or_as_the_first_of_three(shape, options, axis):
    layer = Image(np.zeros(shape), **options)
    assert find_time_axis(layer) == axis
    if axis is not None:
        assert n_frames_of(layer, axis) == 9


def test_colours_are_no_axis():
    assert find_time_axis(Image(np.zeros((4, 5, 3), dtype=np.uint8), rgb=True)) is None
    assert find_time_axis(Image(np.zeros((9, 4, 5, 3), dtype=np.uint8), rgb=True)) == 0


def test_coordinates_have_as_many_frames_as_the_last_one_needs():
    points = Points(np.array([[0, 1, 2], [8, 3, 4]]))
    tracks = Tracks(np.array([[1, 0, 1, 2], [1, 8, 3, 4]]))
    assert [find_time_axis(points), find_time_axis(tracks)] == [0, 0]
    assert [n_frames_of(points, 0), n_frames_of(tracks, 0)] == [9, 9]
