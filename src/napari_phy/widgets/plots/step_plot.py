"""Paints histograms as step lines over a grid, with QPainter: on screen, or into an SVG."""

from collections.abc import Sequence
from math import ceil, floor

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QLineF, QRectF
from qtpy.QtGui import QColor, QPainter, QPen

from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.table.numbers import format_number
from napari_phy.views.frame import Frame
from napari_phy.views.ticks import nice_step
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.plots.overlay import Ticks, axis_ticks, left_margin, most_rows, paint_axes

STEP_PX, THIN_PX = 1.6, 1.0
HEADROOM, MOST_HEADROOM = 1.05, 1.25
Values = npt.NDArray[np.float64]


def step_frame(width: int, height: int, theme: Tokens, x_range: tuple[float, float], largest: float) -> Frame:
    """Return a frame that fills a widget, from 0 to above the largest value, with room for the axes."""
    top, right, bottom = theme.px(6), theme.px(16), theme.px(38)
    inner = max(20, height - top - bottom)
    y_range = (0.0, _top(largest, most_rows(inner, theme)))
    left = left_margin(y_range, inner, theme)
    return Frame(left, top, max(20, width - left - right), inner, x_range, y_range)


def _top(largest: float, n_rows: int) -> float:
    """Return the end of an axis: the next tick, unless that is far above the largest value."""
    if largest <= 0:
        return 1.0
    step = nice_step(largest, n_rows)
    tick = step * ceil(largest / step)
    return tick if HEADROOM * largest <= tick <= MOST_HEADROOM * largest else HEADROOM * largest


def decade_ticks(x_range: tuple[float, float], width: float, theme: Tokens) -> Ticks:
    """Return the powers of ten of a logarithmic axis in decades; every second or third where there is little room."""
    first, last = ceil(x_range[0] - 1e-9), floor(x_range[1] + 1e-9)
    widest = max((theme.text_width(_power(k), 10) for k in range(first, last + 1)), default=0) + theme.px(14)
    step = max(1, ceil(widest * (x_range[1] - x_range[0]) / max(width, 1)))
    return [(float(k), _power(k)) for k in range(first, last + 1, step)]


def _power(decade: int) -> str:
    return format_number(10.0**decade, max(0, -decade))


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
    painter.setClipRect(QRectF(frame.left, frame.top - 1, frame.width, frame.height + 2))
    pieces, width = _steps, STEP_PX if frame.width >= 2 * values.shape[1] else THIN_PX
    if values.shape[1] > frame.width:
        pieces = _columns
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for place in reversed(range(len(values))):
        color = QColor(selection_color(place, dark=theme.dark))
        painter.setPen(QPen(color, THIN_PX if is_hollow(place) else width))
        painter.drawLines(pieces(frame, edges, values[place]))
    painter.restore()


def _steps(frame: Frame, edges: Values, values: Values) -> list[QLineF]:
    """Return each piece of a line as its own, which Qt draws many times as quickly as one long line.

    It begins and ends at the height of its first and last value: a line down to 0 would look like one more value.
    """
    x, y = np.repeat(edges, 2)[1:-1], np.repeat(values, 2)
    corners = frame.to_px(np.column_stack([x, y]))
    return [QLineF(*ends) for ends in np.column_stack([corners[:-1], corners[1:]]).tolist()]


def _columns(frame: Frame, edges: Values, values: Values) -> list[QLineF]:
    """Return for each column of px what the line covers there, from the lowest to the highest value."""
    px = frame.to_px(np.column_stack([edges[:-1], values]))
    column = np.floor(px[:, 0])
    first = np.flatnonzero(np.diff(column, prepend=-1))
    highest, lowest = np.minimum.reduceat(px[:, 1], first), np.maximum.reduceat(px[:, 1], first)
    top, bottom = highest.copy(), lowest + 1
    top[1:], bottom[1:] = np.minimum(top[1:], lowest[:-1]), np.maximum(bottom[1:], highest[:-1])  # without gaps
    x = column[first] + 0.5
    return [QLineF(*ends) for ends in np.column_stack([x, top, x, bottom]).tolist()]


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


def bin_at(frame: Frame, edges: Values, x_px: float, y_px: float) -> int | None:
    """Return the bin under a pixel, or None outside the plot."""
    if not frame.contains(x_px, y_px):
        return None
    x = frame.to_data([[x_px, y_px]])[0, 0]
    return int(np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2))


def listed(words: Sequence[str], n_max: int = 4) -> str:
    """Return what is under the mouse for each cluster, the first few of them."""
    return ", ".join([*words[:n_max], "…"] if len(words) > n_max else words)
