"""Features: a scatter of two features, or a feature and time, with a lasso."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QKeyEvent, QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.session.session import Session
from napari_phy.table.cluster_channels import rank_channels
from napari_phy.table.session_like import SessionLike
from napari_phy.views.drawn_spikes import Spikes
from napari_phy.views.feature_choices import AUTOMATIC, axis_choices, axis_text, find_axes, other_axes
from napari_phy.views.feature_grid import (
    FeatureGridData,
    FeatureGridRequest,
    FeaturesSettings,
    GridKind,
    compute_feature_grid,
    grid_axes,
)
from napari_phy.views.features import (
    FeatureAxis,
    FeatureData,
    FeatureRequest,
    axis_label,
    channel_axes,
    compute_features,
    default_axes,
    feature_points,
    spikes_in_lasso,
)
from napari_phy.views.frame import Frame
from napari_phy.views.regrouping import Regrouping, regrouping_axes
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.docks.feature_plot import FeaturePlot
from napari_phy.widgets.panels.spike_scatter_panel import SpikeScatterPanel, spike_words
from napari_phy.widgets.plots.highlights import N_MARKED, Points, paint_mark, selected_spikes

GRID_REACH_PX = 4.0  # of the mouse, around a dot


@dataclass(frozen=True, slots=True)
class FeaturesViewRequest:
    """Clusters, the axes the user chose (None: those that suit the clusters), and how many spikes to draw."""

    clusters: tuple[int, ...]
    x: FeatureAxis | None
    y: FeatureAxis | None
    n_spikes_max: int
    n_background: int
    mark_violations: bool
    regrouping: Regrouping | None = None


@dataclass(frozen=True, slots=True)
class GridItem:
    """Clusters, which features to show in pairs, and the channel that was picked, which comes first."""

    clusters: tuple[int, ...]
    kind: GridKind
    channel: int | None
    mark_violations: bool


@dataclass(frozen=True, slots=True, eq=False)
class FeaturesViewData:
    """What to draw, large or as a grid, and the channels of the selection from the strongest on."""

    features: FeatureData | None
    grid: FeatureGridData | None
    best_channels: npt.NDArray[np.int64]


class FeaturesPanel(SpikeScatterPanel):
    """Selected spikes in the colours of their clusters, others grey; the lasso acts on all spikes of the selection."""

    canvas: FeaturePlot

    title = "Features"
    subject = "its features"
    working = "Reading features…"
    needs_features = True
    reads_ahead = True
    failed = "The features could not be read."
    settings_type = FeaturesSettings
    help_text = (
        "Every dot is a spike; grey ones belong to other clusters.\n"
        "A click on a dot selects its spike in all views; Ctrl+click adds the spike and its cluster, Shift+click\n"
        "selects its cluster.\n"
        "Wheel zooms, dragging moves, a double-click shows all again.\n"
        "Ctrl+drag draws a lasso, {split} splits what is inside, Esc clears it.\n"
        "The drop-downs choose what the axes show: features, time, what a folder of phy has of each spike, or\n"
        "measures of single waveforms, for which only the selected clusters are read. ⋯ marks refractory violations\n"
        "and shows a grid of projections, each with its lasso: a click makes it large, Esc goes back to the grid."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._axes: list[FeatureAxis | None] = [None, None]
        self._cell: tuple[int, int] | None = None  # of the grid, in which the lasso is
        self._left: GridKind | None = None  # the grid that Esc goes back to
        self._regrouping: Regrouping | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        content = super().make_content()
        self._x_menu = self.add_drop_down("Horizontal axis", [], None, self._on_x_chosen, prefix="x")
        self._y_menu = self.add_drop_down("Vertical axis", [], None, self._on_y_chosen, prefix="y")
        for menu in (self._x_menu, self._y_menu):
            menu.set_source(self._axis_choices)
            menu.set_search("channel, or channel and PC", self._find_axes)
        self.setting_controls.add_entries("grid")
        return content

    def make_plot(self) -> FeaturePlot:
        return FeaturePlot(self.theme, self.paint_over)

    def _axis_choices(self) -> list[tuple[str, Any]]:
        if self.data is None:
            return []
        model = self.required_session.model
        best, has_shapes = self.data.best_channels, model.waveforms is not None
        others = other_axes(self.required_session, self.clusters)
        counts = model.probe.channel_ids, model.n_features_per_channel
        return axis_choices(*counts, best, has_shapes=has_shapes, others=others)

    def _find_axes(self, text: str) -> list[tuple[str, Any]]:
        model = self.required_session.model
        has_shapes = model.waveforms is not None
        others = other_axes(self.required_session, self.clusters)
        counts = model.probe.channel_ids, model.n_features_per_channel
        return find_axes(text, *counts, has_shapes=has_shapes, others=others)

    # --- request ---

    def make_request(self) -> FeaturesViewRequest | GridItem | None:
        if not self.clusters:
            return None
        if self.settings.grid is not None and self._regrouping is None:
            return GridItem(
                self.clusters, self.settings.grid, self.required_session.channel.chosen, self.settings.violations
            )
        settings = self.required_session.settings
        n_max, n_background = settings.value("features_per_cluster"), settings.value("features_background")
        x, y = self._axes
        violations = self.settings.violations
        return FeaturesViewRequest(self.clusters, x, y, n_max, n_background, violations, self._regrouping)

    def show_regrouping(self, regrouping: Regrouping | None) -> None:
        """Colour spikes by the clusters that they would have, in one large projection; None: as they are."""
        self._regrouping = regrouping
        self.refresh()

    def compute(
        self, session: SessionLike, request: FeaturesViewRequest | GridItem, on_progress: OnProgress
    ) -> FeaturesViewData:
        best_channels = rank_channels(session, request.clusters, part_of(on_progress, 0, 0.5))
        if isinstance(request, GridItem):
            axes = grid_axes(request.kind, best_channels, session.model.n_features_per_channel, request.channel)
            small = FeatureGridRequest(request.clusters, axes, mark_violations=request.mark_violations)
            return FeaturesViewData(
                None, compute_feature_grid(session, small, part_of(on_progress, 0.5, 1)), best_channels
            )
        x, y = request.x, request.y
        if x is None or y is None:
            regrouping = request.regrouping
            apart = None if regrouping is None else regrouping_axes(session, regrouping)
            best_x, best_y = apart or default_axes(session, request.clusters)
            x, y = x or best_x, y or best_y
        counts = request.n_spikes_max, request.n_background
        drawn = FeatureRequest(request.clusters, x, y, *counts, request.mark_violations, request.regrouping)
        return FeaturesViewData(compute_features(session, drawn, part_of(on_progress, 0.5, 1)), None, best_channels)

    def on_session(self) -> None:
        self._axes = [None, None]
        self._regrouping = None
        if self.session is not None:
            self._links.connect(self.session.channel.changed, self._on_channel_changed)
            if self.session.channel.chosen is not None:
                self._axes = list(channel_axes(self.required_session, self.session.channel.chosen))
        super().on_session()
        self._left = None
        self._offer_axes(False)  # until there are axes to choose from

    @safe_slot
    def _on_channel_changed(self) -> None:
        """Show the channel that was picked in another view; none: what suits the clusters. Frozen, stay as it is."""
        if not self.frozen:
            channel = self.required_session.channel.chosen
            axes = (None, None) if channel is None else channel_axes(self.required_session, channel)
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

    # --- the grid ---

    def on_settings(self, before: Any, now: Any) -> None:
        if before.grid != now.grid:
            self._left = None
            self.lasso.clear()
        super().on_settings(before, now)

    @safe_slot
    def _on_clicked(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Show a projection of the grid large; with Ctrl or Shift, pick the spike there."""
        grid = self.canvas.grid
        if grid is None:
            super()._on_clicked(position, modifiers)
            return
        cell = self.canvas.cell_at(position)
        if cell is None or self.data is None or self.settings.grid is None:  # it is on its way already
            return
        if modifiers:
            index = self.canvas.drawn_at(position, GRID_REACH_PX)
            if index is not None:
                self.pick_spike(int(grid.spike_ids[index]), modifiers)
            return
        kind, self._axes = self.settings.grid, list(grid.request.cell(*cell))
        self.choose(grid=None)
        self._left = kind

    def lasso_frame_at(self, position: QPointF) -> Frame | None:
        if self.canvas.grid is not None:
            self._cell = self.canvas.cell_at(position)
        return self.lasso_frame

    @property
    def lasso_frame(self) -> Frame | None:
        if self.canvas.grid is None:
            return super().lasso_frame
        return None if self.data is None or self._cell is None else self.canvas.cell_frame(*self._cell)

    @property
    def lasso_data(self) -> FeatureRequest | None:
        grid, scatter = self.canvas.grid, self.scatter
        if grid is not None and self._cell is not None:
            return FeatureRequest(grid.request.clusters, *grid.request.cell(*self._cell))
        return None if scatter is None else scatter.request

    def n_to_look_at(self, polygon: Points) -> int:
        drawn = self.scatter or self.canvas.grid
        return 0 if drawn is None else drawn.n_total

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back to the grid by Esc, when there is no lasso to clear."""
        if event.key() == Qt.Key.Key_Escape and self._left is not None and not self.lasso.is_wanted:
            self._axes = [None, None]
            self.choose(grid=self._left)
            event.accept()
        else:
            super().keyPressEvent(event)

    def read_out(self, x_px: float, y_px: float) -> str:
        grid = self.canvas.grid
        if grid is None:
            return super().read_out(x_px, y_px)
        cell = self.canvas.cell_at(QPointF(x_px, y_px))
        if cell is None:
            return ""
        index = self.canvas.drawn_at(QPointF(x_px, y_px), GRID_REACH_PX)
        if index is None:
            x, y = (axis_label(self.required_session, axis) for axis in grid.request.cell(*cell))
            return f"{x}, {y}"
        return spike_words(self.required_session, int(grid.spike_ids[index]), grid.request.cell(*cell)[::-1])

    def paint_over(self, painter: QPainter) -> None:
        grid = self.canvas.grid
        if grid is None:
            super().paint_over(painter)
            return
        spikes = selected_spikes(self.session)
        if not self.lasso.closed and len(spikes) <= N_MARKED:
            for x, y in self.canvas.px_of(np.flatnonzero(np.isin(grid.spike_ids, spikes))):
                paint_mark(painter, self.theme, x, y)
        self.lasso.paint(painter, self.theme)

    @property
    def marks_many(self) -> bool:
        """Whether many are dots of their own colour: not inside the lasso, nor where parts have colours."""
        return super().marks_many and self._regrouping is None

    @safe_slot
    def _show_highlighted(self) -> None:
        grid, spikes = self.canvas.grid, selected_spikes(self.session)
        if grid is None:
            super()._show_highlighted()
            return
        shown = spikes if self.marks_many and len(spikes) > N_MARKED else spikes[:0]
        self.canvas.mark_in_grid(np.flatnonzero(np.isin(grid.spike_ids, shown)))
        self.canvas.overlay.update()

    # --- drawing ---

    def draw(self, data: FeaturesViewData) -> None:
        if data.grid is not None:
            self._offer_axes(False)
            self.stack.caption.setText(f"{data.grid.caption}; a click on a projection makes it large")
            self.canvas.set_grid(data.grid)
            self._show_highlighted()
            return
        assert data.features is not None
        request = data.features.request
        model = self.required_session.model
        for menu, axis in ((self._x_menu, request.x), (self._y_menu, request.y)):
            menu.set_current(axis, axis_text(axis, model.probe.channel_ids))
        self._offer_axes(True)
        self.show_scatter()

    def _offer_axes(self, offered: bool) -> None:
        """Show the drop-downs of the axes, or not."""
        for menu in (self._x_menu, self._y_menu):
            self.header.offer(menu, offered)

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        regrouping = None if self.scatter is None else self.scatter.request.parts
        entries = super().legend_entries()
        if not isinstance(regrouping, Regrouping):
            return entries
        names = (*regrouping.names, *(entry.text for entry in entries[len(regrouping.sizes) :]))
        return tuple(replace(entry, text=name) for entry, name in zip(entries, names, strict=True))

    @property
    def n_violations(self) -> int | None:
        return self.data.grid.n_violations if self.data.grid is not None else super().n_violations

    @property
    def scatter(self) -> FeatureData | None:
        """What is drawn."""
        return None if self.data is None else self.data.features

    @property
    def along_time(self) -> bool:
        """Whether the horizontal axis is time in seconds."""
        return self.scatter is not None and self.scatter.request.x.kind == "time"

    def points_of(self, session: SessionLike, data: FeatureData, spike_ids: Spikes, on_progress: OnProgress) -> Points:
        return feature_points(session, data.request.axes, spike_ids, on_progress)

    def look_inside(
        self,
        session: SessionLike,
        data: FeatureRequest,
        polygon: Points,
        on_progress: OnProgress = no_progress,
    ) -> Spikes:
        return spikes_in_lasso(session, data, polygon, on_progress)

    def spike_words(self, index: int) -> str:
        data = self.scatter
        if data is None:
            return ""
        return spike_words(self.required_session, int(data.spike_ids[index]), (data.request.y, data.request.x))
