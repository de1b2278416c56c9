"""A plot of waveforms: what is shown of them, how, and where on the canvas."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen
from qtpy.QtWidgets import QWidget

from napari_phy.table.numbers import format_number
from napari_phy.views.rectangles import Rectangle
from napari_phy.views.ticks import nice_length
from napari_phy.views.waveform_boxes import Boxes, Look, SingleLines, place_boxes, single_lines
from napari_phy.views.waveform_density import DENSITY_ALPHA, WaveformDensity, density_opacity
from napari_phy.views.waveforms import WaveformData
from napari_phy.widgets.base.color_scale import ColorScale, blended
from napari_phy.widgets.base.theme import TICK_PX, Tokens, with_alpha
from napari_phy.widgets.plots.data_canvas import DataCanvas
from napari_phy.widgets.plots.lines import PaletteLines
from napari_phy.widgets.plots.overlay import paint_scale_bars
from napari_phy.widgets.plots.painted_plot import polyline
from napari_phy.widgets.plots.palette import palette_of, rgba

SPIKE_PX, SPIKE_ALPHA, SELECTED_ALPHA = 0.8, 0.17, 0.8
MEAN_PX, HIGHLIGHT_PX, BAND_ALPHA = 2.0, 1.6, 0.25
HIT_PX = 4.0
LEAST_WITH_BARS = 116  # px


class WaveformPlot(DataCanvas):
    """Single spikes are drawn by OpenGL, all else is painted over them.

    Parameters
    ----------
    theme : Tokens
        Colours and sizes at first.
    paint_over : callable
        Paints what lies on the plot; called while there are waveforms.

    Attributes
    ----------
    data : WaveformData or None
        What is shown, or None.
    boxes : Boxes or None
        Where each channel is drawn and how many px a unit of voltage takes.
    chosen_channel : int or None
        The channel whose number stands out.
    """

    def __init__(self, theme: Tokens, paint_over: Callable[[QPainter], None], parent: QWidget | None = None) -> None:
        self._theme = theme
        self._paint_over = paint_over
        self._look = Look()
        self._colors: list[str] = []
        self._singles: SingleLines | None = None
        self._selected = np.empty(0, dtype=np.int64)
        self._highlighted = np.empty((0, 0, 2), dtype=np.float32)
        self._images: list[list[QImage]] = []
        self.data: WaveformData | None = None
        self.boxes: Boxes | None = None
        self.chosen_channel: int | None = None
        super().__init__(self._paint, self._make_visuals, parent)
        self.resized.connect(self._place)
        self.rebuilt.connect(lambda: self.apply_theme(self._theme, self._colors))

    def _make_visuals(self, scene: Any) -> None:
        self._zero = PaletteLines(parent=scene)
        self._lines = PaletteLines(SPIKE_PX, parent=scene)
        self._lines.order = 1

    # --- what is shown ---

    def set_waveforms(self, data: WaveformData | None, colors: Sequence[str]) -> None:
        """Show these waveforms, each cluster in its colour, or nothing."""
        self.data = data
        self._show_colors(colors)
        self._place()

    def set_selected(self, spikes: npt.NDArray[np.int64]) -> None:
        """Draw those single waveforms stronger and in front whose spikes are selected, such as those in a lasso."""
        if not np.array_equal(spikes, self._selected):
            self._selected = spikes
            self._show_line_colors()
            self._place()

    def apply_theme(self, theme: Tokens, colors: Sequence[str]) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.set_background(theme.view)
        self._zero.set_palette(palette_of([rgba(theme.grid)]))
        self._show_colors(colors)
        self._place()

    def _show_colors(self, colors: Sequence[str]) -> None:
        self._colors = list(colors)
        self._show_line_colors()
        density = self.data.density if self.data is not None else None
        self._images = _density_images(density, self._colors) if density is not None else []

    def _show_line_colors(self) -> None:
        alphas = (SPIKE_ALPHA, self._selected_alpha)
        self._lines.set_palette(palette_of([rgba(color, alpha) for alpha in alphas for color in self._colors]))

    @property
    def _selected_alpha(self) -> float:
        """How strongly selected spikes are drawn: the more there are, the less, so that the means stay in sight."""
        n_inside = 0 if self.data is None else int(np.isin(self.data.spike_ids, self._selected).sum())
        return max(2 * SPIKE_ALPHA, min(SELECTED_ALPHA, 30 / max(n_inside, 1)))

    @property
    def look(self) -> Look:
        """How it is shown; another one is drawn at once."""
        return self._look

    @look.setter
    def look(self, look: Look) -> None:
        if look != self._look:
            self._look = look
            self._place()

    @property
    def order(self) -> list[int]:
        """Places of the clusters from the back to the front."""
        clusters = () if self.data is None else self.data.request.clusters
        order = list(range(len(clusters)))[::-1]
        if self._look.front in clusters:
            front = clusters.index(self._look.front)
            order.remove(front)
            order.append(front)
        return order

    # --- where ---

    @property
    def area(self) -> Rectangle:
        """Where the waveforms are; the scale bars have the margin below for themselves."""
        px = self._theme.px
        below = px(62 if self._has_bars else 10)
        return Rectangle(px(8), px(10), max(1, self.width() - px(24)), max(1, self.height() - px(10) - below))

    @property
    def _has_bars(self) -> bool:
        """Whether there is room for scale bars: they are left out where they would take more than the waveforms."""
        return self.height() >= self._theme.px(LEAST_WITH_BARS)

    @property
    def extent(self) -> tuple[int, int]:
        """Width and height in px."""
        return self.width(), self.height()

    def _place(self) -> None:
        """Lay the boxes out in the canvas and the waveforms in the boxes."""
        data, theme, look = self.data, self._theme, self._look
        if data is None or not len(data.channels):
            self.boxes = self._singles = None
            for visual in (self._zero, self._lines):
                visual.set_data(np.empty((0, 2, 2)), np.empty(0))
            self.redraw()
            return
        numbers = max(theme.text_width(str(data.channel_ids[channel]), TICK_PX) for channel in data.channels)
        number_width = max(theme.px(26), round(numbers) + theme.px(12))
        self.boxes = boxes = place_boxes(
            data, self.area, number_width, look.arrangement, look.scale,
            side_by_side=look.side_by_side, with_singles=look.kind in ("both", "spikes"),
        )  # fmt: skip
        zero = np.empty((len(boxes.left) if data.n_shown else 0, 2, 2))
        zero[..., 0] = boxes.left[: len(zero), None] + [0, boxes.width]
        zero[..., 1] = np.round(boxes.center_y[: len(zero)])[:, None] + 0.5
        self._zero.set_data(zero, np.zeros(len(zero)))
        depth, n_clusters = np.argsort(self.order), len(data.request.clusters)
        inside = np.isin(data.spike_ids, self._selected)
        of_spikes = depth[data.places] + n_clusters * inside
        singles = single_lines(data.waveforms, data.masks, data.places, boxes, of_spikes)
        self._singles = singles if look.kind in ("both", "spikes") else None
        n_lines = len(singles.px) if self._singles is not None else 0
        slots = data.places + n_clusters * inside
        self._lines.set_data(singles.px[:n_lines], slots[singles.rows[:n_lines]])
        highlighted = data.highlighted
        self._highlighted = single_lines(
            highlighted.waveforms, highlighted.masks, highlighted.places, boxes, depth[highlighted.places]
        ).px
        for visual in (self._zero, self._lines):
            visual.set_pixel_scale(self.pixel_scale)
        self.redraw()

    # --- drawing ---

    def _paint(self, painter: QPainter) -> None:
        if self.data is not None:
            self._paint_waveforms(painter, self._theme, self._colors, self._images)
            self._paint_over(painter)

    def paint_figure(self, painter: QPainter, theme: Tokens, colors: Sequence[str]) -> None:
        """Paint all of it, also what OpenGL draws, in the colours of a theme."""
        data, boxes, singles = self.data, self.boxes, self._singles
        if data is None or boxes is None:
            return
        painter.save()
        painter.setClipRect(QRectF(0, 0, self.width(), self._bottom(theme)))
        painter.setPen(QPen(theme.color("grid"), 1))
        for left, y in zip(boxes.left.tolist(), np.round(boxes.center_y).tolist(), strict=True):
            painter.drawLine(QLineF(left, y + 0.5, left + boxes.width, y + 0.5))
        if singles is not None:
            self._paint_singles(painter, data, singles, colors)
        painter.restore()
        images = _density_images(data.density, colors) if data.density is not None else []
        self._paint_waveforms(painter, theme, colors, images)

    def _paint_singles(
        self, painter: QPainter, data: WaveformData, singles: SingleLines, colors: Sequence[str]
    ) -> None:
        alphas = np.where(np.isin(data.spike_ids, self._selected), self._selected_alpha, SPIKE_ALPHA).tolist()
        before = None
        for line, row in zip(singles.px, singles.rows.tolist(), strict=True):
            look = colors[data.places[row]], alphas[row]
            if look != before:
                painter.setPen(QPen(with_alpha(*look), SPIKE_PX))
                before = look
            painter.drawPolyline(polyline(line))

    def _bottom(self, theme: Tokens) -> float:
        """Return where waveforms end and the margin of the scale bars begins, in px."""
        return self.area.bottom + theme.px(8)

    def _paint_waveforms(
        self, painter: QPainter, theme: Tokens, colors: Sequence[str], images: list[list[QImage]]
    ) -> None:
        data, boxes = self.data, self.boxes
        if data is not None and boxes is not None and data.n_shown:
            bottom = self._bottom(theme)
            margin = QRectF(0, bottom, self.width(), self.height() - bottom)
            painter.fillRect(margin, theme.color("view"))  # over the spikes that reach into it
            painter.save()
            painter.setClipRect(QRectF(0, 0, self.width(), bottom))
            self._paint_kind(painter, data, boxes, colors, images)
            _paint_highlighted(painter, self._highlighted, theme)
            _paint_numbers(painter, data, boxes, theme, self.chosen_channel)
            painter.restore()
            if self._has_bars:
                _paint_bars(painter, data, boxes, theme, self.extent)

    def _paint_kind(
        self,
        painter: QPainter,
        data: WaveformData,
        boxes: Boxes,
        colors: Sequence[str],
        images: list[list[QImage]],
    ) -> None:
        kind, order = self._look.kind, self.order
        if kind == "density" and data.density is not None:
            _paint_density(painter, data.density, images, boxes, order)
        if kind == "band":
            _paint_bands(painter, data, boxes, colors, order)
        if kind in ("both", "mean", "band"):
            _paint_means(painter, data, boxes, colors, order)

    # --- what lies under the mouse ---

    def spike_at(self, x_px: float, y_px: float) -> int | None:
        """Return the row of the single waveform that passes a pixel, or None."""
        return None if self._singles is None else self._singles.nearest(x_px, y_px, HIT_PX)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `channel 6, 0.25 ms, −84 µV` for a place, and before it which spike passes there."""
        data, boxes = self.data, self.boxes
        box = None if boxes is None else boxes.at(x_px, y_px)
        if data is None or boxes is None or box is None:
            return ""
        frame = boxes.frame(box, boxes.lane_at(box, x_px), data.times_ms, self.extent)
        ((time_ms, voltage),) = frame.to_data([[x_px, y_px]]).tolist()
        time_ms = min(max(time_ms, data.times_ms[0]), data.times_ms[-1])
        words = [
            f"channel {data.channel_ids[data.channels[box]]}",
            f"{format_number(time_ms, 2)} ms",
            f"{format_number(voltage)} {data.unit}",
        ]
        row = self.spike_at(x_px, y_px)
        if row is not None:
            cluster = data.request.clusters[data.places[row]]
            words = [f"cluster {cluster}, spike {format_number(data.spike_ids[row])}", *words]
        return ", ".join(words)


