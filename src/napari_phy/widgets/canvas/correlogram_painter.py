"""Paints a matrix of correlograms with QPainter: on screen, or into an SVG."""

from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen

from napari_phy.core.colors import selection_color
from napari_phy.views.correlograms import CorrelogramData
from napari_phy.views.numbers import format_number
from napari_phy.widgets.canvas.ticks import nice_ticks
from napari_phy.widgets.theme import AXIS_PX, BODY_PX, TICK_PX, Tokens, with_alpha

GAP = 8.0


@dataclass(frozen=True, slots=True)
class CorrelogramGrid:
    """Where the tiles of n × n correlograms are, in logical px."""

    n: int
    left: float
    top: float
    tile_width: float
    tile_height: float
    gap: float

    def tile(self, row: int, column: int) -> QRectF:
        """Return the rectangle of one correlogram, on whole px."""
        left = round(self.left + column * (self.tile_width + self.gap))
        top = round(self.top + row * (self.tile_height + self.gap))
        right = round(self.left + column * (self.tile_width + self.gap) + self.tile_width)
        bottom = round(self.top + row * (self.tile_height + self.gap) + self.tile_height)
        return QRectF(left, top, right - left, bottom - top)

    def at(self, x_px: float, y_px: float) -> tuple[int, int, float] | None:
        """Return row, column and share of the width of the tile under a pixel."""
        column = int((x_px - self.left) // (self.tile_width + self.gap))
        row = int((y_px - self.top) // (self.tile_height + self.gap))
        if not (0 <= row < self.n and 0 <= column < self.n):
            return None
        tile = self.tile(row, column)
        if not tile.contains(x_px, y_px):
            return None
        return row, column, (x_px - tile.left()) / tile.width()


def grid_of(n: int, width: int, height: int, theme: Tokens) -> CorrelogramGrid:
    """Return the tiles that fill a widget, with room for ids and lags."""
    left, top, right, bottom = theme.px(36), theme.px(24), theme.px(10), theme.px(36)
    gap = GAP if n <= 4 else GAP / 2
    return CorrelogramGrid(
        n,
        left,
        top,
        max(4.0, (width - left - right - gap * (n - 1)) / n),
        max(4.0, (height - top - bottom - gap * (n - 1)) / n),
        gap,
    )


def paint_correlograms(painter: QPainter, data: CorrelogramData, grid: CorrelogramGrid, theme: Tokens) -> None:
    """Paint ids, tiles, bars, bands, expected lines, maxima and lag ticks."""
    colors = [QColor(selection_color(place, dark=theme.dark)) for place in range(grid.n)]
    _paint_ids(painter, data, grid, theme, colors)
    for row in range(grid.n):
        for column in range(grid.n):
            color = colors[row] if row == column else QColor(theme.bars)
            _paint_tile(painter, data, grid, row, column, color, theme)
    _paint_lags(painter, data, grid, theme)


def _paint_ids(painter, data, grid, theme, colors) -> None:
    painter.setFont(theme.font(BODY_PX, bold=True))
    for place, cluster in enumerate(data.cluster_ids):
        painter.setPen(colors[place])
        above, beside = grid.tile(0, place), grid.tile(place, 0)
        painter.drawText(QRectF(above.left(), 0, above.width(), grid.top), Qt.AlignmentFlag.AlignCenter, str(cluster))
        painter.drawText(
            QRectF(0, beside.top(), grid.left - theme.px(6), beside.height()),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            str(cluster),
        )


def _paint_tile(painter, data, grid, row, column, color, theme) -> None:
    tile = grid.tile(row, column)
    painter.fillRect(tile, QColor(theme.tile))
    n_lags = len(data.lags_ms)
    per_ms = tile.width() / (n_lags * data.bin_ms)
    band = data.refractory_ms * per_ms
    center = tile.center().x()
    painter.fillRect(
        QRectF(max(center - band, tile.left()), tile.top(), min(2 * band, tile.width()), tile.height()),
        QColor(theme.grid),
    )
    counts, largest = data.counts[row, column], int(data.maxima[row, column])
    expected = float(data.expected[row, column])
    label = format_number(largest)
    labelled = tile.height() >= 3 * theme.px(14) and tile.width() > theme.text_width(label, TICK_PX) + 8
    scale = (tile.height() - (theme.px(14) if labelled else 2)) / max(largest, expected, 1)
    pitch = tile.width() / n_lags
    share = 0.78 if pitch >= 2 else 1.0
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, pitch >= 2)
    for lag in np.flatnonzero(counts):
        height = max(1.0, round(float(counts[lag]) * scale))
        left = tile.left() + (lag + (1 - share) / 2) * pitch
        painter.fillRect(QRectF(left, tile.bottom() - height, max(1.0, pitch * share), height), color)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    pen = QPen(with_alpha(theme.text, 0.75), 1)
    pen.setDashPattern([3, 2])
    painter.setPen(pen)
    y = np.floor(tile.bottom() - expected * scale) + 0.5
    painter.drawLine(QLineF(QPointF(tile.left(), y), QPointF(tile.right(), y)))
    if labelled:
        painter.setFont(theme.font(TICK_PX))
        painter.setPen(QColor(theme.dim))
        painter.drawText(
            QRectF(tile.left(), tile.top(), tile.width() - 4, theme.px(13)),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            label,
        )


def _paint_lags(painter, data, grid, theme) -> None:
    half = len(data.lags_ms) * data.bin_ms / 2
    line = theme.px(14)
    last = grid.tile(grid.n - 1, grid.n - 1)
    outer = float(np.floor(abs(data.lags_ms[0])))
    widest = theme.text_width(format_number(-outer), TICK_PX) + 8
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(QColor(theme.dim))
    for column in range(grid.n):
        tile = grid.tile(grid.n - 1, column)
        if tile.width() < widest:
            continue
        for lag, label in lag_ticks(outer, tile.width(), widest):
            width = theme.text_width(label, TICK_PX) + 2
            center = tile.center().x() + lag * tile.width() / (2 * half)
            left = min(max(center - width / 2, tile.left()), tile.right() - width)
            painter.drawText(QRectF(left, last.bottom() + 3, width, line), Qt.AlignmentFlag.AlignCenter, label)
    painter.setFont(theme.font(AXIS_PX))
    whole = QRectF(grid.left, last.bottom() + 3 + line, last.right() - grid.left, theme.px(16))
    painter.drawText(whole, Qt.AlignmentFlag.AlignCenter, "lag (ms)")


def lag_ticks(outer: float, width: float, widest: float) -> list[tuple[float, str]]:
    """Return (lag in ms, label) of the ticks from −outer to outer that fit a width in px, `widest` being a label's."""
    if width < 2 * widest:
        return _whole([0.0])
    if width < 3.2 * widest:
        return _whole([-outer, outer])
    ticks = nice_ticks(-outer, outer, max(2, int(width / (2 * widest))))
    return _whole([-outer, 0.0, outer]) if len(ticks) < 3 else ticks


def _whole(lags: list[float]) -> list[tuple[float, str]]:
    return [(lag, format_number(lag)) for lag in lags]
