"""Image stacks and pictures, which take the whole canvas: how they are told from the time line, and fitted."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer

from napari_phy.layers.session_tag import IN_IMAGE, kind_of, session_of

FRAMES = "frame"  # of the slider, until the stack has a clock
_LENGTH = "micrometer"
CUT = 0.02  # of the canvas: no more than that is beyond its edges where somebody sees the whole


def has_stack(layers: Iterable[Layer]) -> bool:
    """Tell whether ours would lie over the Y and X of a picture.

    A layer has more than two dimensions, is in units of length or in colour, or is the probe in an image.
    """
    return any(layer.ndim > 2 or _is_in_space(layer) for layer in layers)


def _is_in_space(layer: Layer) -> bool:
    if session_of(layer) is not None:
        return kind_of(layer) == IN_IMAGE
    return getattr(layer, "rgb", False) is True or all(unit.is_compatible_with(_LENGTH) for unit in layer.units)


def name_slider(viewer: ViewerModel) -> None:
    """Name the slider of a stack, unless somebody else has named an axis."""
    labels = viewer.dims.axis_labels
    if labels == ("-3", "-2", "-1"):
        viewer.dims.axis_labels = (FRAMES, *labels[1:])


class StackCamera:
    """Fits an image stack into the canvas as napari does, until the user has moved the camera.

    Where a part of the stack is out of sight from the beginning, somebody has chosen that.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._fitted = self._place() if has_stack(viewer.layers) and self._shows_all() else None

    def fit(self) -> None:
        """Show all of a stack that has just come."""
        self._viewer.fit_to_view()
        self._fitted = self._place()

    def fit_again(self) -> None:
        """Show all of it in a canvas of another size."""
        if self._fitted == self._place():
            self.fit()

    def _place(self) -> tuple[float, ...]:
        camera = self._viewer.scene.camera
        return (*camera.center, camera.zoom)

    def _shows_all(self) -> bool:
        viewer = self._viewer
        if viewer.dims.ndisplay != 2:
            return False
        camera = viewer.scene.camera
        reach = np.asarray(viewer.canvas.size) * (0.5 + CUT) / camera.zoom
        corners = viewer.layers.extent.world[:, list(viewer.dims.displayed)] - np.asarray(camera.center[-2:])
        return bool((np.abs(corners) <= reach).all())
