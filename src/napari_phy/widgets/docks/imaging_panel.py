"""Imaging: what a movie shows around the spikes of the selected clusters, and which cells follow them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import ref

import numpy as np
from napari.layers import Image, Labels, Layer, Shapes
from napari.viewer import Viewer
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QFileDialog, QScrollArea, QSplitter, QVBoxLayout, QWidget

from napari_phy.core.colors import selection_color
from napari_phy.core.errors import ImagingError, NapariPhyError
from napari_phy.formats.imaging import read_cells
from napari_phy.layers.movie_question import Computed, MovieQuestion, What
from napari_phy.layers.movie_results import (
    cells_in,
    cells_layer,
    clock_of,
    fits_frames,
    movies_in,
    region_at,
    regions_in,
    show_results,
    timed_movie,
)
from napari_phy.session.session import Session
from napari_phy.timeline.time_base import TimeBase
from napari_phy.views.cell_trace import CellTrace
from napari_phy.views.movie_responses import CellPairs, Regions, TimedMovie
from napari_phy.views.trials import DURATION
from napari_phy.widgets.actions import messages
from napari_phy.widgets.base.figure import Figure
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.plain_table import WholeRows
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.cell_reading import Beside, CellReading
from napari_phy.widgets.docks.crossings_form import CrossingsForm
from napari_phy.widgets.docks.imaging_form import ImagingForm
from napari_phy.widgets.docks.pair_table import PairTable
from napari_phy.widgets.docks.region_plot import RegionPlot, RegionTraces
from napari_phy.widgets.docks.slider_lag import SliderLag
from napari_phy.widgets.panels.panel import Panel

LEAST_PX = 110  # of table and plot; a lower dock scrolls
FOLLOW_MS = 100  # from one highlighting of a frame's spikes to the next


@dataclass(frozen=True, eq=False)
class Shown:
    """Pairs that are listed, and where they are from."""

    pairs: CellPairs
    regions: Regions
    source: TimedMovie
    cells: Labels | Shapes


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
        self.shown: Shown | None = None
        self._pair: tuple[int, int] | None = None  # places of cluster and cell in the plot
        self.form, self.table, self.plot = ImagingForm(), PairTable(), RegionPlot(lambda: self.theme)
        self.crossings_form = CrossingsForm()
        self.crossings_form.hide()
        self._rows = WholeRows(self.table)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        plotted = QWidget()
        below = QVBoxLayout(plotted)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(self.plot, 1)
        below.addWidget(self.crossings_form)
        self.plot.setMinimumHeight(LEAST_PX)
        self._rows.setMinimumHeight(LEAST_PX)
        for part in (self._rows, plotted):
            self._split.addWidget(part)
            self._split.setStretchFactor(self._split.count() - 1, 1)
        inside, body = QWidget(), QWidget()
        self._area = QScrollArea()
        self._area.setWidget(inside)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for widget, upper, lower, taller in (
            (inside, self.form, self._split, 1),
            (body, self._area, self.form.bar, 0),
        ):
            column = QVBoxLayout(widget)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
            column.addWidget(upper, 1 - taller)
            column.addWidget(lower, taller)
        self.fill(body)
        self._results = LatestResult(self, activity=messages.COMPARING_MOVIE, cancel=self.cancel)
        self._results.progressed.connect(self.form.show_progress)
        self._results.result_ready.connect(self._on_result)
        self._results.failed.connect(self._on_failed)
        self._cell = CellReading(self._beside, self)
        self._cell.ready.connect(self._on_cell_read)
        self._cell.progressed.connect(self._on_cell_progressed)
        self._cell.failed.connect(self._on_cell_failed)
        self._labels: ref[Labels] | None = None  # whose chosen label is followed
        self._frame = QTimer(self, singleShot=True, interval=FOLLOW_MS)
        self._frame.timeout.connect(self._highlight)
        self._to_table = QTimer(self, singleShot=True, interval=0)  # once the table has found its size
        self._to_table.timeout.connect(self._go_to_table)
        self.form.asked.connect(self.ask)
        self.form.cancelled.connect(self.cancel)
        self.form.read_requested.connect(self._choose_file)
        self.form.changed.connect(self._on_form_changed)
        self.table.chosen.connect(self._on_pair_chosen)
        self.plot.time_chosen.connect(self._on_time_chosen)
        self.crossings_form.changed.connect(self._on_crossings)
        self.crossings_form.requested.connect(self.add_crossings)
        self.setFocusProxy(self.table)
        if viewer is not None:
            for event in (
                viewer.layers.events.inserted,
                viewer.layers.events.removed,
                viewer.layers.events.reordered,
                viewer.layers.events.renamed,
            ):
                event.connect(self._on_layers_changed)
            SliderLag(viewer, self)
            viewer.cursor.events.position.connect(self._on_mouse_moved)
            viewer.layers.selection.events.active.connect(self._on_layers_changed)
        self.apply_theme(self.theme)
        self._offer()
        self.set_session(session)

    # --- the session

    def leave_session(self) -> None:
        """Stop, and forget pairs of clusters of another session."""
        self._results.drop()
        self._cell.forget_movie()
        self.form.show_progress(None)
        self._show(None)
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
        self.form.apply_theme(theme)
        self._rows.apply_theme(theme)
        self.crossings_form.apply_theme(theme)
        self._area.setStyleSheet(f"QScrollArea {{ background: {theme.view}; }}")
        self._split.setStyleSheet(f"QSplitter::handle {{ background: {theme.grid}; height: 1px; }}")
        self._split.setHandleWidth(theme.px(3))
        self.plot.update()
        self._plot()

    # --- what can be chosen

    @property
    def viewer(self) -> Viewer | None:
        """The viewer whose layers are offered."""
        return None if self._viewer is None else self._viewer()

    def _offer(self) -> None:
        layers = [] if self.viewer is None else list(self.viewer.layers)
        before = self.form.offered_cells
        self.form.offer(movies_in(layers), cells_in(layers))
        if self.form.chosen_cells is None and (movie := self.form.chosen_movie) is not None:
            new = (cells for cells in self.form.offered_cells if not any(cells is one for one in before))
            found = next((cells for cells in new if isinstance(cells, Labels) and fits_frames(cells, movie)), None)
            if found is not None:
                self.form.cells.value = found

    @safe_slot
    def _on_layers_changed(self, _event: Any) -> None:
        self._offer()
        if self.shown is not None and self.viewer is not None and self.shown.cells not in self.viewer.layers:
            self._show(None)
        self._cancel_if_gone()
        self._follow_label()

    @safe_slot
    def _on_form_changed(self) -> None:
        self._follow_label()
        self._allow()
        self.options_changed.emit()
        if self.form.lights_up.value:
            self._frame.start()

    @safe_slot
    def _on_clocks_changed(self) -> None:
        self._allow()
        self._cancel_if_gone()

    def _allow(self) -> None:
        why_not = self._why_not()
        cells = why_not or ("" if self.form.chosen_cells is not None else messages.NEED_CELLS)
        self.form.allow({"average": why_not, "correlation": why_not, "cells": cells})
        clock = self._clock
        has_rows = clock is not None and bool(len(clock.row_offsets_s) or len(clock.plane_offsets_s))
        self.form.allow_row_times("" if has_rows else messages.NO_ROW_TIMES)
        if self._pair is None:
            self._plot()

    @property
    def _clock(self) -> TimeBase | None:
        """That of the chosen movie."""
        movie = self.form.chosen_movie
        return None if self.session is None or movie is None else clock_of(movie, self.session.clocks)

    def _why_not(self) -> str:
        movie = self.form.chosen_movie
        if self.session is None:
            return messages.EMPTY_WORKSPACE
        if movie is None:
            return messages.NEED_MOVIE
        if self._clock is None:
            return messages.needs_clock(movie.name)
        return "" if self.session.selection.clusters else messages.NEED_CLUSTER

    def source(self) -> TimedMovie:
        """Return the chosen movie on its clock.

        Raises
        ------
        ImagingError
            There is none, or it has no clock.
        """
        why_not = self._why_not()
        if why_not and why_not != messages.NEED_CLUSTER:
            raise ImagingError(why_not)
        clock = self._clock
        assert clock is not None
        return timed_movie(self.form.chosen_movie, clock, has_row_times=bool(self.form.has_row_times.value))

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
        cluster = clusters[0] if len(clusters) else None
        return Beside(self.required_session.shown, cluster, self.form.chosen_movie, self.source(), self.form.baseline)

    def _look_at(self, cells: Labels | Shapes, number: int) -> None:
        """Plot a cell: that of the pairs, else its own trace, which is read."""
        shown, pair = self.shown, self._pair
        if shown is not None and shown.cells is cells and pair is not None and number in shown.regions.ids:
            place = int(np.flatnonzero(shown.regions.ids == number)[0])
            if place != pair[1]:
                self._plot((pair[0], place))
        elif not self._why_no_cell:
            self._cell.look_at(cells, number)

    @property
    def _why_no_cell(self) -> str:
        why_not = self._why_not()
        return "" if why_not == messages.NEED_CLUSTER else why_not

    @safe_slot
    def _on_mouse_moved(self, _event: Any) -> None:
        viewer, cells = self.viewer, self.cells
        if viewer is None or cells is None or not self.isVisible() or not cells.visible:
            return
        number = region_at(cells, viewer.cursor.position)
        if number is not None:
            self._look_at(cells, number)

    def _follow_label(self) -> None:
        """Follow the label that is chosen in the layer of cells."""
        before, cells = None if self._labels is None else self._labels(), self.cells
        if before is cells:
            return
        if before is not None:
            before.events.selected_label.disconnect(self._on_label_chosen)
        self._labels = ref(cells) if isinstance(cells, Labels) else None
        if isinstance(cells, Labels):
            cells.events.selected_label.connect(self._on_label_chosen)

    @safe_slot
    def _on_label_chosen(self, _event: Any) -> None:
        cells = self.cells
        if isinstance(cells, Labels) and cells.selected_label and self.isVisible():
            self._look_at(cells, int(cells.selected_label))

    @safe_slot
    def _on_cell_read(self, trace: CellTrace) -> None:
        self._pair = None
        self._plot_cell(trace)

    def _plot_cell(self, trace: CellTrace | None) -> None:
        """Plot ΔF/F, or the brightness where there is none."""
        if trace is None:
            return
        is_dark = bool(np.isnan(trace.change).all())
        name = "brightness: its baseline is not above 0" if is_dark else "ΔF/F"
        self.plot.show_traces(
            RegionTraces(
                trace.times_s,
                trace.rate,
                trace.brightness if is_dark else trace.change,
                "" if trace.cluster is None else f"cluster {trace.cluster}, spikes/s",
                f"cell {trace.cell}, {name}",
                selection_color(0, dark=self.theme.dark),
            )
        )
        self.crossings_form.show_trace(trace.cell, trace.cell_times_s, trace.brightness if is_dark else trace.change)
        self.crossings_form.show()

    @safe_slot
    def _on_cell_progressed(self, cell: int, percent: int) -> None:
        self._plot_nothing(messages.cell_progress(cell, percent))

    @safe_slot
    def _on_cell_failed(self, error: Exception) -> None:
        self._plot_nothing(str(error))

    def _plot_nothing(self, words: str) -> None:
        self.plot.show_traces(None, words)
        self.crossings_form.hide()

    # --- computing

    @safe_slot
    def ask(self, what: What) -> None:
        """Compute averages, a map or pairs in the background; what was asked before is cancelled."""
        try:
            question = self._question(what)
        except NapariPhyError as error:
            self.show_error(error)
            return
        self.form.say("")
        self.form.show_progress(0)
        self._results.ask(question, partial(question.compute, self.required_session.shown))

    def _question(self, what: What) -> MovieQuestion:
        """Return what is asked; all that is read from widgets and layers is read now."""
        source, form, movie = self.source(), self.form, self.form.chosen_movie
        cells = None if what == "correlation" else form.chosen_cells
        regions = None if cells is None else regions_in(cells, movie, source.movie)
        if what == "cells" and regions is None:
            raise ImagingError(messages.NEED_CELLS)
        clusters = tuple(self.required_session.selection.clusters)
        lags = source.lags(float(form.start_s.value), float(form.stop_s.value))
        minus_mean = bool(form.minus_mean.value)
        return MovieQuestion(what, clusters, source, lags, movie, cells, regions, minus_mean, form.baseline)

    @safe_slot
    def cancel(self, words: str = messages.MOVIE_CANCELLED) -> None:
        """Give up what is being computed; nothing was changed."""
        self._results.drop()
        self.form.show_progress(None)
        self.form.say(words)

    def _cancel_if_gone(self) -> None:
        """Give up what is being computed of layers or clusters that are gone, or of a clock that is another one."""
        asked, viewer = self._results.wanted, self.viewer
        if not isinstance(asked, MovieQuestion) or self.session is None or viewer is None:
            return
        if not asked.is_there(self.session, viewer.layers):
            self.cancel(messages.COMPARED_IS_GONE)

    @safe_slot
    def _on_result(self, asked: MovieQuestion, computed: Computed) -> None:
        self.form.show_progress(None)
        if self.viewer is not None:
            made = [Layer.create(data, options, kind) for data, options, kind in computed.layers]
            show_results(self.viewer.layers, made, asked.movie)
        words, *more = computed.sentences
        if computed.pairs is not None and asked.regions is not None and asked.cells is not None:
            self._show(Shown(computed.pairs, asked.regions, asked.source, asked.cells))
            more = [computed.pairs.method, *more]
            self._to_table.start()
        self.form.say(words, tip="\n".join(more))

    @safe_slot
    def _go_to_table(self) -> None:
        self._area.ensureWidgetVisible(self._rows)

    @safe_slot
    def _on_failed(self, _question: Any, error: Exception) -> None:
        self.form.show_progress(None)
        self.show_error(error)

    # --- cells that were read

    def _choose_file(self) -> None:
        start = "" if (path := self.data_path()) is None else str(path.parent)
        path_text, _ = QFileDialog.getOpenFileName(
            self, "Cells of suite2p or CaImAn", start, "Cells (F.npy stat.npy *.hdf5 *.h5)"
        )
        if path_text:
            self.open_cells(path_text)

    @safe_slot
    def open_cells(self, path: str) -> None:
        """Read cells of suite2p or CaImAn, and add them as labels over the movie."""
        try:
            cells = read_cells(path)
            data, options, kind = cells_layer(cells, self.form.chosen_movie)
        except NapariPhyError as error:
            self.show_error(error)
            return
        layer = Layer.create(data, options, kind)
        if self.viewer is not None:
            self.viewer.add_layer(layer)
        self._offer()
        self.form.cells.value = layer
        self.form.say(messages.cells_read(cells.name, int(cells.is_cell.sum()), len(cells), cells.problems))

    # --- pairs

    def _show(self, shown: Shown | None) -> None:
        self.shown, self._pair = shown, None
        self._list()

    def _list(self) -> None:
        """List the pairs of clusters that are there and selected; the pair of before stays, else the first is taken."""
        shown, session, pair = self.shown, self.session, self._pair
        listed: list[bool] = []
        if shown is not None and session is not None:
            chosen = session.selection.clusters
            listed = [cluster in chosen and cluster in session.manager for cluster in shown.pairs.clusters]
        self.table.show_pairs(None if shown is None else shown.pairs, listed)
        rows = self.table.pair_model.rows
        if pair is None or not listed or not listed[pair[0]]:
            pair = (int(rows[0, 0]), int(rows[0, 1])) if len(rows) else None
        if self._rows.isHidden() and len(rows):
            self._split.setSizes([1, 1])  # half each
        self._rows.setVisible(len(rows) > 0)
        self._pair = None
        self._plot(pair)

    @safe_slot
    def _on_pair_chosen(self, cluster: int, cell: int) -> None:
        if self.shown is not None:
            self._plot((cluster, cell))
            self._go_to(self.shown, cell)

    def _go_to(self, shown: Shown, cell: int) -> None:
        """Bring a cell into the middle of the canvas."""
        viewer, movie = self.viewer, self.form.chosen_movie
        pixels = shown.regions.pixels[cell]
        if viewer is None or not isinstance(movie, Image) or not len(pixels):
            return
        middle = np.mean(np.unravel_index(pixels, shown.source.movie.frame_shape), axis=1)
        place = movie.data_to_world((*np.zeros(movie.ndim - 2), *middle[-2:]))
        camera = viewer.scene.camera
        camera.center = (*camera.center[:-2], *place[-2:])
        if isinstance(shown.cells, Labels):
            shown.cells.selected_label = int(shown.regions.ids[cell])

    def _plot(self, pair: tuple[int, int] | None = None) -> None:
        """Plot another pair, or that of before; where there is none, say what to do."""
        shown, session = self.shown, self.session
        self._pair = pair = self._pair if pair is None else pair
        if shown is None or session is None or pair is None:
            if self._cell.looked_at is None or self._why_no_cell or self.cells is None:
                self._cell.forget()
                self._plot_nothing(self._what_to_do)
            else:
                self._plot_cell(self._cell.trace)
                self._cell.look_again()
            return
        self._cell.forget()
        cluster, cell = pair
        pairs, name = shown.pairs, shown.pairs.clusters[cluster]
        chosen = session.selection.clusters
        self.table.mark(cluster, cell)
        self.plot.show_traces(
            RegionTraces(
                shown.source.clock.frame_times_s,
                pairs.rates[cluster],
                pairs.traces[cell],
                f"cluster {name}, spikes/s",
                f"cell {pairs.cells[cell]}, ΔF/F",
                selection_color(chosen.index(name) if name in chosen else 0, dark=self.theme.dark),
            )
        )
        times_s = shown.source.times_of_region(shown.regions.pixels[cell])
        self.crossings_form.show_trace(int(pairs.cells[cell]), times_s, pairs.traces[cell])
        self.crossings_form.show()

    @safe_slot
    def _on_crossings(self) -> None:
        self.plot.show_threshold(float(self.crossings_form.threshold.value))

    @safe_slot
    def add_crossings(self) -> None:
        """Add the crossings of the cell in the plot to the events, and have PSTH show them."""
        session, form = self.required_session, self.crossings_form
        found, name = form.crossings, form.name
        try:
            session.events.add(name, found[:, 0], {DURATION: found[:, 1] - found[:, 0]})
        except NapariPhyError as error:
            self.show_error(error)
            return
        session.views["psth"].events = (name,)
        self.form.say(messages.crossings_added(name, len(found)))

    @property
    def _what_to_do(self) -> str:
        """The sentence in the place of the curves."""
        why_not = self._why_no_cell
        if why_not:
            return why_not
        if self.cells is None:
            return messages.NEED_CELLS
        why_not = self._why_not() or (messages.ASK_TO_COMPARE if self.shown is None else messages.NOT_COMPARED)
        return f"{messages.POINT_AT_CELL} {messages.NEED_CELLS if self.form.chosen_cells is None else why_not}"

    # --- time

    @safe_slot
    def _on_time_chosen(self, time_s: float) -> None:
        self.required_session.time.move_to(time_s)

    @safe_slot
    def _on_time_moved(self) -> None:
        if not self.isVisible():
            return
        self.plot.show_time(self.required_session.time.time_s)
        if self.form.lights_up.value and not self._frame.isActive():
            self._frame.start()

    @safe_slot
    def _highlight(self) -> None:
        """Select the spikes of the selected clusters while the frame in sight was taken."""
        session, clock = self.session, self._clock
        if session is None or clock is None:
            return
        frame = int(clock.frame_at(session.time.time_s))
        if not 0 <= frame < clock.n_frames or not session.selection.clusters:
            return
        start, stop = np.rint(np.array([clock.time_of(frame), clock.time_of(frame + 1)]) * session.model.sample_rate)
        spikes = np.sort(np.concatenate([session.manager.spikes(one) for one in session.selection.clusters]))
        samples = session.model.spike_samples[spikes]
        session.selection.select_spikes(spikes[(samples >= start) & (samples < stop)])
