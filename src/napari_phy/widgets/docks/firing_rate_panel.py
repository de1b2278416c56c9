"""Firing rate: spikes per second of each selected cluster over the whole recording."""

from typing import Any, ClassVar

from qtpy.QtCore import QPointF, QRectF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.table.numbers import format_number
from napari_phy.views.firing_rate import MOST_BINS, FiringRateData, FiringRateRequest, compute_firing_rates
from napari_phy.widgets.base.choices import Allowed, NumberMenu, Numbers, values_of
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.panel import guarded
from napari_phy.widgets.panels.steps_panel import StepsPanel
from napari_phy.widgets.plots.frame import Frame
from napari_phy.widgets.plots.step_plot import bin_at, listed, paint_steps, step_frame
from napari_phy.widgets.plots.time_axis import paint_clock, paint_unused

BINS = (("Usual bins", None), *((f"{n} bins", n) for n in (50, 100, 200, 500, 1000)))
BIN_WIDTHS = (("As the number of bins", None), *((f"{s:g} s", s) for s in (0.1, 0.5, 1.0, 5.0, 10.0, 60.0)))
ALL_TIMES = (0.0, None)
LONGEST_S = 10_000_000


class FiringRatePanel(StepsPanel):
    """Rates of the selection along time; a click moves the clock of all views."""

    title = "Firing rate"
    subject = "its firing rate"
    working = "Counting spikes…"
    failed = "The firing rates could not be counted."
    draws_times = True
    remembered: ClassVar[Allowed] = {
        "n_bins": Numbers(values_of(BINS), 1, MOST_BINS, is_whole=True),
        "bin": Numbers(values_of(BIN_WIDTHS), 0.001, 100_000),
    }
    passing: ClassVar[Allowed] = {"start": Numbers((0.0,), 0, LONGEST_S), "stop": Numbers((None,), 0.001, LONGEST_S)}
    help_text = (
        "How many spikes per second each cluster fires, over the whole recording; beside each id its mean, over the\n"
        "times that are not veiled.\n"
        "A click goes to a moment. The yellow frame is what Traces shows, the line the moment looked at.\n"
        "The drop-down chooses how many bins, at first about 100 of a second and more; ⋯ has their width, and\n"
        "which times are shown."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self.n_bins: int | None = None
        self.bin: float | None = None
        self.start, self.stop = ALL_TIMES
        self._clock: Any = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        plot = super().make_content()
        self._bins_menu = self.add_drop_down("Bins", BINS, self.n_bins, self.set_n_bins)
        menu = self.header.more_menu
        self._widths = NumberMenu(menu.addMenu("Width of bins"), BIN_WIDTHS, self.bin, self.set_bin, "{:g} s")
        times = menu.addMenu("Times shown")
        times.addAction("All").triggered.connect(lambda *_: self.show_times(*ALL_TIMES))
        times.addAction("Those in Traces").triggered.connect(lambda *_: self.show_times(*self.session.time.shown_s))
        menu.addSeparator()
        return plot

    def on_session(self) -> None:
        if self.session is not None:
            if self.session.time is not self._clock:  # times are of one data set
                self._clock, (self.start, self.stop) = self.session.time, ALL_TIMES
            self._links.connect(self.session.time.moved, self._on_time_changed)
            self._links.connect(self.session.time.shown_changed, self._on_time_changed)
            self._links.connect(self.session.time.range_changed, self._on_time_changed)

    def make_request(self) -> FiringRateRequest | None:
        clusters = self.drawn_clusters
        return FiringRateRequest(clusters, self.n_bins, self.bin, self.start, self.stop) if clusters else None

    def compute(self, session: Any, request: FiringRateRequest, on_progress: OnProgress) -> FiringRateData:
        return compute_firing_rates(session, request, on_progress)

    def set_n_bins(self, n_bins: int | None) -> None:
        """Cut the time shown into so many bins; None: into about 100, of a second at least."""
        self.n_bins, self.bin = n_bins, None
        self._show_bins()

    def set_bin(self, bin_s: float | None) -> None:
        """Cut the time shown into bins of so many seconds; None: into as many as were chosen."""
        self.bin = bin_s
        self._show_bins()

    def _show_bins(self) -> None:
        if self.bin is None and self.n_bins is not None:
            self._bins_menu.set_current(self.n_bins, f"{self.n_bins} bins")
        else:
            self._bins_menu.set_current(self.bin, "Usual bins" if self.bin is None else f"Bins of {self.bin:g} s")
        self._widths.show(self.bin)
        self.refresh()

    def set_start(self, start_s: float) -> None:
        """Begin at a time; a stretch that would be empty goes on to the end."""
        self.show_times(start_s, None if self.stop is not None and self.stop <= start_s else self.stop)

    def set_stop(self, stop_s: float | None) -> None:
        """End at a time, or for None with the recordings; a stretch that would be empty begins at 0."""
        self.show_times(0.0 if stop_s is not None and stop_s <= self.start else self.start, stop_s)

    def show_times(self, start_s: float, stop_s: float | None) -> None:
        """Show a stretch of the recordings, None for one that goes on to their end."""
        self.start, self.stop = start_s, stop_s
        self.refresh()

    # --- drawing ---

    def words_beside(self, data: FiringRateData, place: int) -> str:
        return f"{format_number(data.mean_rates[place], 1)} Hz"

    def frame(self, size: QSize, theme: Tokens) -> Frame:
        """Return the plot's rectangle and its ranges in seconds and Hz."""
        data = self.data
        largest = float(data.rates.max()) if data.rates.size else 0.0
        times = float(data.edges_s[0]), float(data.edges_s[-1])
        return step_frame(size.width(), size.height(), theme, times, largest)

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
