"""Intervals: how long the spikes of each selected cluster wait for one another, as step lines."""

from typing import Any, ClassVar

import numpy as np
from qtpy.QtCore import QRectF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.table.numbers import format_number
from napari_phy.views.intervals import IntervalsData, IntervalsRequest, Scale, compute_intervals, violation_words
from napari_phy.widgets.base.choices import Allowed, NumberMenu, Numbers, values_of
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.steps_panel import StepsPanel
from napari_phy.widgets.plots.frame import Frame
from napari_phy.widgets.plots.step_plot import bin_at, decade_ticks, listed, paint_steps, step_frame

SCALES = (("Linear", "linear"), ("Log", "log"))
HEIGHTS = (("Density", "density"), ("Counts", "counts"))
SHORTEST = tuple((f"{ms:g} ms", ms) for ms in (0.0, 1.0, 2.0, 5.0, 10.0))
WINDOWS = tuple((f"{ms} ms", float(ms)) for ms in (20, 50, 100, 200, 500, 1000))
BINS = tuple((f"{n} bins", n) for n in (25, 50, 100, 200))
BIN_WIDTHS = (("As the number of bins", None), *((f"{ms:g} ms", ms) for ms in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)))
REFRACTORY = tuple((f"{ms:g} ms", ms) for ms in (0.5, 1.0, 1.5, 2.0, 3.0, 5.0))


class IntervalsPanel(StepsPanel):
    """Interspike intervals of the selection; the band is the refractory time."""

    title = "Intervals"
    subject = "its intervals"
    working = "Counting intervals…"
    failed = "The intervals could not be counted."
    remembered: ClassVar[Allowed] = {
        "scale": values_of(SCALES),
        "heights": values_of(HEIGHTS),
        "longest": Numbers(values_of(WINDOWS), 0.1, 20_000),
        "shortest": Numbers(values_of(SHORTEST), 0, 10_000),
        "n_bins": Numbers(values_of(BINS), 1, 10_000, is_whole=True),
        "bin": Numbers(values_of(BIN_WIDTHS), 0.01, 1000),
        "refractory": Numbers(values_of(REFRACTORY), 0, 100),
    }
    help_text = (
        "How long it takes from one spike of a cluster to its next, over all its spikes.\n"
        "The band is the refractory time; beside each id is the number of intervals within it and their share.\n"
        "The drop-downs choose axis and height.\n"
        "Density makes clusters of any size comparable; Log shows all intervals from 0.1 ms to 10 s.\n"
        "⋯ chooses the shortest and longest interval, number or width of bins, and the refractory time."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self.scale: Scale = "linear"
        self.heights = "density"
        self.longest, self.shortest, self.n_bins, self.refractory = 50.0, 0.0, 50, 2.0
        self.bin: float | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        plot = super().make_content()
        self._scale_menu = self.add_drop_down("Axis of intervals", SCALES, self.scale, self.set_scale)
        self._heights_menu = self.add_drop_down("Height", HEIGHTS, self.heights, self.set_heights)
        menu = self.header.more_menu
        self._menus = {
            option: NumberMenu(
                menu.addMenu(title), choices, getattr(self, option), getattr(self, f"set_{option}"), words
            )
            for option, title, choices, words in (
                ("shortest", "Shortest interval", SHORTEST, "{:g} ms"),
                ("longest", "Longest interval", WINDOWS, "{:g} ms"),
                ("n_bins", "Number of bins", BINS, "{} bins"),
                ("bin", "Width of bins", BIN_WIDTHS, "{:g} ms"),
                ("refractory", "Refractory time", REFRACTORY, "{:g} ms"),
            )
        }
        menu.addSeparator()
        return plot

    def make_request(self) -> IntervalsRequest | None:
        clusters = self.drawn_clusters
        if not clusters:
            return None
        return IntervalsRequest(
            clusters, self.scale, self.n_bins, self.longest, self.refractory, self.shortest, self.bin
        )

    def compute(self, session: Any, request: IntervalsRequest, on_progress: OnProgress) -> IntervalsData:
        return compute_intervals(session, request, on_progress)

    # --- what can be chosen ---

    def set_scale(self, scale: Scale) -> None:
        """Take a "linear" or a "log" axis of intervals."""
        self.scale = scale
        self._scale_menu.set_current(scale)
        self.refresh()

    def set_heights(self, heights: str) -> None:
        """Draw "density" or "counts"."""
        self.heights = heights
        self._heights_menu.set_current(heights)
        self.plot.update()

    def set_longest(self, window_ms: float) -> None:
        """Show intervals up to so many ms on the linear axis; one that would be empty begins at 0 again."""
        self.longest = window_ms
        self.shortest = self.shortest if self.shortest < window_ms else 0.0
        self._show_chosen()

    def set_shortest(self, shortest_ms: float) -> None:
        """Begin the linear axis at so many ms; one that would be empty is moved, and stays as long as it is."""
        if shortest_ms >= self.longest:
            self.longest += shortest_ms - self.shortest
        self.shortest = shortest_ms
        self._show_chosen()

    def set_n_bins(self, n_bins: int) -> None:
        """Cut the axis into so many bins."""
        self.n_bins, self.bin = n_bins, None
        self._show_chosen()

    def set_bin(self, bin_ms: float | None) -> None:
        """Cut the linear axis into bins of so many ms; None: into as many as were chosen."""
        self.bin = bin_ms
        self._show_chosen()

    def set_refractory(self, refractory_ms: float) -> None:
        """Count intervals below so many ms as violations."""
        self.refractory = refractory_ms
        self._show_chosen()

    def _show_chosen(self) -> None:
        for option, menu in self._menus.items():
            menu.show(getattr(self, option))
        self.refresh()

    # --- drawing ---

    def words_beside(self, data: IntervalsData, place: int) -> str:
        return violation_words(data, place)

    @property
    def is_log(self) -> bool:
        """Whether what is drawn has a logarithmic axis."""
        return bool(self.data.request.scale == "log")

    def values(self) -> np.ndarray:
        """Return (n, n_bins) what is drawn."""
        return self.data.density if self.heights == "density" else self.data.counts

    def frame(self, size: QSize, theme: Tokens) -> Frame:
        """Return the plot's rectangle and ranges; x is in ms, or in decades of ms."""
        edges, values = self._edges(), self.values()
        largest = float(values.max()) if values.size else 0.0
        return step_frame(size.width(), size.height(), theme, (float(edges[0]), float(edges[-1])), largest)

    def _edges(self) -> np.ndarray:
        return np.log10(self.data.edges_ms) if self.is_log else self.data.edges_ms

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint band, grid, axes and step lines."""
        frame = self.frame(size, theme)
        refractory = self.data.request.refractory_ms
        end = frame.to_px([[np.log10(refractory) if self.is_log else refractory, 0]])[0, 0]
        width = min(max(end - frame.left, 0), frame.width)
        painter.fillRect(QRectF(frame.left, frame.top, width, frame.height), theme.color("tile"))
        per = "decade" if self.is_log else "ms"
        title = f"density (1/{per})" if self.heights == "density" else "number of intervals"
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
