"""Grid: a tile for every cluster, with its mean waveform, autocorrelogram or rate; or one for every metric."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.core.progress import OnProgress
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.grid import (
    TILE_PX,
    Content,
    GridData,
    GridLayout,
    GridRequest,
    GridSettings,
    Tile,
    bars_outline,
    compute_grid,
    grid_layout,
    line_points,
    tile_parts,
    zero_y,
)
from napari_phy.views.metric_histograms import HISTOGRAM_PX
from napari_phy.views.rectangles import Rectangle
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.theme import AXIS_PX, TICK_PX, Tokens
from napari_phy.widgets.docks.histograms_panel import HistogramsPanel
from napari_phy.widgets.panels.color_schemes import group_colors, group_entries

RIM_PX, LINE_PX = 2.0, 1.5


class GridPanel(HistogramsPanel):
    """Only the tiles in sight are computed; what was computed is kept."""

    title = "Grid"
    subject = "all clusters"
    working = "Reading clusters…"
    failed = "The tiles could not be computed."
    needs_raw_data = True
    needs_features = True  # of the order by depth
    lines_name = "Rows of tiles"
    settings_type = GridSettings
    help_text = (
        "Every tile is a cluster: its group and id, and a number that goes with the curve.\n"
        "Click a tile to select the cluster, Ctrl+click adds or drops one.\n"
        "The wheel, Page Up and Page Down go through the rows.\n"
        "The drop-downs choose what a tile holds and the order; ⋯ its size.\n"
        "Metrics are histograms over all clusters, those selected as marks: click or drag to set a limit, click the\n"
        "words above the bars to turn it round, double-click to drop it. The button below makes the limits the filter\n"
        "of the list; ⋯ chooses the metrics."
    )

    def make_content(self) -> QWidget:
        self.setting_controls.add_drop_down("content")
        return super().make_content()

    # --- request ---

    def make_request(self) -> GridRequest | None:
        if self.settings.content == "metrics":
            return self.request_of_metrics()
        clusters = self.shown_clusters()
        if not clusters:
            return None
        start, stop = self.layout_of(self.plot.size(), len(clusters), self.theme).in_sight
        reads = not self.required_session.holds_features
        return GridRequest(clusters, self.settings.order, self.settings.content, start, min(stop, len(clusters)), reads)

    def compute(self, session: SessionLike, request: GridRequest, on_progress: OnProgress) -> GridData:
        return compute_grid(session, request, on_progress)

    # --- drawing ---

    def draw(self, data: GridData) -> None:
        self.stack.caption.setText(data.caption)
        super().draw(data)

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        groups = () if self.data.histograms else group_entries(self.required_session, self.theme)
        return (*super().legend_entries(), *groups)

    def layout_of(self, size: QSize, n: int, theme: Tokens) -> GridLayout:
        least = HISTOGRAM_PX if self.settings.content == "metrics" else TILE_PX
        return grid_layout(n, size.width(), size.height(), self.first, self.settings.zoom, theme, least)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the tiles in sight in a rectangle of some size."""
        layout = self.layout_of(size, self.data.n_tiles, theme)
        if self.data.histograms:
            self.paint_histograms(painter, layout, theme)
            return
        paint_grid_of_tiles(
            painter, self.data, layout, theme, self.clusters, self._group_of, group_colors(self.required_session, theme)
        )

    def _group_of(self, cluster: int) -> str:
        manager = self.required_session.manager
        return manager.group(cluster) if cluster in manager else "unsorted"

    # --- mouse ---

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, good, 259 spikes; 104 µV` for the tile under the mouse."""
        if self.data.histograms:
            return self.read_histogram(x_px, y_px)
        cluster = self.cluster_at(x_px, y_px)
        if cluster is None or cluster not in self.required_session.manager:
            return ""
        n_spikes = format_number(self.required_session.manager.n_spikes(cluster))
        tile = self.data.tiles.get(cluster)
        words = f"cluster {cluster}, {self._group_of(cluster)}, {n_spikes} spikes"
        return words if tile is None else f"{words}; {tile.label}"


# --- painting ---


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
    box: Rectangle,
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
    painter.drawRoundedRect(QRectF(*box.grown(0 if place is None else -RIM_PX / 2)), 3, 3)
    parts = tile_parts(box, cluster, "" if tile is None else tile.label, theme)
    of_group = QColor(color_of_group(group))
    painter.setPen(QPen(of_group, 1) if group == "unsorted" else Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush if group == "unsorted" else of_group)
    painter.drawEllipse(QRectF(*parts.dot))
    painter.setFont(theme.font(AXIS_PX, bold=place is not None))
    painter.setPen(color if place is not None else QColor(theme.dim if group == "noise" else theme.text))
    painter.drawText(QRectF(*parts.name), Qt.AlignmentFlag.AlignVCenter, str(cluster))
    if tile is None:
        return
    if parts.has_number:
        painter.setFont(theme.font(TICK_PX))
        painter.setPen(QColor(theme.dim))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(*parts.name), right, tile.label)
    if len(tile.values) and parts.curve is not None:
        (_paint_line if content == "waveform" else _paint_bars)(painter, parts.curve, tile, color, theme)


def _style(place: int) -> Qt.PenStyle:
    return Qt.PenStyle.DashLine if is_hollow(place) else Qt.PenStyle.SolidLine


def _paint_line(painter: QPainter, box: Rectangle, tile: Tile, color: QColor, theme: Tokens) -> None:
    """Draw the mean waveform and its zero line."""
    zero = zero_y(tile, box)
    if zero is not None:
        painter.setPen(QPen(QColor(theme.grid), 1))
        painter.drawLine(QPointF(box.left, zero), QPointF(box.right, zero))
    pen = QPen(color, LINE_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(_polygon(line_points(tile, box)))


def _paint_bars(painter: QPainter, box: Rectangle, tile: Tile, color: QColor, theme: Tokens) -> None:
    """Draw bars without gaps as one filled shape, and the line they stand on."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(_polygon(bars_outline(tile, box)))
    painter.fillRect(QRectF(box.left, round(box.bottom), box.width, 1), QColor(theme.grid))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _polygon(points: npt.NDArray[np.float64]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points.tolist()])
