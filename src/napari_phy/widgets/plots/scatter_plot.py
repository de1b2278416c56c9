"""A plot of spikes as points: discs, grid and axes, and the part of them that is shown."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QLineF, QPointF, QRectF
from qtpy.QtGui import QPainter, QPen
from qtpy.QtWidgets import QWidget
from vispy.visuals.transforms import STTransform

from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.views.drawn_spikes import ScatterData
from napari_phy.views.frame import Frame
from napari_phy.views.ticks import axis_ticks, left_margin
from napari_phy.widgets.base.theme import Tokens, with_alpha
from napari_phy.widgets.plots.data_canvas import DataCanvas
from napari_phy.widgets.plots.dots import Dot, paint_dots
from napari_phy.widgets.plots.lines import PaletteLines
from napari_phy.widgets.plots.overlay import paint_axes, paint_margins
from napari_phy.widgets.plots.palette import palette_of, rgba, style_of
from napari_phy.widgets.plots.palette_scatter import PaletteScatter

DISC_PX, BACKGROUND_PX, HOLLOW_PX, VIOLATION_PX = 4.0, 2.4, 5.0, 4.5
DISC_ALPHA, BACKGROUND_ALPHA = 0.75, 0.6
RIGHT_PX = 14  # margin
ZOOM_STEP = 1.2
ZOOM_LIMITS = (1e-3, 1e2)  # of the range that shows the selection; beyond, 32-bit positions are too coarse

Points = npt.NDArray[np.float64]


class ScatterPlot(DataCanvas):
    """Selected spikes in the colours of their places, others grey.

    Parameters
    ----------
    theme : Tokens
        Colours and sizes at first.
    paint_over : callable
        Paints what lies on the plot.
    side : float, default 0.0
        Share of the width that is left free at the right, for a histogram.

    Attributes
    ----------
    frame : Frame or None
        The range shown and where it is on the canvas; None while there is nothing to show.
    marked : ndarray of float64, shape (n, 2)
        Points that have a dot of the colour of text over all others.
    """

    def __init__(
        self,
        theme: Tokens,
        paint_over: Callable[[QPainter], None],
        parent: QWidget | None = None,
        *,
        side: float = 0.0,
    ) -> None:
        self._theme = theme
        self._paint_over = paint_over
        self._side = side
        self._data: ScatterData | None = None
        self.marked: Points = np.empty((0, 2))
        self.frame: Frame | None = None
        super().__init__(self._paint, self._make_visuals, parent)
        self.resized.connect(self._place)
        self.rebuilt.connect(self._on_rebuilt)

    def _make_visuals(self, scene: Any) -> None:
        self._grid = PaletteLines(parent=scene)
        self._scatter = PaletteScatter(parent=scene)
        self._scatter.order = 1
        self._marks = PaletteScatter(parent=scene)
        self._marks.order = 2
        self._scatter.transform = self._marks.transform = STTransform()

    def _on_rebuilt(self) -> None:
        self._upload()
        self.apply_theme(self._theme)

    def set_data(self, data: ScatterData | None, *, keep_range: bool = False) -> None:
        """Show these spikes and all of the selection, or nothing; `keep_range` stays where somebody went."""
        if not (keep_range and self.is_moved):
            self.frame = None
        self._data = data
        self._upload()
        self._show_colors()
        self._place()

    def set_marked(self, points: Points) -> None:
        """Mark some points, in data units."""
        if len(points) or len(self.marked):
            self.marked = points
            self._upload_marks(points)
            self.redraw()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.set_background(theme.view)
        self._grid.set_palette(palette_of([rgba(theme.grid)]))
        self._show_colors()
        self._place()

    @property
    def dot_scale(self) -> float:
        """How large dots are, 1 being as usual."""
        return 1.0

    @property
    def clusters(self) -> tuple[int, ...]:
        """Clusters in the order of their colours."""
        return () if self._data is None else self._data.clusters

    @property
    def is_moved(self) -> bool:
        """Whether another range is shown than that of the selection."""
        data, frame = self._data, self.frame
        return frame is not None and data is not None and (frame.x_range, frame.y_range) != (data.x_range, data.y_range)

    def show_all(self) -> None:
        """Go back to the range that shows the selection."""
        self.frame = None
        self._place()

    def pan(self, dx: float, dy: float) -> None:
        """Move the data by some px."""
        if self.frame is not None:
            self.frame = self.frame.panned(dx, dy)
            self._show_frame(self.frame)

    def zoom(self, position: QPointF, notches: float, along: Literal["both", "x", "y"] = "both") -> None:
        """Show less (notches above 0) or more of the data; what is at a position stays there."""
        data, frame = self._data, self.frame
        if frame is None or data is None:
            return
        zoomed = frame.zoomed(position.x(), position.y(), ZOOM_STEP**notches)
        x_range = frame.x_range if along == "y" else zoomed.x_range
        y_range = frame.y_range if along == "x" else zoomed.y_range
        shares = np.ptp(x_range) / np.ptp(data.x_range), np.ptp(y_range) / np.ptp(data.y_range)
        if all(ZOOM_LIMITS[0] < share < ZOOM_LIMITS[1] for share in shares):
            self.show_range(x_range, y_range)

    def show_range(self, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
        """Show this part of the data."""
        if self.frame is not None:
            self.frame = replace(self.frame, x_range=x_range, y_range=y_range)
            self._place()

    # --- drawing ---

    def _upload(self) -> None:
        data = self._data
        if data is not None:
            slots, order = _slots_of(data)
            self._scatter.set_data(np.column_stack([data.x, data.y])[order], slots[order])
        self._upload_marks(self.marked)

    def _upload_marks(self, points: Points) -> None:
        self._marks.set_data(points, np.zeros(len(points)))

    def _show_colors(self) -> None:
        dots = self.dots(self._theme)
        for visual, some in ((self._scatter, dots), (self._marks, dots[-1:])):
            visual.set_palette(palette_of([rgba(dot.color.name(), dot.color.alphaF()) for dot in some]))
            visual.set_style(style_of([dot.size_px for dot in some], [dot.hollow for dot in some]))

    def dots(self, theme: Tokens) -> list[Dot]:
        """Return how spikes look in a theme: others, those of each cluster, and those that are marked."""
        scale = self.dot_scale
        dots = [Dot(with_alpha(theme.background_spikes, BACKGROUND_ALPHA), BACKGROUND_PX * scale)]
        for place in range(len(self.clusters)):
            color, ring = with_alpha(selection_color(place, theme.dark), DISC_ALPHA), is_hollow(place)
            dots.append(Dot(color, (HOLLOW_PX if ring else DISC_PX) * scale, ring))
        return [*dots, Dot(theme.color("text"), VIOLATION_PX * scale)]

    def _place(self) -> None:
        """Fit the plot into the canvas and everything into the plot."""
        data, frame, theme = self._data, self.frame, self._theme
        if data is None:
            return
        x_range = frame.x_range if frame else data.x_range
        y_range = frame.y_range if frame else data.y_range
        top, right, bottom = theme.px(8), theme.px(RIGHT_PX), theme.px(36)
        height = max(20, self.height() - top - bottom)
        left = left_margin(y_range, height, theme)
        width = round((self.width() - left - right) * (1 - self._side))
        self.frame = Frame(left, top, max(20, width), height, x_range, y_range)
        self._show_frame(self.frame)

    def _show_frame(self, frame: Frame) -> None:
        self._scatter.transform.scale = frame.scale
        self._scatter.transform.translate = frame.offset
        for visual in (self._scatter, self._marks, self._grid):
            visual.set_pixel_scale(self.pixel_scale)
        lines = _grid_lines(frame, *axis_ticks(frame, self._theme))
        self._grid.set_data(np.array(lines).reshape(-1, 2, 2), np.zeros(len(lines)))
        self.redraw()

    def _paint(self, painter: QPainter) -> None:
        if self._data is None or self.frame is None:
            return
        paint_margins(painter, self.frame, (self.width(), self.height()), self._theme.view)
        paint_axes(painter, self.frame, self._theme, self._data.x_label, self._data.y_label)
        self._paint_over(painter)

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        """Paint all of it, also what OpenGL draws, in the colours of a theme."""
        data, frame = self._data, self.frame
        if data is None or frame is None:
            return
        painter.setPen(QPen(theme.color("grid"), 1))
        for start, stop in _grid_lines(frame, *axis_ticks(frame, theme)):
            painter.drawLine(QLineF(*start, *stop))
        slots, order = _slots_of(data)
        area = QRectF(frame.left, frame.top, frame.width, frame.height)
        paint_dots(painter, frame.to_px(np.column_stack([data.x, data.y])[order]), slots[order], self.dots(theme), area)
        self._paint_marks(painter, frame.to_px(self.marked), theme, area)
        paint_axes(painter, frame, theme, data.x_label, data.y_label)
        self._paint_over(painter)

    def _paint_marks(self, painter: QPainter, px: Points, theme: Tokens, area: QRectF) -> None:
        if len(px):
            paint_dots(painter, px, np.zeros(len(px), np.int64), self.dots(theme)[-1:], area)


def _slots_of(data: ScatterData) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return which of `dots` each spike is, and the order of drawing: those that are marked on top."""
    slots = np.where(data.violates, len(data.clusters) + 1, data.places + 1)
    return slots, np.argsort(data.violates, kind="stable")


def _grid_lines(
    frame: Frame, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]]
) -> list[list[tuple[float, float]]]:
    """Return two ends in px of the line of each tick."""
    right, bottom = frame.left + frame.width, frame.top + frame.height
    columns = [round(frame.to_px([[value, 0]])[0, 0]) + 0.5 for value, _ in x_ticks]
    rows = [round(frame.to_px([[0, value]])[0, 1]) + 0.5 for value, _ in y_ticks]
    return [[(x, frame.top), (x, bottom)] for x in columns] + [[(frame.left, y), (right, y)] for y in rows]
