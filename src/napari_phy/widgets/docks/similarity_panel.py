"""Similarity: a picture of how alike all clusters are; a click on a cell selects the pair."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen
from qtpy.QtWidgets import QWidget

from napari_phy.core.colors import selection_color
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.session_like import SessionLike
from napari_phy.views.similarity import (
    BAR_PX,
    MatrixFrame,
    SimilarityData,
    SimilarityRequest,
    SimilaritySettings,
    compute_similarity,
    matrix_frame,
    matrix_pixels,
    order_words,
    pair_of,
    pair_words,
)
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, TICK_PX, Tokens
from napari_phy.widgets.panels.all_clusters_panel import AllClustersPanel
from napari_phy.widgets.plots.ramp import N_SHADES, shades

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
        "Every row and every column is a cluster; the colour of a cell shows how alike the two are.\n"
        "Click a cell to select the pair: the row is the best cluster, the column the similar one.\n"
        "The wheel zooms, dragging moves, a double-click shows all; the drop-down orders the clusters.\n"
        "⋯ chooses what similarity is, here, in Similar and in the wizard."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._seen: tuple[float, float, float] | None = None  # first row, first column, span; None: all
        self._hovered: tuple[int, int] | None = None
        self._image: tuple[Any, QImage] | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        content = super().make_content()
        self.setting_controls.add_menu("measure")
        mouse = self.plot.mouse
        mouse.scrolled.connect(self._on_scrolled)
        mouse.dragged.connect(self._on_dragged)
        mouse.double_clicked.connect(self._on_double_clicked)
        mouse.left.connect(self._on_left)
        return content

    def on_session(self) -> None:
        self._seen = self._hovered = self._image = None

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
        self._hovered = self._image = None
        if self._seen is not None and self._seen[2] > len(data.cluster_ids):
            self._seen = None
        self.stack.caption.setText(data.caption)
        self.plot.update()

    # --- where things are ---

    def frame(self, size: QSize, theme: Tokens) -> MatrixFrame:
        """Return the square of the matrix in a rectangle of some size, and what is in sight."""
        return matrix_frame(self.data.cluster_ids, self._seen, size.width(), size.height(), theme)

    @property
    def frame_now(self) -> MatrixFrame:
        """The same on the screen."""
        return self.frame(self.plot.size(), self.theme)

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
        square = QRectF(*frame.square)
        scale = painter.device().devicePixelRatioF()
        painter.drawImage(square, self._picture_of(frame, max(1, round(frame.side * scale)), theme))
        painter.setPen(QPen(QColor(theme.grid), 1))
        painter.drawRect(square.adjusted(-0.5, -0.5, 0.5, 0.5))
        colors = {cluster: selection_color(place, dark=theme.dark) for place, cluster in enumerate(self.clusters)}
        paint_ids(painter, frame, data.cluster_ids, colors, theme)
        if self.pair is not None:
            paint_pair(painter, frame, self.pair, theme)
        pair = self._hovered or self.pair
        words = [pair_words(data, pair)] if pair is not None else []
        paint_words(painter, frame, size.width(), "   ·   ".join([*words, order_words(data)]), theme)
        paint_bar(painter, frame, theme)

    def _picture_of(self, frame: MatrixFrame, n_px: int, theme: Tokens) -> QImage:
        key = (id(self.data), frame, n_px, theme.ramp)
        if self._image is None or self._image[0] != key:
            self._image = key, matrix_image(matrix_pixels(self.data.levels, frame, n_px), theme.ramp)
        return self._image[1]

    # --- mouse ---

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `20 × 22   0.99 similar` for the cell under the mouse."""
        cell = self.frame_now.cell_at(x_px, y_px)
        self._hover(cell)
        return "" if cell is None else pair_words(self.data, cell)

    def _hover(self, cell: tuple[int, int] | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self.plot.update()

    @safe_slot
    def _on_left(self) -> None:
        self._hover(None)

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        cell = self.frame_now.cell_at(position.x(), position.y())
        if cell is not None:
            pair = [int(self.data.cluster_ids[place]) for place in cell]
            selection = self.required_session.selection
            (selection.add if ctrl else selection.select)(pair)

    @safe_slot
    def _on_scrolled(self, position: QPointF, notches: float, _modifiers: Any) -> None:
        if self.data is None:
            return
        zoomed = self.frame_now.zoomed(position.x(), position.y(), ZOOM_STEP**notches, len(self.data.cluster_ids))
        self._look_at(zoomed)

    @safe_slot
    def _on_dragged(self, x_px: float, y_px: float) -> None:
        if self.data is not None and self._seen is not None:
            self._look_at(self.frame_now.panned(x_px, y_px, len(self.data.cluster_ids)))

    @safe_slot
    def _on_double_clicked(self, _position: QPointF) -> None:
        self._look_at(None)

    def _look_at(self, frame: MatrixFrame | None) -> None:
        """Show the cells of a frame, or all."""
        is_part = frame is not None and frame.span < len(self.data.cluster_ids)
        self._seen = (frame.first_row, frame.first_column, frame.span) if frame is not None and is_part else None
        self._hovered = None
        self.plot.update()


# --- painting ---


def matrix_image(pixels: npt.NDArray[np.uint8], ramp: tuple[str, str, str]) -> QImage:
    """Return the levels of pixels as a picture in the colours of a ramp."""
    height, width = pixels.shape
    image = QImage(pixels.tobytes(), width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(shades(ramp))
    return image.copy()


def paint_ids(
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


def paint_bar(painter: QPainter, frame: MatrixFrame, theme: Tokens) -> None:
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
