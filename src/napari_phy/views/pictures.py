"""Traces, rasters and drift as pictures: arrays of pixels, without Qt.

Columns of pixels are covered and spikes are counted, never drawn one by one, so that a picture takes the same time
however many samples and spikes there are: 384 channels on a large screen take some 30 ms on one core.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_phy.core.colors import is_hollow
from napari_phy.core.compiled import ReadyLoop
from napari_phy.table.value_range import ValueRange
from napari_phy.views.drift import DriftCells, DriftPoints
from napari_phy.views.frame import Frame
from napari_phy.views.raster import Marker
from napari_phy.views.trace_lines import Columns

N_SPANS_NUMPY = 50_000  # of lines in columns of pixels; for more numba is loaded
TICK = 0.7  # of the height of a row of a raster
DOT_PX = 2.4  # radius, in device px of a screen without scaling
FLOOR, SELECTED_FLOOR = 0.35, 0.6  # opacity of a single spike where pixels of a raster hold many

DISC_PX = 1.6  # radius of a spike in drift
CELL_FLOOR = 0.45  # opacity of a single spike where cells of drift hold many
FAINTEST = 0.3  # of the ramp: the colour of the smallest amplitude, distinguishable from the background
N_SHADES = 64
BUSY = 0.995  # of the cells with spikes: the number that has the last colour

Float32 = npt.NDArray[np.float32]

_draw_lines = ReadyLoop("napari_phy.views._picture_loops", "draw_lines")


def bgr(color: str) -> tuple[int, int, int]:
    """Return blue, green and red of '#rrggbb', as Qt keeps them."""
    blue, green, red = (int(color[place : place + 2], 16) for place in (5, 3, 1))
    return blue, green, red


def blank(width: int, height: int, color: str) -> npt.NDArray[np.uint8]:
    """Return a picture `(height, width, 4)` of one colour: blue, green, red and nothing."""
    image = np.empty((height, width, 4), dtype=np.uint8)
    image[...] = (*bgr(color), 255)
    return image


# --- traces ---


def draw_traces(
    image: npt.NDArray[np.uint8],
    low: Float32,
    high: Float32,
    lines: npt.NDArray[np.float64],
    columns: Columns,
    width: float,
) -> None:
    """Draw lines of some width in pixels over a picture.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 4)
        Blue, green, red and nothing.
    low, high : ndarray of float32, shape (n_rows, n_bins)
        The smallest and the largest value of each bin.
    lines : ndarray of float64
        Lines of `make_lines`; those that come later lie above.
    """
    inside = np.clip(lines[:, 1], 0, low.shape[1])
    lines = lines.copy()
    lines[:, 2] = np.clip(lines[:, 1] + lines[:, 2], 0, low.shape[1]) - inside
    lines[:, 1] = inside
    lines[:, 5:8] = lines[:, 7:4:-1]  # Qt keeps blue first
    if len(lines := lines[lines[:, 2] > 0]):
        n_spans = len(lines) + float(np.minimum(lines[:, 2] / columns.bins_per_column, image.shape[1]).sum())
        given = image, low, high, lines, columns.first_bin, columns.bins_per_column, width / 2
        loop = _draw_lines.find(*given, is_worth_loading=n_spans > N_SPANS_NUMPY)
        if loop is not None:
            loop(*given)
        else:
            from napari_phy.views._picture_arrays import draw_lines

            draw_lines(*given)


# --- rasters ---


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
    from napari_phy.views._picture_loops import count_rows, draw_bars, draw_dots, typical_count

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
        draw_dots(image, of_rows, order, tops, bottoms, palette, floors, opaque, radius)
    return float(opaque)


def opacity(n_spikes: float, opaque: float, *, selected: bool = False) -> float:
    """Return how opaque a pixel of some spikes is, where those of `opaque` are so."""
    floor = SELECTED_FLOOR if selected else FLOOR
    return floor + (1 - floor) * min(1.0, math.sqrt(n_spikes / opaque))


# --- drift ---


def ramp_of(colors: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return (N_SHADES, 3) blue, green and red, from the smallest amplitude to the largest."""
    stops = np.array([bgr(color) for color in colors], dtype=np.float64)
    places = np.linspace(FAINTEST, 1, N_SHADES) * (len(stops) - 1)
    return np.stack([np.interp(places, np.arange(len(stops)), stops[:, part]) for part in range(3)], axis=1)


def draw_cells(
    image: npt.NDArray[np.uint8],
    cells: DriftCells,
    ramp: npt.NDArray[np.float64],
    cell_px: int,
    *,
    by_number: bool = False,
) -> None:
    """Draw the density over a picture `(height, width, 4)`, `cell_px` of its pixels a cell.

    Colours are amplitudes, the more opaque the more spikes; or the logarithm of the number of spikes.
    """
    if by_number:
        shades = np.minimum(1, np.log1p(cells.counts) / np.log1p(numbers_of(cells).high))
        draw_colors(image, np.minimum(cells.counts, 1), _shaded(shades, ramp), cell_px)
    else:
        draw_colors(image, cells.counts, _shaded(cells.amplitudes, ramp), cell_px)


def numbers_of(cells: DriftCells) -> ValueRange:
    """Return how many spikes the first and the last colour stand for."""
    filled = cells.counts[cells.counts > 0]
    most = max(1.0, float(np.quantile(filled, BUSY))) if len(filled) else 1.0
    return ValueRange(1.0, most, is_above=bool(filled.max(initial=0) > most))


def draw_colors(
    image: npt.NDArray[np.uint8], counts: npt.NDArray[np.int32], colors: npt.NDArray[np.floating], cell_px: int
) -> None:
    """Draw cells in (n_columns, n_rows, 3) blue, green and red, the more opaque the more spikes."""
    from napari_phy.views._picture_loops import fill_cells

    filled = counts[counts > 0]
    opaque = max(1.0, 2.0 * float(filled.mean()) - 1.0) if len(filled) else 1.0
    fill_cells(image, counts, colors, opaque, CELL_FLOOR, cell_px)


def _shaded(shares: npt.NDArray[np.floating], ramp: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    places: npt.NDArray[np.float64] = np.rint(shares * (len(ramp) - 1))
    return ramp[places.astype(np.intp)]


def draw_points(
    image: npt.NDArray[np.uint8], points: DriftPoints, frame: Frame, colors: Sequence[str], scale: float
) -> None:
    """Draw the chosen spikes over a picture of a frame, `scale` of its pixels a logical one."""
    from napari_phy.views._picture_loops import fill_discs

    if not len(points.places):
        return
    place = frame.to_px(np.column_stack([points.times_s, points.depths_um])) - (frame.left, frame.top)
    columns, lines = np.floor(place.T * scale).astype(np.int64)
    palette = np.array([bgr(color) for color in colors], dtype=np.uint8)
    rings = np.array([is_hollow(place) for place in range(len(colors))])
    fill_discs(image, lines, columns, palette[points.places], DISC_PX * scale, rings[points.places])
