"""The probe as layers in the space of an image: its contacts, and the clusters where they are on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import LayerList
from napari.layers import Image, Labels, Layer
from napari.types import LayerDataTuple
from napari.utils.colormaps import ensure_colormap

from napari_phy.core.color_space import rgb_of
from napari_phy.core.colors import selection_color
from napari_phy.core.errors import PlacementError
from napari_phy.core.probe_geometry import probe_geometry
from napari_phy.core.probe_placement import ProbePlacement
from napari_phy.core.sentences import on_one_line
from napari_phy.layers.session_tag import IN_IMAGE, TAG, SessionTag, session_of
from napari_phy.session import Session
from napari_phy.views.probe_in_image import ProbeInImageData

Float64 = npt.NDArray[np.float64]
Colors = npt.NDArray[np.float32]

CONTACTS, CLUSTERS = "probe", "clusters"  # names of the layers
CONTACT_SHARE, CLUSTER_SHARE = 0.7, 0.9  # of the pitch of the contacts
CONTACT_PX, CLUSTER_PX = (5.0, 40.0), (8.0, 48.0)  # least and most, however far the camera is
CONTACT_RIM, CLUSTER_RIM = 0.12, 0.16  # of the size of a mark
# Not of the theme: an image is as dark in a light one.
QUIET = "#5b606b"  # a contact without amplitude
RIM, DARK_RIM = "#ffffff", "#15171c"  # around a cluster, around a contact
OTHERS_ALPHA = 0.25  # of a cluster that is not selected
RAMPS = {"rate": "inferno", "depth": "viridis"}
_UNIT = "micrometer"


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
        points_in(image, contacts_in(session, placement)),
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
        colors[~np.isfinite(data.values)] = rgba(QUIET)
        return colors
    colors = np.tile(rgba(QUIET), (len(data.values), 1))
    for place in np.unique(data.of_selected[data.of_selected >= 0]).tolist():
        rows = data.of_selected == place
        share = data.shares[rows, None].astype(np.float32)
        colors[rows] = (1 - share) * rgba(QUIET) + share * rgba(selection_color(place, dark))
    return colors


def cluster_colors(clusters: npt.NDArray[np.int64], selected: tuple[int, ...], dark: bool) -> tuple[Colors, Colors]:
    """Return (n, 4) RGBA of points and of their rims: the colours of the selection, others almost empty."""
    faces = np.tile(rgba(RIM, OTHERS_ALPHA), (len(clusters), 1))
    rims = np.tile(rgba(RIM), (len(clusters), 1))
    for place, cluster in enumerate(selected):
        faces[clusters == cluster] = rgba(selection_color(place, dark))
    return faces, rims


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
        "scale": scale_of(image, placement.n_axes),
        "size": mark_size(session, placement, share),
        "canvas_size_limits": size_limits(name, placement, session.model.n_channels if name == CONTACTS else 0),
        "metadata": {TAG: SessionTag(session, IN_IMAGE)},
    }


def size_limits(name: str, placement: ProbePlacement, n_points: int) -> tuple[float, float]:
    """Return the least and the most px of a mark.

    Where none may be in sight, there is no least: napari draws one point of size 0 then, which would be seen.
    """
    least, most = CONTACT_PX if name == CONTACTS else CLUSTER_PX
    return (least if n_points and placement.n_axes == 2 else 0.0, most)


def contacts_in(session: Session, placement: ProbePlacement) -> Float64:
    """Return (n_channels, n_axes) pixels of the image where the contacts are."""
    probe = session.model.probe
    return placement.to_image(probe_geometry(probe.positions, probe.is_known).places)


def points_in(image: Layer, pixels: Float64) -> Float64:
    """Return the data of a layer, with the scale of the image alone, that lies upon pixels of the image.

    So a point is in sight with one plane of a stack, as napari counts planes in the data of points.
    """
    return to_world(image, pixels) / scale_of(image, pixels.shape[1])


def scale_of(image: Layer, n_axes: int) -> Float64:
    """Return the scale of the last axes of an image, without their directions."""
    return np.abs(np.asarray(image.scale, np.float64)[-n_axes:])


def mark_size(session: Session, placement: ProbePlacement, share: float) -> float:
    """Return the size of a mark, in pixels of the image: so much of the distance of the contacts in it."""
    pitch_um = probe_geometry(session.model.probe.positions, session.model.probe.is_known).pitch_um
    return share * pitch_um * float(np.sqrt(np.prod(placement.stretch))) / float(placement.pixel_um[-1])


def rgba(color: str, alpha: float = 1.0) -> Colors:
    """Return a colour `#rrggbb` as (4,) RGBA."""
    return np.array([*rgb_of([color])[0], alpha], np.float32)
