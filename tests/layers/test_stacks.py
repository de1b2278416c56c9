"""What napari calls the slider of an image stack."""

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_phy.layers.stacks import has_stack, name_slider


@pytest.mark.parametrize(
    ("shape", "own", "labels"),
    [
        ((4, 5, 6), None, ("frame", "-2", "-1")),
        ((4, 5, 6), ("z", "y", "x"), ("z", "y", "x")),
        ((3, 4, 5, 6), None, ("-4", "-3", "-2", "-1")),
        ((5, 6), None, ("-2", "-1")),
    ],
)
def test_the_slider_of_a_stack_is_named_where_nobody_has_named_an_axis(shape, own, labels):
    viewer = ViewerModel()
    viewer.add_image(np.zeros(shape), axis_labels=own)
    name_slider(viewer)
    assert viewer.dims.axis_labels == labels
    assert has_stack(viewer.layers) == (len(shape) > 2)


@pytest.mark.parametrize(
    ("picture", "is_in_space"),
    [
        ({"data": np.zeros((5, 6))}, False),
        ({"data": np.zeros((5, 6)), "units": ("um", "mm")}, True),
        ({"data": np.zeros((5, 6)), "units": ("pixel", "s")}, False),
        ({"data": np.zeros((5, 6, 3), np.uint8), "rgb": True}, True),
    ],
)
def test_a_flat_picture_has_the_canvas_where_it_is_surely_in_space(picture, is_in_space):
    viewer = ViewerModel()
    viewer.add_image(**picture)
    assert has_stack(viewer.layers) == is_in_space
