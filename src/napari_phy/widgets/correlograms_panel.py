"""Correlograms: a matrix of auto- and cross-correlograms, painted by Qt alone."""

from collections.abc import Callable
from typing import Any
from weakref import ref

from qtpy.QtCore import QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.views.correlograms import CorrelogramData, CorrelogramRequest, compute_correlograms
from napari_phy.views.numbers import format_number
from napari_phy.widgets.canvas.correlogram_painter import CorrelogramGrid, grid_of, paint_correlograms
from napari_phy.widgets.painted_panel import PaintedPanel
from napari_phy.widgets.theme import Tokens

N_MAX = 8
BINS = [(f"Bin {ms:g} ms", ms) for ms in (0.5, 1.0, 2.0, 5.0)]
WINDOWS = [(f"Window {ms:g} ms", ms) for ms in (20.0, 50.0, 100.0, 200.0, 500.0)]


class CorrelogramsPanel(PaintedPanel):
    """Diagonal in the colours of the clusters, the rest grey; at most eight clusters, so that they stay legible."""

    title = "Correlograms"
    subject = "its correlograms"
    working = "Counting spike pairs…"
    failed = "The correlograms could not be counted."
    has_legend = False
    help_text = (
        "How often a spike of the column follows one of the row at each lag.\n"
        "The band is the refractory time, the dashed line what independent clusters of these rates would give,\n"
        "the number at top right the largest count."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self._bin_ms = 1.0
        self._window_ms = 50.0
        self._set_up_for: Callable[[], Any] = lambda: None  # a switch keeps what was chosen
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        plot = super().make_content()
        self._bin_menu = self.add_drop_down("Bin", BINS, self._bin_ms, self.set_bin)
        self._window_menu = self.add_drop_down("Window", WINDOWS, self._window_ms, self.set_window)
        return plot

    def on_session(self) -> None:
        if self.session is None or self.session is self._set_up_for():
            return
        self._set_up_for = ref(self.session)
        self._bin_ms = self.session.settings.value("correlogram_bin_ms")
        self._window_ms = self.session.settings.value("correlogram_window_ms")
        self._bin_menu.set_current(self._bin_ms, f"Bin {self._bin_ms:g} ms")
        self._window_menu.set_current(self._window_ms, f"Window {self._window_ms:g} ms")

    def make_request(self) -> CorrelogramRequest | None:
        clusters = self.clusters[:N_MAX]
        return CorrelogramRequest(clusters, self._bin_ms, self._window_ms) if clusters else None

    def compute(self, session: Any, request: CorrelogramRequest, on_progress: OnProgress) -> CorrelogramData:
        return compute_correlograms(session, request, on_progress)

    def set_bin(self, bin_ms: float) -> None:
        """Count in bins of another width."""
        self._bin_ms = bin_ms
        self._bin_menu.set_current(bin_ms)
        self.refresh()

    def set_window(self, window_ms: float) -> None:
        """Count lags within another window (full width)."""
        self._window_ms = window_ms
        self._window_menu.set_current(window_ms)
        self.refresh()

    def draw(self, data: CorrelogramData) -> None:
        left_out = len(self.clusters) - len(data.request.clusters)
        words = f"the first {N_MAX} of {len(self.clusters)} clusters; " if left_out > 0 else ""
        self.stack.caption.setText(words + data.caption)
        self.plot.update()

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the matrix in a rectangle of some size."""
        paint_correlograms(painter, self.data, self.grid(size, theme), theme)

    def grid(self, size: QSize, theme: Tokens) -> CorrelogramGrid:
        """Return where the tiles are."""
        return grid_of(len(self.data.cluster_ids), size.width(), size.height(), theme)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `20 → 22, 4 ms, 7 pairs` for the bar under the mouse."""
        found = self.grid(self.plot.size(), self.theme).at(x_px, y_px)
        if found is None:
            return ""
        row, column, share = found
        data = self.data
        lag = min(int(share * len(data.lags_ms)), len(data.lags_ms) - 1)
        count = int(data.counts[row, column, lag])
        decimals = 0 if float(data.bin_ms).is_integer() else 1
        return (
            f"{data.cluster_ids[row]} → {data.cluster_ids[column]}, "
            f"{format_number(data.lags_ms[lag], decimals)} ms, {format_number(count)} pairs"
        )
