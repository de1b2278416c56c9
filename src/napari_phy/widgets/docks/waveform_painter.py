"""Paints what lies over single waveforms: means, bands, densities, channel numbers and scale bars."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen

from napari_phy.table.numbers import format_number
from napari_phy.views.ticks import nice_length
from napari_phy.views.waveform_boxes import Boxes
from napari_phy.views.waveform_density import WaveformDensity
from napari_phy.views.waveforms import WaveformData
from napari_phy.widgets.base.color_scale import ColorScale, blended
from napari_phy.widgets.base.theme import TICK_PX, Tokens, with_alpha
from napari_phy.widgets.plots.overlay import paint_scale_bars
from napari_phy.widgets.plots.painted_plot import polyline

MEAN_PX, HIGHLIGHT_PX = 2.0, 1.6
BAND_ALPHA, DENSITY_ALPHA = 0.25, 0.95
FAINTEST = 0.12  # of the opacity, for a cell that a single waveform passes


def paint_numbers(painter: QPainter, data: WaveformData, boxes: Boxes, theme: Tokens, chosen: int | None) -> None:
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


def paint_means(
    painter: QPainter, data: WaveformData, boxes: Boxes, colors: Sequence[str], order: Sequence[int]
) -> None:
    """Draw the mean of each cluster, the last of `order` on top."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    width = float(np.clip(boxes.pitch / 3, 0.4, MEAN_PX))  # thinner where channels lie close together
    for cluster in order:
        painter.setPen(_pen(colors[cluster], width))
        for box in np.flatnonzero(boxes.takes_part[cluster]).tolist():
            painter.drawPolyline(polyline(boxes.line(box, data.means[cluster, :, box], cluster)))


def paint_bands(
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


def density_images(density: WaveformDensity, colors: Sequence[str]) -> list[list[QImage]]:
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
    single = float(_opacity(np.ones(1), largest)[0])
    stops = tuple(
        (float(place), blended(theme.view, color, alpha)) for place, alpha in ((0, single), (1, DENSITY_ALPHA))
    )
    return ColorScale("waveforms, log", "1", "–".join(ends), stops)


def _opacity(counts: npt.NDArray[Any], most: float) -> npt.NDArray[np.float64]:
    share = np.log1p(counts) / max(np.log1p(most), 1e-9)
    return np.where(counts > 0, FAINTEST + (1 - FAINTEST) * share, 0) * DENSITY_ALPHA


def _image(counts: npt.NDArray[np.uint16], most: float, color: QColor) -> QImage:
    alpha = _opacity(counts, most)
    pixels = np.empty((*counts.shape, 4), dtype=np.uint8)
    for place, part in enumerate((color.blue(), color.green(), color.red(), 255)):
        pixels[..., place] = np.rint(alpha * part)
    height, width = counts.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.tobytes(), width, height, 4 * width, form).copy()


def paint_density(
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


def paint_highlighted(painter: QPainter, lines: npt.NDArray[np.float32], theme: Tokens) -> None:
    """Draw the spikes that were selected one by one over all others."""
    for color, width in ((theme.view, HIGHLIGHT_PX + 2), (theme.text, HIGHLIGHT_PX)):
        painter.setPen(_pen(color, width))
        for line in lines:
            painter.drawPolyline(polyline(line))


def paint_bars(painter: QPainter, data: WaveformData, boxes: Boxes, theme: Tokens, size: tuple[int, int]) -> None:
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


def _pen(color: str, width: float) -> QPen:
    return QPen(QColor(color), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
