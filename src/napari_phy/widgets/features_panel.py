"""Features: a scatter of two features, or a feature and time, with a lasso."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.views.drawn_spikes import Spikes
from napari_phy.views.features import (
    FeatureAxis,
    FeatureData,
    FeatureRequest,
    channel_axes,
    compute_features,
    default_axes,
    feature_points,
    spikes_in_lasso,
)
from napari_phy.widgets.canvas.feature_menu import AUTOMATIC, axis_choices, axis_text, rank_channels
from napari_phy.widgets.canvas.spike_words import spike_words
from napari_phy.widgets.guarded import guarded
from napari_phy.widgets.lit_points import Points
from napari_phy.widgets.spike_scatter_panel import SpikeScatterPanel


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


class FeaturesPanel(SpikeScatterPanel):
    """Selected spikes in the colours of their clusters, others grey; the lasso acts on all spikes of the selection."""

    title = "Features"
    subject = "its features"
    working = "Reading features…"
    needs_features = True
    failed = "The features could not be read."
    help_text = (
        "Every dot is a spike; grey ones belong to other clusters.\n"
        "Wheel zooms, dragging moves, a double-click shows all again.\n"
        "A click on a dot selects its spike in all views, Ctrl+click its cluster.\n"
        "Ctrl+drag draws a lasso, K splits what is inside, Esc clears it."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self._axes: list[FeatureAxis | None] = [None, None]
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        content = super().make_content()
        self._x_menu = self.add_drop_down("Horizontal axis", [], None, self._on_x_chosen, prefix="x")
        self._y_menu = self.add_drop_down("Vertical axis", [], None, self._on_y_chosen, prefix="y")
        for menu in (self._x_menu, self._y_menu):
            menu.set_source(self._axis_choices)
        return content

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
        super().on_session()
        for menu in (self._x_menu, self._y_menu):
            self.header.offer(menu, False)  # until there are axes to choose from

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
        request = data.features.request
        model = self.session.model
        for menu, axis in ((self._x_menu, request.x), (self._y_menu, request.y)):
            menu.set_current(axis, axis_text(axis, model.probe.channel_ids))
            self.header.offer(menu, True)
        self.show_scatter()

    @property
    def scatter(self) -> FeatureData | None:
        """What is drawn."""
        return None if self.data is None else self.data.features

    @property
    def along_time(self) -> bool:
        """Whether the horizontal axis is time in seconds."""
        return self.scatter is not None and self.scatter.request.x.kind == "time"

    def points_of(self, session: Any, data: FeatureData, spike_ids: Spikes, on_progress: OnProgress) -> Points:
        return feature_points(session, data.request, spike_ids, on_progress)

    def look_inside(
        self, session: Any, data: FeatureData, polygon: Points, on_progress: OnProgress = no_progress
    ) -> Spikes:
        return spikes_in_lasso(session, data.request, polygon, on_progress)

    def spike_words(self, index: int) -> str:
        data = self.scatter
        return spike_words(self.session, int(data.spike_ids[index]), (data.request.y, data.request.x))
