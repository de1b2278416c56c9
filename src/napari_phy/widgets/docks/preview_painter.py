"""Paints what clusters would be as one, or a cluster as two: words, correlograms and amplitudes, with QPainter."""

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF

from napari_phy.core.colors import selection_color
from napari_phy.views.merge_preview import (
    MergePreview,
    PreviewLayout,
    axis_words,
    bar_places,
    preview_layout,
    preview_words,
)
from napari_phy.views.rectangles import Rectangle
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, TICK_PX, Tokens, with_alpha

HEADROOM = 1.08
FILL, STEP_PX = 0.8, 1.2


def paint_preview(painter: QPainter, preview: MergePreview, size: QSize, theme: Tokens) -> None:
    """Paint a preview in a rectangle of some size."""
    layout = preview_layout(size.width(), size.height(), theme, has_amplitudes=preview.has_amplitudes)
    _paint_words(painter, preview, layout, theme)
    colors = part_colors(preview, theme)
    if layout.correlogram is not None:
        _paint_correlogram(painter, preview, layout.correlogram, colors, theme)
    if layout.amplitudes is not None:
        _paint_amplitudes(painter, preview, layout.amplitudes, colors, theme)


def part_colors(preview: MergePreview, theme: Tokens) -> list[QColor]:
    """Return the colours of the parts: those of the clusters; of a cut, another one for what is split off."""
    places = (1, 0) if preview.is_split else range(len(preview.n_spikes))
    return [QColor(selection_color(place, dark=theme.dark)) for place in places]


def _paint_words(painter: QPainter, preview: MergePreview, layout: PreviewLayout, theme: Tokens) -> None:
    warns = preview.is_violated and not preview.is_split
    looks = ((BODY_PX, theme.warning if warns else theme.text), (AXIS_PX, theme.dim))
    for box, words, (px, color) in zip(layout.lines, preview_words(preview), looks, strict=False):
        painter.setFont(theme.font(px))
        painter.setPen(QColor(color))
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(box.width))
        painter.drawText(QRectF(*box), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)


def _paint_correlogram(
    painter: QPainter, preview: MergePreview, area: Rectangle, colors: list[QColor], theme: Tokens
) -> None:
    """Paint the band of the refractory time, bars of the whole, and steps of the parts on the same scale."""
    painter.fillRect(QRectF(*area), theme.color("tile"))
    n = len(preview.whole)
    refractory_bins = preview.request.settings.refractory_ms / max(_bin_ms(preview), 1e-9)
    half = min(area.width / 2, area.width * refractory_bins / n)
    painter.fillRect(QRectF(area.center[0] - half, area.top, 2 * half, area.height), theme.color("grid"))
    edges, top = bar_places(n, area), max(1, int(preview.whole.max(initial=0))) * HEADROOM
    _fill_bars(painter, edges, np.zeros(n), preview.whole / top, area, with_alpha(theme.bars, FILL))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for counts, color in reversed(list(zip(preview.counts, colors, strict=True))):
        painter.setPen(QPen(color, STEP_PX))
        painter.drawPolyline(_steps(edges, counts / top, area))
    _paint_axis(painter, axis_words(preview, theme, area, of_amplitudes=False), area, theme)


def _paint_amplitudes(
    painter: QPainter, preview: MergePreview, area: Rectangle, colors: list[QColor], theme: Tokens
) -> None:
    """Paint the parts upon each other, the first one below."""
    painter.fillRect(QRectF(*area), theme.color("tile"))
    stacked = np.vstack([np.zeros(preview.amplitudes.shape[1]), np.cumsum(preview.amplitudes, axis=0)])
    stacked /= max(float(stacked[-1].max(initial=0.0)), 1e-9) * HEADROOM
    edges = bar_places(preview.amplitudes.shape[1], area)
    for low, high, color in zip(stacked, stacked[1:], colors, strict=False):
        _fill_bars(painter, edges, low, high, area, color)
    _paint_axis(painter, axis_words(preview, theme, area, of_amplitudes=True), area, theme)


def _fill_bars(
    painter: QPainter,
    edges: npt.NDArray[np.float64],
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    area: Rectangle,
    color: QColor,
) -> None:
    """Fill bars from one share of the height to another."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    lefts, rights = np.rint(edges[:-1]), np.rint(edges[1:])
    tops, bottoms = np.rint(area.bottom - high * area.height), np.rint(area.bottom - low * area.height)
    shown = (high > low) & (rights > lefts)
    boxes = np.column_stack([lefts, tops, rights - lefts, np.maximum(bottoms - tops, 1)])[shown]
    painter.drawRects([QRectF(*box) for box in boxes.tolist()])
    painter.restore()


def _steps(edges: npt.NDArray[np.float64], heights: npt.NDArray[np.float64], area: Rectangle) -> QPolygonF:
    xs, ys = np.repeat(edges, 2)[1:-1], np.repeat(area.bottom - heights * area.height, 2)
    return QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)])


def _paint_axis(painter: QPainter, words: tuple[str, str, str], area: Rectangle, theme: Tokens) -> None:
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(theme.color("dim"))
    box = QRectF(area.left, area.bottom + 1, area.width, theme.px(14))
    flags = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
    for text, flag in zip(words, flags, strict=True):
        painter.drawText(box, int(flag | Qt.AlignmentFlag.AlignVCenter), text)


def _bin_ms(preview: MergePreview) -> float:
    lags = preview.lags_ms
    return float(lags[1] - lags[0]) if len(lags) > 1 else 1.0
