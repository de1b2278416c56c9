"""Many thin polylines in one draw, each vertex with a palette entry."""

import numpy as np
import numpy.typing as npt
from vispy import gloo
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual

from napari_phy.widgets.canvas.palette import PALETTE_SIZE

_VERTEX = f"""
attribute vec2 a_position;
attribute float a_slot;
uniform sampler2D u_palette;
varying vec4 v_color;
void main() {{
    v_color = texture2D(u_palette, vec2((a_slot + 0.5) / {PALETTE_SIZE}.0, 0.5));
    gl_Position = $transform(vec4(a_position, 0.0, 1.0));
    if (v_color.a < 0.004) {{ gl_Position = vec4(2.0, 2.0, 2.0, 1.0); }}  // outside the clip volume
}}
"""

_FRAGMENT = "varying vec4 v_color; void main() { gl_FragColor = v_color; }"


def segments(n_lines: int, n_points: int) -> npt.NDArray[np.uint32]:
    """Return (n_lines * (n_points − 1), 2) vertex pairs of polylines that lie one after the other."""
    first = np.arange(n_lines, dtype=np.uint32)[:, None] * n_points + np.arange(n_points - 1, dtype=np.uint32)
    return np.stack([first, first + 1], axis=-1).reshape(-1, 2)


class PaletteLinesVisual(Visual):
    """Polylines of equal length; recolouring uploads the palette only."""

    def __init__(self) -> None:
        super().__init__(_VERTEX, _FRAGMENT)
        self.unfreeze()
        self._positions = gloo.VertexBuffer(np.zeros((2, 2), np.float32))
        self._slots = gloo.VertexBuffer(np.zeros(2, np.float32))
        self._palette = gloo.Texture2D(np.zeros((1, PALETTE_SIZE, 4), np.float32), interpolation="nearest")
        self._pairs = gloo.IndexBuffer(np.zeros((1, 2), np.uint32))
        self._shape = (0, 0)
        self.freeze()
        self.shared_program["a_position"] = self._positions
        self.shared_program["a_slot"] = self._slots
        self.shared_program["u_palette"] = self._palette
        self._draw_mode = "lines"
        self._index_buffer = self._pairs
        self.set_gl_state("translucent", depth_test=False, cull_face=False)

    def set_data(self, lines: npt.ArrayLike, slots: npt.ArrayLike) -> None:
        """Take (n_lines, n_points, 2) positions and one palette entry a line."""
        lines = np.ascontiguousarray(lines, np.float32)
        n_lines, n_points = lines.shape[:2]
        if n_lines and n_points > 1:
            self._positions.set_data(lines.reshape(-1, 2))
            self._slots.set_data(np.repeat(np.asarray(slots, np.float32), n_points))
            if (n_lines, n_points) != self._shape:
                self._pairs.set_data(segments(n_lines, n_points))
        self._shape = (n_lines, n_points)
        self.update()

    def set_palette(self, palette: npt.NDArray[np.float32]) -> None:
        """Recolour every line: (PALETTE_SIZE, 4) float32 RGBA."""
        self._palette.set_data(palette[None])
        self.update()

    def _prepare_transforms(self, view) -> None:
        view.view_program.vert["transform"] = view.transforms.get_transform()

    def _prepare_draw(self, view) -> bool:
        return self._shape[0] > 0 and self._shape[1] > 1


PaletteLines = create_visual_node(PaletteLinesVisual)
