"""What every scatter of spikes shares: pan and zoom, clicks on dots, highlighted spikes, the clock, and the lasso."""

from functools import partial
from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QKeyEvent, QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.session.session import Session
from napari_phy.stats.refractory import REFRACTORY_MS
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.drawn_spikes import ScatterData, Spikes
from napari_phy.views.features import FeatureAxis
from napari_phy.views.frame import Frame, nearest_point
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.plots.highlights import HighlightedPoints, Points, paint_mark, selected_spikes
from napari_phy.widgets.plots.lasso_tool import LassoSearch, SpikeLasso
from napari_phy.widgets.plots.scatter_plot import ScatterPlot
from napari_phy.widgets.plots.time_axis import holding, paint_clock, paint_unused

REACH_PX = 7.0  # of the mouse, around a dot


def spike_words(session: Session, spike: int, axes: tuple[FeatureAxis, ...]) -> str:
    """Return `cluster 20, spike 4 113, 3.214 s, channel 6`; the channel is that of the first axis that has one."""
    model = session.model
    cluster = int(session.manager.clusters_of(np.array([spike]))[0])
    time_s = model.spike_samples[spike] / model.sample_rate
    words = [f"cluster {cluster}", f"spike {format_number(spike)}", f"{format_number(time_s, 3)} s"]
    words += [f"channel {model.probe.channel_ids[a.channel_index]}" for a in axes if a.has_channel][:1]
    return ", ".join(words)


