"""Spikes as connected components of values beyond a threshold, with their times and masks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.probe import Probe
from napari_phy.sorting.spikedetekt.thresholds import Thresholds

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_NODES_PER_VALUE = 1 / 16  # there is room for at first


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Connected components of crossings, in the order of time.

    Attributes
    ----------
    times : ndarray of float64, shape (n,)
        In samples, between them: means of the samples weighed by how far they are beyond the weak threshold.
    channels : ndarray of int64, shape (n,)
        Channel of the first crossing.
    masks : ndarray of float32, shape (n, n_channels)
        How far each channel went, from 0 at the weak threshold to 1 at the strong one.
    """

    times: Float64
    channels: Int64
    masks: Float32


def adjacency(probes: Iterable[Probe]) -> Bools:
    """Return `(n, n)` which channels are the same or neighbours; groups lie one after the other and never touch."""
    blocks = []
    for probe in probes:
        place = {channel: number for number, channel in enumerate(probe.channel_ids.tolist())}
        block = np.eye(probe.n_channels, dtype=np.bool_)
        for one, other in probe.edges.tolist():
            if one in place and other in place:  # edges to dead channels stay in the graph of many probe files
                block[place[one], place[other]] = block[place[other], place[one]] = True
        blocks.append(block)
    n_channels = sum(map(len, blocks))
    adjacent, start = np.zeros((n_channels, n_channels), dtype=np.bool_), 0
    for block in blocks:
        adjacent[start : start + len(block), start : start + len(block)] = block
        start += len(block)
    return adjacent


def find_components(
    filtered: Float32, thresholds: Thresholds, adjacent: Bools, *, sign: int, join_size: int, weight_power: float
) -> Components:
    """Return the components that have a crossing of the strong threshold.

    Parameters
    ----------
    filtered : ndarray of float32, shape (n_samples, n_channels)
        Filtered voltage.
    thresholds : Thresholds
        Those of each channel.
    adjacent : ndarray of bool, shape (n_channels, n_channels)
        Which channels are the same or neighbours.
    sign : {-1, 0, 1}
        Whether troughs, both, or peaks are looked for.
    join_size : int
        How many samples apart two crossings may be.
    weight_power : float
        Power of the weights of the samples in times.
    """
    from napari_phy.sorting.spikedetekt import _flood

    nodes = _crossings(filtered, thresholds.weak, sign)
    firsts = _flood.join_nodes(nodes, adjacent, join_size)
    numbers = np.empty(len(nodes), dtype=np.int64)
    n_found = _flood.number_components(filtered, sign, nodes, firsts, thresholds.strong.astype(np.float32), numbers)
    found = Components(
        np.empty(n_found),
        np.empty(n_found, dtype=np.int64),
        np.empty((n_found, filtered.shape[1]), dtype=np.float32),
    )
    _flood.measure_components(
        filtered, sign, nodes, numbers, thresholds.weak, thresholds.strong, weight_power,
        found.times, found.channels, found.masks,
    )  # fmt: skip
    order = np.argsort(found.times, kind="stable")
    return Components(found.times[order], found.channels[order], found.masks[order])


def masks_at(
    filtered: Float32,
    thresholds: Thresholds,
    adjacent: Bools,
    channels: slice,
    times: Float64,
    *,
    sign: int,
    join_size: int,
    reach: int,
) -> Float32:
    """Return `(n_spikes, n_channels)` masks of spikes at known times, on the channels of a group.

    They are those of the component that the largest value near the time belongs to, up to `reach` samples away, or as
    far as that value can be.
    """
    from napari_phy.sorting.spikedetekt._flood import fill_masks

    masks = np.empty((len(times), channels.stop - channels.start), dtype=np.float32)
    rows, places = np.rint(times).astype(np.int64), np.arange(channels.start, channels.stop)
    reach = max(reach, join_size + 1)
    fill_masks(filtered, sign, thresholds.weak, thresholds.strong, adjacent, join_size, places, rows, reach, masks)
    return masks


def _crossings(filtered: Float32, weak: Float64, sign: int) -> npt.NDArray[np.int32]:
    from napari_phy.sorting.spikedetekt._flood import find_crossings

    n_channels = filtered.shape[1]
    room = int(filtered.size * _NODES_PER_VALUE) + n_channels
    while True:
        nodes = np.empty((room, 2), dtype=np.int32)
        n_found = find_crossings(filtered, sign, weak.astype(np.float32), nodes)
        if n_found + n_channels <= room:
            return nodes[:n_found].copy()
        room = n_found + n_channels
