"""Films as layers: one axis of time in seconds, of which napari reads the frame that it shows."""

from __future__ import annotations

from typing import Any

from napari.components import LayerList
from napari.types import LayerDataTuple

from napari_phy.formats.video import Film
from napari_phy.layers.timed_layer import unlinked_data


def film_layer(film: Film) -> LayerDataTuple:
    """Return a film as an Image, whose first axis is time in seconds: frames are a median interval apart.

    When each frame was shown is in `layer.data.times_s`. The layer names no units: beside layers in pixels, as most
    are, napari would warn that it uses none.
    """
    is_grey = film.ndim == 3
    options: dict[str, Any] = {
        "name": film.path.stem,
        "rgb": not is_grey,
        "multiscale": False,
        "axis_labels": ("time", "y", "x"),
        "scale": (film.interval_s or 1.0, 1.0, 1.0),
    }
    if is_grey:
        options["contrast_limits"] = (0, 2 ** (8 * film.dtype.itemsize) - 1)
    return film, options, "image"


def close_with_layer(layers: LayerList) -> None:
    """Close films as soon as their layers are removed from the list."""
    layers.events.removed.connect(_close_film)


def _close_film(event: Any) -> None:
    film = unlinked_data(event.value)
    if isinstance(film, Film):
        film.close()
