"""Many thin polylines in one draw, each with a palette entry; the same width on every display."""

import numpy as np
import numpy.typing as npt
from vispy import gloo
from vispy.scene.visuals import create_visual_node

from napari_phy.widgets.plots.palette import PALETTE_SIZE, PaletteVisual

# Each segment is a thin box: OpenGL's own lines are one device px wide, or worse, as the driver likes.
_VERTEX = f"""
attribute vec2 a_start;
attribute vec2 a_end;
attribute vec2 a_corner;  // 0 or 1 along, -1 or 1 across
attribute float a_slot;
uniform sampler2D u_palette;
uniform float u_width;
uniform float u_pixel_scale;
varying vec4 v_color;
varying float v_across;
void main() {{
    v_color = texture2D(u_palette, vec2((a_slot + 0.5) / {PALETTE_SIZE}.0, 0.5));
    vec2 along = a_end - a_start;
    float size = max(length(along), 1e-6);
    along /= size;
    v_across = a_corner.y * (0.5 * u_width + 1.0 / u_pixel_scale);
    vec2 position = mix(a_start, a_end, a_corner.x) + vec2(-along.y, along.x) * v_across;
    gl_Position = $transform(vec4(position, 0.0, 1.0));
    if (v_color.a < 0.004) {{ gl_Position = vec4(2.0, 2.0, 2.0, 1.0); }}  // outside the clip volume
}}
"""

_FRAGMENT = """
uniform float u_width;
uniform float u_pixel_scale;
varying vec4 v_color;
varying float v_across;
void main() {
    float cover = clamp((0.5 * u_width - abs(v_across)) * u_pixel_scale + 0.5, 0.0, 1.0);
    gl_FragColor = vec4(v_color.rgb, v_color.a * cover);
}
"""

_CORNERS = np.array([(0, -1), (1, -1), (1, 1), (0, 1)], np.float32)
_TRIANGLES = np.array([(0, 1, 2), (0, 2, 3)], np.uint32)


def segment_ends(lines: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the starts and ends, (n_lines * (n_points − 1), 2) each, of the segments of (n, n_points, 2) lines."""
    return lines[:, :-1].reshape(-1, 2), lines[:, 1:].reshape(-1, 2)


class PaletteLinesVisual(PaletteVisual):
    """Polylines of equal length in logical px."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__(_VERTEX, _FRAGMENT, "triangles")
        self.unfreeze()
        self._starts = gloo.VertexBuffer(np.zeros((4, 2), np.float32))
        self._ends = gloo.VertexBuffer(np.zeros((4, 2), np.float32))
        self._corners = gloo.VertexBuffer(_CORNERS)
        self._slots = gloo.VertexBuffer(np.zeros(4, np.float32))
        self._triangles = gloo.IndexBuffer(_TRIANGLES)
        self.freeze()
        self.shared_program["a_start"] = self._starts
        self.shared_program["a_end"] = self._ends
        self.shared_program["a_corner"] = self._corners
        self.shared_program["a_slot"] = self._slots
        self.shared_program["u_width"] = width
        self._index_buffer = self._triangles

    def set_data(self, lines: npt.ArrayLike, slots: npt.ArrayLike) -> None:
        """Take (n_lines, n_points, 2) positions and one palette entry a line."""
        lines = np.asarray(lines, np.float32)
        starts, ends = segment_ends(lines)
        n_segments = len(starts)
        if n_segments:
            self._starts.set_data(np.repeat(starts, 4, axis=0))
            self._ends.set_data(np.repeat(ends, 4, axis=0))
            self._slots.set_data(np.repeat(np.asarray(slots, np.float32), 4 * (lines.shape[1] - 1)))
            if n_segments != self._n_marks:
                self._corners.set_data(np.tile(_CORNERS, (n_segments, 1)))
                first = 4 * np.arange(n_segments, dtype=np.uint32)[:, None, None]
                self._triangles.set_data((first + _TRIANGLES).reshape(-1, 3))
        self._n_marks = n_segments
        self.update()


PaletteLines = create_visual_node(PaletteLinesVisual)
