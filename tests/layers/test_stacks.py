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
