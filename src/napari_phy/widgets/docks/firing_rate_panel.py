"""Firing rate: spikes per second of each selected cluster over the whole recording."""

from qtpy.QtCore import QPointF, QRectF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.firing_rate import (
    FiringRateData,
    FiringRateRequest,
    FiringRateSettings,
    compute_firing_rates,
    rate_frame,
    rate_words,
)
from napari_phy.views.frame import Frame
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.painted_panel import StepsPanel
from napari_phy.widgets.plots.step_plot import paint_steps
from napari_phy.widgets.plots.time_axis import paint_clock, paint_unused


class FiringRatePanel(StepsPanel):
    """Rates of the selection along time; a click moves the clock of all views."""

    title = "Firing rate"
    subject = "its firing rate"
    working = "Counting spikes…"
    failed = "The firing rates could not be counted."
    draws_times = True
    settings_type = FiringRateSettings
    help_text = (
        "How many spikes per second each cluster fires, over the whole recording; beside each id its mean, over the\n"
        "times that are not dimmed.\n"
        "A click goes to that time. The yellow frame is what Traces shows, the line the current time.\n"
        "The drop-down chooses how many bins, at first about 100 of at least one second; ⋯ has their width, and\n"
        "which times are shown."
    )

    def make_content(self) -> QWidget:
        plot = super().make_content()
        self.setting_controls.add_drop_down("n_bins")
        menu = self.header.more_menu
        self.setting_controls.add_menu("bin_s")
        times = menu.addMenu("Times shown")
        times.addAction("All").triggered.connect(lambda *_: self.show_times(0.0, None))
        times.addAction("Those in Traces").triggered.connect(
            lambda *_: self.show_times(*self.required_session.time.shown_s)
        )
        menu.addSeparator()
        return plot

    def show_settings(self) -> None:
        super().show_settings()
        if self.settings.bin_s is not None:
            bins = self.setting_controls.drop_downs["n_bins"]
            bins.set_current(self.settings.bin_s, f"Bins of {self.settings.bin_s:g} s")

    def on_session(self) -> None:
        if self.session is not None:
            self._links.connect(self.session.time.moved, self._on_time_changed)
            self._links.connect(self.session.time.shown_changed, self._on_time_changed)
            self._links.connect(self.session.time.range_changed, self._on_time_changed)

    def make_request(self) -> FiringRateRequest | None:
        clusters = self.drawn_clusters
        return FiringRateRequest(clusters, self.settings.computed()) if clusters else None

    def compute(self, session: SessionLike, request: FiringRateRequest, on_progress: OnProgress) -> FiringRateData:
        return compute_firing_rates(session, request, on_progress)

    def show_times(self, start_s: float, stop_s: float | None) -> None:
        """Show a stretch of the recordings, None for one that goes on to their end."""
        self.choose(start_s=start_s, stop_s=stop_s)

    # --- drawing ---

    def words_beside(self, data: FiringRateData, place: int) -> str:
        return f"{format_number(data.mean_rates[place], 1)} Hz"

    def frame(self, size: QSize, theme: Tokens) -> Frame:
        """Return the plot's rectangle and its ranges in seconds and Hz."""
        return rate_frame(self.data, size.width(), size.height(), theme)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint grid, axes, step lines and, on the screen, the clock."""
        frame = self.frame(size, theme)
        paint_steps(painter, frame, theme, self.data.edges_s, self.data.rates, ("time (s)", "firing rate (Hz)"))
        clock = self.required_session.time
        area = QRectF(*frame.area)
        paint_unused(painter, theme, area, *frame.x_range, clock.range_s)
        if not self.is_on_paper:
            paint_clock(painter, theme, area, *frame.x_range, clock.time_s, clock.shown_s)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `31.2 s: 20: 4.5 Hz, 22: 3.0 Hz` for the bin under the mouse."""
        return rate_words(self.data, self.frame(self.plot.size(), self.theme), x_px, y_px)

    # --- events ---

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        """Go to the moment under the mouse."""
        frame = self.frame(self.plot.size(), self.theme)
        if frame.contains(position.x(), position.y()):
            self.required_session.time.move_to(float(frame.to_data([[position.x(), position.y()]])[0, 0]))

    @safe_slot
    def _on_time_changed(self) -> None:
        self.plot.update()
