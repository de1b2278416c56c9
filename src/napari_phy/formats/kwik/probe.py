"""The channels of a Kwik file: which ones, where they sit, and which are neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import KwikFormatError
from napari_phy.core.probe import Probe, assumed_line, least_axis
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.hdf5.values import as_int
from napari_phy.formats.kwik import schema

_MAX_CHANNELS = 2**20
_N_NAMED = 5


def read_probe(file: H5File, channel_group: int) -> tuple[Probe, tuple[str, ...]]:
    """Read channels and positions, and return a sentence for each thing that was assumed of positions in the file.

    A channel without a position sits on a line, 20 µm apart; of positions in space two axes are kept.
    """
    node = schema.group_path(channel_group)
    channel_ids = read_channels(file, channel_group)
    found = file.attrs_of_children(f"{node}/channels", channel_ids.tolist(), {"": ["position"]})
    stored = {channel: attributes.get("position") for channel, (attributes,) in found}
    positions, notes = _flat_positions(stored, f"{file.path.name}: channel group {channel_group}")
    is_known = np.asarray(np.isfinite(positions).all(axis=1))
    positions = np.where(is_known[:, None], positions, assumed_line(len(positions)))
    graph = _numbers(file.attrs(node).get("adjacency_graph"))
    pairs = np.empty((0, 2)) if graph is None or graph.size % 2 else graph.reshape(-1, 2)
    edges: npt.NDArray[np.int64] = pairs.astype(np.int64)
    edges = edges[np.isin(edges, channel_ids).all(axis=1)]
    return Probe(read_only(channel_ids), read_only(positions), read_only(edges), read_only(is_known)), notes


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
    named, counts = np.unique(channel_ids, return_counts=True)
    if len(named) < len(channel_ids):
        raise KwikFormatError(
            f"{file.path.name}: channel group {channel_group} names channel {named[counts > 1][0]} twice in "
            "channel_order; name each channel once."
        )
    return channel_ids


def is_position(stored: Any) -> bool:
    """Tell whether an attribute is the position of a channel: two finite numbers, or three in space."""
    position = _numbers(stored)
    return position is not None and position.size in (2, 3) and bool(np.isfinite(position).all())


def _flat_positions(stored: Mapping[int, Any], where: str) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Return (n, 2) positions, nan where the file has none, and sentences on those that are not as they stand there."""
    places = np.full((len(stored), 3), np.nan)
    notes: list[str] = []
    for row, position in enumerate(stored.values()):
        if is_position(position):
            values = np.asarray(position, dtype=np.float64).reshape(-1)
            places[row, : values.size] = values
    is_known, in_space = np.isfinite(places[:, 0]), np.isfinite(places[:, 2])
    lost = [
        channel for channel, known in zip(stored, is_known, strict=True) if stored[channel] is not None and not known
    ]
    if lost:
        notes.append(f"{where} has positions that are no two numbers, of {_channels(lost)}; they are drawn on a line.")
    if not in_space.any():
        return places[:, :2], tuple(notes)
    axis = least_axis(places[is_known]) if in_space[is_known].all() else 2
    why = "along which they differ least" if in_space[is_known].all() else "which others do not have"
    spatial = [channel for channel, known in zip(stored, in_space, strict=True) if known]
    notes.append(
        f"{where} has positions in space, of {_channels(spatial)}; they are shown without {'xyz'[axis]}, {why}."
    )
    return np.delete(places, axis, axis=1), tuple(notes)


def _channels(channels: Sequence[int]) -> str:
    if len(channels) == 1:
        return f"channel {channels[0]}"
    more = f" and {len(channels) - _N_NAMED} more" if len(channels) > _N_NAMED else ""
    return f"channels {', '.join(map(str, channels[:_N_NAMED]))}{more}"


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
