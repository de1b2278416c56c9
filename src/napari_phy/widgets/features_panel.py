"""Features: a scatter of two features, or a feature and time, with a lasso."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget
from vispy.visuals.transforms import STTransform

from napari_phy.core.colors import is_hollow
from napari_phy.core.progress import OnProgress, part_of
from napari_phy.views.features import (
    FeatureAxis,
    FeatureData,
    FeatureRequest,
    compute_features,
    default_axes,
    spikes_in_lasso,
)
from napari_phy.widgets.canvas.data_canvas import DataCanvas
from napari_phy.widgets.canvas.feature_menu import AUTOMATIC, axis_choices, axis_text, rank_channels
from napari_phy.widgets.canvas.frame import Frame
from napari_phy.widgets.canvas.lines import PaletteLines
from napari_phy.widgets.canvas.palette import palette_of, rgba, style_of
from napari_phy.widgets.canvas.palette_scatter import PaletteScatter
from napari_phy.widgets.canvas.spike_words import nearest_point, spike_words
from napari_phy.widgets.lasso_tool import LassoTool
from napari_phy.widgets.legend import LegendEntry
from napari_phy.widgets.overlay import axis_ticks, left_margin, paint_axes, paint_margins
from napari_phy.widgets.panel import Panel, guarded
from napari_phy.widgets.theme import Tokens

DISC_PX, BACKGROUND_PX, HOLLOW_PX = 4.0, 2.4, 5.0
DISC_ALPHA, BACKGROUND_ALPHA = 0.75, 0.6
HOVER_PX = 7.0
ZOOM_STEP = 1.2
ZOOM_LIMITS = (1e-3, 1e2)  # of the range that shows the selection; beyond, 32-bit positions are too coarse


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
        self._frame: Frame | None = None
        self._dragged_from: QPointF | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        self.canvas = DataCanvas(self._paint, self._make_visuals)
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
            (self.canvas.resized, self._place),
            (self.canvas.rebuilt, self._on_rebuilt),
        ):
            signal.connect(slot)
        self._x_menu = self.add_drop_down("Horizontal axis", [], None, self._on_x_chosen, prefix="x")
        self._y_menu = self.add_drop_down("Vertical axis", [], None, self._on_y_chosen, prefix="y")
        for menu in (self._x_menu, self._y_menu):
            menu.set_source(self._axis_choices)
        return self.canvas

    def _make_visuals(self, scene: Any) -> None:
        self._grid = PaletteLines(parent=scene)
        self._scatter = PaletteScatter(parent=scene)
        self._scatter.order = 1
        self._scatter.transform = STTransform()

    @guarded
    def _on_rebuilt(self) -> None:
        self._upload()
        self.apply_theme(self.theme)

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
        self._frame = self._dragged_from = None
        self.lasso.clear()
        for menu in (self._x_menu, self._y_menu):
            self.header.offer(menu, False)  # until there are axes to choose from

    def on_selection(self) -> None:
        if self.lasso.closed and not len(self.session.selection.spikes):
            self.lasso.clear()

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
        self._upload()
        self._show_colors()
        self.show_all()

    def _upload(self) -> None:
        if self.data is not None:
            features = self.data.features
            self._scatter.set_data(np.column_stack([features.x, features.y]), features.places + 1)

    def show_all(self) -> None:
        """Go back to the range that shows the selection."""
        self._frame = None
        self._place()

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        clusters = self.data.features.request.clusters
        others = LegendEntry("others", self.theme.background_spikes, round=True, dim=True)
        return (*self.cluster_entries(clusters), others)

    def apply_theme(self, theme: Tokens) -> None:
        self.canvas.set_background(theme.view)
        self._grid.set_palette(palette_of([rgba(theme.grid)]))
        self._show_colors()
        self._place()

    def _show_colors(self) -> None:
        n_clusters = len(self.data.features.request.clusters) if self.data is not None else 0
        hollow = [is_hollow(place) for place in range(n_clusters)]
        self._scatter.set_palette(
            palette_of(
                [
                    rgba(self.theme.background_spikes, BACKGROUND_ALPHA),
                    *(rgba(self.color_of(place), DISC_ALPHA) for place in range(n_clusters)),
                ]
            )
        )
        self._scatter.set_style(
            style_of([BACKGROUND_PX, *(HOLLOW_PX if ring else DISC_PX for ring in hollow)], [False, *hollow])
        )

    @property
    def frame(self) -> Frame | None:
        """The range shown and where it is on the canvas."""
        return self._frame

    def _place(self) -> None:
        """Fit the plot into the canvas and everything into the plot."""
        if self.data is None:
            return
        features, theme = self.data.features, self.theme
        x_range = self._frame.x_range if self._frame else features.x_range
        y_range = self._frame.y_range if self._frame else features.y_range
        top, right, bottom = theme.px(8), theme.px(14), theme.px(36)
        height = max(20, self.canvas.height() - top - bottom)
        left = left_margin(y_range, height, theme)
        self._frame = Frame(left, top, max(20, self.canvas.width() - left - right), height, x_range, y_range)
        self._show_frame()

    def _show_frame(self) -> None:
        frame = self._frame
        self._scatter.transform.scale = frame.scale
        self._scatter.transform.translate = frame.offset
        self._scatter.set_pixel_scale(self.canvas.pixel_scale)
        self._grid.set_pixel_scale(self.canvas.pixel_scale)
        x_ticks, y_ticks = axis_ticks(frame, self.theme)
        right, bottom = frame.left + frame.width, frame.top + frame.height
        columns = [round(frame.to_px([[value, 0]])[0, 0]) + 0.5 for value, _ in x_ticks]
        rows = [round(frame.to_px([[0, value]])[0, 1]) + 0.5 for value, _ in y_ticks]
        lines = [[(x, frame.top), (x, bottom)] for x in columns] + [[(frame.left, y), (right, y)] for y in rows]
        self._grid.set_data(np.array(lines).reshape(-1, 2, 2), np.zeros(len(lines)))
        self.canvas.redraw()

    def _paint(self, painter: QPainter) -> None:
        if self.data is None or self._frame is None:
            return
        size = (self.canvas.width(), self.canvas.height())
        features = self.data.features
        paint_margins(painter, self._frame, size, self.theme.view)
        paint_axes(painter, self._frame, self.theme, features.x_label, features.y_label)
        self.lasso.paint(painter, self._frame, self.theme, size)

    # --- mouse ---

    @guarded
    def _on_pressed(self, position: QPointF, ctrl: bool) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._frame is None:
            return
        if ctrl or self.header.lasso_button.isChecked():
            self._drop_spikes()
            self.lasso.start(self._frame, position)
        else:
            self._dragged_from = position

    @guarded
    def _on_moved(self, position: QPointF, _ctrl: bool) -> None:
        if self._frame is None:
            return
        if self.lasso.drawing:
            self.lasso.move(self._frame, position)
        elif self._dragged_from is not None:
            step = position - self._dragged_from
            self._dragged_from = position
            self._frame = self._frame.panned(step.x(), step.y())
            self._show_frame()
        else:
            self.say(self.read_out(position.x(), position.y()))

    @guarded
    def _on_released(self, position: QPointF) -> None:
        self._dragged_from = None
        if self.lasso.drawing:
            self.header.lasso_button.setChecked(False)
            self.lasso.move(self._frame, position)
            features = self.data.features
            self.lasso.close(partial(spikes_in_lasso, self.session.opened, features.request), features.n_total)

    @guarded
    def _on_scrolled(self, position: QPointF, notches: float, _ctrl: bool) -> None:
        if self._frame is None:
            return
        zoomed = self._frame.zoomed(position.x(), position.y(), ZOOM_STEP**notches)
        share = np.ptp(zoomed.x_range) / np.ptp(self.data.features.x_range)
        if ZOOM_LIMITS[0] < share < ZOOM_LIMITS[1]:
            self._frame = zoomed
            self._place()

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
        index = nearest_point(self._frame, features.x, features.y, x_px, y_px, HOVER_PX)
        if index is None:
            return ""
        return spike_words(self.session, int(features.spike_ids[index]), (features.request.y, features.request.x))
