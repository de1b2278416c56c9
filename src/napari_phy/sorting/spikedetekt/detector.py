"""SpikeDetekt as an estimator: passes over the chunks of the traces, here or by workers."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.sentences import listed
from napari_phy.sorting.algorithms import Estimator, Task, register
from napari_phy.sorting.blocks import map_blocks
from napari_phy.sorting.detection import DetectedSpikes
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.spikedetekt.chunks import Chunk, chunks_of, excerpts_of
from napari_phy.sorting.spikedetekt.filtering import ChunkFilter
from napari_phy.sorting.spikedetekt.flood import adjacency, find_components
from napari_phy.sorting.spikedetekt.parameters import SIDES, SpikeDetektParameters
from napari_phy.sorting.spikedetekt.thresholds import Thresholds, add_sizes, empty_counts, noise_of, thresholds_of
from napari_phy.sorting.spikedetekt.waveforms import Moments, cut_waveforms, principal_components, project
from napari_phy.sorting.spool import Spool
from napari_phy.sorting.traces import RawTraces, TracePart

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
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
    """

    parameters: SpikeDetektParameters
    band: ChunkFilter
    columns: npt.NDArray[np.int64]
    groups: tuple[slice, ...]
    adjacent: Bools

    @property
    def window(self) -> tuple[int, int]:
        """Samples of a waveform before the spike and from it on."""
        return self.parameters.extract_s_before, self.parameters.extract_s_after

    def waveforms(self, filtered: Float32, group: int, times: Float64) -> Float32:
        """Return those of spikes of a group at times of filtered voltage."""
        return cut_waveforms(filtered, self.groups[group], times, *self.window)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Spikes of a chunk, for each group: times on the joined time line, and masks."""

    times: tuple[Float64, ...]
    masks: tuple[Float32, ...]
    n_components: int
    n_lost: int


def _count_sizes(plan: _Plan, part: TracePart) -> tuple[npt.NDArray[Any], Bools]:
    """Return histograms of the sizes of filtered values, and which channels vary."""
    raw, _ = part.read()
    is_alive = np.asarray((raw[:, plan.columns] != raw[0, plan.columns]).any(axis=0))
    counts = empty_counts(len(plan.columns), is_single=plan.parameters.use_single_threshold)
    add_sizes(counts, plan.band.apply(raw, plan.columns), is_alive)
    return counts, is_alive


def _find_spikes(plan: _Plan, thresholds: Thresholds, block: tuple[Chunk, TracePart]) -> _Found:
    """Return the spikes that belong to a chunk."""
    chunk, part = block
    raw, n_lost = part.read()
    given = plan.parameters
    found = find_components(
        plan.band.apply(raw, plan.columns),
        thresholds,
        plan.adjacent,
        sign=SIDES[given.detect_spikes],
        join_size=given.connected_component_join_size,
        weight_power=given.weight_power,
    )
    times = found.times + chunk.start
    is_kept = (times >= chunk.keep_start) & (times < chunk.keep_stop)
    of_groups = [is_kept & (found.channels >= group.start) & (found.channels < group.stop) for group in plan.groups]
    masks = [found.masks[mine, group] for mine, group in zip(of_groups, plan.groups, strict=True)]
    return _Found(tuple(times[mine] for mine in of_groups), tuple(masks), len(times), n_lost)


def _sum_waveforms(plan: _Plan, block: tuple[TracePart, Sequence[tuple[Float64, Float32]]]) -> tuple[Moments, ...]:
    """Return sums over the waveforms of some spikes of a chunk, given by times and masks for each group."""
    part, spikes = block
    filtered = plan.band.apply(part.read()[0], plan.columns)
    return tuple(
        Moments.of(plan.waveforms(filtered, group, times - part.start), masks)
        for group, (times, masks) in enumerate(spikes)
    )


def _make_features(
    plan: _Plan, components: Sequence[Float32], block: tuple[TracePart, Sequence[Float64]]
) -> tuple[Float32, ...]:
    """Return the features of the spikes of a chunk, given by times for each group."""
    part, times = block
    filtered = plan.band.apply(part.read()[0], plan.columns)
    return tuple(
        project(plan.waveforms(filtered, group, mine - part.start), components[group])
        for group, mine in enumerate(times)
    )


@register
class SpikeDetekt(Estimator):
    """Detects spikes as klusta does: threshold crossings that touch in time and on the probe are one spike.

    A spike is what is beyond a weak threshold around a crossing of a strong one. It has a time between samples, a mask
    for each channel, and principal components of its waveform. Chunks of the traces are read three times: memory
    does not grow with their length. Sums are taken in the order of the chunks: results are the same bits for any number
    of workers.

    Parameters
    ----------
    **parameters : object
        Those of `SpikeDetektParameters`.

    Attributes
    ----------
    groups_ : dict of int to DetectedSpikes
        {channel group: its spikes}.
    thresholds_ : Thresholds
        Of the channels of all groups, side by side.
    components_ : dict of int to ndarray of float32
        {channel group: (n_features_per_channel, n_samples, n_channels) principal components}.
    n_components_ : int
        Connected components in all chunks; those where chunks overlap count twice.

    Examples
    --------
    >>> SpikeDetekt(threshold_strong_std_factor=5).fit(raw).groups_[0].n_spikes
    """

    key: ClassVar[str] = "spikedetekt"
    title: ClassVar[str] = "SpikeDetekt"
    task: ClassVar[Task] = "detect"
    parameters_type: ClassVar[type[SpikeDetektParameters]] = SpikeDetektParameters
    parameters: SpikeDetektParameters
    groups_: dict[int, DetectedSpikes]
    thresholds_: Thresholds
    components_: dict[int, Float32]
    n_components_: int

    def fit(
        self,
        traces: RawTraces,
        reporter: Reporter | None = None,
        executor: Executor | None = None,
        folder: Path | None = None,
    ) -> Self:
        """Detect the spikes of all channel groups.

        Parameters
        ----------
        traces : RawTraces
            The traces, with their probe.
        reporter : Reporter, optional
            Of the job that this is the work of.
        executor : Executor, optional
            Who works on chunks; None: this thread.
        folder : Path, optional
            Where masks and features are put, to be read block by block; None: they are arrays.

        Raises
        ------
        SortingError
            It cannot be done; the sentence says why.
        CancelledError
            The job was cancelled.
        """
        if folder is not None:
            self._fit(traces, reporter or Reporter(), executor, folder)
            return self
        with tempfile.TemporaryDirectory(prefix="napari-phy-") as temporary:
            self._fit(traces, reporter or Reporter(), executor, Path(temporary))
            self.groups_ = {
                number: DetectedSpikes(found.probe, found.samples, found.masks[:], found.features[:])
                for number, found in self.groups_.items()
            }
        return self

    def _fit(self, traces: RawTraces, reporter: Reporter, executor: Executor | None, folder: Path) -> None:
        plan = self._plan(traces)
        for note in traces.notes:
            reporter.say(note)
        self.thresholds_ = self._find_thresholds(plan, traces, reporter, executor)
        size, overlap = self._chunk_sizes(traces.sample_rate)
        chunks = chunks_of(traces.recordings, size, overlap)
        probes = list(traces.groups.values())
        masks = [
            Spool(folder / f"masks-{group}", (probe.n_channels,), np.float32) for group, probe in enumerate(probes)
        ]
        times = self._find_spikes(plan, traces, chunks, masks, reporter, executor)
        moments = self._sum_waveforms(plan, traces, chunks, times, masks, reporter, executor)
        n_features, is_pooled = self.parameters.n_features_per_channel, self.parameters.pooled_regularizer
        components = [principal_components(one, n_features, is_pooled=is_pooled) for one in moments]
        features = [
            Spool(folder / f"features-{group}", (probe.n_channels, n_features), np.float32)
            for group, probe in enumerate(probes)
        ]
        self._make_features(plan, components, traces, chunks, times, features, reporter, executor)
        self.components_ = dict(zip(traces.groups, components, strict=True))
        self.groups_ = {}
        for group, (number, probe) in enumerate(traces.groups.items()):
            samples = np.concatenate([np.empty(0), *(of_groups[group] for of_groups in times)])
            self.groups_[number] = DetectedSpikes(probe, samples, masks[group], features[group])
            reporter.say(f"Channel group {number} has {len(samples)} spikes.")

    def _plan(self, traces: RawTraces) -> _Plan:
        given = self.parameters
        probes = list(traces.groups.values())
        ends = [0, *accumulate(probe.n_channels for probe in probes)]
        high_hz = given.filter_high_factor * traces.sample_rate
        return _Plan(
            given,
            ChunkFilter(
                given.filter_low, high_hz, given.filter_butter_order, traces.sample_rate, given.original_filter
            ),
            np.concatenate([probe.channel_ids for probe in probes]),
            tuple(slice(start, stop) for start, stop in pairwise(ends)),
            adjacency(probes),
        )

    def _chunk_sizes(self, sample_rate: float) -> tuple[int, int]:
        """Return the samples of a chunk, and of an overlap that has room for waveforms of spikes at its middle."""
        before, after = self.parameters.extract_s_before, self.parameters.extract_s_after
        overlap = max(int(self.parameters.chunk_overlap_seconds * sample_rate), 2 * (max(before, after) + 3))
        return max(int(self.parameters.chunk_size_seconds * sample_rate), 2 * overlap), overlap

    def _find_thresholds(
        self, plan: _Plan, traces: RawTraces, reporter: Reporter, executor: Executor | None
    ) -> Thresholds:
        given = self.parameters
        n_channels = len(plan.columns)
        if given.threshold_weak is not None and given.threshold_strong is not None:
            return Thresholds(np.full(n_channels, given.threshold_weak), np.full(n_channels, given.threshold_strong))
        size = max(1, int(given.excerpt_size_seconds * traces.sample_rate))
        pieces = excerpts_of(traces.recordings, given.n_excerpts, size)
        parts = (traces.part(start, stop) for start, stop in pieces)
        counts = empty_counts(n_channels, is_single=given.use_single_threshold)
        is_alive = np.zeros(n_channels, dtype=np.bool_)
        on_progress = reporter.stage("Measuring the noise", 0.25)
        for more, varies in map_blocks(partial(_count_sizes, plan), parts, len(pieces), executor, on_progress):
            counts += more
            is_alive |= varies
        if not is_alive.all():
            dead = np.unique(plan.columns[~is_alive]).tolist()
            verb = "Channel {} is constant and has" if len(dead) == 1 else "Channels {} are constant and have"
            reporter.say(f"{verb.format(listed(dead))} no spikes.")
        noise = np.broadcast_to(noise_of(counts), n_channels)
        found = thresholds_of(noise, given.threshold_weak_std_factor, given.threshold_strong_std_factor)
        if given.use_single_threshold and is_alive.any():
            reporter.say(f"The thresholds are {found.weak[0]:.4g} and {found.strong[0]:.4g}, in units of the raw data.")
        return found

    def _find_spikes(
        self,
        plan: _Plan,
        traces: RawTraces,
        chunks: Sequence[Chunk],
        masks: Sequence[Spool],
        reporter: Reporter,
        executor: Executor | None,
    ) -> list[tuple[Float64, ...]]:
        """Append the masks of the spikes to spools; return, for each chunk, the times of the spikes of each group."""
        blocks = ((chunk, traces.part(chunk.start, chunk.stop)) for chunk in chunks)
        on_progress = reporter.stage("Detecting spikes", 0.6)
        times, n_lost, self.n_components_ = [], 0, 0
        find = partial(_find_spikes, plan, self.thresholds_)
        for found in map_blocks(find, blocks, len(chunks), executor, on_progress):
            times.append(found.times)
            for spool, more in zip(masks, found.masks, strict=True):
                spool.append(more)
            self.n_components_ += found.n_components
            n_lost += found.n_lost
        if n_lost:
            reporter.say(f"{n_lost} values of {traces.name} are no numbers and were taken as 0.")
        return times

    def _sum_waveforms(
        self,
        plan: _Plan,
        traces: RawTraces,
        chunks: Sequence[Chunk],
        times: Sequence[tuple[Float64, ...]],
        masks: Sequence[Spool],
        reporter: Reporter,
        executor: Executor | None,
    ) -> list[Moments]:
        """Return sums over every k-th spike of each group, so that they are about as many as are asked for."""
        steps = [max(1, spool.shape[0] // self.parameters.pca_n_waveforms_max) for spool in masks]
        chosen: list[tuple[Chunk, list[tuple[Float64, Float32]]]] = []
        begins = [0] * len(masks)
        for chunk, of_groups in zip(chunks, times, strict=True):
            spikes = []
            for group, mine in enumerate(of_groups):
                first = -begins[group] % steps[group]
                rows = slice(begins[group] + first, begins[group] + len(mine), steps[group])
                spikes.append((mine[first :: steps[group]], masks[group][rows]))
                begins[group] += len(mine)
            if any(len(some) for some, _ in spikes):
                chosen.append((chunk, spikes))
        total = [Moments.empty(spool.shape[1], sum(plan.window)) for spool in masks]
        on_progress = reporter.stage("Computing principal components", 0.75)
        blocks = ((traces.part(chunk.start, chunk.stop), spikes) for chunk, spikes in chosen)
        for more in map_blocks(partial(_sum_waveforms, plan), blocks, len(chosen), executor, on_progress):
            total = [one + other for one, other in zip(total, more, strict=True)]
        return total

    def _make_features(
        self,
        plan: _Plan,
        components: Sequence[Float32],
        traces: RawTraces,
        chunks: Sequence[Chunk],
        times: Sequence[tuple[Float64, ...]],
        features: Sequence[Spool],
        reporter: Reporter,
        executor: Executor | None,
    ) -> None:
        """Append the features of all spikes to spools."""
        with_spikes = [(chunk, mine) for chunk, mine in zip(chunks, times, strict=True) if any(map(len, mine))]
        blocks = ((traces.part(chunk.start, chunk.stop), mine) for chunk, mine in with_spikes)
        on_progress = reporter.stage("Computing features", 0.95)
        make = partial(_make_features, plan, components)
        for made in map_blocks(make, blocks, len(with_spikes), executor, on_progress):
            for spool, more in zip(features, made, strict=True):
                spool.append(more)
