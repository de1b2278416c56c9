"""Similarity: a picture of how alike all clusters are; a click on a cell selects the pair."""

from typing import Any

from qtpy.QtCore import QPointF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.session_like import SessionLike
from napari_phy.views.similarity import (
    MatrixFrame,
    SimilarityData,
    SimilarityRequest,
    SimilaritySettings,
    compute_similarity,
    matrix_frame,
    order_words,
    pair_of,
    pair_words,
)
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.matrix_plot import MatrixPainter, MatrixZoom, paint_pair, paint_words
from napari_phy.widgets.panels.all_clusters_panel import AllClustersPanel

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
        "Every row and every column is a cluster; the colour of a cell shows how alike the two are.\n"
        "Click a cell to select the pair: the row is the best cluster, the column the similar one.\n"
        "The wheel zooms, dragging moves, a double-click shows all; the drop-down orders the clusters.\n"
        "⋯ chooses what similarity is, here, in Similar and in the wizard."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._painter = MatrixPainter()
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        content = super().make_content()
        self.setting_controls.add_menu("measure")
        self.zoom = MatrixZoom(self.plot.mouse, self._frame_and_side, self)
        self.zoom.changed.connect(self._on_zoomed)
        return content

    def on_session(self) -> None:
        self.zoom.forget()

    def on_selection(self) -> None:
        self.plot.update()

    def make_request(self) -> SimilarityRequest | None:
        clusters = () if self.required_session.holds_features else self.shown_clusters()
        return SimilarityRequest(clusters, self.settings.order, self.settings.measure) if clusters else None

    def _show_nothing(self, headline: str, explanation: str = "") -> None:
        """Offer to read the features where that was cancelled."""
        super()._show_nothing(headline, explanation)
        if self.session is not None and self.session.holds_features and not self._is_preparing:
            buttons = [("Read features", self._preparation.start)] if self._preparation is not None else []
            self.stack.show_message(NOT_READ, buttons=buttons)

    def compute(self, session: SessionLike, request: SimilarityRequest, on_progress: OnProgress) -> SimilarityData:
        return compute_similarity(session, request, on_progress)

    def draw(self, data: SimilarityData) -> None:
        self.zoom.fit(len(data.cluster_ids))
        self.stack.caption.setText(data.caption)
        self.plot.update()

    # --- where things are ---

    def frame(self, size: QSize, theme: Tokens) -> MatrixFrame:
        """Return the square of the matrix in a rectangle of some size, and what is in sight."""
        return matrix_frame(self.data.cluster_ids, self.zoom.seen, size.width(), size.height(), theme)

    @property
    def frame_now(self) -> MatrixFrame:
        """The same on the screen."""
        return self.frame(self.plot.size(), self.theme)

    def _frame_and_side(self) -> tuple[MatrixFrame, int] | None:
        return None if self.data is None else (self.frame_now, len(self.data.cluster_ids))

    @safe_slot
    def _on_zoomed(self) -> None:
        self.plot.update()

    @property
    def pair(self) -> tuple[int, int] | None:
        """Row and column of the pair looked at."""
        return pair_of(self.data, self.clusters)

    # --- painting ---

    def figure_note(self) -> str:
        return "the matrix is a picture"

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint all in a rectangle of some size."""
        frame, data = self.frame(size, theme), self.data
        self._painter.paint(painter, frame, data.levels, data.cluster_ids, self.clusters, theme)
        if self.pair is not None:
            paint_pair(painter, frame, self.pair, theme)
        pair = self.zoom.hovered or self.pair
        words = [pair_words(data, pair)] if pair is not None else []
        paint_words(painter, frame, size.width(), "   ·   ".join([*words, order_words(data)]), theme)

    # --- mouse ---

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `20 × 22   0.99 similar` for the cell under the mouse."""
        cell = self.frame_now.cell_at(x_px, y_px)
        self.zoom.hover(cell)
        return "" if cell is None else pair_words(self.data, cell)

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        cell = self.frame_now.cell_at(position.x(), position.y())
        if cell is not None:
            pair = [int(self.data.cluster_ids[place]) for place in cell]
            selection = self.required_session.selection
            (selection.add if ctrl else selection.select)(pair)
