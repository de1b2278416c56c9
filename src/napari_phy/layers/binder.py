"""Keeps the layers of a session in step with its selection and edits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Layer, Points
from napari.layers.base import ActionType

from napari_phy.core.spike_columns import SpikeColumns
from napari_phy.core.update_info import UpdateInfo
from napari_phy.layers import density, spikes, traces
from napari_phy.layers.density import density_colormap, density_layer, is_density
from napari_phy.layers.filtered import FilteredWindows
from napari_phy.layers.session_tag import IN_IMAGE, kind_of, session_of
from napari_phy.layers.spikes import spike_points, spikes_layer
from napari_phy.layers.stacks import StackCamera, has_stack
from napari_phy.layers.traces import QUIET, trace_colormap, traces_layer
from napari_phy.session import OpenClustering, Session
from napari_phy.table.numbers import format_shown
from napari_phy.views.explained import Explanation
from napari_phy.views.traces import MAX_FILTERED_S, RAW, TRACES

MARGIN = 1.04  # a little air around the picture
WIDEST = 4  # windows of points are at most this much wider than what is in sight
BEFORE_EDITING = (ActionType.ADDING, ActionType.REMOVING, ActionType.CHANGING)


class LayerBinder:
    """Shows the selected clusters in the `spikes` layer of one viewer; layers are recoloured, never rebuilt.

    While an image stack has the canvas, they are not in the viewer: hidden, they would still count in what napari fits.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers of the session are.
    session : Session
        The open data set.
    refresh_later : callable, optional
        Has `refresh` called later, once for several changes; None: it is called at every change.
    """

    def __init__(
        self, viewer: ViewerModel, session: Session, refresh_later: Callable[[], object] | None = None
    ) -> None:
        self._refresh_later = refresh_later or self.refresh
        self._viewer = viewer
        self._session = session
        self._shown: tuple[object, ...] | None = None
        self._followed: OpenClustering | None = None
        self._window: tuple[int, int] | None = None  # samples, where not all spikes can be drawn
        self._dark = True
        self._part = TRACES  # of the traces
        self.density_metric: density.Metric = "number"
        self.note = ""  # how many spikes are drawn, where not all are
        self._fitted: tuple[float, ...] | None = None
        self._whole_zoom = 0.0  # of the camera, at which the whole recording fits
        self._left_canvas = viewer.canvas.background_color_override
        self.is_aside = not self.layers and has_stack(viewer.layers)
        self._aside: list[Layer] = []
        self._stack_camera = StackCamera(viewer)
        self._watched: Points | None = None
        self._name_layers()
        self._watch()
        self._follow()
        self.refresh()

    def _watch(self) -> None:
        self._watched = self._points()
        if self._watched is not None:
            self._watched.events.data.connect(self._on_data)
            self._watched.events.editable.connect(self._lock)
            self._watched.events.visible.connect(self.refresh)

    def _unwatch(self) -> None:
        if self._watched is not None:
            self._watched.events.data.disconnect(self._on_data)
            self._watched.events.editable.disconnect(self._lock)
            self._watched.events.visible.disconnect(self.refresh)
            self._watched = None

    def follow_stacks(self) -> bool:
        """Leave the canvas to an image stack, or take it again when there is none; return whether that has changed."""
        is_there = has_stack(self._viewer.layers)
        if is_there != self.is_aside:
            (self._step_aside if is_there else self._come_back)()
            return True
        return False

    def _step_aside(self) -> None:
        self.is_aside = True
        self._unwatch()
        self._aside = self.layers
        for layer in self._aside:
            self._viewer.layers.remove(layer)
        self._viewer.canvas.background_color_override = self._left_canvas
        self._stack_camera.fit()

    def _come_back(self) -> None:
        """Put the layers below what else is there, with those that could not be shown meanwhile."""
        self.is_aside = False
        layers, self._aside = self._aside, []
        if not any(isinstance(layer, Points) for layer in layers):
            layers.append(Layer.create(*spikes_layer(self._session, 1.0)))
        for place, layer in enumerate(layers):
            self._viewer.layers.insert(place, layer)
        self._name_layers()
        self._watch()
        if self._traces() is None:
            self.show_traces()
        self._shown = None
        self.set_dark(self._dark)

    def follow_switch(self) -> None:
        """Show the channel group and clustering that the session went to, in the same layers."""
        left = self._followed
        self._follow()
        if left is None or left.model.channel_group != self._session.model.channel_group:
            self.hide_density()
            self._switch_traces()
        self.refresh()

    def _follow(self) -> None:
        self._unfollow()
        self._followed = self._session.opened
        self._explain_again()
        self._followed.selection.changed.connect(self._on_selected)
        self._followed.manager.changed.connect(self._on_edited)

    def _unfollow(self) -> None:
        if self._followed is not None:
            self._followed.selection.changed.disconnect(self._on_selected, missing_ok=True)
            self._followed.manager.changed.disconnect(self._on_edited, missing_ok=True)
            self._followed = None

    @property
    def layers(self) -> list[Any]:
        """The layers of the session in this viewer, without those in the space of an image."""
        own = [layer for layer in self._viewer.layers if session_of(layer) is self._session]
        return [layer for layer in own if kind_of(layer) != IN_IMAGE]

    def _name_layers(self) -> None:
        """Take off the numbers that napari gave our layers beside those of the data set before."""
        for layer in self.layers:
            if isinstance(layer, Image):
                name = density.NAME if is_density(layer) else traces.NAME
            else:
                name = spikes.NAME
            if layer.name.startswith(f"{name} ["):
                layer.name = name

    def set_dark(self, dark: bool) -> None:
        """Take the colours of a dark or a light theme; the canvas around our layers has that of the views."""
        self._dark = dark
        if self.layers:
            self._viewer.canvas.background_color_override = QUIET[dark]
        for layer in self.layers:
            if isinstance(layer, Image):
                colormap = density_colormap(dark) if is_density(layer) else trace_colormap(dark)
                if layer.colormap.name != colormap.name:  # the same again would draw the layer and its thumbnail anew
                    layer.colormap = colormap
        self.refresh()

    def fit(self, width: int, height: int) -> None:
        """Scale the channels so that the whole recording fills a canvas of this size in pixels.

        An image stack that has the canvas for itself is fitted as napari does, unless the user has moved the camera.
        """
        model = self._session.model
        if self.is_aside:
            self._stack_camera.fit_again()
        if not (self.layers and model.duration > 0 and model.n_channels and width > 0 and height > 0):
            return
        pitch = model.duration / model.n_channels * height / width
        for layer in self.layers:
            if layer.scale[0] != pitch:
                layer.scale = (pitch, layer.scale[-1])
        camera = self._viewer.scene.camera
        camera.center = (0.0, pitch * (model.n_channels - 1) / 2, model.duration / 2)
        camera.zoom = self._whole_zoom = width / model.duration / MARGIN
        self._fitted = self._camera()

    def fit_again(self, width: int, height: int) -> None:
        """Fit a canvas of another size, unless the user has moved the camera since the last time."""
        if self.is_aside or (self._fitted is not None and self._fitted == self._camera()):
            self.fit(width, height)
        elif self._session.model.duration > 0:
            self._whole_zoom = width / self._session.model.duration / MARGIN

    def set_filter(self, name: str, on_ready: Callable[[], None], part: str = TRACES) -> bool:
        """Show single samples through a filter, or model or residual of them.

        False without traces, and where it was chosen already. `on_ready` is called, in a worker thread, when there is
        something new to draw.
        """
        filtering, self._part = self._filtering, part
        if filtering is None or not filtering.choose(name, Explanation.now(self._session.opened, part)):
            return False
        filtering.ready.disconnect(missing_ok=True)
        filtering.ready.connect(on_ready)
        self._fit_contrast()
        self.refresh_traces()
        return True

    def _fit_contrast(self) -> None:
        """Have noise fade into the background, of filtered traces too, unless the user chose other limits."""
        layer, filtering = self._traces(), self._filtering
        if layer is None or filtering is None:
            return
        limit = filtering.limits[filtering.takes_waves_off and not self.shows_raw_for_width]
        now = layer.contrast_limits[1]
        if np.isclose(now, filtering.limits).any() and not np.isclose(now, limit):
            layer.contrast_limits = (-limit, limit)

    @property
    def shows_raw_for_width(self) -> bool:
        """Whether a filter is chosen and too much time is in sight for it."""
        if self._filtering is None or self._filtering.name == RAW:
            return False
        start, stop = self._time_in_sight()
        return stop - start > MAX_FILTERED_S

    @property
    def _filtering(self) -> FilteredWindows | None:
        layer = self._traces()
        return None if layer is None else layer.data[0].filtering

    def stretch(self, factor: float) -> None:
        """Show 1/factor of the time in the same width; channels keep their height in the canvas.

        No more than the whole recording is shown, which is then in the middle.
        """
        camera = self._viewer.scene.camera
        if camera.zoom * factor <= self._whole_zoom * (1 + 1e-6):
            factor = max(factor, min(1.0, self._whole_zoom / camera.zoom))
            camera.center = (*camera.center[:2], self._session.model.duration / 2)
        for layer in self.layers:
            layer.scale = (layer.scale[0] / factor, layer.scale[-1])
        depth, height, time_s = camera.center
        camera.center = (depth, height / factor, time_s)
        camera.zoom = camera.zoom * factor

    def _camera(self) -> tuple[float, ...]:
        camera = self._viewer.scene.camera
        return (*camera.center, camera.zoom)

    def refresh(self) -> None:
        """Show the selection as it is now; the same again does nothing, and a hidden layer waits until it is shown."""
        self._fit_contrast()
        layer, session = self._points(), self._session
        clusters = tuple(cluster for cluster in session.selection.clusters if cluster in session.manager)
        self._window = self._points_window(sum(session.manager.n_spikes(cluster) for cluster in clusters))
        requested = session.opened, clusters, self._dark, session.holds_features, self._window
        if layer is None or not layer.visible or self._shown == requested:
            return
        points = spike_points(session, clusters, self._dark, self._window)
        n_points = len(points.positions)
        self.note = "" if n_points >= points.n_total else f"{format_shown(n_points, points.n_total)} are drawn here."
        with layer.events.blocker_all():
            layer.data = points.positions
            layer.features = points.features
            layer.selected_data = set()
            if (layer.size != 1).any():  # each of these draws the layer anew
                layer.size = 1  # the limits decide; a large size would be part of what napari's Home button fits
            if len(points.colors):
                layer.border_color = points.colors  # a border of no width still tints the rim
                layer.face_color = points.colors
                if (layer.symbol.astype(str) != points.symbols).any():
                    layer.symbol = points.symbols
        layer.editable = False  # setting data makes it editable again
        layer.refresh()
        layer.events.features()
        self._shown = requested

    def _points_window(self, n_spikes: int) -> tuple[int, int] | None:
        """Return the samples whose spikes are drawn: around what is in sight, where all spikes would be too many.

        It stays the same while it holds what is in sight and is not much wider.
        """
        start_s, stop_s = self._time_in_sight()
        if n_spikes <= spikes.N_POINTS_MAX or (start_s <= 0 and stop_s >= self._session.model.duration):
            return None
        rate = self._session.model.sample_rate
        start, stop = int(start_s * rate), int(np.ceil(stop_s * rate))
        length = stop - start
        if self._window is not None:
            first, last = self._window
            if first <= start and stop <= last and last - first <= WIDEST * length:
                return self._window
        return start - length // 2, stop + length // 2

    def _time_in_sight(self) -> tuple[float, float]:
        """Return the first and the last moment of the canvas, in seconds."""
        camera = self._viewer.scene.camera
        half = self._viewer.canvas.size[1] / max(camera.zoom, 1e-12) / 2
        return camera.center[2] - half, camera.center[2] + half

    @property
    def has_density(self) -> bool:
        """Whether the density of all spikes is among the layers."""
        return any(is_density(layer) for layer in self.layers)

    def show_density(self, columns: SpikeColumns) -> None:
        """Add the density of all spikes, below the points; `density_metric` says what its colours stand for."""
        points, viewer = self._points(), self._viewer
        if self.has_density or points is None:
            return
        active = viewer.layers.selection.active
        made = density_layer(self._session, columns, float(points.scale[0]), self._dark, self.density_metric)
        viewer.layers.insert(viewer.layers.index(points), Layer.create(*made))
        if active is not None:
            viewer.layers.selection.active = active

    @property
    def density_limit(self) -> float:
        """What the brightest colour of the density stands for, 0 where it is not shown."""
        return next((float(layer.contrast_limits[1]) for layer in self.layers if is_density(layer)), 0.0)

    def hide_density(self) -> None:
        """Take the density of all spikes away."""
        for layer in self.layers:
            if is_density(layer):
                self._viewer.layers.remove(layer)

    def show_traces(self) -> None:
        """Add the traces below the spikes, or those of another file in the place of the old ones."""
        own = self.layers
        pitch = float(own[0].scale[0]) if own else 1.0
        self._aside = [layer for layer in self._aside if isinstance(layer, Points)]  # pictures of what was before
        made = None if self.is_aside else traces_layer(self._session, pitch)
        if made is None:
            return
        active = self._viewer.layers.selection.active
        place = min((self._viewer.layers.index(layer) for layer in own), default=len(self._viewer.layers))
        layer = Layer.create(*made)
        layer.colormap = trace_colormap(self._dark)
        self._viewer.layers.insert(place, layer)
        for old in own:
            if isinstance(old, Image) and not is_density(old):
                self._viewer.layers.remove(old)
        self._viewer.layers.selection.active = active if active in self._viewer.layers else layer
        columns = self._session.columns.known
        if self.has_density and columns is not None:  # times may have changed with the recordings
            self.hide_density()
            self.show_density(columns)
        self._shown = None
        self.refresh()

    def refresh_traces(self) -> None:
        """Read again what is in sight of the traces."""
        layer = self._traces()
        if layer is None:
            return
        for level in layer.data:
            level.forget()
        if self._session.model.duration <= MAX_FILTERED_S:
            layer.data = layer.data  # napari keeps the coarsest level, and filters act on that of so short a recording
        else:
            layer.refresh()

    def _switch_traces(self) -> None:
        """Put the channels of another channel group into the layer that is there; without any, take it away."""
        layer = self._traces()
        made = traces_layer(self._session, float(layer.scale[0])) if layer is not None else None
        if layer is None:
            self.show_traces()
        elif made is None:
            self._viewer.layers.remove(layer)
        else:
            levels, options, _ = made
            layer.data = levels
            layer.contrast_limits = options["contrast_limits"]

    def close(self) -> None:
        """Stop following, take the layers away and leave the canvas as it was."""
        self._unfollow()
        self._unwatch()
        self._aside = []
        for layer in self.layers:
            self._viewer.layers.remove(layer)
        self._viewer.canvas.background_color_override = self._left_canvas

    def _traces(self) -> Image | None:
        return next((layer for layer in self.layers if kind_of(layer) == traces.NAME), None)

    def _points(self) -> Points | None:
        return next((layer for layer in self.layers if isinstance(layer, Points)), None)

    def _on_data(self, event: Any) -> None:
        """Put back what the user deleted, pasted or moved: napari's keys do so although the layer is not editable."""
        if event.action not in BEFORE_EDITING:
            self._shown = None
            self.refresh()

    def _lock(self) -> None:
        """Stay as it is when napari makes the layer editable again, as it does when dimensions are added."""
        if self._watched is not None:
            self._watched.editable = False

    def _on_selected(self) -> None:
        self._refresh_later()

    def _explain_again(self) -> None:
        """Show what the clusters that there are now explain, where that is shown."""
        filtering, explanation = self._filtering, Explanation.now(self._session.opened, self._part)
        if filtering is not None and explanation is not None and filtering.choose(filtering.name, explanation):
            self.refresh_traces()

    def _on_edited(self, update: UpdateInfo) -> None:
        self._explain_again()
        if update.deleted:
            self._refresh_later()
        moved = {change.cluster_id for change in update.metadata_changed if change.field == "group"}
        if moved:
            self._update_groups(moved)

    def _update_groups(self, clusters: set[int]) -> None:
        """Change the group in the features of the spikes of some clusters."""
        layer, manager = self._points(), self._session.manager
        if layer is None or "cluster" not in layer.features:
            return
        shown = layer.features["cluster"]
        rows = shown.isin([cluster for cluster in clusters if cluster in manager])
        if rows.any():
            layer.features.loc[rows, "group"] = [manager.group(cluster) for cluster in shown[rows].tolist()]
            layer.events.features()
