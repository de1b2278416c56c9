"""The lower part of Imaging: ΔF/F of one cell below the rate of a cluster, and the row that makes events of it."""

from collections.abc import Callable

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_phy.core.colors import selection_color
from napari_phy.session.session import Session
from napari_phy.views.cell_trace import CellTrace
from napari_phy.views.trials import DURATION
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks import imaging_messages
from napari_phy.widgets.docks.crossings_form import CrossingsForm
from napari_phy.widgets.docks.pair_list import ComparedPairs
from napari_phy.widgets.docks.region_plot import RegionPlot, RegionTraces


class CellPlot(QWidget):
    """Shows a cell of compared pairs, or one that was read alone; its crossings can be events in both cases."""

    time_chosen = Signal(float)
    events_requested = Signal()

    def __init__(self, theme: Callable[[], Tokens], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.plot, self.crossings_form = RegionPlot(theme), CrossingsForm()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.plot, 1)
        column.addWidget(self.crossings_form)
        self.crossings_form.hide()
        self.plot.time_chosen.connect(self.time_chosen)
        self.crossings_form.changed.connect(self._on_crossings)
        self.crossings_form.requested.connect(self.events_requested)

    def show_pair(self, shown: ComparedPairs, pair: tuple[int, int], place: int) -> None:
        """Plot a pair.

        Parameters
        ----------
        shown : ComparedPairs
            Where it is from.
        pair : tuple of int
            Places of cluster and cell among them.
        place : int
            Of the cluster in the selection, which gives it its colour.
        """
        cluster, cell = pair
        pairs = shown.pairs
        self.plot.show_traces(
            RegionTraces(
                shown.source.clock.frame_times_s,
                pairs.rates[cluster],
                pairs.traces[cell],
                f"cluster {pairs.clusters[cluster]}, spikes/s",
                f"cell {pairs.cells[cell]}, ΔF/F",
                selection_color(place, dark=self._theme().dark),
            )
        )
        times_s = shown.source.times_of_region(shown.regions.pixels[cell])
        self.crossings_form.show_trace(int(pairs.cells[cell]), times_s, pairs.traces[cell])
        self.crossings_form.show()

    def show_cell(self, trace: CellTrace) -> None:
        """Plot ΔF/F of one cell, or its brightness where there is none."""
        is_dark = bool(np.isnan(trace.change).all())
        name = "brightness: its baseline is not above 0" if is_dark else "ΔF/F"
        values = trace.brightness if is_dark else trace.change
        self.plot.show_traces(
            RegionTraces(
                trace.times_s,
                trace.rate,
                values,
                "" if trace.cluster is None else f"cluster {trace.cluster}, spikes/s",
                f"cell {trace.cell}, {name}",
                selection_color(0, dark=self._theme().dark),
            )
        )
        self.crossings_form.show_trace(trace.cell, trace.cell_times_s, values)
        self.crossings_form.show()

    def show_nothing(self, words: str) -> None:
        """Say why there is no cell, or what to do."""
        self.plot.show_traces(None, words)
        self.crossings_form.hide()

    def show_error(self, error: Exception) -> None:
        """Say why a cell cannot be read."""
        self.show_nothing(str(error))

    def show_time(self, time_s: float) -> None:
        """Move the line of the clock."""
        self.plot.show_time(time_s)

    def add_events(self, session: Session) -> str:
        """Add the crossings of the cell to the events, have PSTH show them, and return what was done.

        Raises
        ------
        NapariPhyError
            They cannot be events.
        """
        found, name = self.crossings_form.crossings, self.crossings_form.name
        session.events.add(name, found[:, 0], {DURATION: found[:, 1] - found[:, 0]})
        session.views["psth"].events = (name,)
        return imaging_messages.crossings_added(name, len(found))

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self.crossings_form.apply_theme(theme)
        self.plot.update()

    def _on_crossings(self) -> None:
        self.plot.show_threshold(float(self.crossings_form.threshold.value))
