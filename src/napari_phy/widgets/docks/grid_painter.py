"""Paints tiles of clusters with QPainter: id, group and number above a line or bars; selected ones with a rim."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF

from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.views.grid import Content, GridData, Tile
from napari_phy.widgets.base.theme import AXIS_PX, TICK_PX, Tokens

TILE_PX = (88, 76)  # at least
GAP_PX, MARGIN_PX, HEAD_PX = 6, 8, 18
RIM_PX, LINE_PX = 2.0, 1.5


@dataclass(frozen=True, slots=True)
class GridLayout:
    """Where the tiles are, in logical px; rows scroll.

    Attributes
    ----------
    n_columns, n_lines : int
        Columns and rows of all tiles.
    n_visible, n_whole : int
        Rows in sight, the last may be cut, and those that are not.
    width, height : float
        Width and height of a tile.
    left, top, gap : float
        Place of the first tile, and the gap between two.
    first : int
        Row at the top.
    """

    n_columns: int
    n_lines: int
    n_visible: int
    n_whole: int
    width: float
    height: float
    left: float
    top: float
    gap: float
    first: int

    @property
    def in_sight(self) -> tuple[int, int]:
        """The places of the first tile in sight and of the one after the last."""
        return self.first * self.n_columns, (self.first + self.n_visible) * self.n_columns

    def tile(self, place: int) -> QRectF:
        """Return the rectangle of the tile at a place, on whole px."""
        row, column = divmod(place, self.n_columns)
        left = round(self.left + column * (self.width + self.gap))
        right = round(self.left + column * (self.width + self.gap) + self.width)
        top = self.top + (row - self.first) * (self.height + self.gap)
        return QRectF(left, top, right - left, self.height)

    def line_of(self, place: int) -> int:
        """Return the row of the tile at a place."""
        return place // self.n_columns

    def place_at(self, x_px: float, y_px: float) -> int | None:
        """Return the place of the tile under a pixel."""
        column = int((x_px - self.left) // (self.width + self.gap))
        row = self.first + int((y_px - self.top) // (self.height + self.gap))
        if not (0 <= column < self.n_columns and 0 <= row < self.n_lines):
            return None
        place = row * self.n_columns + column
        return place if self.tile(place).contains(x_px, y_px) else None


def grid_layout(n: int, width: float, height: float, first: int, zoom: float, theme: Tokens) -> GridLayout:
    """Return tiles that fill the width; the last row that can be at the top leaves the last tiles whole."""
    gap, margin = theme.px(GAP_PX), theme.px(MARGIN_PX)
    least_width, tile_height = theme.px(TILE_PX[0] * zoom), theme.px(TILE_PX[1] * zoom)
    room = max(least_width, width - 2 * margin)
    n_columns = max(1, int((room + gap) // (least_width + gap)))
    n_lines, pitch, top = ceil(n / n_columns), tile_height + gap, margin / 2
    n_whole = max(1, int((height - top + gap) // pitch))
    return GridLayout(
        n_columns=n_columns,
        n_lines=n_lines,
        n_visible=max(1, ceil((height - top) / pitch)),
        n_whole=n_whole,
        width=(room - gap * (n_columns - 1)) / n_columns,
        height=tile_height,
        left=margin,
        top=top,
        gap=gap,
        first=min(first, max(0, n_lines - n_whole)),
    )


def paint_grid_of_tiles(
    painter: QPainter,
    data: GridData,
    layout: GridLayout,
    theme: Tokens,
    selected: tuple[int, ...],
    group_of: Callable[[int], str],
    color_of_group: Callable[[str], str],
) -> None:
    """Paint the tiles in sight; those that are not computed yet are empty."""
    rank = {cluster: place for place, cluster in enumerate(selected)}
    start, stop = layout.in_sight
    for place in range(start, min(stop, len(data.cluster_ids))):
        cluster = int(data.cluster_ids[place])
        _paint_tile(
            painter, layout.tile(place), cluster, data.tiles.get(cluster), data.request.content, theme,
            rank.get(cluster), group_of(cluster), color_of_group,
        )  # fmt: skip


def _paint_tile(
    painter: QPainter,
    box: QRectF,
    cluster: int,
    tile: Tile | None,
    content: Content,
    theme: Tokens,
    place: int | None,
    group: str,
    color_of_group: Callable[[str], str],
) -> None:
    color = QColor(theme.bars) if place is None else QColor(selection_color(place, dark=theme.dark))
    painter.setPen(Qt.PenStyle.NoPen if place is None else QPen(color, RIM_PX, _style(place)))
    painter.setBrush(QColor(theme.tile))
    inset = 0 if place is None else RIM_PX / 2
    painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), 3, 3)
    head = QRectF(box.left() + theme.px(6), box.top() + 1, box.width() - theme.px(12), theme.px(HEAD_PX))
    dot = theme.px(6)
    of_group = QColor(color_of_group(group))
    painter.setPen(QPen(of_group, 1) if group == "unsorted" else Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush if group == "unsorted" else of_group)
    painter.drawEllipse(QRectF(head.left(), head.center().y() - dot / 2, dot, dot))
    painter.setFont(theme.font(AXIS_PX, bold=place is not None))
    painter.setPen(color if place is not None else QColor(theme.dim if group == "noise" else theme.text))
    left = head.left() + dot + theme.px(5)
    painter.drawText(head.adjusted(left - head.left(), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, str(cluster))
    if tile is None:
        return
    if theme.text_width(str(cluster), AXIS_PX, bold=True) + theme.text_width(tile.label, TICK_PX) + 16 < head.width():
        painter.setFont(theme.font(TICK_PX))
        painter.setPen(QColor(theme.dim))
        painter.drawText(head, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, tile.label)
    inner = QRectF(head.left(), head.bottom() + 1, head.width(), box.bottom() - head.bottom() - theme.px(7))
    if len(tile.values) and inner.height() > 4:
        (_paint_line if content == "waveform" else _paint_bars)(painter, inner, tile, color, theme)


def _style(place: int) -> Qt.PenStyle:
    return Qt.PenStyle.DashLine if is_hollow(place) else Qt.PenStyle.SolidLine


def _paint_line(painter: QPainter, box: QRectF, tile: Tile, color: QColor, theme: Tokens) -> None:
    """Draw the mean waveform and its zero line."""
    span = (tile.high - tile.low) or 1.0
    scale = box.height() / span
    x = np.linspace(box.left(), box.right(), len(tile.values))
    y = box.bottom() - (tile.values - tile.low) * scale
    if tile.low <= 0 <= tile.high:
        zero = np.floor(box.bottom() + tile.low * scale) + 0.5
        painter.setPen(QPen(QColor(theme.grid), 1))
        painter.drawLine(QPointF(box.left(), zero), QPointF(box.right(), zero))
    pen = QPen(color, LINE_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]))


def _paint_bars(painter: QPainter, box: QRectF, tile: Tile, color: QColor, theme: Tokens) -> None:
    """Draw bars without gaps as one filled shape, and the line they stand on."""
    edges = np.repeat(np.rint(np.linspace(box.left(), box.right(), len(tile.values) + 1)), 2)
    heights = np.concatenate([[0.0], np.repeat(tile.values, 2), [0.0]]) * (box.height() / (tile.high or 1.0))
    bottom = round(box.bottom())
    corners = zip(edges.tolist(), np.rint(bottom - heights).tolist(), strict=True)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
    painter.fillRect(QRectF(box.left(), bottom, box.width(), 1), QColor(theme.grid))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
