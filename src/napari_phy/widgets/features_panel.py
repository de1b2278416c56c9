"""Features: a scatter of two features, or a feature and time, with a lasso."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress, part_of
from napari_phy.views.features import (
    FeatureAxis,
    FeatureData,
    FeatureRequest,
    channel_axes,
    compute_features,
    default_axes,
    spikes_in_lasso,
)
from napari_phy.widgets.canvas.feature_menu import AUTOMATIC, axis_choices, axis_text, rank_channels
from napari_phy.widgets.canvas.frame import Frame
from napari_phy.widgets.canvas.spike_words import nearest_point, spike_words
from napari_phy.widgets.guarded import guarded
from napari_phy.widgets.lasso_tool import LassoTool
from napari_phy.widgets.legend import LegendEntry
from napari_phy.widgets.marks import marked_spikes, paint_mark
from napari_phy.widgets.panel import Panel
from napari_phy.widgets.scatter_plot import ScatterPlot
from napari_phy.widgets.theme import Tokens

HOVER_PX = 7.0


@dataclass(frozen=True, slots=True)
class Wish:
    """Clusters, the axes the user chose (None: those that suit the clusters), and how many spikes to draw."""

    clusters: tuple[int, ...]
    x: FeatureAxis | None
    y: FeatureAxis | None
    n_spikes_max: int
    n_background: int


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What to draw, and the channels of the selection from the strongest on."""

    features: FeatureData
    best_channels: npt.NDArray[np.int64]