class SpikeScatterPanel(ViewPanel):
    """Spikes of the selection in the colours of their clusters, others grey; the lasso acts on all of the selection."""

    needs_opengl = True
    has_lasso = True
    side = 0.0  # share of the plot that is left free at the right

    # --- what a scatter fills in ---

    @property
    def scatter(self) -> ScatterData | None:
        """What is drawn."""
        raise NotImplementedError

    @property
    def n_violations(self) -> int | None:
        """How many spikes of the clusters come too soon after another one; None where they are not marked."""
        return None if self.scatter is None else self.scatter.n_violations

    @property
    def along_time(self) -> bool:
        """Whether the horizontal axis is time in seconds."""
        return False

    def points_of(self, session: SessionLike, data: Any, spike_ids: Spikes, on_progress: OnProgress) -> Points:
        """Return where some spikes are on the axes of `data`; may run in a worker thread."""
        raise NotImplementedError

    def look_inside(
        self, session: SessionLike, data: Any, polygon: Points, on_progress: OnProgress = no_progress
    ) -> Spikes:
        """Return the spikes of the clusters of `data` in a polygon, drawn or not; may run in a worker thread."""
        raise NotImplementedError

    def n_to_look_at(self, polygon: Points) -> int:
        """Return how much work that is, in spikes whose features are read."""
        return 0 if self.scatter is None else self.scatter.n_total

    def make_plot(self) -> ScatterPlot:
        """Return the canvas with the spikes; a subclass may have one of its own."""
        return ScatterPlot(self.theme, self.paint_over, side=self.side)

    def spike_words(self, index: int) -> str:
        """Return the read-out of the point of this index."""
        raise NotImplementedError

    # --- content ---

    def make_content(self) -> QWidget:
        self.canvas = self.make_plot()
        mouse = self.canvas.mouse
        self.lasso = SpikeLasso(self, mouse, self.header.lasso_button, self)
        self.lasso.changed.connect(self._show_highlighted)
        self.lasso.said.connect(self.said)
        self.highlighted = HighlightedPoints(self)
        self.highlighted.changed.connect(self._show_highlighted)
        for signal, slot in (
            (mouse.pressed, self._on_pressed),
            (mouse.hovered, self._on_hovered),
            (mouse.clicked, self._on_clicked),
            (mouse.double_clicked, self._on_double_clicked),
            (mouse.dragged, self._on_dragged),
            (mouse.scrolled, self._on_scrolled),
        ):
            signal.connect(slot)
        self.setting_controls.add_switch("violations")
        self.header.more_menu.addSeparator()
        return self.canvas

    def on_session(self) -> None:
        self.canvas.mouse.forget()
        self.canvas.set_data(None)
        self.lasso.clear()
        self._find_highlighted()
        if self.session is not None:
            self._links.connect(self.session.time.moved, self._on_time_moved)
            self._links.connect(self.session.time.shown_changed, self._on_shown_changed)

    def on_selection(self) -> None:
        """Light up what was selected elsewhere; a lasso whose spikes are no longer the selected ones goes."""
        self._find_highlighted()
        self.lasso.follow(self.required_session.selection.spikes)

    # --- drawing ---

    def show_scatter(self, *, keep_range: bool = False) -> None:
        """Draw what is in `scatter`; `keep_range` stays where the picture was moved or zoomed to."""
        self.stack.caption.setText("" if self.scatter is None else self.scatter.caption)
        self.canvas.set_data(self.scatter, keep_range=keep_range)
        self._find_highlighted()

    def show_all(self) -> None:
        """Go back to the range that shows the selection."""
        self.canvas.show_all()

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        entries = [*self.cluster_entries(self.canvas.clusters)]
        if self.n_violations is not None:
            text = f"{format_number(self.n_violations)} within {format_number(REFRACTORY_MS)} ms"
            entries.append(LegendEntry(text, self.theme.text, round=True))
        return (*entries, LegendEntry("others", self.theme.background_spikes, round=True, dim=True))

    def apply_theme(self, theme: Tokens) -> None:
        self.canvas.apply_theme(theme)

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        self.canvas.paint_figure(painter, theme)

    @property
    def frame(self) -> Frame | None:
        """The range shown and where it is on the canvas."""
        return self.canvas.frame

    def lasso_frame_at(self, position: QPointF) -> Frame | None:
        """Return the frame in which a lasso is drawn that begins at a position; None where it cannot."""
        return self.lasso_frame

    @property
    def lasso_frame(self) -> Frame | None:
        """The frame in which the lasso is, as it is now."""
        return None if self.data is None else self.frame

    @property
    def lasso_data(self) -> Any:
        """What `look_inside` gets: the data whose axes the lasso is drawn on."""
        return self.scatter

    @property
    def area(self) -> QRectF:
        """The rectangle of the plot on the canvas."""
        frame = self.frame
        return QRectF() if frame is None else QRectF(frame.left, frame.top, frame.width, frame.height)

    def paint_over(self, painter: QPainter) -> None:
        """Paint what lies over the plot: the clock, the highlighted spikes, the lasso."""
        frame = self.frame
        if frame is None:
            return
        if self.along_time:
            clock = self.required_session.time
            paint_unused(painter, self.theme, self.area, *frame.x_range, clock.range_s)
            if not self.is_on_paper:
                paint_clock(painter, self.theme, self.area, *frame.x_range, clock.time_s, clock.shown_s)
        self.paint_beside(painter)
        if not self.lasso.closed and self.highlighted.are_few:
            self._paint_highlighted(painter, frame)
        self.lasso.paint(painter, self.theme)

    def paint_beside(self, painter: QPainter) -> None:
        """Paint what lies at the side of the plot."""

    def _find_highlighted(self) -> None:
        """Look where the spikes are that were selected elsewhere, such as in the traces, or by a split to be judged."""
        data = self.scatter if self.data is not None and self.session is not None else None
        look = None if data is None else partial(self.points_of, self.in_sight, data)
        self.highlighted.find(data, selected_spikes(self.session), look)
        self._show_highlighted()

    @property
    def marks_many(self) -> bool:
        """Whether more selected spikes than have rings are dots of their own colour: not inside the lasso."""
        return not self.lasso.closed

    @safe_slot
    def _show_highlighted(self) -> None:
        """Mark many spikes on the canvas; rings of a few lie over it."""
        shown = self.marks_many and not self.highlighted.are_few
        self.canvas.set_marked(self.highlighted.points if shown else np.empty((0, 2)))
        self.canvas.overlay.update()

    def _paint_highlighted(self, painter: QPainter, frame: Frame) -> None:
        for x, y in frame.to_px(self.highlighted.points):
            if frame.contains(x, y):
                paint_mark(painter, self.theme, x, y)

    # --- mouse ---

    @safe_slot
    def _on_pressed(self) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    @safe_slot
    def _on_hovered(self, position: QPointF) -> None:
        self.say(self.read_out(position.x(), position.y()))

    @safe_slot
    def _on_dragged(self, dx: float, dy: float) -> None:
        self.canvas.pan(dx, dy)

    @safe_slot
    def _on_clicked(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Pick the spike under the mouse, or the moment."""
        frame = self.frame
        if frame is None or self.data is None:
            return
        spike = self.spike_at(position.x(), position.y())
        if spike is not None:
            self.lasso.clear()
            self.pick_spike(spike, modifiers)
        elif self.along_time and not modifiers and frame.contains(position.x(), position.y()):
            self.required_session.time.move_to(float(frame.to_data([[position.x(), position.y()]])[0, 0]))

    @safe_slot
    def _on_scrolled(self, position: QPointF, notches: float, modifiers: Qt.KeyboardModifier) -> None:
        ctrl = modifiers & Qt.KeyboardModifier.ControlModifier
        self.canvas.zoom(position, notches, ("y" if ctrl else "x") if self.along_time else "both")

    @safe_slot
    def _on_double_clicked(self, _position: QPointF) -> None:
        self.show_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Clear the lasso by Esc; all other keys go their way."""
        if event.key() == Qt.Key.Key_Escape and self.lasso.is_wanted:
            self.lasso.dismiss()
            event.accept()
        else:
            super().keyPressEvent(event)

    # --- the clock ---

    @safe_slot
    def _on_time_moved(self) -> None:
        frame = self.frame
        if frame is None or not self.along_time:
            return
        if self.canvas.is_moved:
            x_range = holding(frame.x_range, self.required_session.time.time_s, self.required_session.time.duration_s)
            self.canvas.show_range(x_range, frame.y_range)
        self.canvas.overlay.update()

    @safe_slot
    def _on_shown_changed(self) -> None:
        if self.along_time:
            self.canvas.overlay.update()

    # --- lasso ---

    def lasso_search(self, polygon: Points) -> LassoSearch:
        """Return how the spikes of the selection inside a polygon are found, drawn or not."""
        return LassoSearch(partial(self.look_inside, self.in_sight, self.lasso_data), self.n_to_look_at(polygon))

    def n_drawn(self, inside: Spikes) -> int | None:
        """Return None: how many of the spikes inside are drawn is not shown."""
        return None

    # --- what is under the mouse ---

    def _index_at(self, x_px: float, y_px: float) -> int | None:
        data, frame = self.scatter, self.frame
        if data is None or frame is None or not frame.contains(x_px, y_px):
            return None
        return nearest_point(frame, data.x, data.y, x_px, y_px, REACH_PX)

    def spike_at(self, x_px: float, y_px: float) -> int | None:
        """Return the drawn spike at a pixel, or None."""
        index, data = self._index_at(x_px, y_px), self.scatter
        return None if index is None or data is None else int(data.spike_ids[index])

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, spike 4 113, 3.214 s, channel 6` for the nearest spike, or nothing."""
        index = self._index_at(x_px, y_px)
        return "" if index is None else self.spike_words(index)
