"""A raster as marks of single spikes, for paper."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QPainter, QPen

from napari_phy.views.raster import Marker, SpikeTrains
from napari_phy.views.trace_layout import TraceLayout
from napari_phy.widgets.base.theme import with_alpha
from napari_phy.widgets.docks.raster_image import DOT_PX, TICK, opacity

MAX_MARKS = 20_000  # some 2 MB of SVG; more are drawn as a picture
TICK_PX = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class RasterMarks:
    """Spikes in sight.

    Attributes
    ----------
    x : ndarray of float64, shape (n,)
        Place along the time axis, in px.
    rows : ndarray of int32, shape (n,)
        Row of each spike.
    """

    x: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int32]

    def among(self, wanted: npt.NDArray[np.bool_]) -> "RasterMarks":
        """Return the marks of those rows that are wanted."""
        inside = wanted[self.rows]
        return RasterMarks(self.x[inside], self.rows[inside])


def raster_marks(trains: SpikeTrains, rows_of_slots: npt.NDArray[np.int32], layout: TraceLayout) -> RasterMarks:
    """Return the spikes of the rows and the time in sight; `rows_of_slots` is −1 where a slot has no row."""
    rate = trains.sample_rate
    window = np.ceil(np.array([layout.start_s, layout.stop_s]) * rate).astype(np.int64)
    part = slice(*np.searchsorted(trains.samples, window).tolist())
    rows = rows_of_slots[trains.slots[part]]
    inside = np.flatnonzero((rows >= layout.rows.start) & (rows < layout.rows.stop))
    seconds = trains.samples[part][inside] / rate
    return RasterMarks(layout.left + (seconds - layout.start_s) * layout.px_per_s, rows[inside])


def paint_marks(
    painter: QPainter,
    marks: RasterMarks,
    layout: TraceLayout,
    colors: Sequence[str],
    selected: npt.NDArray[np.bool_],
    marker: Marker,
) -> None:
    """Paint each spike as a bar or a dot, those of selected rows above all others.

    Parameters
    ----------
    colors : sequence of str
        Colour of each row.
    selected : ndarray of bool
        Whether each row is selected.
    """
    usual = _usual_number(marks)
    painter.save()
    painter.setClipRect(QRectF(layout.left, layout.top, layout.width, layout.height))
    order = np.lexsort((marks.x, marks.rows, selected[marks.rows]))
    before = None
    for x, row in zip(marks.x[order].tolist(), marks.rows[order].tolist(), strict=True):
        chosen = bool(selected[row])
        look = colors[row], opacity(1, usual, selected=chosen)
        if look != before:
            painter.setPen(_pen(look) if marker == "bar" else QPen(Qt.PenStyle.NoPen))
            painter.setBrush(with_alpha(*look))
            before = look
        y, half = float(layout.zero_of(row)), max(TICK * layout.row_px, 2.0 if chosen else 1.0) / 2
        if marker == "bar":
            painter.drawLine(QLineF(x, y - half, x, y + half))
        else:
            radius = max(0.5, min(DOT_PX, half))
            painter.drawEllipse(QPointF(x, y), radius, radius)
    painter.restore()


def _pen(look: tuple[str, float]) -> QPen:
    return QPen(with_alpha(*look), TICK_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)


def _usual_number(marks: RasterMarks) -> float:
    """Return how many spikes that share a pixel are opaque, as `typical_count` does for pictures."""
    cells = np.unique(np.stack([marks.rows, marks.x.astype(np.int64)]), axis=1).shape[1]
    return max(1.0, 2.0 * len(marks.x) / cells - 1.0) if cells else 1.0
