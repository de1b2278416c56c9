"""Template subtraction as an estimator: clusters in, spikes of neurons out, those that overlap too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced
from napari_phy.sorting.algorithms import Estimator, register
from napari_phy.sorting.blocks import map_blocks
from napari_phy.sorting.detection import DetectedSpikes
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.matched.kernel import Kernel, Neighbours
from napari_phy.sorting.spikedetekt.chunks import Chunk, chunks_of, excerpts_of
from napari_phy.sorting.spikedetekt.parameters import SIDES
from napari_phy.sorting.spikedetekt.passes import Plan, measured_noise
from napari_phy.sorting.templates.cleaning import Trains, neurons, tidied
from napari_phy.sorting.templates.measuring import Cluster, exactness_of_median, median_waveforms
from napari_phy.sorting.templates.parameters import TemplateParameters
from napari_phy.sorting.templates.subtraction import Explained, Subtraction, arrays_of, explain
from napari_phy.sorting.traces import RawTraces

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

FIRST = 2  # cluster; those before are noise and multi-unit activity
_APART_MS = 0.4  # between two spikes of a template
_NEAR_MS = 0.5  # how far a spike may lie from where it was detected
_MOVED_MS = 0.6  # how far apart two templates of a neuron may be
_N_EXCERPTS = 10  # that the noise is measured in
_LEAST_MASK = 0.05  # mean, of the channels that a template is measured on
_ROWS_AT_ONCE = 2**14
_N_MASKS = 256  # spikes of a cluster, whose masks tell its channels


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedSpikes:
    """The spikes of a channel group that templates explain.

    Attributes
    ----------
    samples : ndarray of float64, shape (n_spikes,)
        Times on the joined time line, ascending, in samples and parts of one.
    labels : ndarray of int32, shape (n_spikes,)
        Cluster of each, from 2 on.
    amplitudes : ndarray of float32, shape (n_spikes,)
        Multiples of its template.
    """

    samples: Float64
    labels: Int32
    amplitudes: Float32


@register
class TemplateSubtraction(Estimator):
    """Explain traces by the templates of clusters.

    Each cluster gives a template. Those that are tiny, rare, like another one, or the sum of two, are left out. In each
    chunk the spike whose template explains most is subtracted, moved by parts of a sample and with an amplitude between
    bounds, until nothing is gained: spikes beneath larger ones come out. Templates are then measured again, without
    what overlaps, and the traces are explained anew.

    Parameters
    ----------
    **parameters : object
        Those of `TemplateParameters`.

    Attributes
    ----------
    clustering : mapping of str to object
        Parameters of clustering that suit it. Neurons on many channels have so many parameters that two of them cost
        less as one cluster; half a penalty divides them, and a neuron that is divided gives templates that are alike.
    spikes_ : dict of int to ExplainedSpikes
        {channel group: its spikes}.
    templates_ : dict of int to ndarray of float32, shape (n_clusters, n_samples, n_channels)
        {channel group: the template of each of its clusters, from 2 on}, in raw units.
    residual_ : dict of int to ndarray of float64, shape (n_channels,)
        {channel group: root mean square of what is left}, in raw units.
    noise_ : dict of int to ndarray of float64, shape (n_channels,)
        {channel group: noise of the filtered traces}, in raw units.
    """

    key = "templates"
    title = "Template subtraction"
    task = "refine"
    parameters_type = TemplateParameters
    clustering: ClassVar[Mapping[str, Any]] = MappingProxyType({"penalty_k_log_n": 0.5})
    parameters: TemplateParameters

    spikes_: dict[int, ExplainedSpikes]
    templates_: dict[int, Float32]
    residual_: dict[int, Float64]
    noise_: dict[int, Float64]

    def fit(
        self,
        traces: RawTraces,
        spikes: Mapping[int, DetectedSpikes],
        plan: Plan,
        reporter: Reporter | None = None,
        executor: Executor | None = None,
    ) -> Self:
        """Explain traces.

        Parameters
        ----------
        traces : RawTraces
            The traces.
        spikes : mapping of int to DetectedSpikes
            {channel group: its spikes, with clusters}.
        plan : Plan
            How they were filtered, that of the detector.
        reporter : Reporter, optional
            Of the job that this is the work of.
        executor : Executor, optional
            Who works on chunks; None: this thread. The result is the same, bit for bit.

        Raises
        ------
        CancelledError
            The job was cancelled.
        """
        reporter, given, rate = reporter or Reporter(), self.parameters, traces.sample_rate
        self._near = _NEAR_MS * rate / 1000
        window = max(2, round(given.before_ms * rate / 1000)), max(2, round(given.after_ms * rate / 1000))
        chunks = _chunks(plan, traces, sum(window))
        clusters = _clusters(plan, list(traces.groups), spikes, given.least_spikes)
        on_progress = reporter.stage("Measuring templates", 0.2)
        medians = median_waveforms(plan, traces, chunks, clusters, window, executor, on_progress)
        noise = _noise_of(plan, traces, medians, window[0], executor)
        templates = _Templates(
            (medians / noise.voltage).astype(np.float32),
            Trains(tuple(cluster.samples for cluster in clusters), traces.n_samples, rate),
            np.array([cluster.group for cluster in clusters], dtype=np.int64),
            np.array([exactness_of_median(len(cluster.samples)) for cluster in clusters]),
        )
        for number in range(given.n_rounds):
            templates = templates.cleaned(given, round(_MOVED_MS * rate / 1000))
            subtraction = _subtraction(noise, templates, window, traces, given)
            share = 0.2 + 0.8 * (number + 1) / given.n_rounds
            on_progress = reporter.stage(f"Subtracting {len(templates.counts)} templates", share)
            blocks = ((chunk, traces.part(chunk.start, chunk.stop)) for chunk in chunks)
            parts, total = [], Explained.nothing(subtraction)
            for part in map_blocks(partial(explain, subtraction), blocks, len(chunks), executor, on_progress):
                total = total + part
                parts.append(part.without_sums())
            n_in, n_squares = np.maximum(total.counts, 1e-9).T
            means = subtraction.sums_of(total.sums) / n_in[:, None, None]
            templates = replace(
                templates,
                waveforms=means.astype(np.float32),
                trains=replace(templates.trains, times=_times_of(parts, len(means))),
                exactness=n_in**2 / n_squares,
            )
        self._keep(traces, noise, templates, parts, total, subtraction.apart)
        return self

    def joined(self, number: int, detected: DetectedSpikes) -> tuple[Float64, Int32]:
        """Return times and clusters of the spikes of a group: those that templates explain, and what was detected else.

        The others are noise or multi-unit activity: of cluster 0 where they were, else of cluster 1.

        Parameters
        ----------
        number : int
            The channel group.
        detected : DetectedSpikes
            Its spikes before, with clusters.

        Returns
        -------
        samples : ndarray of float64, shape (n_spikes,)
            Ascending.
        labels : ndarray of int32, shape (n_spikes,)
            The cluster of each.
        """
        mine, before = self.spikes_[number], np.asarray(detected.spike_clusters)
        left = np.flatnonzero(self.explained_by(number, detected) < FIRST)
        samples = np.concatenate([mine.samples, detected.samples[left]])
        labels = np.concatenate([mine.labels, np.minimum(before[left], FIRST - 1)])
        order = np.argsort(samples, kind="stable")
        return samples[order], labels[order].astype(np.int32)

    def explained_by(self, number: int, detected: DetectedSpikes) -> Int32:
        """Return `(n_spikes,)` the cluster whose template explains each detected spike, 0 for none.

        It is one near in time that has the channel of the largest mask.
        """
        mine = self.spikes_[number]
        is_used = np.abs(self.templates_[number]).max(axis=1, initial=0) > 0
        channels = _largest_channels(detected)
        firsts = np.searchsorted(mine.samples, detected.samples - self._near)
        stops = np.searchsorted(mine.samples, detected.samples + self._near, side="right")
        found, nearest = np.zeros(detected.n_spikes, dtype=np.int32), np.full(detected.n_spikes, np.inf)
        for step in range(int((stops - firsts).max(initial=0))):
            spikes = np.flatnonzero(firsts + step < stops)
            others = firsts[spikes] + step
            distances = np.abs(mine.samples[others] - detected.samples[spikes])
            is_better = is_used[mine.labels[others] - FIRST, channels[spikes]] & (distances < nearest[spikes])
            found[spikes[is_better]] = mine.labels[others[is_better]]
            nearest[spikes[is_better]] = distances[is_better]
        return found

    def _keep(
        self,
        traces: RawTraces,
        noise: _Noise,
        templates: _Templates,
        parts: Sequence[Explained],
        total: Explained,
        apart: int,
    ) -> None:
        times, numbers, amplitudes = (
            np.concatenate([getattr(total, name), *(getattr(part, name) for part in parts)])
            for name in ("times", "templates", "amplitudes")
        )
        order = np.lexsort([times, numbers])
        is_again = (np.diff(times[order]) < apart) & (np.diff(numbers[order]) == 0)  # where two chunks join
        is_kept = np.ones(len(times), dtype=np.bool_)
        is_kept[order[1:][is_again]] = False
        counts = np.bincount(numbers[is_kept], minlength=len(templates.counts))
        left = np.sqrt(total.squares / max(total.n_samples, 1)) * noise.voltage
        self.spikes_, self.templates_, self.residual_, self.noise_ = {}, {}, {}, {}
        for place, (number, channels) in enumerate(zip(traces.groups, noise.plan.groups, strict=True)):
            mine = np.flatnonzero((counts >= self.parameters.least_spikes) & (templates.of_group == place))
            labels = np.full(len(counts), -1, dtype=np.int32)
            labels[mine] = np.arange(len(mine)) + FIRST
            some = np.flatnonzero(is_kept & (labels[numbers] >= 0))
            self.spikes_[number] = ExplainedSpikes(times[some], labels[numbers[some]], amplitudes[some])
            self.templates_[number] = (templates.waveforms[mine] * noise.voltage)[:, :, channels].astype(np.float32)
            self.residual_[number], self.noise_[number] = left[channels], noise.voltage[channels]


@dataclass(frozen=True, slots=True, eq=False)
class _Noise:
    """The noise of filtered voltage, and of it behind a kernel as multiples of that, `(n_channels,)` each."""

    plan: Plan
    kernel: Kernel
    voltage: Float64
    searched: Float64


@dataclass(frozen=True, slots=True, eq=False)
class _Templates:
    """Templates in multiples of the noise, their spikes and groups, and of how many spikes a mean is as exact."""

    waveforms: Float32
    trains: Trains
    of_group: Int64
    exactness: Float64

    @property
    def counts(self) -> Int64:
        """Number of spikes of each."""
        return self.trains.counts

    def cleaned(self, given: TemplateParameters, reach: int) -> _Templates:
        """Return those of neurons."""
        waveforms = tidied(self.waveforms, self.exactness)
        kept = neurons(waveforms, self.trains, self.of_group, given, reach)
        trains = replace(self.trains, times=tuple(self.trains.times[one] for one in np.flatnonzero(kept)))
        return _Templates(np.ascontiguousarray(waveforms[kept]), trains, self.of_group[kept], self.exactness[kept])


def _times_of(parts: Sequence[Explained], n_templates: int) -> tuple[Float64, ...]:
    """Return the times of the spikes of each template, ascending."""
    times, numbers = (
        np.concatenate([np.zeros(0), *(getattr(part, name) for part in parts)]) for name in ("times", "templates")
    )
    return tuple(np.sort(times[numbers == one]) for one in range(n_templates))


def _noise_of(plan: Plan, traces: RawTraces, medians: Float32, before: int, executor: Executor | None) -> _Noise:
    pieces = excerpts_of(traces.recordings, _N_EXCERPTS, max(1, int(traces.sample_rate)))
    voltage = _known(measured_noise(replace(plan, kernel=None), traces, pieces, executor))
    kernel = plan.kernel or _kernel_of(medians / voltage, before)
    plan = replace(plan, kernel=kernel)
    return _Noise(plan, kernel, voltage, _known(measured_noise(plan, traces, pieces, executor) / voltage))


def _subtraction(
    noise: _Noise, templates: _Templates, window: tuple[int, int], traces: RawTraces, given: TemplateParameters
) -> Subtraction:
    searched, sign = noise.searched.astype(np.float32), SIDES[noise.plan.parameters.detect_spikes]
    is_used = np.abs(templates.waveforms).max(axis=1, initial=0) > 0
    return Subtraction(
        noise.plan,
        noise.kernel,
        noise.voltage.astype(np.float32),
        (given.threshold * noise.searched).astype(np.float32),
        Neighbours.of(noise.plan.adjacent),
        arrays_of(templates.waveforms, templates.counts, traces.n_samples, noise.kernel, searched, sign),
        (is_used.astype(np.int64) @ is_used.T) > 0,
        window,
        max(1, round(_APART_MS * traces.sample_rate / 1000)),
        given,
    )


def _chunks(plan: Plan, traces: RawTraces, n_samples: int) -> list[Chunk]:
    """Return the chunks of the detector, whose overlaps have room for templates of spikes at their middle."""
    given = plan.parameters
    overlap = max(int(given.chunk_overlap_seconds * traces.sample_rate), 4 * n_samples)
    return chunks_of(traces.recordings, max(int(given.chunk_size_seconds * traces.sample_rate), 2 * overlap), overlap)


def _clusters(plan: Plan, numbers: Sequence[int], spikes: Mapping[int, DetectedSpikes], least: int) -> list[Cluster]:
    """Return the clusters of all groups that have enough spikes, but for noise and multi-unit activity."""
    found = []
    for place, (number, channels) in enumerate(zip(numbers, plan.groups, strict=True)):
        mine = spikes.get(number)
        if mine is None or mine.spike_clusters is None:
            continue
        labels: Any = mine.spike_clusters
        for label in np.flatnonzero(np.bincount(labels, minlength=FIRST)[FIRST:] >= least) + FIRST:
            ids = np.flatnonzero(labels == label)
            some = ids[evenly_spaced(len(ids), _N_MASKS)]
            masks = np.concatenate([mine.masks[one : one + 1] for one in some.tolist()])
            used = np.flatnonzero(masks.mean(axis=0) >= _LEAST_MASK) + channels.start
            found.append(Cluster(place, mine.samples[ids], used))
    return found


def _kernel_of(waveforms: Float64, before: int) -> Kernel:
    """Return the mean shape of templates on their largest channels, for traces that were searched without one."""
    channels = np.abs(waveforms[:, before]).argmax(axis=1)
    shapes = waveforms[np.arange(len(waveforms)), :, channels]
    shapes = shapes * -np.sign(shapes[:, before])[:, None]
    shapes = shapes / np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), 1e-9)
    shape = -shapes.mean(axis=0)
    return Kernel((shape / max(float(np.linalg.norm(shape)), 1e-9)).astype(np.float32), before)


def _known(noise: Float64) -> Float64:
    """Return noise by which can be divided: that of constant channels is 1."""
    return np.where(noise > 0, noise, 1.0)


def _largest_channels(detected: DetectedSpikes) -> Int64:
    """Return `(n_spikes,)` the channel of the largest mask of each spike."""
    parts = [
        np.asarray(detected.masks[start : start + _ROWS_AT_ONCE]).argmax(axis=1)
        for start in range(0, detected.n_spikes, _ROWS_AT_ONCE)
    ]
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
