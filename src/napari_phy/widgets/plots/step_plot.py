"""Paints histograms as step lines over a grid, with QPainter: on screen, or into an SVG."""

from math import floor

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QLineF, QRectF
from qtpy.QtGui import QColor, QPainter, QPen

from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.views.frame import Frame
from napari_phy.views.steps import has_few_bins, step_pieces
from napari_phy.views.ticks import Ticks, axis_ticks
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.plots.overlay import paint_axes

STEP_PX, THIN_PX = 1.6, 1.0
Values = npt.NDArray[np.float64]


def paint_steps(
    painter: QPainter,
    frame: Frame,
    theme: Tokens,
    edges: Values,
    values: Values,
    titles: tuple[str, str],
    x_ticks: Ticks | None = None,
) -> None:
    """Paint grid, axes and (n, n_bins) step lines in the colours of their places, the first on top."""
    paint_grid(painter, frame, theme, x_ticks)
    paint_axes(painter, frame, theme, *titles, x_ticks=x_ticks)
    painter.save()
    painter.setClipRect(QRectF(*frame.area.grown(0, 1)))
    width = STEP_PX if frame.width >= 2 * values.shape[1] else THIN_PX
    if not has_few_bins(frame, values):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for place in reversed(range(len(values))):
        color = QColor(selection_color(place, dark=theme.dark))
        painter.setPen(QPen(color, THIN_PX if is_hollow(place) else width))
        painter.drawLines([QLineF(*ends) for ends in step_pieces(frame, edges, values[place]).tolist()])
    painter.restore()


def paint_grid(
    painter: QPainter, frame: Frame, theme: Tokens, x_ticks: Ticks | None = None, y_ticks: Ticks | None = None
) -> None:
    """Draw the line of each tick."""
    along_x, along_y = axis_ticks(frame, theme)
    right, bottom = frame.left + frame.width, frame.top + frame.height
    painter.setPen(QPen(theme.color("grid"), 1))
    for value, _ in along_x if x_ticks is None else x_ticks:
        x = floor(frame.to_px([[value, 0]])[0, 0]) + 0.5
        painter.drawLine(QLineF(x, frame.top, x, bottom))
    for value, _ in along_y if y_ticks is None else y_ticks:
        y = floor(frame.to_px([[0, value]])[0, 1]) + 0.5
        painter.drawLine(QLineF(frame.left, y, right, y))
