"""A matrix of clusters as a picture: zoomed, moved and pointed at by the mouse, and painted."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QImage, QPainter, QPen

from napari_phy.core.colors import selection_color
from napari_phy.views.similarity import BAR_PX, MatrixFrame, matrix_pixels
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, TICK_PX, Tokens
from napari_phy.widgets.plots.mouse import Mouse
from napari_phy.widgets.plots.ramp import N_SHADES, shades

ZOOM_STEP = 1.25
Cell = tuple[int, int]  # row and column


class MatrixZoom(QObject):
    """Follows the mouse on a matrix: the wheel zooms, dragging moves, a double-click shows all.

    Parameters
    ----------
    mouse : Mouse
        What is done on its plot.
    frame : callable
        Returns where the matrix is on the screen, and how many cells are along its side; None while there is none.

    Attributes
    ----------
    seen : tuple of float or None
        First row, first column and span of the cells in sight; None for all.
    hovered : tuple of int or None
        The cell that was last told to be under the mouse, until the mouse has left or the cells have moved.
    """

    changed = Signal()

    def __init__(self, mouse: Mouse, frame: Callable[[], tuple[MatrixFrame, int] | None], parent: QObject) -> None:
        super().__init__(parent)
        self.seen: tuple[float, float, float] | None = None
        self.hovered: Cell | None = None
        self._frame = frame
        mouse.scrolled.connect(self._on_scrolled)
        mouse.dragged.connect(self._on_dragged)
        mouse.double_clicked.connect(self._on_double_clicked)
        mouse.left.connect(self._on_left)

    def forget(self) -> None:
        """Show all of another matrix."""
        self.seen = self.hovered = None

    def fit(self, n: int) -> None:
        """Show other cells, and all of them where fewer are left than were in sight."""
        self.hovered = None
        if self.seen is not None and self.seen[2] > n:
            self.seen = None

    def hover(self, cell: Cell | None) -> None:
        """Take over which cell is under the mouse."""
        if cell != self.hovered:
            self.hovered = cell
            self.changed.emit()

    def _on_left(self) -> None:
        self.hover(None)

    def _on_scrolled(self, position: QPointF, notches: float, _modifiers: Any) -> None:
        now = self._frame()
        if now is not None:
            frame, n = now
            self._look_at(frame.zoomed(position.x(), position.y(), ZOOM_STEP**notches, n), n)

    def _on_dragged(self, x_px: float, y_px: float) -> None:
        now = self._frame()
        if now is not None and self.seen is not None:
            frame, n = now
            self._look_at(frame.panned(x_px, y_px, n), n)

    def _on_double_clicked(self, _position: QPointF) -> None:
        self.forget()
        self.changed.emit()

    def _look_at(self, frame: MatrixFrame, n: int) -> None:
        self.seen = (frame.first_row, frame.first_column, frame.span) if frame.span < n else None
        self.hovered = None
        self.changed.emit()


class MatrixPainter:
    """Paints matrices; the cells are drawn anew only where they, their places or the colours are others."""

    def __init__(self) -> None:
        self._drawn: tuple[Any, ...] = ()
        self._image = QImage()

    def paint(
        self,
        painter: QPainter,
        frame: MatrixFrame,
        levels: npt.NDArray[np.uint8],
        cluster_ids: npt.NDArray[np.int64],
        selected: Sequence[int],
        theme: Tokens,
        column_ids: npt.NDArray[np.int64] | None = None,
    ) -> None:
        """Paint the cells, ids of rows, those that are selected in their colours, of columns, and the colour bar."""
        square = QRectF(*frame.square)
        n_px = max(1, round(frame.side * painter.device().devicePixelRatioF()))
        painter.drawImage(square, self._image_of(levels, frame, n_px, theme))
        painter.setPen(QPen(QColor(theme.grid), 1))
        painter.drawRect(square.adjusted(-0.5, -0.5, 0.5, 0.5))
        colors = {cluster: selection_color(place, dark=theme.dark) for place, cluster in enumerate(selected)}
        _paint_ids(painter, frame, cluster_ids, colors, theme)
        if column_ids is not None:
            _paint_column_ids(painter, frame, column_ids, theme)
        _paint_bar(painter, frame, theme)

    def _image_of(self, levels: npt.NDArray[np.uint8], frame: MatrixFrame, n_px: int, theme: Tokens) -> QImage:
        where = frame, n_px, theme.ramp
        if not self._drawn or self._drawn[0] is not levels or self._drawn[1] != where:
            self._drawn, self._image = (levels, where), _matrix_image(matrix_pixels(levels, frame, n_px), theme.ramp)
        return self._image


def paint_pair(painter: QPainter, frame: MatrixFrame, cell: tuple[int, int], theme: Tokens) -> None:
    """Frame the cell of the pair that is looked at."""
    painter.save()
    painter.setClipRect(QRectF(*frame.square.grown(4)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((theme.view, 3.4), (theme.text, 1.6)):  # distinguishable from both ends of the ramp
        pen = QPen(QColor(color), width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(QRectF(*frame.pair_frame(*cell)))
    painter.restore()


def paint_words(painter: QPainter, frame: MatrixFrame, width: float, words: str, theme: Tokens) -> None:
    """Write the line above the matrix."""
    painter.setFont(theme.font(AXIS_PX if width < theme.px(300) else BODY_PX))
    painter.setPen(QColor(theme.text))
    room = width - frame.left - 4
    text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(room))
    painter.drawText(QRectF(frame.left, 0, room, frame.top), Qt.AlignmentFlag.AlignVCenter, text)


def _matrix_image(pixels: npt.NDArray[np.uint8], ramp: tuple[str, str, str]) -> QImage:
    """Return the levels of pixels as a picture in the colours of a ramp."""
    height, width = pixels.shape
    image = QImage(pixels.tobytes(), width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(shades(ramp))
    return image.copy()


def _paint_ids(
    painter: QPainter, frame: MatrixFrame, cluster_ids: npt.NDArray[np.int64], colors: Mapping[int, str], theme: Tokens
) -> None:
    """Write the ids left of the rows: the selected ones in colour, of the others as many as have room."""
    line = theme.px(12)
    for row, middle in frame.labelled_rows(cluster_ids, tuple(colors), line):
        color = colors.get(int(cluster_ids[row]))
        painter.setFont(theme.font(TICK_PX, bold=color is not None))
        painter.setPen(QColor(color or theme.dim))
        box = QRectF(0, middle - line, frame.left - theme.px(5), 2 * line)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(cluster_ids[row]))


def _paint_column_ids(painter: QPainter, frame: MatrixFrame, cluster_ids: npt.NDArray[np.int64], theme: Tokens) -> None:
    """Write as many ids as have room below the columns, upright."""
    line = theme.px(12)
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(QColor(theme.dim))
    for column, middle in frame.labelled_columns(cluster_ids, line):
        painter.save()
        painter.translate(middle, frame.top + frame.side + theme.px(5))
        painter.rotate(-90)
        box = QRectF(-theme.px(100), -line, theme.px(100), 2 * line)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(cluster_ids[column]))
        painter.restore()


def _paint_bar(painter: QPainter, frame: MatrixFrame, theme: Tokens) -> None:
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
