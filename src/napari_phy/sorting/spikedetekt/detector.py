"""SpikeDetekt as an estimator: passes over the chunks of the traces, here or by workers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import accumulate, pairwise
from operator import add
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import SortingError
from napari_phy.core.progress import part_of
from napari_phy.core.sentences import listed
from napari_phy.sorting.algorithms import Estimator, Task, register
from napari_phy.sorting.blocks import map_blocks
from napari_phy.sorting.detection import DetectedSpikes
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.spikedetekt.chunks import Chunk, chunks_of, excerpts_of
from napari_phy.sorting.spikedetekt.filtering import ChunkFilter
from napari_phy.sorting.spikedetekt.flood import adjacency
from napari_phy.sorting.spikedetekt.parameters import SpikeDetektParameters
from napari_phy.sorting.spikedetekt.passes import (
    ChunkSpikes,
    Found,
    Plan,
    count_sizes,
    find_spikes,
    make_features,
    measure_spikes,
    sum_waveforms,
)
from napari_phy.sorting.spikedetekt.thresholds import Thresholds, empty_counts, noise_of, thresholds_of
from napari_phy.sorting.spool import ChunkRows, Spool
from napari_phy.sorting.traces import RawTraces
from napari_phy.stats.principal_components import Moments, principal_components
from napari_phy.table.numbers import format_count

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

_KEPT_BYTES = 2**25  # of waveforms, which need not be cut again then


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
    plan_ : Plan
        How samples are filtered and compared.
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
    goes_on: ClassVar[bool] = True
    parameters_type: ClassVar[type[SpikeDetektParameters]] = SpikeDetektParameters
    parameters: SpikeDetektParameters
    groups_: dict[int, DetectedSpikes]
    plan_: Plan
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
        return self._fit_into(folder, traces, reporter, executor, None)

    def prepare(self, traces: RawTraces, reporter: Reporter | None = None, executor: Executor | None = None) -> Self:
        """Find the thresholds alone, as `fit` does first: `plan_` and `thresholds_`.

        Parameters
        ----------
        traces : RawTraces
            The traces, with their probe.
        reporter, executor : object, optional
            As for `fit`.

        Raises
        ------
        SortingError
            It cannot be done; the sentence says why.
        CancelledError
            The job was cancelled.
        """
        reporter = reporter or Reporter()
        self.plan_ = self._plan(traces, reporter, executor)
        for note in traces.notes:
            reporter.say(note)
        self.thresholds_ = self._find_thresholds(self.plan_, traces, reporter, executor)
        return self

    def measure(
        self,
        traces: RawTraces,
        samples: Mapping[int, npt.ArrayLike],
        reporter: Reporter | None = None,
        executor: Executor | None = None,
        folder: Path | None = None,
        *,
        is_fitted: bool = False,
    ) -> Self:
        """Give masks and features to spikes that are known, as another program found them; `groups_` has them then.

        Parameters
        ----------
        traces : RawTraces
            The traces, with their probe.
        samples : mapping of int to array_like, shape (n_spikes,)
            {channel group: times on the joined time line, ascending, in samples and parts of one}.
        reporter, executor, folder : object, optional
            As for `fit`.
        is_fitted : bool, default False
            Whether it was fitted to these traces, whose thresholds then stay.

        Raises
        ------
        SortingError
            Times are not ascending, or beyond the traces.
        CancelledError
            The job was cancelled.
        """
        times = {number: np.asarray(samples.get(number, ()), dtype=np.float64).reshape(-1) for number in traces.groups}
        for number, mine in times.items():
            is_inside = not len(mine) or 0 <= mine[0] <= mine[-1] < traces.n_samples
            if not is_inside or not (np.diff(mine) >= 0).all():
                raise SortingError(
                    f"The times of channel group {number} must ascend from 0 to {traces.n_samples - 1} samples."
                )
        return self._fit_into(folder, traces, reporter, executor, tuple(times.values()), is_fitted)

    def _fit_into(
        self,
        folder: Path | None,
        traces: RawTraces,
        reporter: Reporter | None,
        executor: Executor | None,
        given: tuple[Float64, ...] | None,
        is_fitted: bool = False,
    ) -> Self:
        if folder is not None:
            self._fit(traces, reporter or Reporter(), executor, folder, given, is_fitted)
            return self
        with tempfile.TemporaryDirectory(prefix="napari-phy-") as temporary:
            self._fit(traces, reporter or Reporter(), executor, Path(temporary), given, is_fitted)
            self.groups_ = {
                number: DetectedSpikes(found.probe, found.samples, found.masks[:], found.features[:])
                for number, found in self.groups_.items()
            }
        return self

    def _fit(
        self,
        traces: RawTraces,
        reporter: Reporter,
        executor: Executor | None,
        folder: Path,
        given: tuple[Float64, ...] | None,
        is_fitted: bool,
    ) -> None:
        if not is_fitted:
            self.prepare(traces, reporter, executor)
        plan = self.plan_
        size, overlap = self._chunk_sizes(traces.sample_rate)
        chunks = chunks_of(traces.recordings, size, overlap)
        probes = list(traces.groups.values())
        found = ChunkRows(
            folder / "spikes",
            [
                *(_kept(folder / f"masks-{group}", probe.n_channels) for group, probe in enumerate(probes)),
                *(Spool(folder / f"times-{group}", (), np.float64, is_kept=True) for group in range(len(probes))),
            ],
            n_numbers=2,
        )
        masks = found.spools[: len(probes)]
        spikes = self._find_spikes(plan, traces, chunks, given, found, reporter, executor)
        moments = self._sum_waveforms(plan, traces, spikes, masks, reporter, executor)
        n_features, is_pooled = self.parameters.n_features_per_channel, self.parameters.pooled_regularizer
        components = [principal_components(one, n_features, is_pooled=is_pooled) for one in moments]
        features = [
            _kept(folder / f"features-{group}", probe.n_channels, n_features) for group, probe in enumerate(probes)
        ]
        with_any = [one for one in spikes if any(map(len, one.times))]
        made = ChunkRows(folder / "features", features)
        self._make_features(plan, components, traces, with_any, made, reporter, executor)
        self.components_ = dict(zip(traces.groups, components, strict=True))
        self.groups_ = {}
        for group, (number, probe) in enumerate(traces.groups.items()):
            samples = np.concatenate([np.empty(0), *(one.times[group] for one in spikes)])
            self.groups_[number] = DetectedSpikes(probe, samples, masks[group], features[group])
            reporter.say(f"Channel group {number} has {format_count(len(samples), 'spike')}.")

    def _plan(self, traces: RawTraces, reporter: Reporter, executor: Executor | None) -> Plan:
        given = self.parameters
        probes = list(traces.groups.values())
        ends = [0, *accumulate(probe.n_channels for probe in probes)]
        high_hz = given.filter_high_factor * traces.sample_rate
        return Plan(
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
        self, plan: Plan, traces: RawTraces, reporter: Reporter, executor: Executor | None
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
        for more, varies in map_blocks(partial(count_sizes, plan), parts, len(pieces), executor, on_progress):
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
        plan: Plan,
        traces: RawTraces,
        chunks: Sequence[Chunk],
        given: tuple[Float64, ...] | None,
        rows: ChunkRows,
        reporter: Reporter,
        executor: Executor | None,
    ) -> list[ChunkSpikes]:
        """Append the masks and times of the spikes of each chunk that is not there yet; return the spikes of each."""
        n_done, n_groups = len(rows.counts), len(plan.groups)
        on_progress = part_of(reporter.stage("Detecting spikes", 0.6), n_done / max(1, len(chunks)), 1)
        keeps = executor is None or isinstance(executor, ThreadPoolExecutor)  # they need not be sent
        blocks: Iterator[Any] = ((chunk, traces.part(chunk.start, chunk.stop)) for chunk in chunks[n_done:])
        find: Callable[[Any], Found] = partial(find_spikes, plan, self.thresholds_, keeps)
        if given is not None:
            blocks = ((*block, tuple(map(block[0].share_of, given))) for block in blocks)
            find = partial(measure_spikes, plan, self.thresholds_, keeps)
        spikes, n_kept = _spikes_before(rows, chunks, n_groups), 0
        self.n_components_, n_lost = rows.counts[:, 2 * n_groups :].sum(axis=0).tolist()
        for found in map_blocks(find, blocks, len(chunks) - n_done, executor, on_progress):
            rows.append([*found.masks, *found.spikes.times], [found.n_components, found.n_lost])
            n_kept += sum(waveforms.nbytes for waveforms in found.spikes.waveforms or ())
            spikes.append(found.spikes if n_kept <= _KEPT_BYTES else replace(found.spikes, waveforms=None))
            self.n_components_ += found.n_components
            n_lost += found.n_lost
        if n_lost:
            reporter.say(f"{n_lost} values of {traces.name} are no numbers and were taken as 0.")
        return spikes

    def _sum_waveforms(
        self,
        plan: Plan,
        traces: RawTraces,
        spikes: Sequence[ChunkSpikes],
        masks: Sequence[Spool],
        reporter: Reporter,
        executor: Executor | None,
    ) -> list[Moments]:
        """Return sums over every k-th spike of each group, so that they are about as many as are asked for."""
        steps = [max(1, spool.shape[0] // self.parameters.pca_n_waveforms_max) for spool in masks]
        chosen: list[tuple[ChunkSpikes, list[slice]]] = []
        begins = [0] * len(masks)
        for one in spikes:
            firsts = [-begin % step for begin, step in zip(begins, steps, strict=True)]
            some = one.every([slice(first, None, step) for first, step in zip(firsts, steps, strict=True)])
            ends = [begin + len(mine) for begin, mine in zip(begins, one.times, strict=True)]
            rows = [slice(*bounds) for bounds in zip(map(add, begins, firsts), ends, steps, strict=True)]
            if any(map(len, some.times)):
                chosen.append((some, rows))
            begins = ends
        blocks = (
            (one.placed(traces), [spool[mine] for spool, mine in zip(masks, rows, strict=True)]) for one, rows in chosen
        )
        total = [Moments.empty(spool.shape[1], sum(plan.window)) for spool in masks]
        on_progress = reporter.stage("Computing principal components", 0.75)
        for more in map_blocks(partial(sum_waveforms, plan), blocks, len(chosen), executor, on_progress):
            total = [one + other for one, other in zip(total, more, strict=True)]
        return total

    def _make_features(
        self,
        plan: Plan,
        components: Sequence[Float32],
        traces: RawTraces,
        spikes: Sequence[ChunkSpikes],
        features: ChunkRows,
        reporter: Reporter,
        executor: Executor | None,
    ) -> None:
        """Append the features of the spikes of each chunk that are not there yet."""
        n_done = len(features.counts)
        on_progress = part_of(reporter.stage("Computing features", 0.95), n_done / max(1, len(spikes)), 1)
        make = partial(make_features, plan, components)
        blocks = (one.placed(traces) for one in spikes[n_done:])
        for made in map_blocks(make, blocks, len(spikes) - n_done, executor, on_progress):
            features.append(made)


def _kept(path: Path, *row_shape: int) -> Spool:
    return Spool(path, row_shape, np.float32, is_kept=True)


def _spikes_before(rows: ChunkRows, chunks: Sequence[Chunk], n_groups: int) -> list[ChunkSpikes]:
    """Return the spikes of the chunks that an earlier run worked on."""
    times = [spool[:] for spool in rows.spools[n_groups:]]
    ends = np.cumsum(rows.counts[:, n_groups : 2 * n_groups], axis=0)[:-1]
    parts = zip(*(np.split(mine, ends[:, group]) for group, mine in enumerate(times)), strict=True)
    return [ChunkSpikes(chunk, own, None) for chunk, own in zip(chunks, parts, strict=False)][: len(rows.counts)]
