"""Drift as a picture: cells shaded by amplitude and density, and discs for the spikes of chosen clusters."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_phy.core.colors import is_hollow
from napari_phy.table.value_range import ValueRange
from napari_phy.views.drift import DriftCells, DriftPoints
from napari_phy.views.frame import Frame
from napari_phy.widgets.base.color_scale import ColorScale, ramp_stops
from napari_phy.widgets.docks.raster_image import bgr

CELL_PX = 2  # logical px of a cell's side
DISC_PX = 1.6  # radius
FLOOR = 0.45  # opacity of a single spike where cells hold many
FAINTEST = 0.3  # of the ramp: the colour of the smallest amplitude, told apart from the background
N_SHADES = 64
BUSY = 0.995  # of the cells with spikes: the number that has the last colour


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


def drift_scale(ramp: Sequence[str], ends: ValueRange, unit: str, *, by_number: bool) -> ColorScale | None:
    """Return what the colours of `draw_cells` stand for; None where no cell has more than one spike."""
    if by_number and ends.high <= 1:
        return None
    if by_number:
        first = float(np.log1p(ends.low) / np.log1p(ends.high))
        return ColorScale("spikes a cell, log", *ends.labels(), ramp_stops(ramp, FAINTEST + (1 - FAINTEST) * first))
    return ColorScale("amplitude", *ends.labels(unit), ramp_stops(ramp, FAINTEST))


def draw_colors(
    image: npt.NDArray[np.uint8], counts: npt.NDArray[np.int32], colors: npt.NDArray[np.floating], cell_px: int
) -> None:
    """Draw cells in (n_columns, n_rows, 3) blue, green and red, the more opaque the more spikes."""
    from napari_phy.widgets.docks._drift import fill_cells

    filled = counts[counts > 0]
    opaque = max(1.0, 2.0 * float(filled.mean()) - 1.0) if len(filled) else 1.0
    fill_cells(image, counts, colors, opaque, FLOOR, cell_px)


def _shaded(shares: npt.NDArray[np.floating], ramp: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    places: npt.NDArray[np.float64] = np.rint(shares * (len(ramp) - 1))
    return ramp[places.astype(np.intp)]


def draw_points(
    image: npt.NDArray[np.uint8], points: DriftPoints, frame: Frame, colors: Sequence[str], scale: float
) -> None:
    """Draw the chosen spikes over a picture of a frame, `scale` of its pixels a logical one."""
    from napari_phy.widgets.docks._drift import fill_discs

    if not len(points.places):
        return
    place = frame.to_px(np.column_stack([points.times_s, points.depths_um])) - (frame.left, frame.top)
    columns, lines = np.floor(place.T * scale).astype(np.int64)
    palette = np.array([bgr(color) for color in colors], dtype=np.uint8)
    rings = np.array([is_hollow(place) for place in range(len(colors))])
    fill_discs(image, lines, columns, palette[points.places], DISC_PX * scale, rings[points.places])