# --- painting: what lies over single waveforms ---


def _paint_numbers(painter: QPainter, data: WaveformData, boxes: Boxes, theme: Tokens, chosen: int | None) -> None:
    """Write the number of each channel at the left of its box, that of the chosen one in full contrast."""
    painter.setFont(theme.font(TICK_PX))
    height = theme.px(14)
    for box in boxes.spaced(theme.px(12)).tolist():
        channel = data.channels[box]
        painter.setPen(QColor(theme.text if channel == chosen else theme.faint))
        painter.drawText(
            QRectF(boxes.left[box] - 104, boxes.center_y[box] - height / 2, 100, height),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            str(data.channel_ids[channel]),
        )


def _paint_means(
    painter: QPainter, data: WaveformData, boxes: Boxes, colors: Sequence[str], order: Sequence[int]
) -> None:
    """Draw the mean of each cluster, the last of `order` on top."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    width = float(np.clip(boxes.pitch / 3, 0.4, MEAN_PX))  # thinner where channels lie close together
    for cluster in order:
        painter.setPen(_rounded_pen(colors[cluster], width))
        for box in np.flatnonzero(boxes.takes_part[cluster]).tolist():
            painter.drawPolyline(polyline(boxes.line(box, data.means[cluster, :, box], cluster)))


def _paint_bands(
    painter: QPainter, data: WaveformData, boxes: Boxes, colors: Sequence[str], order: Sequence[int]
) -> None:
    """Fill one standard deviation on either side of each mean."""
    painter.setPen(Qt.PenStyle.NoPen)
    for cluster in order:
        painter.setBrush(with_alpha(colors[cluster], BAND_ALPHA))
        for box in np.flatnonzero(boxes.takes_part[cluster]).tolist():
            mean, std = data.means[cluster, :, box], data.stds[cluster, :, box]
            edges = [boxes.line(box, mean + std, cluster), boxes.line(box, mean - std, cluster)[::-1]]
            painter.drawPolygon(polyline(np.concatenate(edges)))


def _density_images(density: WaveformDensity, colors: Sequence[str]) -> list[list[QImage]]:
    """Return a picture for each cluster and column: the more waveforms pass a cell, the less transparent it is."""
    return [
        [_image(counts, float(of_cluster.max()), QColor(color)) for counts in of_cluster]
        for of_cluster, color in zip(density.counts, colors, strict=True)
    ]


def density_scale(density: WaveformDensity, colors: Sequence[str], theme: Tokens) -> ColorScale | None:
    """Return what the opacity of the pictures stands for; its end is that of each cluster. None without waveforms."""
    most = [int(of_cluster.max(initial=0)) for of_cluster in density.counts]
    largest = max(most, default=0)
    if not largest:
        return None
    ends = dict.fromkeys(format_number(edge) for edge in (min(filter(None, most)), largest))
    color = colors[0] if len(most) == 1 else theme.text
    single = float(density_opacity(np.ones(1), largest)[0])
    stops = tuple(
        (float(place), blended(theme.view, color, alpha)) for place, alpha in ((0, single), (1, DENSITY_ALPHA))
    )
    return ColorScale("waveforms, log", "1", "–".join(ends), stops)


def _image(counts: npt.NDArray[np.uint16], most: float, color: QColor) -> QImage:
    alpha = density_opacity(counts, most)
    pixels = np.empty((*counts.shape, 4), dtype=np.uint8)
    for place, part in enumerate((color.blue(), color.green(), color.red(), 255)):
        pixels[..., place] = np.rint(alpha * part)
    height, width = counts.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.tobytes(), width, height, 4 * width, form).copy()


def _paint_density(
    painter: QPainter,
    density: WaveformDensity,
    images: Sequence[Sequence[QImage]],
    boxes: Boxes,
    order: Sequence[int],
) -> None:
    """Draw the pictures of each cluster into its boxes."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    height = (density.high - density.low) * boxes.px_per_unit
    for cluster in order:
        for box in np.flatnonzero(boxes.takes_part[cluster]).tolist():
            image = images[cluster][box]
            step = float(boxes.x[-1]) / max(image.width() - 1, 1)  # columns stand in the middle of their pixels
            left = boxes.left[box] + boxes.lanes[cluster] - step / 2
            top = boxes.center_y[box] - density.high * boxes.px_per_unit
            painter.drawImage(QRectF(left, top, step * image.width(), height), image)


