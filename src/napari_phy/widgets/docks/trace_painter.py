"""Paints the Traces dock: lines, spikes, channel numbers, time axis, scale bar and the moment looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from qtpy.QtSvg import QSvgGenerator

from napari_phy.table.numbers import format_number
from napari_phy.table.value_range import ValueRange
from napari_phy.views.events import Event
from napari_phy.views.pictures import blank, draw_traces
from napari_phy.views.ticks import nice_length
from napari_phy.views.trace_layout import TraceLayout, number_places
from napari_phy.views.trace_lines import Columns, Points, make_lines, spike_lines, trace_polylines
from napari_phy.views.traces_reading import TracesViewData
from napari_phy.widgets.base.color_scale import ColorScale, blended
from napari_phy.widgets.base.figure import PNG_SCALE
from napari_phy.widgets.base.theme import TICK_PX, Tokens, rgb
from napari_phy.widgets.plots.painted_plot import as_qimage, polyline
from napari_phy.widgets.plots.time_axis import paint_time_axis

TRACE_PX, SPIKE_PX = 0.8, 1.5
DEPTH_INK = 0.6  # of the colours of depth, on the view


@dataclass(frozen=True, slots=True, eq=False)
class TraceScene:
    """What is to be painted, and how.

    Attributes
    ----------
    data : TracesViewData
        Traces, spikes and source, as the panel computes them.
    px_per_unit : float
        Logical px a unit of voltage.
    colors : sequence of str
        Colours of the selected clusters.
    highlighted_s : sequence of float, default ()
        Moments of the selected spikes.
    depths : ndarray of float64 or None
        Depths of all channels, which are coloured by them; None: they are two greys in turn.
    events : sequence of Event, default ()
        The events in sight.
    """

    theme: Tokens
    data: TracesViewData
    layout: TraceLayout
    px_per_unit: float
    colors: Sequence[str]
    highlighted_s: Sequence[float] = ()
    depths: npt.NDArray[np.float64] | None = None
    events: Sequence[Event] = ()

    def columns(self, n_columns: float) -> Columns:
        """Return how bins lie in that many columns across the traces."""
        layout, traces, rate = self.layout, self.data.traces, self.data.source.sample_rate
        first_bin = layout.start_s * rate / traces.factor - traces.first_bin
        n_bins = (layout.stop_s - layout.start_s) * rate / traces.factor
        return Columns(first_bin, max(n_bins, 1e-9) / n_columns)

    def strokes(self, scale: float = 1.0) -> list[tuple[npt.NDArray[np.float64], float]]:
        """Return the lines of the channels and, to lie above, those of spikes, each with its width.

        They are those of `make_lines` in px of `scale` a logical one, rows counted from the top of the traces.
        """
        layout, low = self.layout, self.data.traces.low
        rows = np.array(layout.rows, dtype=np.int64)
        if not len(rows):
            return []
        zeros, gain = (layout.zero_of(rows) - layout.top) * scale, self.px_per_unit * scale
        if self.depths is None:
            inks = np.array([rgb(self.theme.noise), rgb(self.theme.faint)])[rows % 2]
        else:
            inks = np.array([rgb(color) for color in depth_colors(self.depths, self.theme)])[layout.order[rows]]
        lines = make_lines(layout.order[rows], 0, low.shape[1], zeros, gain, inks, np.ones(len(rows)))
        spikes = spike_lines(self.data, layout, rows, zeros, gain, self.colors)
        return [(lines, TRACE_PX * scale), (spikes, SPIKE_PX * scale)]

    def pixels(self, scale: float, *, with_spikes: bool = True) -> npt.NDArray[np.uint8]:
        """Return a picture of the lines."""
        layout, traces = self.layout, self.data.traces
        n_columns = max(1, round(layout.width * scale))
        found = blank(n_columns, max(1, round(layout.height * scale)), self.theme.view)
        for lines, width in self.strokes(scale)[: 2 if with_spikes else 1]:
            if len(lines):
                draw_traces(found, traces.low, traces.high, lines, self.columns(n_columns), width)
        return found


def depth_colors(depths: npt.NDArray[np.float64], theme: Tokens) -> list[str]:
    """Return a colour for each channel by its depth; spikes stand out from them."""
    low, high = _depth_ends(theme)
    shares = (depths - depths.min()) / (np.ptp(depths) or 1.0)
    return [blended(low, high, share) for share in shares.tolist()]


def depth_scale(depths: npt.NDArray[np.float64], theme: Tokens) -> ColorScale:
    """Return what those colours stand for."""
    ends = ValueRange(float(depths.min()), float(depths.max())).labels("µm")
    return ColorScale("depth", *ends, tuple(zip((0.0, 1.0), _depth_ends(theme), strict=True)))


def _depth_ends(theme: Tokens) -> tuple[str, str]:
    low, high = (blended(theme.view, ink, DEPTH_INK) for ink in theme.ramp[1:])
    return low, high


class TracePainter:
    """Keeps the picture of the lines until something of it changes."""

    def __init__(self) -> None:
        self._pixels: Any = None
        self._image: QImage | None = None

    def forget(self) -> None:
        """Draw the lines anew the next time."""
        self._image = None

    def paint(self, painter: QPainter, size: QSize, scale: float, scene: TraceScene, time_s: float) -> None:
        """Paint everything.

        Parameters
        ----------
        size : QSize
            Size of the widget in logical px.
        scale : float
            Device px per logical px.
        time_s : float
            The moment that is marked.
        """
        layout, theme = scene.layout, scene.theme
        painter.fillRect(QRectF(0, 0, size.width(), size.height()), theme.color("view"))
        if self._image is None:
            self._pixels = scene.pixels(scale)
            self._image = as_qimage(self._pixels, scale)
        painter.drawImage(QPointF(layout.left, layout.top), self._image)
        if layout.start_s <= time_s <= layout.stop_s:
            x = round(layout.x_of(time_s)) + 0.5
            painter.setPen(QPen(theme.color("warning"), 1))
            painter.drawLine(QPointF(x, layout.top), QPointF(x, layout.top + layout.height))
        paint_around(painter, scene)


def paint_around(painter: QPainter, scene: TraceScene) -> None:
    """Paint what is not a line of a channel: events, marks of spikes, numbers, time axis and scale bar."""
    theme, data, layout = scene.theme, scene.data, scene.layout
    _paint_events(painter, theme, layout, scene.events)
    _paint_highlighted(painter, theme, layout, scene.highlighted_s)
    _paint_numbers(painter, theme, data, layout)
    area = QRectF(layout.left, layout.top, layout.width, layout.height)
    paint_time_axis(painter, theme, area, layout.start_s, layout.stop_s)
    _paint_bar(painter, theme, data, layout, scene.px_per_unit)


def _paint_events(painter: QPainter, theme: Tokens, layout: TraceLayout, events: Sequence[Event]) -> None:
    """Draw a dashed line at each event, with its words beside it where there is room for them."""
    painter.setFont(theme.font(TICK_PX))
    right = layout.left + layout.width
    bottom, height = layout.top + layout.height, theme.px(14)
    places = [round(layout.x_of(event.time_s)) + 0.5 for event in events]
    painter.setPen(QPen(theme.color("dim"), 1, Qt.PenStyle.DashLine))
    for x in places:
        painter.drawLine(QPointF(x, layout.top), QPointF(x, bottom))
    painter.setPen(theme.color("text"))
    free_from = layout.left
    for event, x in zip(events, places, strict=True):  # after all lines, which would cross the words
        width = theme.text_width(event.words, TICK_PX) + theme.px(8)
        place = QRectF(x + 1 if x + 1 + width <= right else x - 1 - width, bottom - height, width, height)
        if place.left() >= free_from:
            painter.fillRect(place, theme.color("view"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, event.words)
            free_from = place.right()


def _paint_highlighted(painter: QPainter, theme: Tokens, layout: TraceLayout, highlighted_s: Sequence[float]) -> None:
    """Point at the selected spikes from above."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("text"))
    half, height = theme.px(4), theme.px(6)
    for time_s in highlighted_s:
        if layout.start_s <= time_s <= layout.stop_s:
            x = layout.x_of(time_s)
            corners = [QPointF(x - half, layout.top), QPointF(x + half, layout.top), QPointF(x, layout.top + height)]
            painter.drawPolygon(QPolygonF(corners))


