"""Marks that hold a small integer each, which palette textures turn into colour, size and form."""

import numpy as np
import numpy.typing as npt
from qtpy.QtGui import QColor
from vispy import gloo
from vispy.visuals import Visual
from vispy.visuals.visual import VisualView

PALETTE_SIZE = 1024
SIZE_UNIT = 32.0  # px that a style value of 1 stands for


def rgba(color: str, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """Return 0…1 components of '#rrggbb'."""
    parts = QColor(color)
    return parts.redF(), parts.greenF(), parts.blueF(), alpha


def palette_of(colors: list[tuple[float, float, float, float]]) -> npt.NDArray[np.float32]:
    """Return a (PALETTE_SIZE, 4) palette; entries without a colour are invisible."""
    palette = np.zeros((PALETTE_SIZE, 4), dtype=np.float32)
    count = min(len(colors), PALETTE_SIZE)
    if count:
        palette[:count] = colors[:count]
    return palette


def style_of(sizes: list[float], hollow: list[bool]) -> npt.NDArray[np.float32]:
    """Return a (PALETTE_SIZE, 4) texture of diameters in px and of rings instead of discs."""
    style = np.zeros((PALETTE_SIZE, 4), dtype=np.float32)
    count = min(len(sizes), PALETTE_SIZE)
    style[:count, 0] = np.array(sizes[:count]) / SIZE_UNIT
    style[:count, 1] = hollow[:count]
    style[:, 3] = 1
    return style


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
