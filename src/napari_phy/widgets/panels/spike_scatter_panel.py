"""What every scatter of spikes shares: pan and zoom, clicks on dots, highlighted spikes, the clock, and the lasso."""

from functools import partial
from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QKeyEvent, QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.errors import ClusteringError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.session.session import Session
from napari_phy.stats.refractory import REFRACTORY_MS
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.drawn_spikes import ScatterData, Spikes
from napari_phy.views.features import FeatureAxis
from napari_phy.views.frame import Frame, nearest_point
from napari_phy.widgets.base.guarded import guarded
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.plots.highlight_rings import marked_spikes, paint_mark
from napari_phy.widgets.plots.highlighted_points import HighlightedPoints, Points
from napari_phy.widgets.plots.lasso_tool import LassoTool
from napari_phy.widgets.plots.scatter_mouse import ScatterMouse
from napari_phy.widgets.plots.scatter_plot import ScatterPlot
from napari_phy.widgets.plots.time_axis import holding, paint_clock, paint_unused

REACH_PX = 7.0  # of the mouse, around a dot


def spike_words(session: Session, spike: int, axes: tuple[FeatureAxis, ...]) -> str:
    """Return `cluster 20, spike 4 113, 3.214 s, channel 6`; the channel is that of the first axis that has one."""
    model = session.model
    cluster = int(session.manager.clusters_of(np.array([spike]))[0])
    time_s = model.spike_samples[spike] / model.sample_rate
    words = [f"cluster {cluster}", f"spike {format_number(spike)}", f"{format_number(time_s, 3)} s"]
    words += [f"channel {model.probe.channel_ids[a.channel_index]}" for a in axes if a.kind == "feature"][:1]
    return ", ".join(words)