class FeaturesPanel(Panel):
    """Selected spikes in the colours of their clusters, others grey; the lasso acts on all spikes of the selection."""

    title = "Features"
    subject = "its features"
    working = "Reading features…"
    needs_features = True
    needs_opengl = True
    failed = "The features could not be read."
    has_lasso = True
    help_text = (
        "Every dot is a spike; grey ones belong to other clusters.\n"
        "Wheel zooms, dragging moves, a double-click shows all again.\n"
        "Ctrl+drag draws a lasso, K splits what is inside, Esc clears it."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self._axes: list[FeatureAxis | None] = [None, None]
        self._dragged_from: QPointF | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        self.canvas = ScatterPlot(self.theme, self._paint_over)
        self.lasso = LassoTool(self)
        self.lasso.changed.connect(self.canvas.overlay.update)
        self.lasso.found.connect(self._on_found)
        self.lasso.said.connect(self.hovered)
        for signal, slot in (
            (self.canvas.pressed, self._on_pressed),
            (self.canvas.moved, self._on_moved),
            (self.canvas.released, self._on_released),
            (self.canvas.double_clicked, self._on_double_clicked),
            (self.canvas.scrolled, self._on_scrolled),
        ):
            signal.connect(slot)
        self._x_menu = self.add_drop_down("Horizontal axis", [], None, self._on_x_chosen, prefix="x")
        self._y_menu = self.add_drop_down("Vertical axis", [], None, self._on_y_chosen, prefix="y")
        for menu in (self._x_menu, self._y_menu):
            menu.set_source(self._axis_choices)
        return self.canvas

    def _axis_choices(self) -> list[tuple[str, Any]]:
        if self.data is None:
            return []
        model = self.session.model
        return axis_choices(model.probe.channel_ids, model.n_features_per_channel, self.data.best_channels)

    # --- request ---

    def make_request(self) -> Wish | None:
        if not self.clusters:
            return None
        settings = self.session.settings
        n_max, n_background = settings.value("features_per_cluster"), settings.value("features_background")
        return Wish(self.clusters, *self._axes, n_max, n_background)

    def compute(self, session: Any, request: Wish, on_progress: OnProgress) -> Answer:
        best_channels = rank_channels(session, request.clusters, part_of(on_progress, 0, 0.5))
        x, y = request.x, request.y
        if x is None or y is None:
            best_x, best_y = default_axes(session, request.clusters)
            x, y = x or best_x, y or best_y
        drawn = FeatureRequest(request.clusters, x, y, request.n_spikes_max, request.n_background)
        return Answer(compute_features(session, drawn, part_of(on_progress, 0.5, 1)), best_channels)

    def on_session(self) -> None:
        self._axes = [None, None]
        if self.session is not None:
            self._links.connect(self.session.channel.changed, self._on_channel_changed)
            if self.session.channel.chosen is not None:
                self._axes = list(channel_axes(self.session, self.session.channel.chosen))
        self._dragged_from = None
        self.canvas.set_features(None)
        self.lasso.clear()
        for menu in (self._x_menu, self._y_menu):
            self.header.offer(menu, False)  # until there are axes to choose from

    def on_selection(self) -> None:
        self.canvas.redraw()
        if self.lasso.closed and not len(self.session.selection.spikes):
            self.lasso.clear()

    @guarded
    def _on_channel_changed(self) -> None:
        """Show the channel that was picked in another view; none: what suits the clusters. Frozen, stay as it is."""
        if not self.frozen:
            channel = self.session.channel.chosen
            axes = (None, None) if channel is None else channel_axes(self.session, channel)
            for place, axis in enumerate(axes):
                self.set_axis(place, axis)

    def set_axis(self, place: int, axis: FeatureAxis | None) -> None:
        """Show a feature or time along x (0) or y (1); None follows the clusters."""
        if self._axes[place] != axis:
            self._axes[place] = axis
            self.lasso.clear()
            self.refresh()

    def _on_x_chosen(self, axis: Any) -> None:
        self.set_axis(0, None if axis == AUTOMATIC else axis)

    def _on_y_chosen(self, axis: Any) -> None:
        self.set_axis(1, None if axis == AUTOMATIC else axis)

    # --- drawing ---

    def draw(self, data: Answer) -> None:
        features = data.features
        request = features.request
        model = self.session.model
        for menu, axis in ((self._x_menu, request.x), (self._y_menu, request.y)):
            menu.set_current(axis, axis_text(axis, model.probe.channel_ids))
            self.header.offer(menu, True)
        self.stack.caption.setText(features.caption)
        self.canvas.set_features(features)

    def show_all(self) -> None:
        """Go back to the range that shows the selection."""
        self.canvas.show_all()

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        clusters = self.data.features.request.clusters
        others = LegendEntry("others", self.theme.background_spikes, round=True, dim=True)
        return (*self.cluster_entries(clusters), others)

    def apply_theme(self, theme: Tokens) -> None:
        self.canvas.apply_theme(theme)

    @property
    def frame(self) -> Frame | None:
        """The range shown and where it is on the canvas."""
        return self.canvas.frame

    def _paint_over(self, painter: QPainter) -> None:
        if not self.lasso.closed:
            self._paint_lit(painter)
        self.lasso.paint(painter, self.frame, self.theme, (self.canvas.width(), self.canvas.height()))

    def _paint_lit(self, painter: QPainter) -> None:
        """Ring the spikes that were selected one by one, such as in the traces."""
        features = self.data.features
        shown = np.flatnonzero(np.isin(features.spike_ids, marked_spikes(self.session)))
        for x, y in self.frame.to_px(np.column_stack([features.x[shown], features.y[shown]])):
            if self.frame.contains(x, y):
                paint_mark(painter, self.theme, x, y)

    # --- mouse ---

    @guarded
    def _on_pressed(self, position: QPointF, ctrl: bool) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.frame is None:
            return
        if ctrl or self.header.lasso_button.isChecked():
            self._drop_spikes()
            self.lasso.start(self.frame, position)
        else:
            self._dragged_from = position

    @guarded
    def _on_moved(self, position: QPointF, _ctrl: bool) -> None:
        if self.frame is None:
            return
        if self.lasso.drawing:
            self.lasso.move(self.frame, position)
        elif self._dragged_from is not None:
            step = position - self._dragged_from
            self._dragged_from = position
            self.canvas.pan(step)
        else:
            self.say(self.read_out(position.x(), position.y()))

    @guarded
    def _on_released(self, position: QPointF) -> None:
        self._dragged_from = None
        if self.lasso.drawing:
            self.header.lasso_button.setChecked(False)
            self.lasso.move(self.frame, position)
            features = self.data.features
            self.lasso.close(partial(spikes_in_lasso, self.session.opened, features.request), features.n_total)

    @guarded
    def _on_scrolled(self, position: QPointF, notches: float, _ctrl: bool) -> None:
        self.canvas.zoom(position, notches)

    @guarded
    def _on_double_clicked(self, _position: QPointF) -> None:
        self.show_all()

    def keyPressEvent(self, event) -> None:
        """Clear the lasso by Esc; all other keys go their way."""
        if event.key() == Qt.Key.Key_Escape and (len(self.lasso) or self.header.lasso_button.isChecked()):
            self.clear_lasso()
            event.accept()
        else:
            super().keyPressEvent(event)

    # --- lasso ---

    @guarded
    def _on_found(self, inside: npt.NDArray[np.int64]) -> None:
        manager = self.session.manager
        touched = np.unique(manager.clusters_of(inside)).tolist()
        self.lasso.tell(inside, sum(manager.n_spikes(cluster) for cluster in touched))
        self.session.selection.select_spikes(inside)

    def clear_lasso(self) -> None:
        """Remove the lasso and deselect its spikes."""
        self.header.lasso_button.setChecked(False)
        self.lasso.clear()
        self._drop_spikes()

    def _drop_spikes(self) -> None:
        if self.session is not None:
            self.session.selection.select_spikes(np.empty(0, dtype=np.int64))

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, spike 4 113, 3.214 s, channel 6` for the nearest spike, or nothing."""
        features = self.data.features
        index = nearest_point(self.frame, features.x, features.y, x_px, y_px, HOVER_PX)
        if index is None:
            return ""
        return spike_words(self.session, int(features.spike_ids[index]), (features.request.y, features.request.x))
