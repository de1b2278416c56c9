"""Paints clusters as discs over a grid with QPainter; the selected ones in their colours, on top."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen

from napari_phy.core.cluster_groups import UNSORTED
from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.views.cluster_colors import CLUSTER, GROUP
from napari_phy.views.cluster_scatter import ClusterScatterData
from napari_phy.views.frame import Frame
from napari_phy.views.ticks import log_ticks
from napari_phy.widgets.base.theme import Tokens, with_alpha
from napari_phy.widgets.plots.overlay import Ticks, left_margin, paint_axes
from napari_phy.widgets.plots.ramp import N_SHADES, shades
from napari_phy.widgets.plots.step_plot import paint_grid

Ranges = tuple[tuple[float, float], tuple[float, float]]  # of x and of y

SMALLEST_PX, LARGEST_PX = 3.0, 9.0  # radius
ALPHA, SELECTED_ALPHA = 0.78, 0.92
FAINTEST = 0.38  # of the ramp: the colour of the smallest value, told apart from the background
RING_PX = 1.8


def scatter_frame(data: ClusterScatterData, ranges: Ranges | None, width: int, height: int, theme: Tokens) -> Frame:
    """Return the plot's rectangle and the ranges shown: `ranges`, or those of all clusters."""
    x_range, y_range = ranges or (data.x_range, data.y_range)
    top, right, bottom = theme.px(8), theme.px(14), theme.px(38)
    inner = max(20, height - top - bottom)
    low, high = (10.0**edge if data.request.is_log(data.request.y) else edge for edge in y_range)
    left = left_margin((low, high), inner, theme)
    across = max(20, width - left - right)
    if ranges is None:
        x_range, y_range = _with_room(data.x, x_range, across, theme), _with_room(data.y, y_range, inner, theme)
    return Frame(left, top, across, inner, x_range, y_range)


def _with_room(
    values: npt.NDArray[np.float64], shown: tuple[float, float], length_px: float, theme: Tokens
) -> tuple[float, float]:
    """Return a range that leaves room for the largest disc beyond the outermost values of a short axis."""
    room = theme.px(LARGEST_PX + RING_PX)
    if not len(values) or not np.ptp(values) or length_px <= 4 * room:
        return shown
    middle, half = (values.min() + values.max()) / 2, np.ptp(values) / 2 * length_px / (length_px - 2 * room)
    return min(shown[0], float(middle - half)), max(shown[1], float(middle + half))


def radii(data: ClusterScatterData, theme: Tokens) -> npt.NDArray[np.float64]:
    """Return (n,) radii of the discs in px: areas grow with the sizes."""
    small, large = SMALLEST_PX**2, LARGEST_PX**2
    return np.sqrt(small + (large - small) * data.sizes) * theme.scale


def disc_colors(data: ClusterScatterData, theme: Tokens, own: Mapping[int, str]) -> list[str]:
    """Return the colour of each cluster while it is not selected; `own` holds those by group or cluster."""
    if data.request.color in (GROUP, CLUSTER):
        return [own.get(cluster, theme.bars) for cluster in data.cluster_ids.tolist()]
    if data.color_range is None:
        return [theme.bars] * len(data.cluster_ids)
    table = [QColor(shade).name() for shade in shades(theme.ramp)]
    places = np.nan_to_num(FAINTEST + (1 - FAINTEST) * data.colors, nan=-1.0)
    return [table[round(place * (N_SHADES - 1))] if place >= 0 else theme.bars for place in places.tolist()]


def paint_clusters(
    painter: QPainter,
    data: ClusterScatterData,
    frame: Frame,
    theme: Tokens,
    selected: tuple[int, ...],
    colors: Sequence[str],
) -> None:
    """Paint grid, axes and discs: large ones first, so that none is hidden, the selected ones last, the best on top."""
    ticks = _log_ticks(data, frame, theme)
    paint_grid(painter, frame, theme, *ticks)
    paint_axes(painter, frame, theme, data.x_label, data.y_label, x_ticks=ticks[0], y_ticks=ticks[1])
    painter.save()
    painter.setClipRect(QRectF(frame.left, frame.top, frame.width, frame.height))
    centers, sizes = frame.to_px(np.column_stack([data.x, data.y])), radii(data, theme)
    rank = {cluster: place for place, cluster in enumerate(selected)}
    places = [rank.get(cluster, -1) for cluster in data.cluster_ids.tolist()]
    order = sorted(range(len(places)), key=lambda i: (places[i] >= 0, -places[i], -sizes[i]))
    points = [QPointF(*center) for center in centers.tolist()]
    by_group = data.request.color == GROUP
    rim, brushes = QPen(QColor(theme.view), 0.8), {color: with_alpha(color, ALPHA) for color in set(colors)}
    for index in order:
        center, radius, place = points[index], float(sizes[index]), places[index]
        if place < 0 and by_group and data.groups[index] == UNSORTED:  # as in the lists
            painter.setPen(QPen(brushes[colors[index]], RING_PX))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        elif place < 0:
            painter.setPen(rim)
            painter.setBrush(brushes[colors[index]])
        else:
            color = selection_color(place, dark=theme.dark)
            painter.setPen(QPen(QColor(color if is_hollow(place) else theme.text), RING_PX))
            painter.setBrush(Qt.BrushStyle.NoBrush if is_hollow(place) else with_alpha(color, SELECTED_ALPHA))
        painter.drawEllipse(center, radius, radius)
    painter.restore()


def _log_ticks(data: ClusterScatterData, frame: Frame, theme: Tokens) -> tuple[Ticks | None, Ticks | None]:
    """Return the ticks of logarithmic axes, None for the others."""
    x, y = (data.request.is_log(measure) for measure in (data.request.x, data.request.y))
    return (
        log_ticks(*frame.x_range, max(2, int(frame.width / theme.px(56)))) if x else None,
        log_ticks(*frame.y_range, max(2, int(frame.height / theme.px(44)))) if y else None,
    )
