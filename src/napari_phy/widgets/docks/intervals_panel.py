"""Intervals: how long the spikes of each selected cluster wait for one another, as step lines."""

import numpy as np
from qtpy.QtCore import QRectF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.frame import Frame
from napari_phy.views.intervals import (
    IntervalsData,
    IntervalsRequest,
    IntervalsSettings,
    compute_intervals,
    violation_words,
)
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.steps_panel import StepsPanel
from napari_phy.widgets.plots.step_plot import bin_at, decade_ticks, listed, paint_steps, step_frame


class IntervalsPanel(StepsPanel):
    """Interspike intervals of the selection; the band is the refractory time."""

    title = "Intervals"
    subject = "its intervals"
    working = "Counting intervals…"
    failed = "The intervals could not be counted."
    settings_type = IntervalsSettings
    help_text = (
        "How long it takes from one spike of a cluster to its next, over all its spikes.\n"
        "The band is the refractory time; beside each id is the number of intervals within it and their share.\n"
        "The drop-downs choose axis and height.\n"
        "Density makes clusters of any size comparable; Log shows all intervals from 0.1 ms to 10 s.\n"
        "⋯ chooses the shortest and longest interval, number or width of bins, and the refractory time."
    )

    def make_content(self) -> QWidget:
        plot = super().make_content()
        self.setting_controls.add_drop_down("scale")
        self.setting_controls.add_drop_down("heights")
        for name in ("shortest_ms", "longest_ms", "n_bins", "bin_ms", "refractory_ms"):
            self.setting_controls.add_menu(name)
        self.header.more_menu.addSeparator()
        return plot

    def make_request(self) -> IntervalsRequest | None:
        clusters = self.drawn_clusters
        return IntervalsRequest(clusters, self.settings.computed()) if clusters else None

    def compute(self, session: SessionLike, request: IntervalsRequest, on_progress: OnProgress) -> IntervalsData:
        return compute_intervals(session, request, on_progress)

    # --- drawing ---

    def words_beside(self, data: IntervalsData, place: int) -> str:
        return violation_words(data, place)

    @property
    def is_log(self) -> bool:
        """Whether what is drawn has a logarithmic axis."""
        return bool(self.data.request.settings.scale == "log")

    def values(self) -> np.ndarray:
        """Return (n, n_bins) what is drawn."""
        data: IntervalsData = self.data
        return data.density if self.settings.heights == "density" else data.counts

    def frame(self, size: QSize, theme: Tokens) -> Frame:
        """Return the plot's rectangle and ranges; x is in ms, or in decades of ms."""
        edges, values = self._edges(), self.values()
        largest = float(values.max()) if values.size else 0.0
        return step_frame(size.width(), size.height(), theme, (float(edges[0]), float(edges[-1])), largest)

    def _edges(self) -> np.ndarray:
        edges: np.ndarray = self.data.edges_ms
        return np.log10(edges) if self.is_log else edges

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint band, grid, axes and step lines."""
        frame = self.frame(size, theme)
        refractory = self.data.request.settings.refractory_ms
        end = frame.to_px([[np.log10(refractory) if self.is_log else refractory, 0]])[0, 0]
        width = min(max(end - frame.left, 0), frame.width)
        painter.fillRect(QRectF(frame.left, frame.top, width, frame.height), theme.color("tile"))
        per = "decade" if self.is_log else "ms"
        title = f"density (1/{per})" if self.settings.heights == "density" else "number of intervals"
        ticks = decade_ticks(frame.x_range, frame.width, theme) if self.is_log else None
        titles = ("interspike interval (ms)", title)
        paint_steps(painter, frame, theme, self._edges(), self.values(), titles, ticks)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `3–4 ms: 20: 4 intervals, 22: 0` for the bin under the mouse."""
        data = self.data
        found = bin_at(self.frame(self.plot.size(), self.theme), self._edges(), x_px, y_px)
        if found is None:
            return ""
        low, high = (_ms(edge) for edge in data.edges_ms[found : found + 2])
        counts = data.counts[:, found].tolist()
        words = [f"{cluster}: {format_number(n)}" for cluster, n in zip(data.cluster_ids, counts, strict=True)]
        return f"intervals of {low}–{high} ms: {listed(words)}"


def _ms(value: float) -> str:
    decimals = 0 if float(value).is_integer() or value >= 100 else 2 if value < 1 else 1
    return format_number(value, decimals)
