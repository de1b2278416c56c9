"""The first templates: medians of the waveforms of some spikes of each cluster."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced
from napari_phy.core.progress import OnProgress
from napari_phy.sorting.blocks import map_blocks
from napari_phy.sorting.spikedetekt.chunks import Chunk
from napari_phy.sorting.spikedetekt.passes import Plan
from napari_phy.sorting.spikedetekt.waveforms import cut_waveforms
from napari_phy.sorting.traces import RawTraces, TracePart

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_MOST = 128  # spikes of each cluster


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """A cluster to be made a template of.

    Attributes
    ----------
    group : int
        Place of its channel group.
    samples : ndarray of float64, shape (n_spikes,)
        Times of its spikes, ascending.
    channels : ndarray of int64, shape (n_channels,)
        The columns that it is looked at on.
    """

    group: int
    samples: Float64
    channels: Int64


def exactness_of_median(n_spikes: int) -> float:
    """Return of how many spikes a mean has the errors of the median of those that are taken of `n_spikes`."""
    return min(n_spikes, _MOST) * 2 / np.pi


def median_waveforms(
    plan: Plan,
    traces: RawTraces,
    chunks: Sequence[Chunk],
    clusters: Sequence[Cluster],
    window: tuple[int, int],
    executor: Executor | None,
    on_progress: OnProgress,
) -> Float32:
    """Return `(n_clusters, n_samples, n_channels)` medians in raw units, 0 on channels that are not looked at."""
    chosen = [cluster.samples[evenly_spaced(len(cluster.samples), _MOST)] for cluster in clusters]
    blocks = [(chunk, times) for chunk in chunks if any(map(len, times := [chunk.share_of(some) for some in chosen]))]
    tasks = ((chunk, traces.part(chunk.start, chunk.stop), times) for chunk, times in blocks)
    cut = partial(_cut, plan, [cluster.channels for cluster in clusters], window)
    found: list[list[Float32]] = [[] for _ in clusters]
    for waveforms in map_blocks(cut, tasks, len(blocks), executor, on_progress):
        for place, some in waveforms.items():
            found[place].append(some)
    medians = np.zeros((len(clusters), sum(window), len(plan.columns)), dtype=np.float32)
    for place, cluster in enumerate(clusters):
        medians[place][:, cluster.channels] = np.median(np.concatenate(found[place]), axis=0)
    return medians


def _cut(
    plan: Plan,
    channels: Sequence[Int64],
    window: tuple[int, int],
    block: tuple[Chunk, TracePart, Sequence[Float64]],
) -> dict[int, Float32]:
    """Return the waveforms of some spikes of a chunk, by the places of their clusters."""
    chunk, part, times = block
    filtered = plan.band.apply(part.read()[0], plan.columns)
    whole = slice(0, filtered.shape[1])
    return {
        place: cut_waveforms(filtered, whole, some - chunk.start, *window)[:, :, channels[place]]
        for place, some in enumerate(times)
        if len(some)
    }
