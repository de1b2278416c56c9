"""Correlograms: a matrix of auto- and cross-correlograms, painted by Qt alone."""

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar
from weakref import ref

import numpy as np
from qtpy.QtCore import QPointF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.correlogram_look import CorrelogramLook, Lags, Unit
from napari_phy.views.correlograms import CorrelogramData, CorrelogramRequest, compute_correlograms, keep_correlograms
from napari_phy.widgets.base.choices import (
    Allowed,
    NumberMenu,
    Numbers,
    choice_actions,
    show_choice,
    switch_action,
    values_of,
)
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.correlogram_painter import CorrelogramGrid, grid_of, height_words, paint_correlograms
from napari_phy.widgets.panels.painted_panel import PaintedPanel

N_MAX = 8
BINS = tuple((f"Bin {ms:g} ms", ms) for ms in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0))
WINDOWS = tuple((f"Window {ms:g} ms", ms) for ms in (10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0))
UNITS = (("Counts", "counts"), ("Hz", "Hz"))
LAGS = (("Linear", "linear"), ("Logarithmic", "log"))
REFRACTORY = tuple((f"{ms:g} ms", ms) for ms in (0.5, 1.0, 1.5, 2.0, 3.0, 5.0))
SWITCH = (False, True)


class CorrelogramsPanel(PaintedPanel):
    """Diagonal in the colours of the clusters, the rest grey; at most eight clusters, so that they stay legible.

    Attributes
    ----------
    bin, span : width of a bin and of the whole, in ms; None: as in the settings of the data set.
    """

    title = "Correlograms"
    subject = "its correlograms"
    working = "Counting spike pairs…"
    failed = "The correlograms could not be counted."
    has_legend = False
    remembered: ClassVar[Allowed] = {
        "bin": Numbers((None, *values_of(BINS)), 0.1, 20),
        "span": Numbers((None, *values_of(WINDOWS)), 2, 2000),
        "unit": values_of(UNITS),
        "lags": values_of(LAGS),
        "refractory": Numbers(values_of(REFRACTORY), 0, 100),
        "baseline": SWITCH,
        "shared": SWITCH,
    }
    help_text = (
        "How often a spike of the column follows one of the row at each lag.\n"
        "The band is the refractory time, the dashed line what independent clusters of these rates would give,\n"
        "the number at top right the largest bar. A click on a box selects its two clusters, Ctrl+click adds them.\n"
        "The middle bar of two clusters has pairs less than a bin apart to either side, two bins of lags.\n"
        "The drop-downs choose bin and window; ⋯ has Hz instead of counts, logarithmic lags, the expected height,\n"
        "one scale for all boxes, and the refractory time."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self.bin: float | None = None
        self.span: float | None = None
        self._look = CorrelogramLook()
        self._kept: tuple[Any, ...] = ()
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        self._keeping = LatestResult(self)
        plot = super().make_content()
        self._bin_menu = self.add_drop_down("Bin", BINS, 1.0, self.set_bin)
        self._window_menu = self.add_drop_down("Window", WINDOWS, 50.0, self.set_span)
        menu, look = self.header.more_menu, self._look
        self._units = choice_actions(menu.addMenu("Height"), UNITS, look.unit, self.set_unit)
        self._lags = choice_actions(menu.addMenu("Lags"), LAGS, look.lags, self.set_lags)
        times = menu.addMenu("Refractory time")
        self._refractory = NumberMenu(times, REFRACTORY, look.refractory_ms, self.set_refractory, "{:g} ms")
        self._baseline = switch_action(menu, "Expected height", look.baseline, self.set_baseline)
        self._shared = switch_action(menu, "One scale for all", look.shared, self.set_shared)
        menu.addSeparator()
        return plot

    def on_session(self) -> None:
        self._bin_menu.set_current(self._bin_ms, f"Bin {self._bin_ms:g} ms")
        self._window_menu.set_current(self._window_ms, f"Window {self._window_ms:g} ms")

    @property
    def _bin_ms(self) -> float:
        return self._setting("correlogram_bin_ms", 1.0) if self.bin is None else self.bin

    @property
    def _window_ms(self) -> float:
        return self._setting("correlogram_window_ms", 50.0) if self.span is None else self.span

    def _setting(self, name: str, default: float) -> float:
        return default if self.session is None else float(self.session.settings.value(name))

    def make_request(self) -> CorrelogramRequest | None:
        clusters = self.clusters[:N_MAX]
        return CorrelogramRequest(clusters, self._bin_ms, self._window_ms) if clusters else None

    def compute(self, session: Any, request: CorrelogramRequest, on_progress: OnProgress) -> CorrelogramData:
        return compute_correlograms(session, request, on_progress)

    # --- what can be chosen ---

    def set_bin(self, bin_ms: float | None) -> None:
        """Count in bins of another width; None: as in the settings."""
        self.bin = bin_ms
        self.on_session()
        self.refresh()

    def set_span(self, window_ms: float | None) -> None:
        """Count lags within another window (full width); None: as in the settings."""
        self.span = window_ms
        self.on_session()
        self.refresh()

    @property
    def unit(self) -> Unit:
        """What the heights of bars are: "counts" or "Hz"."""
        return self._look.unit

    @property
    def lags(self) -> Lags:
        """How lags are spread: "linear" or "log"."""
        return self._look.lags

    @property
    def refractory(self) -> float:
        """Half width of the refractory band in ms."""
        return self._look.refractory_ms

    @property
    def baseline(self) -> bool:
        """Whether the expected height is drawn."""
        return self._look.baseline

    @property
    def shared(self) -> bool:
        """Whether all boxes have one scale."""
        return self._look.shared

    def set_unit(self, unit: Unit) -> None:
        """Show "counts", or "Hz": spikes of the column per second around one of the row."""
        show_choice(self._units, unit)
        self._set_look(replace(self._look, unit=unit))

    def set_lags(self, lags: Lags) -> None:
        """Spread lags evenly ("linear"), or the short ones more ("log")."""
        show_choice(self._lags, lags)
        self._set_look(replace(self._look, lags=lags))

    def set_refractory(self, refractory_ms: float) -> None:
        """Draw a band of that half width."""
        self._refractory.show(refractory_ms)
        self._set_look(replace(self._look, refractory_ms=refractory_ms))

    def set_baseline(self, drawn: bool) -> None:
        """Draw what independent clusters would give, or don't."""
        self._baseline.setChecked(drawn)
        self._set_look(replace(self._look, baseline=drawn))

    def set_shared(self, shared: bool) -> None:
        """Give all boxes one scale, or each its own."""
        self._shared.setChecked(shared)
        self._set_look(replace(self._look, shared=shared))

    def _set_look(self, look: CorrelogramLook) -> None:
        self._look = look
        if self.data is not None:
            self.draw(self.data)
            self.drawn.emit()

    # --- drawing ---

    def draw(self, data: CorrelogramData) -> None:
        left_out = len(self.clusters) - len(data.request.clusters)
        words = f"the first {N_MAX} of {len(self.clusters)} clusters; " if left_out > 0 else ""
        self.stack.caption.setText(words + self._look.caption(data))
        super().draw(data)
        self._keep(data.request)

    def _keep(self, request: CorrelogramRequest) -> None:
        """Count those of all clusters in the background, for the next clicks and edits."""
        opened = self.session.opened
        wished = (ref(opened.manager), request.bin_ms, request.window_ms)
        if wished != self._kept:
            self._kept = wished
            self._keeping.ask(wished, partial(keep_correlograms, opened, request))

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the matrix in a rectangle of some size."""
        paint_correlograms(painter, self.data, self._look, self.grid(size, theme), theme)

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
        lag = int(np.searchsorted(self._look.edges(data), share, side="right")) - 1
        lag = min(max(lag, 0), len(data.lags_ms) - 1)
        height = format_count(int(data.counts[row, column, lag]), "pair")
        if self.unit == "Hz":
            height = f"{height_words(float(self._look.heights(data)[row, column, lag]), 'Hz')} Hz"
        decimals = 0 if float(data.bin_ms).is_integer() else 1
        ids = f"{data.cluster_ids[row]} → {data.cluster_ids[column]}"
        return f"{ids}, {format_number(data.lags_ms[lag], decimals)} ms, {height}"

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        """Select, or add, the two clusters of the box under the mouse, that of the row first."""
        found = self.grid(self.plot.size(), self.theme).at(position.x(), position.y())
        if found is not None:
            pair = (self.data.cluster_ids[place] for place in found[:2])
            alive = [cluster for cluster in dict.fromkeys(map(int, pair)) if cluster in self.session.manager]
            if alive:
                selection = self.session.selection
                (selection.add if ctrl else selection.select)(alive)
