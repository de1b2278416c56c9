"""What workers do with one chunk in each pass; all of it can be sent to other processes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.sorting.blocks import map_blocks
from napari_phy.sorting.matched.kernel import Kernel
from napari_phy.sorting.spikedetekt.chunks import Chunk
from napari_phy.sorting.spikedetekt.filtering import ChunkFilter
from napari_phy.sorting.spikedetekt.flood import find_components, masks_at
from napari_phy.sorting.spikedetekt.parameters import SIDES, SpikeDetektParameters
from napari_phy.sorting.spikedetekt.thresholds import Thresholds, add_sizes, empty_counts, noise_of
from napari_phy.sorting.spikedetekt.waveforms import cut_waveforms, moments_of, project
from napari_phy.sorting.traces import RawTraces, TracePart
from napari_phy.stats.principal_components import Moments

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_MOST_BYTES = 2**20  # of the waveforms of a chunk that are kept


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What workers know besides the samples: channels of all groups lie side by side.

    Attributes
    ----------
    parameters : SpikeDetektParameters
        Those of the algorithm.
    band : ChunkFilter
        The filter.
    columns : ndarray of int64, shape (n_channels,)
        Columns of the raw traces.
    groups : tuple of slice
        The channels of each group.
    adjacent : ndarray of bool, shape (n_channels, n_channels)
        Which channels are the same or neighbours.
    kernel : Kernel, optional
        The shape of spikes that is looked for; None: the voltage itself is compared with thresholds.
    """

    parameters: SpikeDetektParameters
    band: ChunkFilter
    columns: npt.NDArray[np.int64]
    groups: tuple[slice, ...]
    adjacent: Bools
    kernel: Kernel | None = None

    def searched(self, filtered: Float32) -> Float32:
        """Return what is compared with thresholds, of filtered voltage."""
        return filtered if self.kernel is None else self.kernel.apply(filtered)

    @property
    def window(self) -> tuple[int, int]:
        """Samples of a waveform before the spike and from it on."""
        return self.parameters.extract_s_before, self.parameters.extract_s_after

    def is_small(self, times: Sequence[Float64]) -> bool:
        """Return whether the waveforms of spikes of each group are few enough to be kept."""
        values = sum(len(mine) * (group.stop - group.start) for mine, group in zip(times, self.groups, strict=True))
        return bool(values * sum(self.window) * 4 <= _MOST_BYTES)

    def cut(self, filtered: Float32, start: int, times: Sequence[Float64]) -> tuple[Float32, ...]:
        """Return the waveforms of spikes of each group in filtered voltage that begins at sample `start`."""
        pairs = zip(self.groups, times, strict=True)
        return tuple(cut_waveforms(filtered, group, mine - start, *self.window) for group, mine in pairs)


