"""Paints the Traces dock: lines, spikes, channel numbers, time axis, scale bar and the moment looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from napari_phy.table.numbers import format_number
from napari_phy.views.events import Event
from napari_phy.views.ticks import nice_length
from napari_phy.views.trace_layout import TraceLayout
from napari_phy.widgets.base.theme import TICK_PX, Tokens, with_alpha
from napari_phy.widgets.docks.trace_image import Columns, as_qimage, blank, draw_traces, make_lines
from napari_phy.widgets.plots.time_axis import paint_time_axis

TRACE_PX, SPIKE_PX = 0.8, 1.5
LEAST_ALPHA = 0.25  # of a spike on a channel that hardly took part
NUMBER_ROOM = 0.7  # of its height, between two numbers
LABEL_ALPHA = 0.8  # of what is behind the words of an event


def plot_area(size: QSize, theme: Tokens) -> QRectF:
    """Return where the traces are: channel numbers at the left, the scale bar at the right, the time axis below."""
    left, right, bottom = theme.px(40), theme.px(16), theme.px(40)
    return QRectF(left, theme.px(4), max(1, size.width() - left - right), max(1, size.height() - bottom - theme.px(4)))


@dataclass(frozen=True, slots=True, eq=False)
class TraceScene:
    """What is to be painted, and how.

    Attributes
    ----------
    data : object
        Traces, spikes and source, as the panel computes them.
    px_per_unit : float
        Logical px a unit of voltage.
    colors : sequence of str
        Colours of the selected clusters.
    highlighted_s : sequence of float, default ()
        Moments of the selected spikes.
    channel_colors : sequence of str, default ()
        Colours of all channels, by their index; two greys in turn where there are none.
    events : sequence of Event, default ()
        The events in sight.
    """

    theme: Tokens
    data: Any
    layout: TraceLayout
    px_per_unit: float
    colors: Sequence[str]
    highlighted_s: Sequence[float] = ()
    channel_colors: Sequence[str] = ()
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
        if self.channel_colors:
            inks = np.array([_rgb(self.channel_colors[channel]) for channel in layout.order[rows]]).reshape(-1, 3)
        else:
            inks = np.array([_rgb(self.theme.noise), _rgb(self.theme.faint)])[rows % 2]
        lines = make_lines(layout.order[rows], 0, low.shape[1], zeros, gain, inks, np.ones(len(rows)))
        spikes = _spike_lines(self.data, layout, rows, zeros, gain, self.colors)
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


def _spike_lines(
    data: Any, layout: TraceLayout, rows: np.ndarray, zeros: np.ndarray, gain: float, colors: Sequence[str]
) -> np.ndarray:
    """Return the parts of the traces that are spikes, those of the best cluster last and so on top."""
    spikes, traces, rate = data.spikes, data.traces, data.source.sample_rate
    inside = (spikes.samples >= layout.start_s * rate - spikes.after) & (
        spikes.samples <= layout.stop_s * rate + spikes.before
    )
    chosen = np.flatnonzero(inside & (spikes.places < len(colors)))
    chosen = chosen[np.argsort(-spikes.places[chosen], kind="stable")]
    masks = spikes.masks[chosen][:, layout.order[rows]]
    spike, row = np.nonzero(masks > 0)
    if not len(spike):
        return np.empty((0, 9))
    first = (spikes.samples[chosen] - spikes.before) // traces.factor - traces.first_bin
    length = -(-(spikes.before + spikes.after) // traces.factor) + 1
    palette = np.array([_rgb(color) for color in colors])
    alphas = LEAST_ALPHA + (1 - LEAST_ALPHA) * masks[spike, row]
    return make_lines(
        layout.order[rows[row]], first[spike], length, zeros[row], gain, palette[spikes.places[chosen][spike]], alphas
    )


def _rgb(color: str) -> tuple[int, int, int]:
    found = QColor(color)
    return found.red(), found.green(), found.blue()


def _paint_events(painter: QPainter, theme: Tokens, layout: TraceLayout, events: Sequence[Event]) -> None:
    """Draw a dashed line at each event, with its words beside it where there is room for them."""
    painter.setFont(theme.font(TICK_PX))
    right = layout.left + layout.width
    bottom, height = layout.top + layout.height, theme.px(14)
    free_from = layout.left
    for event in events:
        x = round(layout.x_of(event.time_s)) + 0.5
        painter.setPen(QPen(theme.color("dim"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, layout.top), QPointF(x, bottom))
        width = theme.text_width(event.words, TICK_PX) + theme.px(8)
        place = QRectF(x + 1 if x + 1 + width <= right else x - 1 - width, bottom - height, width, height)
        if place.left() >= free_from:
            painter.fillRect(place, with_alpha(theme.view, LABEL_ALPHA))
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


def number_places(layout: TraceLayout, height: float) -> list[tuple[int, float]]:
    """Return (row, y of the middle) of the channel numbers that have room, `height` px each.

    That of a row at the edge, whose zero line is still in sight, is moved inside.
    """
    every = max(1, int(np.ceil(height / layout.row_px)))
    top, bottom = layout.top + height / 2 - 1, layout.top + layout.height - height / 2 + 1
    places: list[tuple[int, float]] = []
    for row in layout.rows:
        zero = float(layout.zero_of(row))
        y = min(max(zero, top), bottom)
        has_room = not places or y - places[-1][1] >= NUMBER_ROOM * height
        if row % every == 0 and abs(y - zero) <= height / 2 and has_room:
            places.append((row, y))
    return places


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
