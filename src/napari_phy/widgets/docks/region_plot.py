"""The plot of Imaging: the rate of a cluster above the ΔF/F of a cell, on one axis of time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QWidget

from napari_phy.views.frame import Frame
from napari_phy.widgets.base.theme import AXIS_PX, TICK_PX, Tokens
from napari_phy.widgets.plots.painted_plot import PaintedPlot, polyline
from napari_phy.widgets.plots.time_axis import paint_clock, paint_time_axis

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RegionTraces:
    """What is plotted.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n_frames,)
        When each frame begins.
    rate, change : ndarray of float64, shape (n_frames,), or None
        Spikes per second of a cluster, and ΔF/F of a cell.
    rate_name, change_name : str
        `20, spikes/s` and `cell 5, ΔF/F`.
    color : str
        Of the cluster.
    """

    times_s: Float64
    rate: Float64 | None
    change: Float64 | None
    rate_name: str
    change_name: str
    color: str


class RegionPlot(PaintedPlot):
    """Two lines over time; a click tells a time."""

    time_chosen = Signal(float)

    def __init__(self, theme: Callable[[], Tokens], parent: QWidget | None = None) -> None:
        super().__init__(self._paint_all, parent)
        self._theme = theme
        self.traces: RegionTraces | None = None
        self.empty_words = ""
        self.now_s = 0.0
        self.threshold: float | None = None
        self.mouse.clicked.connect(lambda position, *_: self._on_clicked(position))

    def show_traces(self, traces: RegionTraces | None, empty_words: str = "") -> None:
        """Show other traces, or a sentence where there are none."""
        self.traces, self.empty_words = traces, empty_words
        self.update()

    def show_threshold(self, threshold: float) -> None:
        """Draw a line across the lower trace."""
        self.threshold = threshold
        self.update()

    def show_time(self, time_s: float) -> None:
        """Move the line of the clock."""
        self.now_s = time_s
        self.update()

    def _area(self, theme: Tokens) -> QRectF:
        left, bottom = theme.px(10), theme.px(34)
        return QRectF(left, theme.px(4), max(1, self.width() - 2 * left), max(1, self.height() - theme.px(4) - bottom))

    def _on_clicked(self, position: QPointF) -> None:
        area, traces = self._area(self._theme()), self.traces
        if traces is not None and area.contains(position):
            start_s, stop_s = _range(traces)
            self.time_chosen.emit(start_s + (position.x() - area.left()) / area.width() * (stop_s - start_s))

    def _paint_all(self, painter: QPainter) -> None:
        theme = self._theme()
        painter.fillRect(self.rect(), QColor(theme.view))
        area, traces = self._area(theme), self.traces
        if traces is None:
            painter.setPen(QColor(theme.dim))
            painter.setFont(theme.font(AXIS_PX))
            pad = theme.px(10)
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect().adjusted(pad, 0, -pad, 0), flags, self.empty_words)
            return
        start_s, stop_s = _range(traces)
        half = area.height() / 2
        top = QRectF(area.left(), area.top(), area.width(), half - theme.px(3))
        below = QRectF(area.left(), area.top() + half, area.width(), half - theme.px(3))
        for part, values, name, color, level in (
            (top, traces.rate, traces.rate_name, traces.color, None),
            (below, traces.change, traces.change_name, theme.text, self.threshold),
        ):
            if values is not None and np.isfinite(values).any():
                frame = _paint_line(painter, part, traces.times_s, values, (start_s, stop_s), color)
                if level is not None and frame.y_range[0] <= level <= frame.y_range[1]:
                    y = frame.to_px([[start_s, level]])[0, 1]
                    painter.setPen(QPen(theme.color("accent"), 1, Qt.PenStyle.DashLine))
                    painter.drawLine(QPointF(part.left(), y), QPointF(part.right(), y))
                name = f"{name}, up to {np.nanmax(values):.3g}"
            painter.setPen(QColor(theme.dim))
            painter.setFont(theme.font(TICK_PX))
            painter.drawText(part, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), name)
        paint_time_axis(painter, theme, area, start_s, stop_s)
        paint_clock(painter, theme, area, start_s, stop_s, self.now_s, (self.now_s, self.now_s))


def _range(traces: RegionTraces) -> tuple[float, float]:
    start_s, stop_s = float(traces.times_s[0]), float(traces.times_s[-1])
    return start_s, stop_s if stop_s > start_s else start_s + 1.0


def _paint_line(
    painter: QPainter, area: QRectF, times_s: Float64, values: Float64, range_s: tuple[float, float], color: str
) -> Frame:
    low, high = min(0.0, float(np.nanmin(values))), float(np.nanmax(values))
    top_px = area.height() * 0.2  # for the name
    frame = Frame(
        area.left(),
        area.top() + top_px,
        area.width(),
        area.height() - top_px,
        range_s,
        (low, high if high > low else 1.0),
    )
    x, y = _thinned(times_s, values, max(2, int(area.width())))
    painter.setPen(QPen(QColor(color), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(polyline(frame.to_px(np.column_stack([x, np.nan_to_num(y, nan=low)]))))
    return frame


def _thinned(times_s: Float64, values: Float64, n_columns: int) -> tuple[Float64, Float64]:
    """Return the lowest and highest value of each column of pixels, where there are more values than that."""
    if len(values) <= 4 * n_columns:
        return times_s, values
    edges = np.linspace(0, len(values), n_columns, endpoint=False).astype(np.int64)
    filled = np.nan_to_num(values)
    ends = np.stack([np.minimum.reduceat(filled, edges), np.maximum.reduceat(filled, edges)], axis=1)
    return np.repeat(times_s[edges], 2), ends.ravel()