def _paint_numbers(painter: QPainter, theme: Tokens, data: Any, layout: TraceLayout) -> None:
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(theme.color("faint"))
    height = theme.px(14)
    for row, y in number_places(layout, height):
        painter.drawText(
            QRectF(0, y - height / 2, layout.left - theme.px(6), height),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            str(data.source.channel_ids[layout.order[row]]),
        )


def _paint_bar(painter: QPainter, theme: Tokens, data: Any, layout: TraceLayout, px_per_unit: float) -> None:
    """Draw the length of a round voltage at the bottom right, beside the traces."""
    voltage = nice_length(theme.px(36) / px_per_unit)
    length = voltage * px_per_unit
    bottom = layout.top + layout.height
    x = layout.left + layout.width + theme.px(6)
    painter.setPen(QPen(theme.color("text"), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawLine(QPointF(x, bottom), QPointF(x, bottom - length))
    painter.setFont(theme.font(TICK_PX))
    words = f"{format_number(voltage) if voltage >= 1 else f'{voltage:g}'} {data.source.unit}"
    width = theme.text_width(words, TICK_PX) + 4
    painter.drawText(
        QRectF(x + theme.px(6) - width, bottom + 3 + theme.px(14), width, theme.px(15)),
        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
        words,
    )


# --- on paper: lines in an SVG, but a picture in pixels and where they have too many points ---


def are_lines(scene: TraceScene) -> bool:
    """Return whether all traces and spikes are few enough points to be lines."""
    return all(points is not None for _, _, points in _strokes(scene))


def paint_traces(painter: QPainter, scene: TraceScene) -> None:
    """Paint everything but the moment looked at; the background is there."""
    layout = scene.layout
    area = QRectF(layout.left, layout.top, layout.width, layout.height)
    is_vector = isinstance(painter.device(), QSvgGenerator)  # Qt takes seconds to draw such lines in pixels
    strokes = list(_strokes(scene)) if is_vector else []
    pictured = [number for number, (_, _, points) in enumerate(strokes) if points is None]
    painter.save()
    painter.setClipRect(area)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.translate(area.topLeft())
    if pictured or not is_vector:
        pixels = scene.pixels(PNG_SCALE, with_spikes=1 in pictured or not is_vector)
        painter.drawImage(QPointF(0, 0), as_qimage(pixels, PNG_SCALE))
    for lines, width, points in strokes[max(pictured, default=-1) + 1 :]:
        _paint_polylines(painter, lines, width, points or [])
    painter.restore()
    paint_around(painter, scene)


def _strokes(scene: TraceScene) -> Iterator[tuple[npt.NDArray[np.float64], float, list[Points] | None]]:
    """Yield lines, width and points of the channels, and then of the spikes."""
    traces, width = scene.data.traces, scene.layout.width
    for lines, px in scene.strokes():
        yield lines, px, trace_polylines(traces.low, traces.high, lines, scene.columns(width), width)


def _paint_polylines(painter: QPainter, lines: npt.NDArray[np.float64], width: float, points: list[Points]) -> None:
    before = None
    for (*_, red, green, blue, alpha), some in zip(lines.tolist(), points, strict=True):
        look = int(red), int(green), int(blue), round(255 * alpha)
        if look != before:
            join = Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin
            painter.setPen(QPen(QColor(*look), width, *join))
            before = look
        if len(some) > 1:
            painter.drawPolyline(polyline(some))
