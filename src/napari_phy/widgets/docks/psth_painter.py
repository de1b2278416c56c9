"""Paints trials and rates around events, with QPainter: on screen, or into an SVG."""

from math import floor

import numpy as np
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF

from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.views.frame import Frame
from napari_phy.views.psth import PsthData, PsthTile
from napari_phy.views.psth_layout import (
    TilePlace,
    is_pictured,
    response_marks,
    spike_marks,
    tile_titles,
    time_ticks,
    time_title_box,
    trial_pixels,
)
from napari_phy.views.steps import has_few_bins, step_pieces
from napari_phy.widgets.base.theme import AXIS_PX, Tokens, with_alpha
from napari_phy.widgets.plots.overlay import paint_axes
from napari_phy.widgets.plots.painted_plot import as_qimage
from napari_phy.widgets.plots.step_plot import STEP_PX, THIN_PX, paint_grid

MARK_PX = 1.2  # width of a spike
BAND, FLAG_PX = 0.15, 4.5  # opacity of the jitter, size of the flag at a latency


def paint_psth(painter: QPainter, data: PsthData, places: tuple[TilePlace, ...], theme: Tokens) -> None:
    """Paint all tiles, and the title of their time axis below the last ones."""
    titles = tile_titles(data, places, theme)
    for tile, place, title in zip(data.tiles, places, titles, strict=True):
        _write(painter, place.title, title, theme, "text", Qt.AlignmentFlag.AlignVCenter)
        ticks = time_ticks(places, place.lowest, theme)
        if place.trials is not None:
            _paint_trials(painter, data, tile, place, place.trials, theme)
        if place.rates is not None:
            _paint_rates(painter, data, tile, place, place.rates, theme)
        paint_axes(painter, place.lowest, theme, "", "", x_ticks=ticks, y_ticks=[])
    if places:
        _write(painter, time_title_box(places, theme), "time from event (ms)", theme, "dim")


def _write(
    painter: QPainter,
    box: tuple[float, float, float, float],
    text: str,
    theme: Tokens,
    color: str,
    flags: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignCenter,
) -> None:
    painter.setFont(theme.font(AXIS_PX))
    painter.setPen(theme.color(color))
    painter.drawText(
        QRectF(*box), flags, painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box[2]))
    )


def _paint_trials(
    painter: QPainter, data: PsthData, tile: PsthTile, place: TilePlace, frame: Frame, theme: Tokens
) -> None:
    painter.fillRect(QRectF(*frame.area), theme.color("tile"))
    _paint_event(painter, frame, theme)
    painter.save()
    painter.setClipRect(QRectF(*frame.area))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    n_clusters = len(data.cluster_ids)
    colors = [selection_color(cluster, dark=theme.dark) for cluster in range(n_clusters)]
    if is_pictured(data):
        scale = max(1.0, painter.device().devicePixelRatioF())
        image = trial_pixels(data, tile, frame, colors, theme.tile, scale)
        painter.drawImage(QPointF(frame.left, frame.top), as_qimage(image, scale))
        _paint_event(painter, frame, theme)
    for cluster in () if is_pictured(data) else range(n_clusters):
        marks = spike_marks(tile, cluster, frame, data.sample_rate)
        pen = QPen(QColor(colors[cluster]), MARK_PX)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        ends = np.column_stack([marks.x, marks.top, marks.x, marks.bottom])
        painter.drawLines([QLineF(*line) for line in ends.tolist()])
    painter.setPen(QPen(theme.color("view"), 2))
    for cluster in range(1, n_clusters):
        y = frame.top + frame.height * cluster / n_clusters
        painter.drawLine(QLineF(frame.left, y, frame.left + frame.width, y))
    painter.restore()
    if place.is_first:
        paint_axes(painter, frame, theme, "", "trials", x_ticks=[], y_ticks=[])


def _paint_rates(
    painter: QPainter, data: PsthData, tile: PsthTile, place: TilePlace, frame: Frame, theme: Tokens
) -> None:
    paint_grid(painter, frame, theme)
    if place.is_first:
        title = "rate above baseline (Hz)" if data.request.settings.baseline else "firing rate (Hz)"
        paint_axes(painter, frame, theme, "", title, x_ticks=[])
    _paint_event(painter, frame, theme)
    _paint_responses(painter, data, tile, frame, theme)
    painter.save()
    painter.setClipRect(QRectF(*frame.area.grown(0, 1)))
    width = STEP_PX if frame.width >= 2 * tile.rates.shape[1] else THIN_PX
    if not has_few_bins(frame, tile.rates):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for cluster in reversed(range(len(tile.rates))):
        color = QColor(selection_color(cluster, dark=theme.dark))
        painter.setPen(QPen(color, THIN_PX if is_hollow(cluster) else width))
        pieces = step_pieces(frame, data.edges_ms, tile.rates[cluster])
        known = pieces[np.isfinite(pieces).all(axis=1)]
        painter.drawLines([QLineF(*ends) for ends in known.tolist()])
    painter.restore()


def _paint_event(painter: QPainter, frame: Frame, theme: Tokens) -> None:
    """Draw the line at the event."""
    x = floor(frame.to_px([[0.0, 0.0]])[0, 0]) + 0.5
    pen = QPen(theme.color("dim"), 1)
    pen.setDashPattern([3, 3])
    painter.setPen(pen)
    painter.drawLine(QLineF(x, frame.top, x, frame.top + frame.height))


def _paint_responses(painter: QPainter, data: PsthData, tile: PsthTile, frame: Frame, theme: Tokens) -> None:
    """Draw a flag at the latency of each response, and a band as wide as its jitter to both sides."""
    painter.save()
    painter.setClipRect(QRectF(*frame.area))
    size = theme.px(FLAG_PX)
    for cluster, band, x in response_marks(data, tile, frame):
        color = selection_color(cluster, dark=theme.dark)
        painter.fillRect(QRectF(*band), with_alpha(color, BAND))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        flag = [QPointF(x - size, frame.top), QPointF(x + size, frame.top), QPointF(x, frame.top + 1.6 * size)]
        painter.drawPolygon(QPolygonF(flag))
    painter.restore()
