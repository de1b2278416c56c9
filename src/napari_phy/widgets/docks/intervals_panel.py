"""Intervals: how long the spikes of each selected cluster wait for one another, as step lines."""

from qtpy.QtCore import QRectF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.table.session_like import SessionLike
from napari_phy.views.frame import Frame
from napari_phy.views.intervals import (
    IntervalsData,
    IntervalsRequest,
    IntervalsSettings,
    compute_intervals,
    intervals_frame,
    intervals_ticks,
    intervals_titles,
    intervals_words,
    refractory_band,
    violation_words,
)
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.painted_panel import StepsPanel
from napari_phy.widgets.plots.step_plot import paint_steps


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
        "Density makes clusters of any size comparable; Log shows all intervals from 0.1 ms to 10 s, or between the\n"
        "ends that Settings… has for it.\n"
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

    def frame(self, size: QSize, theme: Tokens) -> Frame:
        """Return the plot's rectangle and ranges; x is in ms, or in decades of ms."""
        return intervals_frame(self.data, self.settings.heights, size.width(), size.height(), theme)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint band, grid, axes and step lines."""
        data, heights, frame = self.data, self.settings.heights, self.frame(size, theme)
        painter.fillRect(QRectF(*refractory_band(data, frame)), theme.color("tile"))
        titles, ticks = intervals_titles(data, heights), intervals_ticks(data, frame, theme)
        paint_steps(painter, frame, theme, data.edges, data.values(heights), titles, ticks)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `intervals of 3–4 ms: 20: 4, 22: 0` for the bin under the mouse."""
        return intervals_words(self.data, self.frame(self.plot.size(), self.theme), x_px, y_px)
