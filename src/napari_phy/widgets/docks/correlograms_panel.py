"""Correlograms: a matrix of auto- and cross-correlograms, painted by Qt alone."""

from functools import partial
from typing import Any
from weakref import ref

import numpy as np
from qtpy.QtCore import QPointF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.correlograms import (
    N_MAX,
    CorrelogramData,
    CorrelogramRequest,
    CorrelogramSettings,
    compute_correlograms,
    keep_correlograms,
)
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.correlogram_painter import CorrelogramGrid, grid_of, height_words, paint_correlograms
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
        "The drop-downs choose bin and window; ⋯ has Hz instead of counts, logarithmic lags, the expected height,\n"
        "one scale for all boxes, and the refractory time."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._kept: tuple[Any, ...] = ()
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        self._keeping = LatestResult(self)
        plot = super().make_content()
        controls = self.setting_controls
        controls.add_drop_down("bin_ms")
        controls.add_drop_down("window_ms")
        controls.add_menu("unit")
        controls.add_menu("lags")
        controls.add_menu("refractory_ms")
        controls.add_switch("baseline")
        controls.add_switch("shared")
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
        if requested != self._kept:
            self._kept = requested
            self._keeping.ask(requested, partial(keep_correlograms, opened, request))

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the matrix in a rectangle of some size."""
        paint_correlograms(painter, self.data, self.settings, self.grid(size, theme), theme)

    def grid(self, size: QSize, theme: Tokens) -> CorrelogramGrid:
        """Return where the tiles are."""
        return grid_of(self.data.cluster_ids.tolist(), size.width(), size.height(), theme)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `20 → 22, 4 ms, 7 pairs`, or Hz, for the bar under the mouse, and an id that may be cut short."""
        grid = self.grid(self.plot.size(), self.theme)
        found = grid.at(x_px, y_px)
        if found is None:
            place = grid.id_at(x_px, y_px)
            return "" if place is None else f"Cluster {self.data.cluster_ids[place]}"
        row, column, share = found
        data = self.data
        lag = int(np.searchsorted(self.settings.edges(data), share, side="right")) - 1
        lag = min(max(lag, 0), len(data.lags_ms) - 1)
        height = format_count(int(data.counts[row, column, lag]), "pair")
        if self.settings.unit == "Hz":
            height = f"{height_words(float(self.settings.heights(data)[row, column, lag]), 'Hz')} Hz"
        decimals = 0 if float(data.bin_ms).is_integer() else 1
        ids = f"{data.cluster_ids[row]} → {data.cluster_ids[column]}"
        return f"{ids}, {format_number(data.lags_ms[lag], decimals)} ms, {height}"

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        """Select, or add, the two clusters of the box under the mouse, that of the row first."""
        found = self.grid(self.plot.size(), self.theme).at(position.x(), position.y())
        if found is not None:
            pair = (self.data.cluster_ids[place] for place in found[:2])
            alive = [cluster for cluster in dict.fromkeys(map(int, pair)) if cluster in self.required_session.manager]
            if alive:
                selection = self.required_session.selection
                (selection.add if ctrl else selection.select)(alive)
