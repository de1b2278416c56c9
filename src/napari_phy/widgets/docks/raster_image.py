"""A raster as a picture: pixels are counted, never spikes drawn, so that it costs the same however many there are."""

import math

import numpy as np
import numpy.typing as npt
from qtpy.QtGui import QColor

from napari_phy.table.value_range import ValueRange
from napari_phy.views.raster import Marker
from napari_phy.widgets.base.color_scale import ColorScale, blended

TICK = 0.7  # of the height of a row
DOT_PX = 2.4  # radius, in device px of a screen without scaling
FLOOR, SELECTED_FLOOR = 0.35, 0.6  # opacity of a single spike where pixels hold many
FEW = 4.0  # spikes a pixel that are opaque: below, a scale would tell nothing


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
) -> float:
    """Draw the rows over a picture; return from how many spikes on a pixel is opaque.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, n_columns, 4)
        Blue, green, red and nothing.
    counts : ndarray of int32, shape (n_columns, n_slots)
        Spikes of each slot in each column of pixels.
    rows_of_slots : ndarray of int32, shape (n_slots,)
        Row of each slot, −1 for none.
    colors : list of str
        Colour of each row.
    selected : ndarray of bool
        Whether each row is selected.
    row_px, scroll_px : float
        Height of a row and how far they are moved up, in pixels of the picture.
    scale : float, default 1.0
        Device px a logical one.
    """
    from napari_phy.widgets.docks._raster import count_rows, draw_bars, draw_discs, typical_count

    first = max(0, int(scroll_px // row_px))
    last = min(len(colors), int(np.ceil((scroll_px + image.shape[0]) / row_px)))
    if first >= last:
        return 1.0
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
    return float(opaque)


def opacity(n_spikes: float, opaque: float, *, selected: bool = False) -> float:
    """Return how opaque a pixel of some spikes is, where those of `opaque` are so."""
    floor = SELECTED_FLOOR if selected else FLOOR
    return floor + (1 - floor) * min(1.0, math.sqrt(n_spikes / opaque))


def numbers_scale(opaque: float, color: str, view: str) -> ColorScale | None:
    """Return what the opacity of rows stands for; None where nearly no pixel has more than one spike."""
    if opaque < FEW:
        return None
    places = np.linspace(0, 1, 9).tolist()
    alphas = [opacity(1 + place * (opaque - 1), opaque) for place in places]
    stops = tuple((place, blended(view, color, alpha)) for place, alpha in zip(places, alphas, strict=True))
    return ColorScale("spikes a pixel", *ValueRange(1, opaque, is_above=True).labels(), stops)


def bgr(color: str) -> tuple[int, int, int]:
    """Return blue, green and red of '#rrggbb', as Qt keeps them."""
    found = QColor(color)
    return found.blue(), found.green(), found.red()
