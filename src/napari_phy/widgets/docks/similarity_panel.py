"""Similarity: a picture of how alike all clusters are; a click on a cell selects the pair."""

from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize
from qtpy.QtGui import QColor, QImage, QPainter, QPen
from qtpy.QtWidgets import QWidget

from napari_phy.core.colors import selection_color
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.similarity import SimilarityData, SimilarityRequest, SimilaritySettings, compute_similarity
from napari_phy.widgets.base.guarded import guarded
from napari_phy.widgets.base.theme import TICK_PX, Tokens
from napari_phy.widgets.docks.similarity_painter import (
    BAR_PX,
    BOTTOM_PX,
    LEAST_SPAN,
    LEFT_PX,
    TOP_PX,
    MatrixFrame,
    matrix_image,
    paint_bar,
    paint_ids,
    paint_pair,
    paint_words,
)
from napari_phy.widgets.panels.all_clusters_panel import AllClustersPanel

ORDERED = {"depth": "ordered by depth", "size": "ordered by size", "list": "ordered as in Clusters"}
ZOOM_STEP = 1.25
NOT_READ = "Similarity needs the features, which are not read."


class SimilarityPanel(AllClustersPanel):
    """Every pair of clusters a cell, the selected ones named in their colours, the pair looked at framed."""

    title = "Similarity"
    subject = "how alike clusters are"
    working = "Comparing clusters…"
    failed = "The similarity could not be computed."
    needs_features = True
    all_times = True  # features are compared over all spikes
    has_legend = False
    settings_type = SimilaritySettings
    help_text = (
        "Every row and every column is a cluster; the colour of a cell tells how alike the two are.\n"
        "Click a cell to select the pair: the row is the best cluster, the column the similar one.\n"
        "The wheel zooms, dragging moves, a double-click shows all; the drop-down orders the clusters."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._seen: tuple[float, float, float] | None = None  # first row, first column, span; None: all
        self._hovered: tuple[int, int] | None = None
        self._image: tuple[Any, QImage] | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        content = super().make_content()
        plot = self.plot
        plot.scrolled.connect(self._on_scrolled)
        plot.dragged.connect(self._on_dragged)
        plot.double_clicked.connect(self._on_double_clicked)
        plot.left.connect(self._on_left)
        return content

    def on_session(self) -> None:
        self._seen = self._hovered = self._image = None

    def on_selection(self) -> None:
        self.plot.update()

    def make_request(self) -> SimilarityRequest | None:
        clusters = () if self.required_session.holds_features else self.shown_clusters()
        return SimilarityRequest(clusters, self.settings.order) if clusters else None

    def _show_nothing(self, headline: str, explanation: str = "") -> None:
        """Offer to read the features where that was cancelled."""
        super()._show_nothing(headline, explanation)
        if self.session is not None and self.session.holds_features and not self._is_preparing:
            buttons = [("Read features", self._preparation.start)] if self._preparation is not None else []
            self.stack.show_message(NOT_READ, buttons=buttons)

    def compute(self, session: SessionLike, request: SimilarityRequest, on_progress: OnProgress) -> SimilarityData:
        return compute_similarity(session, request, on_progress)

    def draw(self, data: SimilarityData) -> None:
        self._hovered = self._image = None
        if self._seen is not None and self._seen[2] > len(data.cluster_ids):
            self._seen = None
        self.stack.caption.setText(data.caption)
        self.plot.update()

    # --- where things are ---

    def frame(self, size: QSize, theme: Tokens) -> MatrixFrame:
        """Return the square of the matrix in a rectangle of some size, and what is in sight."""
        ids = self.data.cluster_ids
        widest = max((theme.text_width(str(one), TICK_PX, bold=True) for one in (ids.min(), ids.max())), default=0)
        left, top = theme.px(LEFT_PX) + round(widest), theme.px(TOP_PX)
        right = theme.px(10 + BAR_PX + 16)
        side = max(10, min(size.width() - left - right, size.height() - top - theme.px(BOTTOM_PX)))
        n = len(ids)
        row, column, span = self._seen or (0.0, 0.0, float(n))
        return MatrixFrame(left, top, side, min(max(row, 0), n - span), min(max(column, 0), n - span), span)

    @property
    def frame_now(self) -> MatrixFrame:
        """The same on the screen."""
        return self.frame(self.plot.size(), self.theme)

    def place_of(self, cluster: int) -> int | None:
        """Return the row and column of a cluster."""
        found = np.flatnonzero(self.data.cluster_ids == cluster)
        return int(found[0]) if len(found) else None

    @property
    def pair(self) -> tuple[int, int] | None:
        """Row and column of the pair looked at: the first two selected clusters, or the only one with itself."""
        clusters = self.clusters[:2]
        places = [place for cluster in clusters if (place := self.place_of(cluster)) is not None]
        return (places[0], places[-1]) if places and len(places) == len(clusters) else None

    # --- painting ---

    def figure_note(self) -> str:
        return "the matrix is a picture"

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint all in a rectangle of some size."""
        frame, data = self.frame(size, theme), self.data
        square = QRectF(frame.left, frame.top, frame.side, frame.side)
        scale = painter.device().devicePixelRatioF()
        painter.drawImage(square, self._picture_of(frame, max(1, round(frame.side * scale)), theme))
        painter.setPen(QPen(QColor(theme.grid), 1))
        painter.drawRect(square.adjusted(-0.5, -0.5, 0.5, 0.5))
        colors = {cluster: selection_color(place, dark=theme.dark) for place, cluster in enumerate(self.clusters)}
        paint_ids(painter, frame, data.cluster_ids, colors, theme)
        if self.pair is not None:
            paint_pair(painter, frame, self.pair, theme)
        told = self._hovered or self.pair
        words = [self._words(told)] if told is not None else []
        ordered = f"ordered {data.sorted_by}" if data.sorted_by else ORDERED[data.request.order]
        paint_words(painter, frame, size.width(), "   ·   ".join([*words, ordered]), theme)
        paint_bar(painter, frame, theme)

    def _picture_of(self, frame: MatrixFrame, n_px: int, theme: Tokens) -> QImage:
        key = (id(self.data), frame, n_px, theme.ramp)
        if self._image is None or self._image[0] != key:
            self._image = key, matrix_image(self.data.levels, frame, n_px, theme.ramp)
        return self._image[1]

    def _words(self, cell: tuple[int, int]) -> str:
        row, column = (int(self.data.cluster_ids[place]) for place in cell)
        return f"{row} × {column}   {format_number(self.data.similarities[cell], 2)} similar"

    # --- mouse ---

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `20 × 22   0.99 similar` for the cell under the mouse."""
        cell = self.frame_now.cell_at(x_px, y_px)
        self._hover(cell)
        return "" if cell is None else self._words(cell)

    def _hover(self, cell: tuple[int, int] | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self.plot.update()

    @guarded
    def _on_left(self) -> None:
        self._hover(None)

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        cell = self.frame_now.cell_at(position.x(), position.y())
        if cell is not None:
            pair = [int(self.data.cluster_ids[place]) for place in cell]
            selection = self.required_session.selection
            (selection.add if ctrl else selection.select)(pair)

    @guarded
    def _on_scrolled(self, position: QPointF, notches: float, _modifiers: Any) -> None:
        if self.data is None:
            return
        frame, n = self.frame_now, float(len(self.data.cluster_ids))
        span = min(max(frame.span / ZOOM_STEP**notches, min(LEAST_SPAN, n)), n)
        across = min(max((position.x() - frame.left) / frame.side, 0), 1)
        down = min(max((position.y() - frame.top) / frame.side, 0), 1)
        more = frame.span - span
        self._look_at(frame.first_row + down * more, frame.first_column + across * more, span)

    @guarded
    def _on_dragged(self, x_px: float, y_px: float) -> None:
        if self.data is not None and self._seen is not None:
            frame = self.frame_now
            row, column = frame.first_row - y_px / frame.cell_px, frame.first_column - x_px / frame.cell_px
            self._look_at(row, column, frame.span)

    @guarded
    def _on_double_clicked(self, _position: QPointF) -> None:
        self._look_at(0, 0, float(len(self.data.cluster_ids)) if self.data is not None else 0)

    def _look_at(self, row: float, column: float, span: float) -> None:
        n = 0 if self.data is None else len(self.data.cluster_ids)
        room = n - span
        self._seen = (min(max(row, 0), room), min(max(column, 0), room), span) if span < n else None
        self._hovered = None
        self.plot.update()
