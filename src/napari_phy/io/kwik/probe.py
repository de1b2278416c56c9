"""The channels of a Kwik file: which ones, where they sit, and which are neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import KwikFormatError
from napari_phy.core.probe import Probe, assumed_line
from napari_phy.io.h5 import H5File
from napari_phy.io.kwik import schema
from napari_phy.io.kwik.attributes import as_int

_MAX_CHANNELS = 2**20


def read_probe(file: H5File, channel_group: int) -> Probe:
    """Read channels and positions; a channel without a position sits on a line, 20 µm apart."""
    node = schema.group_path(channel_group)
    channel_ids = read_channels(file, channel_group)
    found = file.attrs_of_children(f"{node}/channels", channel_ids.tolist(), {"": ["position"]})
    positions = np.array([_position(channel) for _, (channel,) in found], dtype=np.float64).reshape(-1, 2)
    is_known = np.asarray(np.isfinite(positions).all(axis=1))
    positions = np.where(is_known[:, None], positions, assumed_line(len(positions)))
    graph = _numbers(file.attrs(node).get("adjacency_graph"))
    pairs = np.empty((0, 2)) if graph is None or graph.size % 2 else graph.reshape(-1, 2)
    edges: npt.NDArray[np.int64] = pairs.astype(np.int64)
    edges = edges[np.isin(edges, channel_ids).all(axis=1)]
    return Probe(read_only(channel_ids), read_only(positions), read_only(edges), read_only(is_known))


def read_channels(file: H5File, channel_group: int) -> npt.NDArray[np.int64]:
    """Return the numbers of the channels in their order.

    Raises
    ------
    KwikFormatError
        If they cannot be channels.
    """
    node = schema.group_path(channel_group)
    order = _numbers(file.attrs(node).get("channel_order"))
    if order is None:
        order = np.array([item for item in file.children(f"{node}/channels") if isinstance(item, int)], dtype=np.int64)
    channel_ids = np.array(order, dtype=np.int64).reshape(-1)
    if len(channel_ids) and not 0 <= int(channel_ids.min()) <= int(channel_ids.max()) < _MAX_CHANNELS:
        raise KwikFormatError(
            f"{file.path.name}: channel group {channel_group} has channels {channel_ids.min()} to {channel_ids.max()}; "
            f"they must lie between 0 and {_MAX_CHANNELS - 1}."
        )
    return channel_ids


def _position(channel: Mapping[str, Any]) -> tuple[float, float]:
    position = _numbers(channel.get("position"))
    if position is not None and position.size == 2 and np.isfinite(position).all():
        return float(position.flat[0]), float(position.flat[1])
    return np.nan, np.nan


def _numbers(value: Any) -> npt.NDArray[Any] | None:
    """Return an attribute that is an array, or a list as Python pickled it; None if it is not of numbers."""
    if not isinstance(value, (np.ndarray, list)):
        return None
    try:
        array = np.asarray(value)
    except ValueError:  # a list of lists of unequal length
        return None
    return array if array.dtype.kind in "iuf" else None


def whole_numbers(value: Any) -> list[int]:
    """Return the integers of an attribute in their order; what is none is left out."""
    try:
        items = np.asarray(value).reshape(-1).tolist()
    except ValueError:  # a list of lists of unequal length
        return []
    return [number for item in items if (number := as_int(item)) is not None]
