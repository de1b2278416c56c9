"""A stack seen with axes of planes that it does not have, beside stacks that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Layer

from napari_phy.layers.array_view import ArrayView, shape_of, whole_key

AXIS_OF = {"scale": "scale", "translate": "translate", "units": "unit", "axis_labels": "label"}  # of layer, of axis
FRAME = "napari-phy frame"  # in the metadata of results: axes of a frame of the movie, and how many were added to it


@dataclass(frozen=True, slots=True)
class AddedAxis:
    """An axis of one plane, which is as thick as all planes of another layer.

    Attributes
    ----------
    scale, translate : float
        How thick it is, and where its middle is, in the unit.
    unit, label : str
        As the other layer has them.
    """

    scale: float
    translate: float
    unit: str
    label: str


class WithAxes(ArrayView):
    """The array of a layer with axes of length 1 between others; nothing is copied, what is written goes into it.

    Parameters
    ----------
    array : array
        What the layer had, of any kind that napari takes.
    place : int
        The first of the added axes.
    n : int
        How many there are.
    """

    def __init__(self, array: Any, place: int, n: int) -> None:
        shape = shape_of(array)
        super().__init__(array, (*shape[:place], *(1,) * n, *shape[place:]))
        self._added = slice(place, place + n)

    def __getitem__(self, key: Any) -> Any:
        keys = whole_key(key, self.ndim)
        found = self.array[self._inner(keys)]
        place = sum(isinstance(one, slice) for one in keys[: self._added.start])
        for one in keys[self._added]:
            if isinstance(one, slice):
                found = np.expand_dims(np.asarray(found), place)[(*(slice(None),) * place, one)]
                place += 1
        return found

    def __setitem__(self, key: Any, value: Any) -> None:
        keys = whole_key(key, self.ndim)
        added = [one for one in keys[self._added] if isinstance(one, slice)]
        if not all(range(1)[one] for one in added):
            return
        value = np.asarray(value)
        n_after = sum(isinstance(one, slice) for one in keys[self._added.stop :])
        if added and value.ndim > n_after:
            stop = value.ndim - n_after
            value = value.reshape(*value.shape[: max(0, stop - len(added))], *value.shape[stop:])
        self.array[self._inner(keys)] = value

    def _inner(self, keys: tuple[Any, ...]) -> tuple[Any, ...]:
        for one in keys[self._added]:
            if not isinstance(one, slice) and not np.isin(one, (0, -1)).all():
                raise IndexError(f"There is one plane, not plane {np.max(np.abs(one))}.")
        return (*keys[: self._added.start], *keys[self._added.stop :])


def put_axes(layer: Layer, data: Any, placed: Mapping[str, Sequence[Any]]) -> None:
    """Give a layer data of more or fewer axes; napari would add and take away the first ones.

    Parameters
    ----------
    layer : Layer
        An image or labels.
    data : array
        The new data.
    placed : mapping
        `AXIS_OF` has the names; a value for each of the new axes.
    """
    layer.corner_pixels = np.zeros((2, len(placed["scale"])), dtype=np.int64)
    layer.data = data
    for name, values in placed.items():
        setattr(layer, name, values)


def fit_result(layer: Layer, added: Sequence[AddedAxis]) -> None:
    """Give a result of a movie the axes that were added to the movie since, or take away those that are gone.

    So its axes of lag and time stay where they are; a result whose movie is as before stays the same.
    """
    n_own, n_before = layer.metadata[FRAME]
    if len(added) == n_before:
        return
    stop = int(layer.ndim) - n_own
    place = stop - n_before
    shape = layer.data.shape
    placed = {
        name: [*list(getattr(layer, name))[:place], *(getattr(one, of) for one in added), *getattr(layer, name)[stop:]]
        for name, of in AXIS_OF.items()
    }
    put_axes(layer, layer.data.reshape(*shape[:place], *(1,) * len(added), *shape[stop:]), placed)
    layer.metadata[FRAME] = n_own, len(added)
