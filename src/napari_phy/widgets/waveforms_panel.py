"""Waveforms: mean and single spikes of the selection on the geometry of the probe."""

from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.views.numbers import format_number
from napari_phy.views.waveforms import WaveformData, WaveformRequest, compute_waveforms
from napari_phy.widgets import messages
from napari_phy.widgets.canvas.data_canvas import DataCanvas
from napari_phy.widgets.canvas.lines import PaletteLines
from napari_phy.widgets.canvas.palette import palette_of, rgba
from napari_phy.widgets.canvas.probe_layout import probe_layout, stacked_layout
from napari_phy.widgets.canvas.ticks import nice_length
from napari_phy.widgets.canvas.waveform_boxes import Boxes, place_boxes, shown_channels, single_lines
from napari_phy.widgets.guarded import guarded
from napari_phy.widgets.overlay import paint_scale_bars
from napari_phy.widgets.panel import Panel
from napari_phy.widgets.theme import TICK_PX, Tokens

SPIKE_PX, SPIKE_ALPHA = 0.8, 0.17
MEAN_PX = 2.0
ZOOM_STEP = 1.2
SHOW = [("Mean and spikes", "both"), ("Mean", "mean"), ("Spikes", "spikes")]
LAYOUTS = [("Probe layout", "probe"), ("One column", "stacked")]


