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

from napari_phy.views.features import (
    TIME_AXIS,
    FeatureAxis,
    FeatureData,
    FeatureRequest,
    compute_features,
    default_axes,
    spikes_in_lasso,
)
from napari_phy.views.numbers import format_count, format_number
from napari_phy.widgets.canvas.data_canvas import DataCanvas
from napari_phy.widgets.canvas.feature_menu import AUTOMATIC, axis_choices, axis_text, rank_channels
from napari_phy.widgets.canvas.frame import Frame
from napari_phy.widgets.canvas.lasso import Lasso
from napari_phy.widgets.canvas.lines import PaletteLines
from napari_phy.widgets.canvas.palette import palette_of, rgba, style_of
from napari_phy.widgets.canvas.palette_scatter import PaletteScatter
from napari_phy.widgets.latest_answer import LatestAnswer
from napari_phy.widgets.legend import N_PALETTE, LegendEntry
from napari_phy.widgets.overlay import axis_ticks, paint_axes, paint_lasso, paint_margins
from napari_phy.widgets.panel import Panel, guarded
from napari_phy.widgets.theme import Tokens

DISC_PX, BACKGROUND_PX, HOLLOW_PX = 4.0, 2.4, 5.0
DISC_ALPHA, BACKGROUND_ALPHA = 0.75, 0.6
HOVER_PX = 7.0
ZOOM_STEP = 1.2
N_AT_ONCE = 50_000  # spikes that a lasso looks at before the next frame; more of them in the background


