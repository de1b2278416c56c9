"""The plot of Features: one large projection, or a grid of small ones, in the same canvas."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QPainter, QPen
from qtpy.QtWidgets import QWidget

from napari_phy.views.drawn_spikes import ScatterData
from napari_phy.views.feature_grid import FeatureGridData
from napari_phy.views.frame import Frame
from napari_phy.widgets.base.theme import AXIS_PX, TICK_PX, Tokens, with_alpha
from napari_phy.widgets.plots.dots import paint_dots
from napari_phy.widgets.plots.scatter_plot import Points, ScatterPlot

LABEL_PX, GAP_PX, EDGE_PX = 18, 6, 8
DOT_SCALE = 0.65
INSET_PX = 2.0  # of dots from the edge of their cell


class FeaturePlot(ScatterPlot):
    """Shows `set_data` large, or `set_grid` small: then there is no `frame`, but a frame for each cell."""

    def __init__(self, theme: Tokens, paint_over: Callable[[QPainter], None], parent: QWidget | None = None) -> None:
        self.grid: FeatureGridData | None = None
        self._points: Points = np.empty((0, 2))
        self._marked_here = np.empty(0, np.int64)
        super().__init__(theme, paint_over, parent)

    def set_data(self, data: ScatterData | None, *, keep_range: bool = False) -> None:
        """Show one large projection, or nothing."""
        self.grid = None
        super().set_data(data, keep_range=keep_range)

    def set_grid(self, grid: FeatureGridData) -> None:
        """Show a grid of small projections."""
        self.grid, self._data, self.frame = grid, None, None
        self._marked_here = np.empty(0, np.int64)
        self._show_colors()
        self._place()

    def mark_in_grid(self, indices: npt.NDArray[np.int64]) -> None:
        """Mark some drawn spikes, given by index, in all cells of the grid."""
        self._marked_here = indices
        self._mark_cells()
        self.redraw()

    @property
    def dot_scale(self) -> float:
        """Dots are smaller in the grid."""
        return 1.0 if self.grid is None else DOT_SCALE

    @property
    def clusters(self) -> tuple[int, ...]:
        """Clusters in the order of their colours."""
        return super().clusters if self.grid is None else self.grid.request.clusters

    @property
    def _shown_grid(self) -> FeatureGridData:
        """The grid, only to be asked while one is shown."""
        assert self.grid is not None
        return self.grid

    def cell_frame(self, row: int, column: int) -> Frame:
        """Return what a cell of the grid shows, and where."""
        grid, theme = self._shown_grid, self._theme
        label, gap, edge = theme.px(LABEL_PX), theme.px(GAP_PX), theme.px(EDGE_PX)
        width = (self.width() - label - edge + gap) / grid.n
        height = (self.height() - label - edge + gap) / grid.n
        left, top = label + column * width, label + row * height
        x, y = grid.cell(row, column)
        return Frame(left, top, max(4.0, width - gap), max(4.0, height - gap), grid.ranges[x], grid.ranges[y])

    def cell_at(self, position: QPointF) -> tuple[int, int] | None:
        """Return row and column of the cell under the mouse, or None."""
        for row, column in self._cells():
            if self.cell_frame(row, column).contains(position.x(), position.y()):
                return row, column
        return None

    def drawn_at(self, position: QPointF, reach_px: float) -> int | None:
        """Return the index of the drawn spike under the mouse in the grid, or None."""
        if self.grid is None or not len(self._points):
            return None
        distance = np.nan_to_num(np.hypot(*(self._points - (position.x(), position.y())).T), nan=np.inf)
        nearest = int(np.argmin(distance))
        return nearest % len(self.grid.spike_ids) if distance[nearest] <= reach_px else None

    def _cells(self) -> list[tuple[int, int]]:
        n = 0 if self.grid is None else self.grid.n
        return [(row, column) for row in range(n) for column in range(n)]

    # --- drawing ---

    def _place(self) -> None:
        if self.grid is None:
            super()._place()
            return
        frames = [self.cell_frame(row, column) for row, column in self._cells()]
        self._points = np.concatenate([self._in_cell(*cell) for cell in self._cells()])
        self._scatter.set_data(np.nan_to_num(self._points, nan=-1e4), np.tile(self._slots, len(frames)))
        self._scatter.transform.scale, self._scatter.transform.translate = (1, 1), (0, 0)
        self._mark_cells()
        for visual in (self._scatter, self._marks, self._grid):
            visual.set_pixel_scale(self.pixel_scale)
        lines = np.array([line for frame in frames for line in _border(frame)])
        self._grid.set_data(lines, np.zeros(len(lines)))
        self.redraw()

    def _mark_cells(self) -> None:
        self.marked = self.px_of(self._marked_here)
        self._upload_marks(self.marked)

    @property
    def _slots(self) -> npt.NDArray[np.int64]:
        """Which of `dots` each spike of the grid is."""
        grid = self._shown_grid
        return np.where(grid.violates, len(self.clusters) + 1, grid.places + 1)

    def _in_cell(self, row: int, column: int) -> Points:
        """Return where in px the spikes are in a cell; nan beyond its edges."""
        grid = self._shown_grid
        frame, (x, y) = self.cell_frame(row, column), grid.cell(row, column)
        px = frame.to_px(grid.values[[x, y]].T)
        low = np.array([frame.left, frame.top]) + INSET_PX
        high = np.array([frame.left + frame.width, frame.top + frame.height]) - INSET_PX
        px[~((px >= low) & (px <= high)).all(axis=1)] = np.nan
        return px

    def _upload(self) -> None:
        if self.grid is None:
            super()._upload()

    def _paint(self, painter: QPainter) -> None:
        if self.grid is None:
            super()._paint(painter)
        else:
            self._paint_labels(painter, self._theme)
            self._paint_over(painter)

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        """Paint all of it, also what OpenGL draws, in the colours of a theme."""
        grid = self.grid
        if grid is None:
            super().paint_figure(painter, theme)
            return
        points = self._points.reshape(-1, len(grid.spike_ids), 2)
        for cell, px in zip(self._cells(), points, strict=True):
            frame = self.cell_frame(*cell)
            painter.setPen(QPen(theme.color("grid"), 1))
            for start, stop in _border(frame):
                painter.drawLine(QLineF(*start, *stop))
            area = QRectF(frame.left, frame.top, frame.width, frame.height)
            paint_dots(painter, px, self._slots, self.dots(theme), area)
            self._paint_marks(painter, px[self._marked_here], theme, area)
        self._paint_labels(painter, theme)
        self._paint_over(painter)

    def px_of(self, indices: npt.NDArray[np.int64]) -> Points:
        """Return where in px some drawn spikes, given by index, are in all cells of the grid."""
        n = len(self._shown_grid.spike_ids)
        found = self._points.reshape(-1, n, 2)[:, indices].reshape(-1, 2)
        return found[np.isfinite(found).all(axis=1)]

    def _paint_labels(self, painter: QPainter, theme: Tokens) -> None:
        grid = self._shown_grid
        centred = Qt.AlignmentFlag.AlignCenter
        painter.setFont(theme.font(AXIS_PX))
        painter.setPen(theme.color("dim"))
        label, cell = theme.px(LABEL_PX), self.cell_frame(0, 0)
        for place, (column, row) in enumerate(zip(self._fitting(cell.width), self._fitting(cell.height), strict=True)):
            frame = self.cell_frame(place, place)
            painter.drawText(QRectF(frame.left, 0, frame.width, label), centred, column)
            painter.save()
            painter.translate(0, frame.top + frame.height / 2)
            painter.rotate(-90)
            painter.drawText(QRectF(-frame.height / 2, 0, frame.height, label), centred, row)
            painter.restore()
        for place in range(grid.n):
            _paint_time_tag(painter, self.cell_frame(place, place), theme)

    def _fitting(self, room: float) -> list[str]:
        """Return `channel 8 · PC1`, `ch 8 · PC1` or `8 · PC1` of each axis, the longest for which all have room."""
        labels = self._shown_grid.labels
        forms = [list(labels), [text.replace("channel", "ch") for text in labels]]
        shortest = [text.removeprefix("channel ") for text in labels]
        fits = (form for form in forms if max(self._theme.text_width(text, AXIS_PX) for text in form) <= room)
        return next(fits, shortest)


def _paint_time_tag(painter: QPainter, frame: Frame, theme: Tokens) -> None:
    """Tell that a cell of the diagonal runs along time."""
    width, height = theme.text_width("time", TICK_PX) + theme.px(8), theme.px(14)
    box = QRectF(frame.left + frame.width - width - 1, frame.top + frame.height - height - 1, width, height)
    painter.fillRect(box, with_alpha(theme.view, 0.8))
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(theme.color("dim"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "time")


def _border(frame: Frame) -> list[list[tuple[float, float]]]:
    """Return the four edges of a cell, two ends each."""
    left, top = round(frame.left) + 0.5, round(frame.top) + 0.5
    right, bottom = round(frame.left + frame.width) - 0.5, round(frame.top + frame.height) - 0.5
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return [[corners[k], corners[(k + 1) % 4]] for k in range(4)]