class WaveformsPanel(Panel):
    """Only channels that take part in the selected clusters; the best cluster lies on top."""

    title = "Waveforms"
    subject = "its waveforms"
    working = "Reading waveforms…"
    needs_opengl = True
    failed = "The waveforms could not be read."
    needs_raw_data = True
    help_text = (
        "Mean and single waveforms of the selected clusters, where their channels sit on the probe.\n"
        "The wheel makes them taller or flatter, a double-click resets.\n"
        "Channels whose mask is 0 are left out."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self._show = "both"
        self._layout = "probe"
        self._gain = 1.0
        self._boxes: Boxes | None = None
        self._channels = np.empty(0, dtype=np.int64)
        self._silent: tuple[int, ...] = ()  # clusters without a waveform
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        self.canvas = DataCanvas(self._paint, self._make_visuals)
        self.canvas.pressed.connect(lambda *_: self.setFocus(Qt.FocusReason.MouseFocusReason))
        self.canvas.moved.connect(self._on_moved)
        self.canvas.scrolled.connect(self._on_scrolled)
        self.canvas.double_clicked.connect(self._on_double_clicked)
        self.canvas.resized.connect(self._place)
        self.canvas.rebuilt.connect(self._on_rebuilt)
        self._show_menu = self.add_drop_down("What to show", SHOW, self._show, self.set_show)
        self._layout_menu = self.add_drop_down("Layout", LAYOUTS, self._layout, self.set_layout)
        return self.canvas

    def _make_visuals(self, scene: Any) -> None:
        self._zero = PaletteLines(parent=scene)
        self._lines = PaletteLines(SPIKE_PX, parent=scene)
        self._lines.order = 1

    @guarded
    def _on_rebuilt(self) -> None:
        self.apply_theme(self.theme)

    # --- request ---

    def make_request(self) -> WaveformRequest | None:
        if not self.clusters:
            return None
        settings = self.session.settings
        return WaveformRequest(
            self.clusters, settings.value("waveforms_per_cluster"), settings.value("waveforms_shown")
        )

    def compute(self, session: Any, request: WaveformRequest, on_progress: OnProgress) -> WaveformData:
        return compute_waveforms(session, request, on_progress)

    def set_show(self, show: str) -> None:
        """Show "both", only the "mean" or only the "spikes"."""
        self._show = show
        self._show_menu.set_current(show)
        self._place()

    def set_layout(self, layout: str) -> None:
        """Put channels where they are on the "probe", or "stacked" in one column."""
        self._layout = layout
        self._layout_menu.set_current(layout)
        self._place()

    def scale_by(self, factor: float) -> None:
        """Make waveforms taller (above 1) or flatter."""
        self._gain = min(max(self._gain * factor, 0.05), 50.0)
        self._place()

    # --- drawing ---

    def draw(self, data: WaveformData) -> None:
        self._channels = shown_channels(data)
        silent = np.setdiff1d(np.arange(len(data.request.clusters)), data.places)
        self._silent = tuple(data.request.clusters[place] for place in silent)
        self.stack.caption.setText(f"{data.caption}; {self._words_of_silent()}" if self._silent else data.caption)
        self._show_colors()
        self._place()

    def apply_theme(self, theme: Tokens) -> None:
        self.canvas.set_background(theme.view)
        self._zero.set_palette(palette_of([rgba(theme.grid)]))
        self._show_colors()
        self._place()

    def _show_colors(self) -> None:
        n_clusters = len(self.data.request.clusters) if self.data is not None else 0
        self._lines.set_palette(palette_of([rgba(self.color_of(place), SPIKE_ALPHA) for place in range(n_clusters)]))

    def _words_of_silent(self) -> str:
        """Say which clusters have no waveform, and why."""
        verb = "lies" if len(self._silent) == 1 else "lie"
        return f"{messages.listed(self._silent)} {verb} past the end of the raw data"

    @property
    def area(self) -> QRectF:
        """Where the waveforms are; the scale bars have the margin below for themselves."""
        theme = self.theme
        return QRectF(
            theme.px(8), theme.px(10), self.canvas.width() - theme.px(24), self.canvas.height() - theme.px(72)
        )

    @property
    def boxes(self) -> Boxes | None:
        """Where each channel is drawn and how many px a unit of voltage takes."""
        return self._boxes

    def _place(self) -> None:
        """Lay the boxes out in the canvas and the waveforms in the boxes."""
        data, theme = self.data, self.theme
        if data is None:
            return
        layout = (
            stacked_layout(data.positions[self._channels])
            if self._layout == "stacked"
            else probe_layout(data.positions, self._channels)
        )
        numbers = max(theme.text_width(str(data.channel_ids[channel]), TICK_PX) for channel in self._channels)
        number_width = max(theme.px(26), round(numbers) + theme.px(12))
        self._boxes = boxes = place_boxes(data, self._channels, layout, self.area, number_width, self._gain)
        ends = np.array([boxes.x[0], boxes.x[-1]])
        zero = np.empty((len(boxes.center_y) if data.n_shown else 0, 2, 2))
        zero[..., 0] = boxes.left[: len(zero), None] + ends
        zero[..., 1] = np.round(boxes.center_y[: len(zero)])[:, None] + 0.5
        self._zero.set_data(zero, np.zeros(len(zero)))
        lines, places = single_lines(data, self._channels, boxes)
        if self._show == "mean":
            lines, places = lines[:0], places[:0]
        self._lines.set_data(lines, places)
        for visual in (self._zero, self._lines):
            visual.set_pixel_scale(self.canvas.pixel_scale)
        self.canvas.redraw()

    def _paint(self, painter: QPainter) -> None:
        data, boxes = self.data, self._boxes
        if data is None or boxes is None:
            return
        if not data.n_shown:
            painter.setFont(self.theme.font())
            painter.setPen(QColor(self.theme.dim))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.area, words, f"No waveforms: {self._words_of_silent()}.")
            return
        bottom = self.area.bottom() + self.theme.px(8)
        margin = QRectF(0, bottom, self.canvas.width(), self.canvas.height() - bottom)
        painter.fillRect(margin, QColor(self.theme.view))  # over the spikes that reach into it
        self._paint_numbers(painter, data, boxes)
        if self._show != "spikes":
            painter.save()
            painter.setClipRect(QRectF(0, 0, self.canvas.width(), bottom))
            self._paint_means(painter, data, boxes)
            painter.restore()
        self._paint_bars(painter, data, boxes)

    def _paint_numbers(self, painter: QPainter, data: WaveformData, boxes: Boxes) -> None:
        painter.setFont(self.theme.font(TICK_PX))
        painter.setPen(QColor(self.theme.faint))
        height = self.theme.px(14)
        for place in boxes.spaced(self.theme.px(12)).tolist():
            left, center = boxes.left[place], boxes.center_y[place]
            painter.drawText(
                QRectF(left - 104, center - height / 2, 100, height),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                str(data.channel_ids[self._channels[place]]),
            )

    def _paint_means(self, painter: QPainter, data: WaveformData, boxes: Boxes) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = float(np.clip(boxes.pitch / 3, 0.4, MEAN_PX))  # thinner where channels lie close together
        for cluster in reversed(range(len(data.means))):
            color = QColor(self.color_of(cluster))
            pen = QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            for place, channel in enumerate(self._channels):
                if boxes.takes_part[cluster, place]:
                    line = boxes.line(place, data.means[cluster, :, channel])
                    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in line]))

    def _paint_bars(self, painter: QPainter, data: WaveformData, boxes: Boxes) -> None:
        theme = self.theme
        px_per_ms = (boxes.x[-1] - boxes.x[0]) / (data.times_ms[-1] - data.times_ms[0])
        voltage = nice_length(theme.px(60) / boxes.px_per_unit)
        corner = QPointF(self.canvas.width() - theme.px(14), self.canvas.height() - theme.px(2))
        bar_ms = nice_length(min(1.0, self.canvas.width() / 3 / px_per_ms))
        paint_scale_bars(
            painter, theme, corner, bar_ms * px_per_ms, f"{bar_ms:g} ms",
            voltage * boxes.px_per_unit, f"{_plain(voltage)} {data.unit}",
        )  # fmt: skip

    # --- mouse ---

    @guarded
    def _on_moved(self, position: QPointF, _ctrl: bool) -> None:
        self.say(self.read_out(position.x(), position.y()))

    @guarded
    def _on_scrolled(self, _position: QPointF, notches: float, _ctrl: bool) -> None:
        self.scale_by(ZOOM_STEP**notches)

    @guarded
    def _on_double_clicked(self, _position: QPointF) -> None:
        self._gain = 1.0
        self._place()

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `channel 6, 0.25 ms, −84 µV` for the place under the mouse, or nothing outside the boxes."""
        data, boxes = self.data, self._boxes
        if data is None or boxes is None:
            return ""
        place = boxes.at(x_px, y_px)
        if place is None:
            return ""
        share = (x_px - boxes.left[place] - boxes.x[0]) / max(boxes.x[-1] - boxes.x[0], 1)
        time_ms = float(np.interp(share, np.linspace(0, 1, len(data.times_ms)), data.times_ms))
        voltage = (boxes.center_y[place] - y_px) / boxes.px_per_unit
        return (
            f"channel {data.channel_ids[self._channels[place]]}, {format_number(time_ms, 2)} ms, "
            f"{format_number(voltage)} {data.unit}"
        )


def _plain(value: float) -> str:
    decimals = 0 if value >= 1 else int(np.ceil(-np.log10(value)))
    return format_number(value, decimals)