class SpikeScatterPanel(Panel):
    """Spikes of the selection in the colours of their clusters, others grey; the lasso acts on all of the selection."""

    needs_opengl = True
    has_lasso = True
    side = 0.0  # share of the plot that is left free at the right

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._inside: Spikes | None = None  # what the lasso has selected
        super().__init__(session, **options)

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
        self.lasso = LassoTool(self)
        self.lasso.changed.connect(self.canvas.overlay.update)
        self.lasso.found.connect(self._on_found)
        self.lasso.said.connect(self.hovered)
        self.highlighted = HighlightedPoints(self)
        self.highlighted.changed.connect(self.canvas.overlay.update)
        self._mouse = ScatterMouse(self.canvas, self.header.lasso_button.isChecked, self)
        for signal, slot in (
            (self.canvas.pressed, self._on_pressed),
            (self.canvas.double_clicked, self._on_double_clicked),
            (self.canvas.scrolled, self._on_scrolled),
            (self._mouse.hovered, self._on_hovered),
            (self._mouse.panned, self._on_panned),
            (self._mouse.clicked, self._on_clicked),
            (self._mouse.lasso_begun, self._on_lasso_begun),
            (self._mouse.lasso_moved, self._on_lasso_moved),
            (self._mouse.lasso_ended, self._on_lasso_ended),
        ):
            signal.connect(slot)
        self.setting_controls.add_switch("violations")
        self.header.more_menu.addSeparator()
        return self.canvas

    def on_session(self) -> None:
        self._inside = None
        self._mouse.forget()
        self.canvas.set_data(None)
        self.lasso.clear()
        self._find_highlighted()
        if self.session is not None:
            self._links.connect(self.session.time.moved, self._on_time_moved)
            self._links.connect(self.session.time.shown_changed, self._on_shown_changed)

    def on_selection(self) -> None:
        """Light up what was selected elsewhere; a lasso whose spikes are no longer the selected ones goes."""
        self._find_highlighted()
        spikes = self.required_session.selection.spikes
        if self.lasso.closed and self._inside is not None and not np.array_equal(spikes, self._inside):
            self.lasso.clear()

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
        return self.frame

    @property
    def lasso_frame(self) -> Frame | None:
        """The frame in which the lasso is, as it is now."""
        return self.frame

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
        if not self.lasso.closed:
            self._paint_highlighted(painter, frame)
        self.lasso.paint(painter, frame, self.theme)

    def paint_beside(self, painter: QPainter) -> None:
        """Paint what lies at the side of the plot."""

    def _find_highlighted(self) -> None:
        """Look where the spikes are that were selected one by one, such as in the traces."""
        data = self.scatter if self.data is not None and self.session is not None else None
        look = None if data is None else partial(self.points_of, self.in_sight, data)
        self.highlighted.find(data, marked_spikes(self.session), look)

    def _paint_highlighted(self, painter: QPainter, frame: Frame) -> None:
        for x, y in frame.to_px(self.highlighted.points):
            if frame.contains(x, y):
                paint_mark(painter, self.theme, x, y)

    # --- mouse ---

    @guarded
    def _on_pressed(self, _position: QPointF, _ctrl: bool) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    @guarded
    def _on_hovered(self, position: QPointF) -> None:
        self.say(self.read_out(position.x(), position.y()))

    @guarded
    def _on_panned(self, step: QPointF) -> None:
        self.canvas.pan(step)

    @guarded
    def _on_clicked(self, position: QPointF) -> None:
        """Pick the spike under the mouse, or the moment."""
        frame = self.frame
        if frame is None or self.data is None:
            return
        spike = self.spike_at(position.x(), position.y())
        if spike is not None:
            self.lasso.clear()
            self.pick_spike(spike, self.canvas.modifiers)
        elif self.along_time and not self.canvas.modifiers and frame.contains(position.x(), position.y()):
            self.required_session.time.move_to(float(frame.to_data([[position.x(), position.y()]])[0, 0]))

    @guarded
    def _on_scrolled(self, position: QPointF, notches: float, ctrl: bool) -> None:
        self.canvas.zoom(position, notches, ("y" if ctrl else "x") if self.along_time else "both")

    @guarded
    def _on_double_clicked(self, _position: QPointF) -> None:
        self.show_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Clear the lasso by Esc; all other keys go their way."""
        if event.key() == Qt.Key.Key_Escape and (len(self.lasso) or self.header.lasso_button.isChecked()):
            self.clear_lasso()
            event.accept()
        else:
            super().keyPressEvent(event)

    # --- the clock ---

    @guarded
    def _on_time_moved(self) -> None:
        frame = self.frame
        if frame is None or not self.along_time:
            return
        if self.canvas.is_moved:
            x_range = holding(frame.x_range, self.required_session.time.time_s, self.required_session.time.duration_s)
            self.canvas.show_range(x_range, frame.y_range)
        self.canvas.overlay.update()

    @guarded
    def _on_shown_changed(self) -> None:
        if self.along_time:
            self.canvas.overlay.update()

    # --- lasso ---

    @property
    def _drawing_frame(self) -> Frame | None:
        """The frame of the lasso that is being drawn, None while none is."""
        return self.lasso_frame if self.data is not None and self.lasso.drawing else None

    @guarded
    def _on_lasso_begun(self, position: QPointF) -> None:
        frame = self.lasso_frame_at(position) if self.data is not None else None
        if frame is not None:
            self._drop_spikes()
            self.lasso.start(frame, position)

    @guarded
    def _on_lasso_moved(self, position: QPointF) -> None:
        frame = self._drawing_frame
        if frame is not None:
            self.lasso.move(frame, position)

    @guarded
    def _on_lasso_ended(self, position: QPointF) -> None:
        self.header.lasso_button.setChecked(False)
        frame = self._drawing_frame
        if frame is None:
            self.lasso.clear()
            return
        self._inside = None
        self.lasso.move(frame, position)
        try:
            n_to_look_at = self.n_to_look_at(self.lasso.polygon)
            self.lasso.close(partial(self.look_inside, self.in_sight, self.lasso_data), n_to_look_at)
        except ClusteringError:  # an edit took the clusters away that are still in sight
            self.lasso.clear()

    @guarded
    def _on_found(self, inside: Spikes) -> None:
        manager = self.required_session.manager
        touched = np.unique(manager.clusters_of(inside)).tolist()
        self.lasso.tell(inside, sum(manager.n_spikes(cluster) for cluster in touched))
        self._inside = inside
        self.required_session.selection.select_spikes(inside)

    def clear_lasso(self) -> None:
        """Remove the lasso and deselect its spikes."""
        self.header.lasso_button.setChecked(False)
        self.lasso.clear()
        self._drop_spikes()

    def _drop_spikes(self) -> None:
        if self.session is not None:
            self.session.selection.select_spikes(np.empty(0, dtype=np.int64))

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