def _paint_highlighted(painter: QPainter, lines: npt.NDArray[np.float32], theme: Tokens) -> None:
    """Draw the spikes that were selected one by one over all others."""
    for color, width in ((theme.view, HIGHLIGHT_PX + 2), (theme.text, HIGHLIGHT_PX)):
        painter.setPen(_rounded_pen(color, width))
        for line in lines:
            painter.drawPolyline(polyline(line))


def _paint_bars(painter: QPainter, data: WaveformData, boxes: Boxes, theme: Tokens, size: tuple[int, int]) -> None:
    """Draw how long a ms and how high some units of voltage are, bottom right."""
    px_per_ms = boxes.x[-1] / (data.times_ms[-1] - data.times_ms[0])
    voltage = nice_length(theme.px(60) / boxes.px_per_unit)
    corner = QPointF(size[0] - theme.px(14), size[1] - theme.px(2))
    bar_ms = nice_length(min(1.0, size[0] / 3 / px_per_ms))
    paint_scale_bars(
        painter, theme, corner, bar_ms * px_per_ms, f"{bar_ms:g} ms",
        voltage * boxes.px_per_unit, f"{_plain(voltage)} {data.unit}",
    )  # fmt: skip


def _plain(value: float) -> str:
    decimals = 0 if value >= 1 else int(np.ceil(-np.log10(value)))
    return format_number(value, decimals)


def _rounded_pen(color: str, width: float) -> QPen:
    return QPen(QColor(color), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
