"""Keeps the probe of a session in the image where it was placed, in step with clusters, clock and placement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer, Points
from napari.layers.base import ActionType

from napari_phy.core.probe_placement import PlacedProbe
from napari_phy.core.update_info import UpdateInfo
from napari_phy.layers.probe import (
    CLUSTER_SHARE,
    CLUSTERS,
    CONTACT_SHARE,
    DARK_RIM,
    Float64,
    cluster_colors,
    clusters_layer,
    contact_colors,
    contacts_in,
    contacts_layer,
    images_of,
    mark_size,
    points_in,
    rgba,
    scale_of,
    size_limits,
)
from napari_phy.layers.session_tag import IN_IMAGE, kind_of
from napari_phy.session import OpenClustering, Session
from napari_phy.views.probe_in_image import (
    ContactColor,
    ProbeInImageData,
    ProbeInImageRequest,
    compute_probe_in_image,
    probe_in_image_request,
)

PICK_PX = 6.0
DRAG_PX = 4.0
PAN_ZOOM = "pan_zoom"
_BEFORE_EDITING = (ActionType.ADDING, ActionType.REMOVING, ActionType.CHANGING)
_MOVING = ("scale", "translate", "rotate", "shear", "affine")  # events of an image that is placed anew


class ProbeBinder:
    """Shows the probe of a session in the image where it was placed; layers are recoloured or moved, never rebuilt.

    It is there as long as a layer with the name of that image is.

    Parameters
    ----------
    viewer : ViewerModel
        Where the image is.
    session : Session
        The open data set.
    compute_later : callable, optional
        Has `compute` called elsewhere and `show` with what it returns; None: both are called at every change.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        session: Session,
        compute_later: Callable[[ProbeInImageRequest], object] | None = None,
    ) -> None:
        self._viewer, self._session = viewer, session
        self._compute_later = compute_later or self._compute_now
        self._followed: OpenClustering | None = None
        self._image: Layer | None = None
        self._placed: PlacedProbe | None = None
        self._contacts: Points | None = None
        self._clusters: Points | None = None
        self._data: ProbeInImageData | None = None
        self._dark = True
        self.color_by: ContactColor = "amplitude"
        viewer.layers.events.inserted.connect(self._on_layers)
        viewer.layers.events.removed.connect(self._on_layers)
        viewer.mouse_drag_callbacks.append(self._on_pressed)
        session.placements.changed.connect(self.follow_placement)
        session.time.shown_changed.connect(self.refresh)
        self.follow_switch()

    # --- what it shows

    @property
    def is_shown(self) -> bool:
        """Whether the probe is in an image of this viewer."""
        return self._contacts is not None

    @property
    def image(self) -> Layer | None:
        """The image that has the probe."""
        return self._image

    @property
    def data(self) -> ProbeInImageData | None:
        """What is shown now."""
        return self._data

    def set_color(self, color_by: ContactColor) -> None:
        """Have the contacts stand for something else."""
        if color_by != self.color_by:
            self.color_by = color_by
            self.refresh()

    def set_dark(self, dark: bool) -> None:
        """Take the colours of a dark or a light theme."""
        self._dark = dark
        self._recolor()

    # --- where it is

    def follow_switch(self) -> None:
        """Show the probe and the clusters of the channel group and clustering that the session went to."""
        self._unfollow()
        self._followed = self._session.opened
        self._followed.selection.changed.connect(self._on_selected)
        self._followed.manager.changed.connect(self._on_edited)
        self._take_away()
        self.follow_placement()

    def follow_placement(self) -> None:
        """Show the probe where it was placed, or nowhere."""
        placed = self._session.placements.now
        image = None if placed is None else self._find_image(placed)
        if placed is None or image is None or not self._session.model.probe.knows_positions:
            self._take_away()
            return
        is_other = self._placed is None or placed.placement.n_axes != self._placed.placement.n_axes
        if image is not self._image or is_other:
            self._take_away()
        self._placed = placed
        if self._image is None:
            self._put(image)
        else:
            self._move()
        self.refresh()

    def _find_image(self, placed: PlacedProbe) -> Layer | None:
        there = [one for one in images_of(self._viewer.layers) if one.ndim >= placed.placement.n_axes]
        if self._image in there and self._placed is not None and self._placed.image == placed.image:
            return self._image  # whatever it is called by now
        return next((one for one in there if one.name == placed.image), None)

    def _put(self, image: Layer) -> None:
        """Add the layers above all others; what was active stays so."""
        assert self._placed is not None
        layers, placement = self._viewer.layers, self._placed.placement
        self._image = image
        active = layers.selection.active
        contacts = Layer.create(*contacts_layer(self._session, image, placement))
        clusters = Layer.create(*clusters_layer(self._session, image, placement))
        assert isinstance(contacts, Points)
        assert isinstance(clusters, Points)
        self._contacts, self._clusters, self._data = contacts, clusters, None
        for layer in (contacts, clusters):
            layers.append(layer)
            layer.editable = False
            layer.events.data.connect(self._on_data)
            layer.events.editable.connect(self._lock)
        for name in _MOVING:
            getattr(image.events, name).connect(self._move)
        layers.selection.active = active if active is not None and active in layers else image

    def _move(self, event: Any = None) -> None:
        """Move the layers to where the probe and its image are now."""
        if self._image is None or self._placed is None or self._contacts is None:
            return
        self._set_points(self._contacts, contacts_in(self._session, self._placed.placement))
        self._contacts.size = mark_size(self._session, self._placed.placement, CONTACT_SHARE)
        self._place_clusters()

    def _take_away(self) -> None:
        layers, image = (self._contacts, self._clusters), self._image
        self._contacts = self._clusters = self._image = self._placed = self._data = None
        if image is not None:
            for name in _MOVING:
                getattr(image.events, name).disconnect(self._move)
        for layer in layers:
            if layer is not None:
                layer.events.data.disconnect(self._on_data)
                layer.events.editable.disconnect(self._lock)
                if layer in self._viewer.layers:
                    self._viewer.layers.remove(layer)

    def close(self) -> None:
        """Stop following and take the layers away; the placement is kept."""
        self._unfollow()
        self._session.placements.changed.disconnect(self.follow_placement, missing_ok=True)
        self._session.time.shown_changed.disconnect(self.refresh, missing_ok=True)
        self._viewer.layers.events.inserted.disconnect(self._on_layers)
        self._viewer.layers.events.removed.disconnect(self._on_layers)
        if self._on_pressed in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._on_pressed)
        self._take_away()

    def _unfollow(self) -> None:
        if self._followed is not None:
            self._followed.selection.changed.disconnect(self._on_selected, missing_ok=True)
            self._followed.manager.changed.disconnect(self._on_edited, missing_ok=True)
            self._followed = None

    def _on_layers(self, event: Any) -> None:
        """Show the probe when its image comes, and take it away when that or a layer of ours goes."""
        gone = event.value if event.type == "removed" else None
        if gone is not None and gone in (self._contacts, self._clusters):
            self._take_away()
        elif kind_of(event.value) != IN_IMAGE and (gone is None or gone is self._image):
            self.follow_placement()

    # --- values

    def refresh(self) -> None:
        """Show selection, clusters and window as they are now; the same again does nothing."""
        if self._contacts is None:
            return
        self._recolor()
        request = self.request()
        if self._data is None or request != self._data.request:
            self._compute_later(request)

    def request(self) -> ProbeInImageRequest:
        """Return what is to be shown now."""
        session = self._session
        return probe_in_image_request(
            session.opened,
            session.selection.clusters,
            self.color_by,
            session.time.shown_s,
            reads_features=not session.holds_features,
        )

    def _compute_now(self, request: ProbeInImageRequest) -> None:
        self.show(compute_probe_in_image(self._session.opened, request))

    def show(self, data: ProbeInImageData) -> None:
        """Show what was computed, unless the probe is not shown any more or another one."""
        if self._contacts is None or len(data.values) != len(self._contacts.data):
            return
        before, self._data = self._data, data
        self._contacts.features["value"] = data.values
        self._contacts.events.features()
        if before is None or not _same_clusters(before, data):
            self._place_clusters()
        self._recolor()

    def _place_clusters(self) -> None:
        """Put the clusters where they are."""
        layer, data, placed = self._clusters, self._data, self._placed
        if layer is None or data is None or placed is None:
            return
        self._set_points(layer, placed.placement.to_image(data.places_um))
        layer.features = {
            "cluster": data.clusters,
            "group": list(data.groups),
            "channel": data.channels,
            "depth": data.places_um[:, 1],
        }
        layer.size = mark_size(self._session, placed.placement, CLUSTER_SHARE)
        limits = size_limits(CLUSTERS, placed.placement, len(data.clusters))
        if tuple(layer.canvas_size_limits) != limits:
            layer.canvas_size_limits = limits
        self._recolor()

    def _recolor(self) -> None:
        contacts, clusters, data = self._contacts, self._clusters, self._data
        if contacts is None or clusters is None or data is None:
            return
        colors = contact_colors(data, self._dark)
        if not np.array_equal(contacts.face_color, colors):
            contacts.face_color, contacts.border_color = colors, rgba(DARK_RIM)
        if len(clusters.data) == len(data.clusters) > 0:
            faces, rims = cluster_colors(data.clusters, self._session.selection.clusters, self._dark)
            if not np.array_equal(clusters.face_color, faces):
                clusters.face_color, clusters.border_color = faces, rims

    def _set_points(self, layer: Points, pixels: Float64) -> None:
        assert self._image is not None
        scale = scale_of(self._image, pixels.shape[1])
        if not np.array_equal(layer.scale, scale):
            layer.scale = scale
        with layer.events.data.blocker(self._on_data):
            layer.data = points_in(self._image, pixels)
        layer.editable = False  # setting data makes it editable again

    # --- what the user does

    def _on_data(self, event: Any) -> None:
        """Put back what the user deleted, pasted or moved: napari's keys do so although the layer is not editable."""
        if event.action not in _BEFORE_EDITING:
            self._move()

    def _lock(self, event: Any) -> None:
        if event.source.editable:
            event.source.editable = False

    def _on_pressed(self, viewer: Any, event: Any) -> Any:
        """Select the cluster under a click, not under a drag; with Ctrl add or drop it."""
        cluster = self._cluster_at(event)
        if cluster is None or event.button != 1:
            return
        place = np.asarray(event.position)
        yield
        while event.type == "mouse_move":
            if np.abs(np.asarray(event.position) - place).max() * viewer.scene.camera.zoom > DRAG_PX:
                return
            yield
        selection = self._session.selection
        if self._clusters is None or cluster not in self._session.manager:
            return
        if "Control" in event.modifiers:
            selection.toggle(cluster)
        else:
            selection.select([cluster])

    def _cluster_at(self, event: Any) -> int | None:
        """Return the cluster whose point is under the mouse, unless the active layer is drawn or picked in."""
        layer, active, viewer = self._clusters, self._viewer.layers.selection.active, self._viewer
        if layer is None or self._data is None or not layer.visible or not len(layer.data):
            return None
        if active is not None and str(getattr(active, "mode", PAN_ZOOM)) != PAN_ZOOM:
            return None
        position = np.asarray(event.position)
        if viewer.dims.ndisplay == 3:
            row = layer.get_value(
                position, view_direction=event.view_direction, dims_displayed=list(event.dims_displayed), world=True
            )
            return None if row is None else int(self._data.clusters[row])
        far = np.abs(layer.data * layer.scale - position[-layer.ndim :])
        reach = max(layer.size[0] * layer.scale[-1] / 2, PICK_PX / viewer.scene.camera.zoom)
        is_near = (far[:, :-2] <= layer.scale[:-2] / 2).all(axis=1) & (np.hypot(*far[:, -2:].T) <= reach)
        nearest = np.where(is_near, np.hypot(*far[:, -2:].T), np.inf)
        return int(self._data.clusters[nearest.argmin()]) if is_near.any() else None

    def _on_selected(self) -> None:
        self.refresh()

    def _on_edited(self, update: UpdateInfo) -> None:
        self.refresh()


def _same_clusters(one: ProbeInImageData, other: ProbeInImageData) -> bool:
    return np.array_equal(one.clusters, other.clusters) and one.groups == other.groups
