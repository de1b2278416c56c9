"""A raster as a picture: pixels are counted, never spikes drawn, so that it costs the same however many there are."""

from typing import Literal

import numpy as np
import numpy.typing as npt
from qtpy.QtGui import QColor

Marker = Literal["bar", "dot"]

TICK = 0.7  # of the height of a row
DOT_PX = 2.4  # radius, in device px of a screen without scaling
FLOOR, SELECTED_FLOOR = 0.35, 0.6  # opacity of a single spike where pixels hold many


def draw_raster(
    image: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int32],
    rows_of_slots: npt.NDArray[np.int32],
    colors: list[str],
    selected: npt.NDArray[np.bool_],
    row_px: float,
    scroll_px: float,
    marker: Marker = "bar",
    scale: float = 1.0,
) -> None:
    """Draw the rows over a picture.

    Parameters
    ----------
    image : (height, n_columns, 4) blue, green, red and nothing.
    counts : (n_columns, n_slots).
    rows_of_slots : (n_slots,) row of each slot, −1 for none.
    colors, selected : of each row.
    row_px, scroll_px : height of a row and how far they are moved up, in pixels of the picture.
    scale : device px a logical one.
    """
    from napari_phy.widgets.canvas._raster import count_rows, draw_bars, draw_discs, typical_count

    first = max(0, int(scroll_px // row_px))
    last = min(len(colors), int(np.ceil((scroll_px + image.shape[0]) / row_px)))
    if first >= last:
        return
    rows = np.where((rows_of_slots >= first) & (rows_of_slots < last), rows_of_slots - first, -1).astype(np.int32)
    of_rows = count_rows(counts, rows, last - first)
    middles = (np.arange(first, last) + 0.5) * row_px - scroll_px
    tops = np.floor(middles - TICK * row_px / 2 + 0.5).astype(np.int64)
    bottoms = np.maximum(tops + 1, np.floor(middles + TICK * row_px / 2 + 0.5).astype(np.int64))
    palette = np.array([bgr(color) for color in colors[first:last]], dtype=np.float64)
    chosen = selected[first:last]
    order = np.argsort(chosen, kind="stable")  # those above all others where rows share a pixel
    bottoms = np.where(chosen, np.maximum(bottoms, tops + max(2, round(2 * scale))), bottoms)
    floors = np.where(chosen, SELECTED_FLOOR, FLOOR)
    opaque = typical_count(of_rows)
    if marker == "bar":
        draw_bars(image, of_rows, order, tops, bottoms, palette, floors, opaque)
    else:
        radius = max(0.5, min(DOT_PX * scale, TICK * row_px / 2))
        draw_discs(image, of_rows, order, tops, bottoms, palette, floors, opaque, radius)


def bgr(color: str) -> tuple[int, int, int]:
    """Return blue, green and red of '#rrggbb', as Qt keeps them."""
    found = QColor(color)
    return found.blue(), found.green(), found.red()
