"""The probe as layers in the space of an image: its contacts, and the clusters where they are on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import LayerList, ViewerModel
from napari.layers import Image, Labels, Layer, Points
from napari.layers.base import ActionType
from napari.types import LayerDataTuple
from napari.utils.colormaps import ensure_colormap

from napari_phy.core.color_space import rgb_of
from napari_phy.core.colors import selection_color
from napari_phy.core.errors import PlacementError
from napari_phy.core.probe_geometry import probe_geometry
from napari_phy.core.probe_placement import ProbePlacement
from napari_phy.core.sentences import on_one_line
from napari_phy.core.update_info import UpdateInfo
from napari_phy.layers.session_tag import IN_IMAGE, TAG, SessionTag, kind_of, session_of
from napari_phy.session import OpenClustering, Session
from napari_phy.storage.placements import PlacedProbe
from napari_phy.views.probe_in_image import (
    ContactColor,
    ProbeInImageData,
    ProbeInImageRequest,
    compute_probe_in_image,
    probe_in_image_request,
)

Float64 = npt.NDArray[np.float64]
Colors = npt.NDArray[np.float32]

CONTACTS, CLUSTERS = "probe", "clusters"  # names of the layers
CONTACT_SHARE, CLUSTER_SHARE = 0.7, 0.9  # of the pitch of the contacts
CONTACT_PX, CLUSTER_PX = (5.0, 40.0), (8.0, 48.0)  # least and most, however far the camera is
CONTACT_RIM, CLUSTER_RIM = 0.12, 0.16  # of the size of a mark
QUIET = {True: "#5b606b", False: "#c3c6cc"}  # a contact without amplitude, by darkness of the theme
RIM = {True: "#ffffff", False: "#15171c"}  # around a cluster; the other one around a contact
OTHERS_ALPHA = 0.25  # of a cluster that is not selected
RAMPS = {"rate": "inferno", "depth": "viridis"}
PICK_PX = 6.0
DRAG_PX = 4.0
PAN_ZOOM = "pan_zoom"
_UNIT = "micrometer"
_BEFORE_EDITING = (ActionType.ADDING, ActionType.REMOVING, ActionType.CHANGING)
_MOVING = ("scale", "translate", "rotate", "shear", "affine")  # events of an image that is placed anew


def images_of(layers: LayerList) -> list[Layer]:
    """Return the images and labels of a viewer in which a probe can be."""
    return [layer for layer in layers if isinstance(layer, Image | Labels) and session_of(layer) is None]


def pixel_um_of(layer: Layer, n_axes: int, typed_um: float | None = None) -> Float64 | None:
    """Return (n_axes,) size in µm of a pixel along the last axes of a layer; None where its units do not tell.

    Parameters
    ----------
    layer : Layer
        An image.
    n_axes : int
        How many axes.
    typed_um : float, optional
        Size along the last axis, in the place of what scale and unit say; the others keep their proportion to it.
    """
    scale = np.abs(np.asarray(layer.scale, np.float64)[-n_axes:])
    if typed_um is not None:
        return np.asarray(typed_um * scale / scale[-1], np.float64)
    units = layer.units[-n_axes:]
    if not all(unit.is_compatible_with(_UNIT) for unit in units):
        return None
    return np.array([size * (1 * unit).to(_UNIT).magnitude for size, unit in zip(scale, units, strict=True)])


def to_world(image: Layer, pixels: Float64) -> Float64:
    """Return (n, n_axes) coordinates of the viewer of pixels along the last axes of an image; the others are at 0."""
    n_axes = pixels.shape[1]
    whole = np.zeros((len(pixels), image.ndim))
    whole[:, image.ndim - n_axes :] = pixels
    return np.array([image.data_to_world(row)[-n_axes:] for row in whole]).reshape(-1, n_axes)


def landmarks_in(image: Layer, points: Layer, n_axes: int) -> Float64:
    """Return (n, n_axes) pixels of an image at which the points of a layer lie, in the order they were drawn.

    Raises
    ------
    PlacementError
        The points have fewer axes.
    """
    if points.ndim < n_axes:
        raise PlacementError(f"{on_one_line(points.name)} is flat; in depth, landmarks need a layer of {n_axes} axes.")
    world = np.array([points.data_to_world(row)[-n_axes:] for row in points.data]).reshape(-1, n_axes)
    whole = np.zeros((len(world), image.ndim))
    whole[:, image.ndim - n_axes :] = world
    return np.array([image.world_to_data(row)[-n_axes:] for row in whole]).reshape(-1, n_axes)


def contacts_layer(session: Session, image: Layer, placement: ProbePlacement) -> LayerDataTuple:
    """Return the contacts of the open channel group as Points in the space of an image."""
    probe = session.model.probe
    features = {
        "channel": probe.channel_ids,
        "depth": probe.positions[:, 1],
        "value": np.full(probe.n_channels, np.nan),
    }
    options = _options(session, CONTACTS, image, placement, features)
    return (
        _points_in(image, _contacts(session, placement)),
        options | {"symbol": "square", "border_width": CONTACT_RIM},
        "points",
    )


def clusters_layer(session: Session, image: Layer, placement: ProbePlacement) -> LayerDataTuple:
    """Return a layer for the clusters, none of which is there yet."""
    features: dict[str, Any] = {"cluster": [], "group": [], "channel": [], "depth": []}
    options = _options(session, CLUSTERS, image, placement, features)
    return np.empty((0, placement.n_axes)), options | {"symbol": "disc", "border_width": CLUSTER_RIM}, "points"


def contact_colors(data: ProbeInImageData, dark: bool) -> Colors:
    """Return (n_channels, 4) RGBA: the colour of the largest selected cluster by its share, or a ramp."""
    if data.request.color_by in RAMPS:
        colors = np.array(ensure_colormap(RAMPS[data.request.color_by]).map(data.shares), np.float32)
        colors[~np.isfinite(data.values)] = _rgba(QUIET[dark])
        return colors
    colors = np.tile(_rgba(QUIET[dark]), (len(data.values), 1))
    for place in np.unique(data.of_selected[data.of_selected >= 0]).tolist():
        rows = data.of_selected == place
        share = data.shares[rows, None].astype(np.float32)
        colors[rows] = (1 - share) * _rgba(QUIET[dark]) + share * _rgba(selection_color(place, dark))
    return colors


def cluster_colors(clusters: npt.NDArray[np.int64], selected: tuple[int, ...], dark: bool) -> tuple[Colors, Colors]:
    """Return (n, 4) RGBA of points and of their rims: the colours of the selection, others almost empty."""
    faces = np.tile(_rgba(RIM[dark], OTHERS_ALPHA), (len(clusters), 1))
    rims = np.tile(_rgba(RIM[dark]), (len(clusters), 1))
    for place, cluster in enumerate(selected):
        faces[clusters == cluster] = _rgba(selection_color(place, dark))
    return faces, rims


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
        self._set_points(self._contacts, _contacts(self._session, self._placed.placement))
        self._contacts.size = _size(self._session, self._placed.placement, CONTACT_SHARE)
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
        layer.size = _size(self._session, placed.placement, CLUSTER_SHARE)
        limits = _limits(CLUSTERS, placed.placement, len(data.clusters))
        if tuple(layer.canvas_size_limits) != limits:
            layer.canvas_size_limits = limits
        self._recolor()

    def _recolor(self) -> None:
        contacts, clusters, data = self._contacts, self._clusters, self._data
        if contacts is None or clusters is None or data is None:
            return
        colors = contact_colors(data, self._dark)
        if not np.array_equal(contacts.face_color, colors):
            contacts.face_color, contacts.border_color = colors, _rgba(RIM[not self._dark])
        if len(clusters.data) == len(data.clusters) > 0:
            faces, rims = cluster_colors(data.clusters, self._session.selection.clusters, self._dark)
            if not np.array_equal(clusters.face_color, faces):
                clusters.face_color, clusters.border_color = faces, rims

    def _set_points(self, layer: Points, pixels: Float64) -> None:
        assert self._image is not None
        scale = _scale(self._image, pixels.shape[1])
        if not np.array_equal(layer.scale, scale):
            layer.scale = scale
        with layer.events.data.blocker(self._on_data):
            layer.data = _points_in(self._image, pixels)
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


def _options(
    session: Session, name: str, image: Layer, placement: ProbePlacement, features: dict[str, Any]
) -> dict[str, Any]:
    share = CONTACT_SHARE if name == CONTACTS else CLUSTER_SHARE
    return {
        "name": name,
        "ndim": placement.n_axes,
        "units": image.units[-placement.n_axes :],
        "axis_labels": image.axis_labels[-placement.n_axes :],
        "features": features,
        "scale": _scale(image, placement.n_axes),
        "size": _size(session, placement, share),
        "canvas_size_limits": _limits(name, placement, session.model.n_channels if name == CONTACTS else 0),
        "metadata": {TAG: SessionTag(session, IN_IMAGE)},
    }


def _limits(name: str, placement: ProbePlacement, n_points: int) -> tuple[float, float]:
    """Return the least and the most px of a mark.

    Where none may be in sight, there is no least: napari draws one point of size 0 then, which would be seen.
    """
    least, most = CONTACT_PX if name == CONTACTS else CLUSTER_PX
    return (least if n_points and placement.n_axes == 2 else 0.0, most)


def _contacts(session: Session, placement: ProbePlacement) -> Float64:
    """Return (n_channels, n_axes) pixels of the image where the contacts are."""
    probe = session.model.probe
    return placement.to_image(probe_geometry(probe.positions, probe.is_known).places)


def _points_in(image: Layer, pixels: Float64) -> Float64:
    """Return the data of a layer, with the scale of the image alone, that lies upon pixels of the image.

    So a point is in sight with one plane of a stack, as napari counts planes in the data of points.
    """
    return to_world(image, pixels) / _scale(image, pixels.shape[1])


def _scale(image: Layer, n_axes: int) -> Float64:
    return np.abs(np.asarray(image.scale, np.float64)[-n_axes:])


def _size(session: Session, placement: ProbePlacement, share: float) -> float:
    """Return the size of a mark, in pixels of the image: so much of the distance of the contacts in it."""
    pitch_um = probe_geometry(session.model.probe.positions, session.model.probe.is_known).pitch_um
    return share * pitch_um * float(np.sqrt(np.prod(placement.stretch))) / float(placement.pixel_um[-1])


def _rgba(color: str, alpha: float = 1.0) -> Colors:
    return np.array([*rgb_of([color])[0], alpha], np.float32)
