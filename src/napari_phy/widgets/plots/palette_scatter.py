"""Round marks whose colour, size and form live in palette textures."""

import numpy as np
import numpy.typing as npt
from vispy import gloo
from vispy.scene.visuals import create_visual_node

from napari_phy.widgets.plots.palette import PALETTE_SIZE, SIZE_UNIT, PaletteVisual, palette_texture

_VERTEX = f"""
attribute vec2 a_position;
attribute float a_slot;
uniform sampler2D u_palette;
uniform sampler2D u_style;
uniform float u_pixel_scale;
varying vec4 v_color;
varying float v_size;
varying float v_hollow;
void main() {{
    vec2 entry = vec2((a_slot + 0.5) / {PALETTE_SIZE}.0, 0.5);
    v_color = texture2D(u_palette, entry);
    vec4 style = texture2D(u_style, entry);
    v_size = floor(style.r * {SIZE_UNIT} * 10.0 + 0.5) / 10.0 * u_pixel_scale;
    v_hollow = style.g;
    gl_Position = $transform(vec4(a_position, 0.0, 1.0));
    gl_PointSize = v_size + 2.0;
    if (v_color.a < 0.004) {{ gl_Position = vec4(2.0, 2.0, 2.0, 1.0); }}  // outside the clip volume
}}
"""

_FRAGMENT = """
varying vec4 v_color;
varying float v_size;
varying float v_hollow;
uniform float u_pixel_scale;
void main() {
    float from_centre = length(gl_PointCoord - vec2(0.5)) * (v_size + 2.0);
    float radius = 0.5 * v_size;
    float cover = clamp(radius - from_centre + 0.5, 0.0, 1.0);
    if (v_hollow > 0.5) {
        float ring = 1.2 * u_pixel_scale;
        cover = min(cover, clamp(from_centre - (radius - ring) + 0.5, 0.0, 1.0));
    }
    if (cover <= 0.0) { discard; }
    gl_FragColor = vec4(v_color.rgb, v_color.a * cover);
}
"""


class PaletteScatterVisual(PaletteVisual):
    """Marks at data positions, drawn in the order given."""

    def __init__(self) -> None:
        super().__init__(_VERTEX, _FRAGMENT, "points")
        self.unfreeze()
        self._positions = gloo.VertexBuffer(np.zeros((1, 2), np.float32))
        self._slots = gloo.VertexBuffer(np.zeros(1, np.float32))
        self._style = palette_texture()
        self.freeze()
        self.shared_program["a_position"] = self._positions
        self.shared_program["a_slot"] = self._slots
        self.shared_program["u_style"] = self._style

    def set_data(self, positions: npt.ArrayLike, slots: npt.ArrayLike) -> None:
        """Take (n, 2) positions and n palette entries."""
        positions = np.ascontiguousarray(positions, np.float32).reshape(-1, 2)
        self._n_marks = len(positions)
        if self._n_marks:
            self._positions.set_data(positions)
            self._slots.set_data(np.ascontiguousarray(slots, np.float32))
        self.update()

    def set_style(self, style: npt.NDArray[np.float32]) -> None:
        """Give every palette entry a size and a form."""
        self._style.set_data(style[None])
        self.update()


PaletteScatter = create_visual_node(PaletteScatterVisual)
