"""Similarity in a notebook."""

from __future__ import annotations

import numpy as np

from napari_phy.notebook.painted import PaintedView
from napari_phy.notebook.picture import TYPE, Picture, selection_ink
from napari_phy.table.session_like import SessionLike
from napari_phy.views.cluster_order import listed_clusters
from napari_phy.views.rectangles import BODY_PX, TICK_PX, Rectangle
from napari_phy.views.similarity import (
    BAR_PX,
    MatrixFrame,
    SimilarityRequest,
    compute_similarity,
    matrix_frame,
    matrix_pixels,
    order_words,
    pair_of,
    pair_words,
)

ZOOM_STEP = 1.25
MOST_PX = 800  # along the side of the picture


class SimilarityView(PaintedView):
    """How alike all clusters are, as a matrix; a click on a cell selects the pair, the wheel zooms.

    Parameters
    ----------
    session : Session
        What is shown.
    """

    title = "Similarity"
    subject = "how alike clusters are"
    settings_name = "similarity"
    shown_settings = ("order", "measure")

    def __init__(self, session: object, **traits: object) -> None:
        self._seen: tuple[float, float, float] | None = None
        super().__init__(session, **traits)

    def follow_more(self) -> None:
        """Follow the filter of the list."""
        self.follow(self.session.listed.changed, self._on_settings)

    def make_request(self) -> SimilarityRequest | None:
        """Return what is to be computed."""
        settings, session = self.settings, self.session
        clusters = listed_clusters(session.manager, session.listed, in_order=settings.order == "list")
        return SimilarityRequest(clusters, settings.order, settings.measure) if clusters else None

    def compute(self, session: SessionLike, request: SimilarityRequest) -> object:
        """Compare the clusters over all their spikes."""
        return compute_similarity(self.session.opened, request)

    def on_data(self) -> None:
        """Show all cells where there are fewer than before."""
        if self._seen is not None and self._seen[2] > len(self.data.cluster_ids):
            self._seen = None

    @property
    def _frame(self) -> MatrixFrame:
        return matrix_frame(self.data.cluster_ids, self._seen, *self.width_height, TYPE)

    def paint(self, picture: Picture) -> None:
        """Draw the cells, the ids of rows, the bar of colours, and what the pair is like."""
        frame, data = self._frame, self.data
        selected = self.session.selection.clusters
        picture.levels(frame.square, matrix_pixels(data.levels, frame, min(round(frame.side), MOST_PX)))
        picture.frames([frame.square], "grid")
        rank = {cluster: place for place, cluster in enumerate(selected)}
        for row, middle in frame.labelled_rows(data.cluster_ids, selected, 12):
            cluster = int(data.cluster_ids[row])
            color = selection_ink(rank[cluster]) if cluster in rank else "dim"
            box = Rectangle(0, middle - 7, frame.left - 5, 14)
            picture.text(box, str(cluster), color, TICK_PX, bold=cluster in rank, align="right")
        height = min(frame.side / 2, 150.0)
        bar = Rectangle(frame.left + frame.side + 10, frame.top, BAR_PX, height)
        picture.levels(bar, np.linspace(255, 0, 64).astype(np.uint8)[:, None])
        picture.frames([bar], "grid")
        for y, label in ((bar.top, "1"), (bar.bottom, "0")):
            picture.text(Rectangle(bar.right + 4, y - 7, 20, 14), label, "dim", TICK_PX)
        pair = pair_of(data, selected)
        words = [order_words(data)]
        if pair is not None:
            words = [pair_words(data, pair), *words]
            picture.clip(frame.square.grown(4))
            for color, width in (("view", 3.4), ("text", 1.6)):
                picture.frames([frame.pair_frame(*pair)], color, width)
            picture.clip(None)
        line = Rectangle(frame.left, 0, self.width_height[0] - frame.left - 4, frame.top)
        picture.text(line, "   ·   ".join(words), "text", BODY_PX)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `20 × 22   0.99 similar` for the cell under the mouse."""
        cell = self._frame.cell_at(x_px, y_px)
        return "" if cell is None else pair_words(self.data, cell)

    def on_click(self, x_px: float, y_px: float, *, ctrl: bool, shift: bool) -> None:
        """Select the pair, or with Ctrl add it."""
        cell = self._frame.cell_at(x_px, y_px)
        if cell is not None:
            pair = list(dict.fromkeys(int(self.data.cluster_ids[place]) for place in cell))
            self.select((*self.session.selection.clusters, *pair) if ctrl else pair)

    def on_wheel(self, x_px: float, y_px: float, notches: float, *, ctrl: bool, shift: bool) -> None:
        """Zoom about the mouse."""
        n = len(self.data.cluster_ids)
        self._look_at(self._frame.zoomed(x_px, y_px, ZOOM_STEP**notches, n), n)

    def on_drag(self, dx_px: float, dy_px: float) -> None:
        """Move what is in sight."""
        if self._seen is not None:
            n = len(self.data.cluster_ids)
            self._look_at(self._frame.panned(dx_px, dy_px, n), n)

    def on_reset(self, x_px: float, y_px: float) -> None:
        """Show all."""
        self._seen = None
        self.draw()

    def _look_at(self, frame: MatrixFrame, n: int) -> None:
        self._seen = (frame.first_row, frame.first_column, frame.span) if frame.span < n else None
        self.draw()
