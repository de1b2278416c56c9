"""Firing rate: spikes per second of each selected cluster over the whole recording."""

from typing import Any, ClassVar

from qtpy.QtCore import QPointF, QRectF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.views.firing_rate import FiringRateData, FiringRateRequest, compute_firing_rates
from napari_phy.views.numbers import format_number
from napari_phy.widgets.canvas.frame import Frame
from napari_phy.widgets.canvas.step_plot import bin_at, listed, paint_steps, step_frame
from napari_phy.widgets.panels.panel import guarded
from napari_phy.widgets.panels.steps_panel import StepsPanel
from napari_phy.widgets.panels.time_axis import paint_clock, paint_unused
from napari_phy.widgets.parts.choices import Allowed, values_of
from napari_phy.widgets.parts.theme import Tokens

BINS = tuple((f"{n} bins", n) for n in (50, 100, 200, 500, 1000))


class FiringRatePanel(StepsPanel):
    """Rates of the selection along time; a click moves the clock of all views."""

    title = "Firing rate"
    subject = "its firing rate"
    working = "Counting spikes…"
    failed = "The firing rates could not be counted."
    all_times = draws_times = True
    remembered: ClassVar[Allowed] = {"n_bins": values_of(BINS)}
    help_text = (
        "How many spikes per second each cluster fires, over the whole recording; beside each id its mean.\n"
        "A click goes to a moment. The yellow frame is what Traces shows, the line the moment looked at.\n"
        "The drop-down chooses how many bins."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self.n_bins = 200
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        plot = super().make_content()
        self._bins_menu = self.add_drop_down("Bins", BINS, self.n_bins, self.set_n_bins)
        return plot

    def on_session(self) -> None:
        if self.session is not None:
            self._links.connect(self.session.time.moved, self._on_time_changed)
            self._links.connect(self.session.time.shown_changed, self._on_time_changed)
            self._links.connect(self.session.time.range_changed, self._on_time_changed)

    def make_request(self) -> FiringRateRequest | None:
        clusters = self.drawn_clusters
        return FiringRateRequest(clusters, self.n_bins) if clusters else None

    def compute(self, session: Any, request: FiringRateRequest, on_progress: OnProgress) -> FiringRateData:
        return compute_firing_rates(session, request, on_progress)

    def set_n_bins(self, n_bins: int) -> None:
        """Cut the recording into so many bins."""
        self.n_bins = n_bins
        self._bins_menu.set_current(n_bins)
        self.refresh()

    # --- drawing ---

    def words_beside(self, data: FiringRateData, place: int) -> str:
        return f"{format_number(data.mean_rates[place], 1)} Hz"

    def frame(self, size: QSize, theme: Tokens) -> Frame:
        """Return the plot's rectangle and its ranges in seconds and Hz."""
        data = self.data
        largest = float(data.rates.max()) if data.rates.size else 0.0
        return step_frame(size.width(), size.height(), theme, (0.0, float(data.edges_s[-1])), largest)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint grid, axes, step lines and, on the screen, the clock."""
        frame = self.frame(size, theme)
        paint_steps(painter, frame, theme, self.data.edges_s, self.data.rates, ("time (s)", "firing rate (Hz)"))
        clock = self.session.time
        area = QRectF(frame.left, frame.top, frame.width, frame.height)
        paint_unused(painter, theme, area, *frame.x_range, clock.range_s)
        if not self.is_on_paper:
            paint_clock(painter, theme, area, *frame.x_range, clock.time_s, clock.shown_s)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `31.2 s: 20: 4.5 Hz, 22: 3.0 Hz` for the bin under the mouse."""
        frame = self.frame(self.plot.size(), self.theme)
        found = bin_at(frame, self.data.edges_s, x_px, y_px)
        if found is None:
            return ""
        time_s = frame.to_data([[x_px, y_px]])[0, 0]
        rates = zip(self.data.cluster_ids, self.data.rates[:, found], strict=True)
        words = listed([f"{cluster}: {format_number(rate, 1)} Hz" for cluster, rate in rates])
        return f"{format_number(time_s, 1)} s: {words}"

    # --- events ---

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        """Go to the moment under the mouse."""
        frame = self.frame(self.plot.size(), self.theme)
        if frame.contains(position.x(), position.y()):
            self.session.time.move_to(float(frame.to_data([[position.x(), position.y()]])[0, 0]))

    @guarded
    def _on_time_changed(self) -> None:
        self.plot.update()
