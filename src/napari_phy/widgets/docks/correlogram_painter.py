"""Paints a matrix of correlograms with QPainter: on screen, or into an SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen

from napari_phy.core.colors import selection_color
from napari_phy.table.numbers import format_number
from napari_phy.views.correlograms import CorrelogramData, CorrelogramSettings
from napari_phy.views.ticks import nice_ticks
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, TICK_PX, Tokens, with_alpha

GAP = 8.0
ID_GAP = 6.0  # between ids and boxes
NO_PAIRS = "no pairs"


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

    def id_at(self, x_px: float, y_px: float) -> int | None:
        """Return the row or the column whose id stands under a pixel."""
        for place in range(self.n):
            above, beside = self.tile(0, place), self.tile(place, 0)
            is_above = y_px < above.top() and above.left() <= x_px <= above.right()
            if is_above or (x_px < beside.left() and beside.top() <= y_px <= beside.bottom()):
                return place
        return None


def grid_of(ids: Sequence[int], width: int, height: int, theme: Tokens) -> CorrelogramGrid:
    """Return the tiles that fill a widget, with room for ids, a quarter of the width at most, and for lags."""
    n, top, right, bottom = len(ids), theme.px(24), theme.px(10), theme.px(36)
    widest = max(theme.text_width(str(cluster), BODY_PX, bold=True) for cluster in ids)
    left = max(theme.px(36), min(math.ceil(widest) + 2 * theme.px(ID_GAP), width // 4))
    gap = GAP if n <= 4 else GAP / 2
    return CorrelogramGrid(
        n,
        left,
        top,
        max(4.0, (width - left - right - gap * (n - 1)) / n),
        max(4.0, (height - top - bottom - gap * (n - 1)) / n),
        gap,
    )


def paint_correlograms(
    painter: QPainter, data: CorrelogramData, look: CorrelogramSettings, grid: CorrelogramGrid, theme: Tokens
) -> None:
    """Paint ids, tiles, bars, bands, expected lines, maxima and lag ticks."""
    colors = [QColor(selection_color(place, dark=theme.dark)) for place in range(grid.n)]
    _paint_ids(painter, data, grid, theme, colors)
    drawn = _Drawn.of(data, look)
    for row in range(grid.n):
        for column in range(grid.n):
            color = colors[row] if row == column else QColor(theme.bars)
            _paint_tile(painter, drawn, (row, column), grid.tile(row, column), color, theme)
    _paint_lags(painter, data, look, grid, theme)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """What is the same or laid out for all boxes; places and heights in shares of a box, 0…1."""

    edges: npt.NDArray[np.float64]
    band: tuple[float, float]
    bars: npt.NDArray[np.float64]
    expected: npt.NDArray[np.float64] | None
    labels: list[list[str]]

    @classmethod
    def of(cls, data: CorrelogramData, look: CorrelogramSettings) -> "_Drawn":
        """Return how the correlograms look."""
        tops, maxima = look.tops(data), look.maxima(data)
        left, right = np.clip(look.place(data, [-look.refractory_ms, look.refractory_ms]), 0, 1)
        return cls(
            look.edges(data),
            (float(left), float(right)),
            look.heights(data) / tops[:, :, None],
            look.expected(data) / tops if look.baseline else None,
            [[height_words(value, look.unit) if value else NO_PAIRS for value in row] for row in maxima.tolist()],
        )


def height_words(value: float, unit: str) -> str:
    """Return the height of a bar in digits: whole pairs, or Hz."""
    return format_number(value, 0 if unit == "counts" or value >= 100 else 1 if value >= 10 else 2)


def _paint_ids(
    painter: QPainter, data: CorrelogramData, grid: CorrelogramGrid, theme: Tokens, colors: Sequence[QColor]
) -> None:
    painter.setFont(theme.font(BODY_PX, bold=True))
    gap = theme.px(ID_GAP)
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for place, cluster in enumerate(data.cluster_ids):
        painter.setPen(colors[place])
        above, beside = grid.tile(0, place), grid.tile(place, 0)
        top = QRectF(above.left(), 0, above.width(), grid.top)
        left = QRectF(gap / 2, beside.top(), grid.left - 1.5 * gap, beside.height())
        for rect, alignment in ((top, Qt.AlignmentFlag.AlignCenter), (left, right)):
            painter.drawText(rect, alignment, shown_id(cluster, rect.width(), theme))


def shown_id(cluster: int, width: float, theme: Tokens) -> str:
    """Return an id as far as a width in px holds it: its last digits, by which ids differ."""
    metrics = theme.metrics(BODY_PX, bold=True)
    return metrics.elidedText(str(cluster), Qt.TextElideMode.ElideLeft, width + 1)


def _paint_tile(
    painter: QPainter, drawn: _Drawn, box: tuple[int, int], tile: QRectF, color: QColor, theme: Tokens
) -> None:
    row, column = box
    painter.fillRect(tile, QColor(theme.tile))
    left, right = (tile.left() + share * tile.width() for share in drawn.band)
    painter.fillRect(QRectF(left, tile.top(), right - left, tile.height()), QColor(theme.grid))
    label = drawn.labels[row][column]
    labelled = tile.height() >= 3 * theme.px(14) and tile.width() > theme.text_width(label, TICK_PX) + 8
    scale = tile.height() - (theme.px(14) if labelled else 2)
    _paint_bars(painter, drawn.edges * tile.width(), drawn.bars[row, column] * scale, tile, color)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if drawn.expected is not None:
        pen = QPen(with_alpha(theme.text, 0.75), 1)
        pen.setDashPattern([3, 2])
        painter.setPen(pen)
        y = np.floor(tile.bottom() - drawn.expected[row, column] * scale) + 0.5
        painter.drawLine(QLineF(QPointF(tile.left(), y), QPointF(tile.right(), y)))
    if labelled:
        painter.setFont(theme.font(TICK_PX))
        painter.setPen(QColor(theme.dim))
        painter.drawText(
            QRectF(tile.left(), tile.top(), tile.width() - 4, theme.px(13)),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            label,
        )


def _paint_bars(
    painter: QPainter,
    edges: npt.NDArray[np.float64],
    heights: npt.NDArray[np.float64],
    tile: QRectF,
    color: QColor,
) -> None:
    """Fill bars between edges, in px from the left of the tile, that stand on its bottom.

    Where several bars share a px, the highest is drawn.
    """
    if len(heights) > tile.width():
        first = np.flatnonzero(np.diff(np.floor(edges[:-1]), prepend=-1))
        edges, heights = np.append(edges[first], edges[-1]), np.maximum.reduceat(heights, first)
    pitches = np.diff(edges)
    shares = np.where(pitches >= 2, 0.78, 1.0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, bool(pitches.min() >= 2))
    shown = heights > 0
    tall = np.maximum(1.0, np.rint(heights[shown]))
    lefts = tile.left() + (edges[:-1] + (1 - shares) / 2 * pitches)[shown]
    widths = np.maximum(1.0, shares * pitches)[shown]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    bars = np.column_stack([lefts, tile.bottom() - tall, widths, tall]).tolist()
    painter.drawRects([QRectF(*bar) for bar in bars])


def _paint_lags(
    painter: QPainter, data: CorrelogramData, look: CorrelogramSettings, grid: CorrelogramGrid, theme: Tokens
) -> None:
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
        ticks = lag_ticks(outer, tile.width(), widest)
        if look.lags == "log":
            ticks = log_lag_ticks(data, look, outer, tile.width(), widest)
        for lag, label in ticks:
            width = theme.text_width(label, TICK_PX) + 2
            center = tile.left() + float(look.place(data, lag)) * tile.width()
            left = min(max(center - width / 2, tile.left()), tile.right() - width)
            painter.drawText(QRectF(left, last.bottom() + 3, width, line), Qt.AlignmentFlag.AlignCenter, label)
    painter.setFont(theme.font(AXIS_PX))
    whole = QRectF(grid.left, last.bottom() + 3 + line, last.right() - grid.left, theme.px(16))
    painter.drawText(whole, Qt.AlignmentFlag.AlignCenter, "lag (ms)")


def log_lag_ticks(
    data: CorrelogramData, look: CorrelogramSettings, outer: float, width: float, widest: float
) -> list[tuple[float, str]]:
    """Return (lag in ms, label): 0, the outermost, and those of 1, 10, 100 … ms that fit between them."""
    if width < 3.2 * widest:
        return lag_ticks(outer, width, widest)
    chosen = [0.0, outer]
    for lag in (1.0, 10.0, 100.0, 1000.0, 5.0, 50.0, 500.0):
        places = np.minimum(look.place(data, [*chosen, lag]) * width, width - widest / 2)  # labels stay inside
        if lag < outer and np.abs(places[:-1] - places[-1]).min() >= widest:
            chosen.append(lag)
    return _whole(sorted({-lag for lag in chosen} | set(chosen)))


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
