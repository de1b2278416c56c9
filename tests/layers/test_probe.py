"""What an image tells of its pixels, and where landmarks lie in them."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Points

from napari_phy.core.errors import PlacementError
from napari_phy.core.probe_placement import place_by_landmarks
from napari_phy.layers.probe import landmarks_in, pixel_um_of


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def picture(viewer):
    return viewer.add_image(np.zeros((300, 400)), name="slice", scale=(2, 2), translate=(10, 20), units=("um", "um"))


def test_landmarks_are_read_in_the_pixels_of_the_image(viewer, picture):
    pixels = np.array([[10.0, 20.0], [100.0, 50.0], [30.0, 300.0]])
    points = viewer.add_points(pixels * 2 + (10, 20), ndim=2)
    np.testing.assert_allclose(landmarks_in(picture, points, 2), pixels)
    deep = Points(np.column_stack([[1, 2, 3], pixels * 2 + (10, 20)]))
    np.testing.assert_allclose(landmarks_in(picture, deep, 2), pixels)
    with pytest.raises(PlacementError, match="flat"):
        landmarks_in(picture, points, 3)
    found = place_by_landmarks([[0, 0], [0, 100], [50, 0]], landmarks_in(picture, points, 2), pixel_um_of(picture, 2))
    np.testing.assert_allclose(found.to_image([[0, 0], [0, 100], [50, 0]]), pixels)


def test_the_size_of_a_pixel_is_that_of_the_units_or_typed(viewer, picture):
    np.testing.assert_array_equal(pixel_um_of(picture, 2), (2, 2))
    other = viewer.add_image(np.zeros((4, 5, 6)), scale=(5, 0.001, 0.002), units=("s", "mm", "mm"))
    np.testing.assert_allclose(pixel_um_of(other, 2), (1, 2))
    assert pixel_um_of(other, 3) is None
    np.testing.assert_allclose(pixel_um_of(other, 2, 3.0), (1.5, 3))
    assert pixel_um_of(viewer.add_image(np.zeros((4, 5))), 2) is None