@dataclass(frozen=True, slots=True)
class Wish:
    """Clusters, and the axes where the user chose them; None: the axes that suit the clusters."""

    clusters: tuple[int, ...]
    x: FeatureAxis | None
    y: FeatureAxis | None


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
        self._lasso = Lasso()
        self._tag = ""
        self._frame: Frame | None = None
        self._dragged_from: QPointF | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        self._lasso_answers = LatestAnswer(self)
        self._lasso_answers.answered.connect(self._on_inside)
        self._lasso_answers.failed.connect(self._on_inside_failed)
        self.canvas = DataCanvas(self._paint, self._make_visuals)
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
        return Wish(self.clusters, *self._axes) if self.clusters else None

    def compute(self, session: Any, request: Wish) -> Answer:
        x, y = request.x, request.y
        if x is None or y is None:
            best_x, best_y = default_axes(session, request.clusters)
            x, y = x or best_x, y or best_y
        features = compute_features(session, FeatureRequest(request.clusters, x, y))
        return Answer(features, rank_channels(session, request.clusters))

    def on_session(self) -> None:
        self._axes = [None, None]
        self._clear_lasso()

    def on_selection(self) -> None:
        if self._lasso.closed and not len(self.session.selection.spikes):
            self._clear_lasso()

    def set_axis(self, place: int, axis: FeatureAxis | None) -> None:
        """Show a feature or time along x (0) or y (1); None follows the clusters."""
        if self._axes[place] != axis:
            self._axes[place] = axis
            self._clear_lasso()
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
        hollow = [place >= N_PALETTE for place in range(n_clusters)]
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
        left, top, right, bottom = theme.px(56), theme.px(8), theme.px(14), theme.px(36)
        self._frame = Frame(
            left,
            top,
            max(20, self.canvas.width() - left - right),
            max(20, self.canvas.height() - top - bottom),
            self._frame.x_range if self._frame else features.x_range,
            self._frame.y_range if self._frame else features.y_range,
        )
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
        paint_lasso(
            painter, self._frame, self.theme, self._lasso.polygon,
            closed=self._lasso.closed, tag=self._tag, size=size,
        )  # fmt: skip

    # --- mouse ---

    @guarded
    def _on_pressed(self, position: QPointF, ctrl: bool) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._frame is None:
            return
        if ctrl or self.header.lasso_button.isChecked():
            self._clear_lasso()
            self._lasso.start(*self._lasso_point(position))
        else:
            self._dragged_from = position

    @guarded
    def _on_moved(self, position: QPointF, _ctrl: bool) -> None:
        if self._frame is None:
            return
        if self._lasso.drawing:
            if self._lasso.add(*self._lasso_point(position)):
                self.canvas.overlay.update()
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
        if not self._lasso.drawing:
            return
        self._lasso.add(*self._lasso_point(position))
        self.header.lasso_button.setChecked(False)
        if self._lasso.close():
            self._select_inside()
        else:
            self.hovered.emit("The lasso needs three points or more.")
        self.canvas.overlay.update()

    @guarded
    def _on_scrolled(self, position: QPointF, notches: float, _ctrl: bool) -> None:
        if self._frame is not None:
            self._frame = self._frame.zoomed(position.x(), position.y(), ZOOM_STEP**notches)
            self._show_frame()

    @guarded
    def _on_double_clicked(self, _position: QPointF) -> None:
        self.show_all()

    def keyPressEvent(self, event) -> None:
        """Clear the lasso by Esc; all other keys go their way."""
        if event.key() == Qt.Key.Key_Escape and (len(self._lasso) or self.header.lasso_button.isChecked()):
            self.clear_lasso()
            event.accept()
        else:
            super().keyPressEvent(event)

    # --- lasso ---

    def _lasso_point(self, position: QPointF) -> tuple[tuple[float, float], tuple[float, float]]:
        px = (position.x(), position.y())
        x, y = self._frame.to_data([px])[0].tolist()
        return (x, y), px

    def _select_inside(self) -> None:
        features, polygon = self.data.features, self._lasso.polygon
        look = partial(spikes_in_lasso, self.session, features.request, polygon)
        if features.n_total <= N_AT_ONCE:
            self._on_inside(None, look())
            return
        self._tag = "counting…"
        self._lasso_answers.ask(polygon.tobytes(), look)

    @guarded
    def _on_inside(self, _polygon: Any, inside: npt.NDArray[np.int64]) -> None:
        self._tag = self._words_for(inside)
        if not len(inside):
            self.hovered.emit("No spike of the selected clusters lies inside the lasso.")
        self.canvas.overlay.update()
        self.session.selection.select_spikes(inside)

    def _words_for(self, inside: npt.NDArray[np.int64]) -> str:
        if not len(inside):
            return "no spikes inside"
        manager = self.session.manager
        touched = np.unique(manager.clusters_of(inside)).tolist()
        if len(inside) == sum(manager.n_spikes(cluster) for cluster in touched):
            return f"all {format_count(len(inside), 'spike')} inside"
        return f"{format_count(len(inside), 'spike')} inside  ·  K splits"

    @guarded
    def _on_inside_failed(self, _polygon: Any, error: Exception) -> None:
        self._clear_lasso()
        self.hovered.emit(str(error))

    def clear_lasso(self) -> None:
        """Remove the lasso and deselect its spikes."""
        self.header.lasso_button.setChecked(False)
        self._clear_lasso()
        if self.session is not None:
            self.session.selection.select_spikes(np.empty(0, dtype=np.int64))

    def _clear_lasso(self) -> None:
        self._lasso_answers.drop()
        self._lasso.clear()
        self._tag = ""
        self.canvas.overlay.update()

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, spike 4 113, 3.214 s, channel 6` for the nearest spike, or nothing."""
        features = self.data.features
        if not len(features.spike_ids):
            return ""
        px = self._frame.to_px(np.column_stack([features.x, features.y]))
        distance = np.hypot(px[:, 0] - x_px, px[:, 1] - y_px)
        nearest = int(np.argmin(distance))
        if distance[nearest] > HOVER_PX:
            return ""
        spike = int(features.spike_ids[nearest])
        model = self.session.model
        cluster = int(self.session.manager.clusters_of(np.array([spike]))[0])
        time_s = model.spike_samples[spike] / model.sample_rate
        words = [f"cluster {cluster}", f"spike {format_number(spike)}", f"{format_number(time_s, 3)} s"]
        axis = next((a for a in (features.request.y, features.request.x) if a != TIME_AXIS), None)
        if axis is not None:
            words.append(f"channel {model.probe.channel_ids[axis.channel_index]}")
        return ", ".join(words)
