"""Correlograms: a matrix of auto- and cross-correlograms, painted by Qt alone."""

from functools import partial
from typing import Any
from weakref import ref

from qtpy.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QWidget

from napari_phy.core.colors import selection_color
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.session_like import SessionLike
from napari_phy.views.correlogram_layout import (
    AS_ONE,
    CorrelogramGrid,
    DrawnCorrelograms,
    bar_boxes,
    correlogram_grid,
    correlogram_words,
    lag_labels,
)
from napari_phy.views.correlograms import (
    N_MAX,
    CorrelogramData,
    CorrelogramRequest,
    CorrelogramSettings,
    cache_correlograms,
    compute_correlograms,
)
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, TICK_PX, Tokens, with_alpha
from napari_phy.widgets.panels.painted_panel import PaintedPanel


class CorrelogramsPanel(PaintedPanel):
    """Diagonal in the colours of the clusters, the rest grey; at most eight clusters, so that they stay legible."""

    title = "Correlograms"
    subject = "its correlograms"
    working = "Counting spike pairs…"
    failed = "The correlograms could not be counted."
    has_legend = False
    settings_type = CorrelogramSettings
    help_text = (
        "How often a spike of the column follows one of the row at each lag.\n"
        "The band is the refractory time, the dashed line what independent clusters of these rates would give,\n"
        "the number at top right the largest bar. A click on a box selects its two clusters, Ctrl+click adds them.\n"
        "The middle bar of two clusters has pairs less than a bin apart to either side, two bins of lags.\n"
        "The box at the bottom left, else a mirror of that at the top right, is what all of them would be as one.\n"
        "The drop-downs choose bin and window; ⋯ has Hz instead of counts, logarithmic lags, the expected height,\n"
        "one scale for all boxes, the box of all as one, and the refractory time."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._cached: tuple[Any, ...] = ()
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        self._caching = LatestResult(self)
        plot = super().make_content()
        controls = self.setting_controls
        controls.add_drop_down("bin_ms")
        controls.add_drop_down("window_ms")
        controls.add_menu("unit")
        controls.add_menu("lags")
        controls.add_menu("refractory_ms")
        controls.add_switch("baseline")
        controls.add_switch("shared")
        controls.add_switch("merged")
        self.header.more_menu.addSeparator()
        return plot

    def make_request(self) -> CorrelogramRequest | None:
        clusters = self.clusters[:N_MAX]
        return CorrelogramRequest(clusters, self.resolved.computed()) if clusters else None

    def compute(self, session: SessionLike, request: CorrelogramRequest, on_progress: OnProgress) -> CorrelogramData:
        return compute_correlograms(session, request, on_progress)

    # --- drawing ---

    def draw(self, data: CorrelogramData) -> None:
        left_out = len(self.clusters) - len(data.request.clusters)
        words = f"the first {N_MAX} of {len(self.clusters)} clusters; " if left_out > 0 else ""
        self.stack.caption.setText(words + self.settings.caption(data))
        super().draw(data)
        self._keep(data.request)

    def _keep(self, request: CorrelogramRequest) -> None:
        """Count those of all clusters in the background, for the next clicks and edits."""
        opened = self.required_session.opened
        requested = (ref(opened.manager), request.bin_ms, request.window_ms)
        if requested != self._cached:
            self._cached = requested
            self._caching.ask(requested, partial(cache_correlograms, opened, request))

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the matrix in a rectangle of some size."""
        paint_correlograms(painter, self.data, self.settings, self.grid(size, theme), theme)

    def grid(self, size: QSize, theme: Tokens) -> CorrelogramGrid:
        """Return where the tiles are."""
        return correlogram_grid(self.data.cluster_ids.tolist(), size.width(), size.height(), theme)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `20 → 22, 4 ms, 7 pairs`, or Hz, for the bar under the mouse, and an id that may be cut short."""
        return correlogram_words(self.data, self.settings, self.grid(self.plot.size(), self.theme), x_px, y_px)

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        """Select, or add, the two clusters of the box under the mouse, that of the row first."""
        found = self.grid(self.plot.size(), self.theme).tile_at(position.x(), position.y())
        if found is not None:
            pair = (self.data.cluster_ids[place] for place in found[:2])
            alive = [cluster for cluster in dict.fromkeys(map(int, pair)) if cluster in self.required_session.manager]
            if alive:
                selection = self.required_session.selection
                (selection.add if ctrl else selection.select)(alive)


# --- painting ---


def paint_correlograms(
    painter: QPainter, data: CorrelogramData, look: CorrelogramSettings, grid: CorrelogramGrid, theme: Tokens
) -> None:
    """Paint ids, tiles, bars, bands, expected lines, maxima and lag ticks."""
    colors = [QColor(selection_color(place, dark=theme.dark)) for place in range(grid.n)]
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.setFont(theme.font(BODY_PX, bold=True))
    for place, cluster in enumerate(data.cluster_ids.tolist()):
        painter.setPen(colors[place])
        for box, alignment in zip(grid.id_boxes(place, theme), (Qt.AlignmentFlag.AlignCenter, right), strict=True):
            painter.drawText(QRectF(*box), alignment, shown_id(cluster, box.width, theme))
    drawn = DrawnCorrelograms.of(data, look)
    for row in range(grid.n):
        for column in range(grid.n):
            color = colors[row] if row == column else QColor(theme.bars)
            if (row, column) == drawn.merged:
                color = with_alpha(theme.text, 0.75)
            _paint_tile(painter, drawn, (row, column), grid, color, theme)
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(QColor(theme.dim))
    for box, label in lag_labels(data, look, grid, theme):
        painter.drawText(QRectF(*box), Qt.AlignmentFlag.AlignCenter, label)
    painter.setFont(theme.font(AXIS_PX))
    painter.drawText(QRectF(*grid.title_box(theme)), Qt.AlignmentFlag.AlignCenter, "lag (ms)")


def shown_id(cluster: int, width: float, theme: Tokens) -> str:
    """Return an id as far as a width in px holds it: its last digits, by which ids differ."""
    metrics = theme.metrics(BODY_PX, bold=True)
    return metrics.elidedText(str(cluster), Qt.TextElideMode.ElideLeft, width + 1)


def _paint_tile(
    painter: QPainter,
    drawn: DrawnCorrelograms,
    place: tuple[int, int],
    grid: CorrelogramGrid,
    color: QColor,
    theme: Tokens,
) -> None:
    row, column = place
    tile = grid.tile(row, column)
    painter.fillRect(QRectF(*tile), QColor(theme.tile))
    painter.fillRect(QRectF(*drawn.band_box(tile)), QColor(theme.grid))
    height = drawn.height_px(row, column, tile, theme)
    bars, have_gaps = bar_boxes(drawn.edges * tile.width, drawn.bars[row, column] * height, tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, have_gaps)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRects([QRectF(*bar) for bar in bars.tolist()])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    expected = drawn.expected_y(row, column, tile, height)
    if expected is not None:
        pen = QPen(with_alpha(theme.text, 0.75), 1)
        pen.setDashPattern([3, 2])
        painter.setPen(pen)
        painter.drawLine(QLineF(tile.left, expected, tile.right, expected))
    if drawn.has_label(row, column, tile, theme):
        painter.setFont(theme.font(TICK_PX))
        painter.setPen(QColor(theme.dim))
        line = QRectF(tile.left + 4, tile.top, tile.width - 8, theme.px(13))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, drawn.labels[row][column])
        if place == drawn.merged and line.width() > theme.text_width(f"{AS_ONE}  {drawn.labels[row][column]}", TICK_PX):
            painter.setPen(QColor(theme.text))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, AS_ONE)
