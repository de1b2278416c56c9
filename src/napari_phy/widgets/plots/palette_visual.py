"""What our visuals share: marks that hold a small integer each, which a palette texture turns into a colour."""

import numpy as np
import numpy.typing as npt
from vispy import gloo
from vispy.visuals import Visual
from vispy.visuals.visual import VisualView

from napari_phy.widgets.plots.palette import PALETTE_SIZE


class PaletteVisual(Visual):
    """Recolouring any number of marks uploads the palette only; alpha 0 hides a group for nothing.

    The shaders have `sampler2D u_palette` and `float u_pixel_scale`; `$transform` places a vertex.
    """

    def __init__(self, vertex: str, fragment: str, draw_mode: str) -> None:
        super().__init__(vertex, fragment)
        self.unfreeze()
        self._palette = palette_texture()
        self._n_marks = 0
        self.freeze()
        self.shared_program["u_palette"] = self._palette
        self.shared_program["u_pixel_scale"] = 1.0
        self._draw_mode = draw_mode
        self.set_gl_state("translucent", depth_test=False, cull_face=False)

    def set_palette(self, palette: npt.NDArray[np.float32]) -> None:
        """Recolour every mark: (PALETTE_SIZE, 4) float32 RGBA."""
        self._palette.set_data(palette[None])
        self.update()

    def set_pixel_scale(self, scale: float) -> None:
        """Draw for a display with `scale` device pixels a logical one."""
        self.shared_program["u_pixel_scale"] = float(scale)

    def _prepare_transforms(self, view: VisualView) -> None:
        view.view_program.vert["transform"] = view.transforms.get_transform()

    def _prepare_draw(self, view: VisualView) -> bool:
        return self._n_marks > 0


def palette_texture() -> gloo.Texture2D:
    """Return an empty texture of one row of entries."""
    return gloo.Texture2D(np.zeros((1, PALETTE_SIZE, 4), np.float32), interpolation="nearest")
