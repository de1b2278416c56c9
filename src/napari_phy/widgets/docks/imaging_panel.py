"""Imaging: what a movie shows around the spikes of the selected clusters, and which cells follow them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from weakref import ref

import numpy as np
from napari.layers import Image, Labels, Layer, Shapes
from napari.types import LayerDataTuple
from napari.viewer import Viewer
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_phy.core.errors import NapariPhyError
from napari_phy.formats.imaging import TIFF, read_cells, read_labels
from napari_phy.layers.movie_question import Computed, MovieQuestion, What
from napari_phy.layers.movie_results import LAG, cells_in, cells_layer, labels_layer, movies_in, show_results
from napari_phy.session.session import Session
from napari_phy.views.cell_trace import CellTrace
from napari_phy.widgets.base.figure import Figure
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks import imaging_messages
from napari_phy.widgets.docks.cell_plot import CellPlot
from napari_phy.widgets.docks.cell_pointer import CellPointer
from napari_phy.widgets.docks.cell_reading import Beside, CellReading
from napari_phy.widgets.docks.imaging_choice import ImagingChoice
from napari_phy.widgets.docks.imaging_form import ImagingForm
from napari_phy.widgets.docks.imaging_page import ImagingPage
from napari_phy.widgets.docks.movie_work import MovieWork
from napari_phy.widgets.docks.pair_list import ComparedPairs, PairList
from napari_phy.widgets.docks.slider_lag import SliderLag, go_to_peak
from napari_phy.widgets.panels.panel import Panel

CELL_FILES = "Cells (F.npy stat.npy *.hdf5 *.h5 *.tif *.tiff)"
OUTLINE_PX = 1  # of cells that were opened, so that the movie is seen in them
FOLLOW_MS = 100  # from one frame to the next


class ImagingPanel(Panel):
    """Asks for averages, maps and pairs of the selected clusters and a movie on the clock; results become layers."""

    title = "Imaging"
    help_text = (
        "What a movie shows around the spikes of the selected clusters. It needs a clock, which Link time gives.\n"
        "Average makes a movie of lags, or of the cells where labels or shapes are chosen. Correlation map colours\n"
        "each pixel by its correlation with the rate, at the lag where it is largest.\n"
        "Compare cells tests each pair of cluster and cell by circular shifts of the spike train: q is the share of\n"
        "false ones among pairs with such a q or a smaller one. Click a pair to go there.\n"
        "Point at a cell, or at a shape that you drew, to see its ΔF/F below the rate of the cluster: only the pixels\n"
        "around it are read. Of the moments at which it passes a threshold, the row below makes events."
    )

    def __init__(
        self, session: Session | None = None, *, viewer: Viewer | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(viewer, parent)
        self._viewer = None if viewer is None else ref(viewer)
        self.form, self.pairs, self.cell = ImagingForm(), PairList(), CellPlot(lambda: self.theme)
        self.table, self.plot, self.crossings_form = self.pairs.table, self.cell.plot, self.cell.crossings_form
        self.page = ImagingPage(self.form, self.pairs, self.cell)
        self.fill(self.page)
        self._result: tuple[frozenset[int], str, str] | None = None  # of which clusters, and what is said of it
        self._work = MovieWork(self)
        self._work.progressed.connect(self.form.show_progress)
        self._work.computed.connect(self._on_computed)
        self._work.given_up.connect(self.form.say)
        self._work.failed.connect(self.show_error)
        self._reading = CellReading(self._beside, self)
        self._reading.ready.connect(self._on_cell_read)
        self._reading.progressed.connect(self._on_cell_progressed)
        self._reading.failed.connect(self.cell.show_error)
        self._pointer = CellPointer(viewer, lambda: self.cells, self)
        self._pointer.pointed.connect(self._look_at)
        self._pointer.failed.connect(self.cell.show_error)
        self._frame = FrameSpikes(lambda: self.choice, self)
        self._frame.failed.connect(self.show_error)
        self.form.asked.connect(self.ask)
        self.form.cancelled.connect(self._work.cancel)
        self.form.read_requested.connect(self._choose_file)
        self.form.changed.connect(self._on_form_changed)
        self.pairs.chosen.connect(self._on_pair_chosen)
        self.cell.time_chosen.connect(self._on_time_chosen)
        self.cell.events_requested.connect(self.add_crossings)
        self.setFocusProxy(self.table)
        if viewer is not None:
            layers = viewer.layers.events
            active = viewer.layers.selection.events.active
            for event in (layers.inserted, layers.removed, layers.reordered, layers.renamed, active):
                event.connect(self._on_layers_changed)
            SliderLag(viewer, self)
        self.apply_theme(self.theme)
        self._offer()
        self.set_session(session)

    # --- the session

    def leave_session(self) -> None:
        """Stop, and forget pairs of clusters of another session."""
        self._work.drop()
        self._reading.forget_movie()
        self._show(None)
        self._result = None
        self.form.say("")

    def show_session(self) -> None:
        """Follow the clock, and the clocks of stacks."""
        if self.session is not None:
            self._links.connect(self.session.time.moved, self._on_time_moved)
            self._links.connect(self.session.clocks.changed, self._on_clocks_changed)
        self.follow_selection()

    def follow_selection(self) -> None:
        """List pairs of the selected clusters, and plot one of them."""
        self.table.show_places(() if self.session is None else self.session.selection.clusters)
        self._allow()
        self._list()
        self._say_result()

    def follow_clustering(self, update: Any) -> None:
        """List pairs of clusters that are there."""
        self._cancel_if_gone()
        self._list()

    def read_again(self) -> None:
        """Do nothing: movies are read when somebody asks."""

    def show_error(self, error: Exception) -> None:
        """Say what failed."""
        words = str(error) if isinstance(error, NapariPhyError) else f"This could not be computed: {error}."
        self.form.say(words, is_error=True)

    def options(self) -> dict[str, Any]:
        """Return what was chosen."""
        return self.form.options()

    def set_options(self, options: Mapping[str, Any]) -> None:
        """Choose."""
        self.form.set_options(options)

    def figure(self) -> Figure | None:
        """Return nothing: results are layers."""
        return None

    @classmethod
    def has_figure(cls) -> bool:
        """Return False: results are layers."""
        return False

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self.page.apply_theme(theme)
        self._plot()

    # --- what can be chosen

    @property
    def viewer(self) -> Viewer | None:
        """The viewer whose layers are offered."""
        return None if self._viewer is None else self._viewer()

    def _offer(self) -> None:
        layers = [] if self.viewer is None else list(self.viewer.layers)
        self.form.offer(movies_in(layers), cells_in(layers))

    @safe_slot
    def _on_layers_changed(self, _event: Any) -> None:
        self._offer()
        if self.shown is not None and self.viewer is not None and self.shown.cells not in self.viewer.layers:
            self._show(None)
        self._cancel_if_gone()
        self._pointer.follow_label()

    @safe_slot
    def _on_form_changed(self) -> None:
        self._pointer.follow_label()
        self._allow()
        self.options_changed.emit()
        if self.form.lights_up.value:
            self._frame.follow()

    @safe_slot
    def _on_clocks_changed(self) -> None:
        self._allow()
        self._cancel_if_gone()

    def _allow(self) -> None:
        choice = self.choice
        self.form.allow({"average": choice.why_not, "correlation": choice.why_not, "cells": choice.why_no_pairs})
        self.form.allow_row_times("" if choice.knows_rows else imaging_messages.NO_ROW_TIMES)
        if self.pairs.pair is None:
            self._plot()

    @property
    def choice(self) -> ImagingChoice:
        """The movie that is chosen, on its clock."""
        form = self.form
        return ImagingChoice(self.session, form.chosen_movie, form.chosen_cells, bool(form.has_row_times.value))

    # --- the cell that somebody looks at

    @property
    def cells(self) -> Labels | Shapes | None:
        """The layer whose cells are looked at: the compared one, else the chosen one, else the active one."""
        if self.shown is not None:
            return self.shown.cells
        chosen = self.form.chosen_cells
        active = None if self.viewer is None else self.viewer.layers.selection.active
        offered = any(active is layer for layer in self.form.offered_cells)
        return active if chosen is None and offered else chosen

    def _beside(self) -> Beside:
        clusters = self.required_session.selection.clusters
        cluster, source = clusters[0] if len(clusters) else None, self.choice.source()
        return Beside(self.required_session.shown, cluster, self.form.chosen_movie, source, self.form.baseline)

    @safe_slot
    def _look_at(self, cells: Labels | Shapes, number: int) -> None:
        """Plot a cell: that of the pairs, else its own trace, which is read."""
        shown, pair = self.shown, self.pairs.pair
        place = None if shown is None or shown.cells is not cells else shown.place_of(number)
        if pair is not None and place is not None:
            if place != pair[1]:
                self._plot((pair[0], place))
        elif not self.choice.why_no_cell:
            self._reading.look_at(cells, number)

    @safe_slot
    def _on_cell_read(self, trace: CellTrace) -> None:
        self.pairs.pair, is_first = None, self.crossings_form.isHidden()
        self.cell.show_cell(trace)
        if is_first:
            self.page.go_to(self.cell)

    @safe_slot
    def _on_cell_progressed(self, cell: int, percent: int) -> None:
        self.cell.show_nothing(imaging_messages.cell_progress(cell, percent))

    # --- computing

    @safe_slot
    def ask(self, what: What) -> None:
        """Compute averages, a map or pairs in the background; what was asked before is cancelled."""
        session = self.required_session
        try:
            question = self.form.question(what, self.choice.source(), session.selection.clusters)
        except NapariPhyError as error:
            self.show_error(error)
            return
        self._result = None
        self.form.say("")
        self._work.ask(question, session)

    def _cancel_if_gone(self) -> None:
        if self.session is not None and self.viewer is not None:
            self._work.cancel_if_gone(self.session, self.viewer.layers)

    @safe_slot
    def _on_computed(self, asked: MovieQuestion, computed: Computed) -> None:
        words, *more = computed.sentences
        if self.viewer is not None:
            made = [Layer.create(data, options, kind) for data, options, kind in computed.layers]
            hidden = show_results(self.viewer.layers, made, asked.movie)
            if made and LAG in made[0].axis_labels and isinstance(made[0], Image):
                go_to_peak(self.viewer, made[0])
            words = " ".join([words, *imaging_messages.results_hidden(hidden)])
        if computed.pairs is not None and asked.regions is not None and asked.cells is not None:
            self._show(ComparedPairs(computed.pairs, asked.regions, asked.source, asked.cells))
            more = [computed.pairs.method, *more]
            self.page.go_to(self.pairs)
        self._result = frozenset(asked.clusters), words, "\n".join(more)
        self.form.say(words, tip=self._result[2])

    def _say_result(self) -> None:
        """Say what was computed while the clusters that it is of are selected."""
        if self._result is None or self.session is None:
            return
        clusters, words, tip = self._result
        is_selected, said = clusters == set(self.session.selection.clusters), self.form.words.text()
        if is_selected and not said:
            self.form.say(words, tip=tip)
        elif not is_selected and said == words:
            self.form.say("")

    # --- cells that were read

    def _choose_file(self) -> None:
        start = "" if (path := self.data_path()) is None else str(path.parent)
        path_text, _ = QFileDialog.getOpenFileName(self, "Cells of suite2p or CaImAn, or labels", start, CELL_FILES)
        if path_text:
            self.open_cells(path_text)

    @safe_slot
    def open_cells(self, path: str) -> None:
        """Read cells of suite2p, CaImAn or a TIFF of labels, and add them over the movie; pairs of others go."""
        self._show(None)
        try:
            (data, options, kind), words = _read(Path(path), self.form.chosen_movie)
        except NapariPhyError as error:
            self.show_error(error)
            return
        layer = Layer.create(data, options, kind)
        assert isinstance(layer, Labels)
        layer.contour = OUTLINE_PX
        if self.viewer is not None:
            self.viewer.add_layer(layer)
        self._offer()
        self.form.cells.value = layer
        self.form.say(words)

    # --- pairs

    @property
    def shown(self) -> ComparedPairs | None:
        """The pairs that were compared last."""
        return self.pairs.compared

    def _show(self, compared: ComparedPairs | None) -> None:
        self.pairs.set_compared(compared)
        self._list()

    def _list(self) -> None:
        """List the pairs of selected clusters, and plot one of them."""
        was_hidden = self.pairs.isHidden()
        self.pairs.list_pairs(self.session)
        if was_hidden and not self.pairs.isHidden():
            self.page.share_height()
        self._plot(self.pairs.pair)

    @safe_slot
    def _on_pair_chosen(self, cluster: int, cell: int) -> None:
        if self.shown is not None:
            self._plot((cluster, cell))
            self.shown.go_to(cell, self.viewer, self.form.chosen_movie)

    def _plot(self, pair: tuple[int, int] | None = None) -> None:
        """Plot another pair, or that of before; where there is none, the cell in sight, or what to do."""
        shown, session = self.shown, self.session
        self.pairs.pair = pair = self.pairs.pair if pair is None else pair
        if shown is not None and session is not None and pair is not None:
            self._reading.forget()
            self.table.mark_pair(*pair)
            name, chosen = shown.pairs.clusters[pair[0]], session.selection.clusters
            self.cell.show_pair(shown, pair, chosen.index(name) if name in chosen else 0)
        elif self._reading.looked_at is None or self.choice.why_no_cell or self.cells is None:
            self._reading.forget()
            has_cells, was_compared = self.cells is not None, shown is not None
            self.cell.show_nothing(self.choice.next_step(has_cells=has_cells, was_compared=was_compared))
        else:
            if self._reading.trace is not None:
                self.cell.show_cell(self._reading.trace)
            self._reading.look_again()

    @safe_slot
    def add_crossings(self) -> None:
        """Add the crossings of the cell in the plot to the events, and have PSTH show them."""
        try:
            self.form.say(self.cell.add_events(self.required_session))
        except NapariPhyError as error:
            self.show_error(error)

    # --- time

    @safe_slot
    def _on_time_chosen(self, time_s: float) -> None:
        self.required_session.time.move_to(time_s)

    @safe_slot
    def _on_time_moved(self) -> None:
        if not self.isVisible():
            return
        self.cell.show_time(self.required_session.time.time_s)
        if self.form.lights_up.value:
            self._frame.follow()


def _read(path: Path, movie: Image | None) -> tuple[LayerDataTuple, str]:
    """Return the layer of cells that another program found, and what to say of them."""
    if path.suffix.lower() in TIFF:
        labels = read_labels(path)
        n = len(np.unique(labels[labels > 0]))
        return labels_layer(labels, path.name, movie), imaging_messages.cells_read(path.name, n, n, ())
    cells = read_cells(path)
    words = imaging_messages.cells_read(cells.name, int(cells.is_cell.sum()), len(cells), cells.problems)
    return cells_layer(cells, movie), words


class FrameSpikes(QObject):
    """Selects the spikes of the selected clusters while the frame in sight was taken, so that all views mark them.

    It follows the clock of the session, no faster than views can.

    Parameters
    ----------
    choice : callable
        Returns the movie that is meant.
    """

    title = "Imaging"
    failed = Signal(object)

    def __init__(self, choice: Callable[[], ImagingChoice], parent: QObject) -> None:
        super().__init__(parent)
        self._choice = choice
        self._later = QTimer(self, singleShot=True, interval=FOLLOW_MS)
        self._later.timeout.connect(self._select)

    def follow(self) -> None:
        """Select the spikes of the frame that will be in sight soon."""
        if not self._later.isActive():
            self._later.start()

    def show_error(self, error: Exception) -> None:
        """Tell what went wrong."""
        self.failed.emit(error)

    @safe_slot
    def _select(self) -> None:
        choice = self._choice()
        session, clock = choice.session, choice.clock
        if session is None or clock is None:
            return
        frame = int(clock.frame_at(session.time.time_s))
        if not 0 <= frame < clock.n_frames or not session.selection.clusters:
            return
        start, stop = np.rint(np.array([clock.time_of(frame), clock.time_of(frame + 1)]) * session.model.sample_rate)
        spikes = np.sort(np.concatenate([session.manager.spikes(one) for one in session.selection.clusters]))
        samples = session.model.spike_samples[spikes]
        session.selection.select_spikes(spikes[(samples >= start) & (samples < stop)])