@dataclass(frozen=True, slots=True, eq=False)
class ChunkSpikes:
    """Some spikes of a chunk, for each group.

    Attributes
    ----------
    chunk : Chunk
        The chunk.
    times : tuple of ndarray of float64
        Times on the joined time line.
    waveforms : tuple of ndarray of float32, or None
        Their waveforms, where they were kept.
    part : TracePart or None
        Where waveforms are cut from else.
    """

    chunk: Chunk
    times: tuple[Float64, ...]
    waveforms: tuple[Float32, ...] | None
    part: TracePart | None = None

    def every(self, rows: Sequence[slice]) -> ChunkSpikes:
        """Return some of the spikes of each group."""
        times = tuple(mine[some] for mine, some in zip(self.times, rows, strict=True))
        kept = self.waveforms and tuple(mine[some] for mine, some in zip(self.waveforms, rows, strict=True))
        return replace(self, times=times, waveforms=kept)

    def placed(self, traces: RawTraces) -> ChunkSpikes:
        """Return what a worker needs to have the waveforms."""
        if self.waveforms is not None:
            return self
        return replace(self, part=traces.part(self.chunk.start, self.chunk.stop))

    def cut(self, plan: Plan) -> tuple[Float32, ...]:
        """Return the waveforms: the same bits whether they were kept or not."""
        if self.waveforms is not None:
            return self.waveforms
        assert self.part is not None
        return plan.cut(plan.band.apply(self.part.read()[0], plan.columns), self.chunk.start, self.times)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What is found in a chunk.

    Attributes
    ----------
    spikes : ChunkSpikes
        The spikes that belong to it.
    masks : tuple of ndarray of float32, shape (n_spikes, n_channels)
        Their masks, for each group.
    n_components : int
        Connected components, with those that belong to neighbouring chunks.
    n_lost : int
        Values that are no numbers.
    """

    spikes: ChunkSpikes
    masks: tuple[Float32, ...]
    n_components: int
    n_lost: int


def count_sizes(plan: Plan, part: TracePart) -> tuple[npt.NDArray[Any], Bools]:
    """Return histograms of the sizes of filtered values, and which channels vary."""
    raw, _ = part.read()
    is_alive = np.asarray((raw[:, plan.columns] != raw[0, plan.columns]).any(axis=0))
    counts = empty_counts(len(plan.columns), is_single=plan.parameters.use_single_threshold)
    add_sizes(counts, plan.searched(plan.band.apply(raw, plan.columns)), is_alive)
    return counts, is_alive


def measured_noise(
    plan: Plan, traces: RawTraces, pieces: Sequence[tuple[int, int]], executor: Executor | None
) -> Float64:
    """Return the noise of each channel in excerpts; nan where it is constant."""
    parts = (traces.part(start, stop) for start, stop in pieces)
    of_each = replace(plan, parameters=plan.parameters.changed(use_single_threshold=False))
    counts = empty_counts(len(plan.columns), is_single=False)
    for more, _ in map_blocks(partial(count_sizes, of_each), parts, len(pieces), executor):
        counts += more
    return noise_of(counts)


def find_spikes(plan: Plan, thresholds: Thresholds, keeps: bool, block: tuple[Chunk, TracePart]) -> Found:
    """Return the spikes that belong to a chunk."""
    chunk, part = block
    raw, n_lost = part.read(chunk.own_rows)
    given = plan.parameters
    filtered = plan.band.apply(raw, plan.columns)
    found = find_components(
        plan.searched(filtered),
        thresholds,
        plan.adjacent,
        sign=SIDES[given.detect_spikes],
        join_size=given.connected_component_join_size,
        weight_power=given.weight_power,
    )
    times = found.times + chunk.start
    is_kept = (times >= chunk.keep_start) & (times < chunk.keep_stop)
    of_groups = [is_kept & (found.channels >= group.start) & (found.channels < group.stop) for group in plan.groups]
    masks = tuple(found.masks[mine, group] for mine, group in zip(of_groups, plan.groups, strict=True))
    chosen = tuple(times[mine] for mine in of_groups)
    waveforms = plan.cut(filtered, chunk.start, chosen) if keeps and plan.is_small(chosen) else None
    return Found(ChunkSpikes(chunk, chosen, waveforms), masks, len(times), n_lost)


def measure_spikes(
    plan: Plan, thresholds: Thresholds, keeps: bool, block: tuple[Chunk, TracePart, tuple[Float64, ...]]
) -> Found:
    """Return spikes of a chunk whose times are given for each group, with their masks."""
    chunk, part, times = block
    raw, n_lost = part.read(chunk.own_rows)
    given = plan.parameters
    filtered = plan.band.apply(raw, plan.columns)
    searched = plan.searched(filtered)
    masks = tuple(
        masks_at(
            searched,
            thresholds,
            plan.adjacent,
            group,
            mine - chunk.start,
            sign=SIDES[given.detect_spikes],
            join_size=given.connected_component_join_size,
            reach=max(plan.window),
        )
        for group, mine in zip(plan.groups, times, strict=True)
    )
    waveforms = plan.cut(filtered, chunk.start, times) if keeps and plan.is_small(times) else None
    return Found(ChunkSpikes(chunk, times, waveforms), masks, sum(map(len, times)), n_lost)


def sum_waveforms(plan: Plan, block: tuple[ChunkSpikes, Sequence[Float32]]) -> tuple[Moments, ...]:
    """Return sums over the waveforms of some spikes of a chunk, with their masks for each group."""
    spikes, masks = block
    return tuple(moments_of(waveforms, mine) for waveforms, mine in zip(spikes.cut(plan), masks, strict=True))


def make_features(plan: Plan, components: Sequence[Float32], spikes: ChunkSpikes) -> tuple[Float32, ...]:
    """Return the features of the spikes of a chunk."""
    return tuple(project(waveforms, mine) for waveforms, mine in zip(spikes.cut(plan), components, strict=True))
