"""Paints a matrix of similarities with QPainter: a picture of px, ids, the pair looked at, and what colours mean."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen

from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, TICK_PX, Tokens
from napari_phy.widgets.plots.ramp import N_SHADES, shades

TOP_PX, BOTTOM_PX, LEFT_PX, BAR_PX = 26, 8, 10, 8
LEAST_FRAME_PX = 7.0
LEAST_SPAN = 4.0  # cells that are shown at the largest zoom


@dataclass(frozen=True, slots=True)
class MatrixFrame:
    """Where the matrix is, in logical px, and which cells are in sight.

    Attributes
    ----------
    left, top, side : float
        Place and size of the square.
    first_row, first_column : float
        At its top left, in cells.
    span : float
        Cells along its side.
    """

    left: float
    top: float
    side: float
    first_row: float
    first_column: float
    span: float

    @property
    def cell_px(self) -> float:
        """Side of a cell."""
        return self.side / max(self.span, 1e-9)

    def cell_at(self, x_px: float, y_px: float) -> tuple[int, int] | None:
        """Return row and column of the cell under a pixel."""
        if not (0 <= x_px - self.left < self.side and 0 <= y_px - self.top < self.side):
            return None
        return (
            int(self.first_row + (y_px - self.top) / self.cell_px),
            int(self.first_column + (x_px - self.left) / self.cell_px),
        )

    def cell(self, row: int, column: int) -> QRectF:
        """Return the rectangle of a cell."""
        cell = self.cell_px
        return QRectF(
            self.left + (column - self.first_column) * cell, self.top + (row - self.first_row) * cell, cell, cell
        )


def matrix_image(levels: npt.NDArray[np.uint8], frame: MatrixFrame, n_px: int, ramp: tuple[str, str, str]) -> QImage:
    """Return the cells in sight as a picture of `n_px` a side; where a pixel has several, the most alike shows."""
    rows, columns = (_edges(first, frame.span, n_px) for first in (frame.first_row, frame.first_column))
    if frame.span > n_px:
        cells = np.maximum.reduceat(np.maximum.reduceat(levels, rows, axis=0), columns, axis=1)
    else:
        cells = levels[np.ix_(rows, columns)]
    cells = np.ascontiguousarray(cells)
    image = QImage(cells.tobytes(), n_px, n_px, n_px, QImage.Format.Format_Indexed8)
    image.setColorTable(shades(ramp))
    return image.copy()


def _edges(first: float, span: float, n_px: int) -> npt.NDArray[np.int64]:
    edges: npt.NDArray[np.float64] = np.floor(first + np.arange(n_px) * (span / n_px) + 1e-9)
    return edges.astype(np.int64)


def paint_ids(
    painter: QPainter, frame: MatrixFrame, cluster_ids: npt.NDArray[np.int64], colors: Mapping[int, str], theme: Tokens
) -> None:
    """Write the ids left of the rows: the selected ones in colour, of the others as many as have room."""
    line = theme.px(12)
    taken: list[float] = []
    rows = range(max(0, int(frame.first_row)), min(len(cluster_ids), int(np.ceil(frame.first_row + frame.span))))
    step = max(1, int(np.ceil(line / frame.cell_px)))
    rank = {cluster: place for place, cluster in enumerate(colors)}
    selected = sorted(
        (row for row in rows if int(cluster_ids[row]) in rank), key=lambda row: rank[int(cluster_ids[row])]
    )
    others = [row for row in rows if row % step == 0 and int(cluster_ids[row]) not in colors]
    for row in (*selected, *others):
        center = frame.cell(row, 0).center().y()
        if not frame.top <= center <= frame.top + frame.side or any(abs(center - other) < line for other in taken):
            continue
        taken.append(center)
        color = colors.get(int(cluster_ids[row]))
        painter.setFont(theme.font(TICK_PX, bold=color is not None))
        painter.setPen(QColor(color or theme.dim))
        box = QRectF(0, center - line, frame.left - theme.px(5), 2 * line)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(cluster_ids[row]))


def paint_pair(painter: QPainter, frame: MatrixFrame, cell: tuple[int, int], theme: Tokens) -> None:
    """Frame the cell of the pair that is looked at."""
    box = frame.cell(*cell)
    more = max(0.0, (LEAST_FRAME_PX - box.width()) / 2)
    box.adjust(-more, -more, more, more)
    painter.save()
    painter.setClipRect(QRectF(frame.left - 4, frame.top - 4, frame.side + 8, frame.side + 8))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((theme.view, 3.4), (theme.text, 1.6)):  # told apart from both ends of the ramp
        pen = QPen(QColor(color), width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(box)
    painter.restore()


def paint_words(painter: QPainter, frame: MatrixFrame, width: float, words: str, theme: Tokens) -> None:
    """Write the line above the matrix."""
    painter.setFont(theme.font(AXIS_PX if width < theme.px(300) else BODY_PX))
    painter.setPen(QColor(theme.text))
    room = width - frame.left - 4
    text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(room))
    painter.drawText(QRectF(frame.left, 0, room, frame.top), Qt.AlignmentFlag.AlignVCenter, text)


def paint_bar(painter: QPainter, frame: MatrixFrame, theme: Tokens) -> None:
    """Draw what colour stands for 0 and 1, right of the matrix."""
    left, height = frame.left + frame.side + theme.px(10), min(frame.side / 2, theme.px(150))
    table = shades(theme.ramp)
    n_steps = max(1, round(height))
    for step in range(n_steps):
        shade = table[round((1 - step / max(n_steps - 1, 1)) * (N_SHADES - 1))]
        painter.fillRect(QRectF(left, frame.top + step, theme.px(BAR_PX), 1), QColor(shade))
    painter.setPen(QPen(QColor(theme.grid), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(left - 0.5, frame.top - 0.5, theme.px(BAR_PX) + 1, n_steps + 1))
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(QColor(theme.dim))
    for y, label in ((frame.top, "1"), (frame.top + n_steps, "0")):
        box = QRectF(left + theme.px(BAR_PX) + 4, y - theme.px(7), theme.px(20), theme.px(14))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, label)
