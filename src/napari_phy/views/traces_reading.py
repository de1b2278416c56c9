"""What the Traces dock asks for and gets: a stretch of the traces, with the spikes of the selection in it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced, read_only
from napari_phy.core.progress import OnProgress
from napari_phy.table.cluster_channels import rank_channels
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import read_in_file_order, required, samples_before
from napari_phy.views.explained import Explanation
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.traces import RAW, TRACES, TraceData, TraceReader, TraceRequest, levels_of, make_filters

N_SPIKES_MAX = 3000
_HALF_WINDOW_S = 0.0008
NOISE_ROWS = 14.0  # standard deviations of the noise in the height of a channel
WAVE_ROWS = 2.5  # how often the distance that strong slow waves take raw traces is in it


@dataclass(frozen=True, slots=True)
class TracesViewRequest:
    """A stretch of the traces, None without raw data, the clusters whose spikes lie over it, the filter chosen.

    `part` is the one that was chosen, and `explanation` takes it out of the traces. `marked` is (spike, its cluster)
    of a single selected spike, whose cluster may be another.
    """

    traces: TraceRequest | None
    clusters: tuple[int, ...]
    filter_name: str = RAW
    part: str = TRACES
    explanation: Explanation | None = None
    marked: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TraceSpikes:
    """Spikes of some clusters, in the order of time.

    Attributes
    ----------
    spike_ids : ndarray of int64, shape (n,)
        Id of each spike.
    samples : ndarray of int64, shape (n,)
        Sample of each spike on the joined time line.
    clusters : tuple of int
        Those asked for; last, where it is not one of them, the cluster of the marked spike.
    places : ndarray of int32, shape (n,)
        Position of the spike's cluster in `clusters`.
    masks : ndarray of float32, shape (n, n_channels)
        Masks of each spike, 0…1; all 1 where the data set has no masks.
    before, after : int
        Samples of a spike on either side.
    n_total : int
        Spikes in the stretch; at most `N_SPIKES_MAX` of them are here.
    """

    spike_ids: npt.NDArray[np.int64]
    samples: npt.NDArray[np.int64]
    clusters: tuple[int, ...]
    places: npt.NDArray[np.int32]
    masks: npt.NDArray[np.float32]
    before: int
    after: int
    n_total: int


@dataclass(frozen=True, slots=True, eq=False)
class TracesViewData:
    """The traces, their spikes, the size of noise and slow waves, the channels of the best cluster, strongest first.

    `filter_name` is that of the filter that was chosen or suits the traces, whether it can act or not, and `part` what
    was chosen of them.
    """

    traces: TraceData
    spikes: TraceSpikes
    source: TraceSource
    noise: float
    waves: float
    filter_name: str
    best_channels: npt.NDArray[np.int64]
    part: str = TRACES

    def channel_of(self, spike: int) -> int | None:
        """Return the channel where a spike is largest, by voltage × mask; None of one that is not here."""
        spikes, traces = self.spikes, self.traces
        place = int(np.searchsorted(spikes.spike_ids, spike))
        if place == len(spikes.spike_ids) or spikes.spike_ids[place] != spike:
            return None
        sample = int(spikes.samples[place])
        start, stop = ((sample + side) // traces.factor - traces.first_bin for side in (-spikes.before, spikes.after))
        bins = slice(max(0, start), max(0, stop) + 1)
        low, high = traces.low[:, bins], traces.high[:, bins]
        heights = high.max(axis=1, initial=0) - low.min(axis=1, initial=0)
        return int(np.argmax(heights * spikes.masks[place]))


def row_voltage(data: TracesViewData) -> float:
    """Return the voltage that the height of a channel stands for: noise and slow waves stay in it."""
    waves = 0.0 if data.traces.is_filtered else WAVE_ROWS * data.waves
    return max(NOISE_ROWS * data.noise, waves) or NOISE_ROWS


def pictured_s(data: TracesViewData, start_s: float, stop_s: float) -> tuple[float, float]:
    """Return the time in the picture where this is to be shown: the nearest stretch as long that was read.

    A stretch that is longer than what was read, and has some of it, is shown as it is.
    """
    request, rate = data.traces.request, data.source.sample_rate
    first_s, last_s, length_s = request.start / rate, request.stop / rate, stop_s - start_s
    if start_s < last_s and first_s < stop_s and length_s > last_s - first_s:
        return start_s, stop_s
    if first_s <= start_s and stop_s <= last_s:
        return start_s, stop_s
    length_s = min(length_s, last_s - first_s)
    start_s = min(max(start_s, first_s), last_s - length_s)
    return start_s, start_s + length_s


class TracesReading:
    """Reads for one dock, in worker threads; what was read last is kept until the data set is another."""

    def __init__(self) -> None:
        self._reader: tuple[Any, TraceReader] | None = None
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Read anew what is asked for next."""
        self._reader = None

    def read(self, opened: Any, pyramid_of: Any, request: TracesViewRequest, on_progress: OnProgress) -> TracesViewData:
        """Return what the dock draws.

        Parameters
        ----------
        opened : object
            The clustering that was open when it was asked.
        pyramid_of : callable
            Returns the summary of a model's traces.

        Raises
        ------
        MissingDataError
            There are no raw data.
        """
        reader = self._reader_of(opened, pyramid_of)
        assert request.traces is not None
        traces = reader.read(request.traces, on_progress)
        spikes = find_trace_spikes(opened, request.clusters, request.traces.start, request.traces.stop, request.marked)
        best = _best_channels(opened, request.clusters)
        return TracesViewData(
            traces, spikes, reader.source, reader.noise, reader.waves, reader.named(request.filter_name), best,
            request.part,
        )  # fmt: skip

    def _reader_of(self, opened: Any, pyramid_of: Any) -> TraceReader:
        model = opened.model
        with self._lock:
            if self._reader is None or self._reader[0] is not model:
                required(model.traces, model, "traces")
                source = TraceSource.of_model(model, pyramid_of(model))
                assert source is not None
                filters = make_filters(model.sample_rate, model.metadata)
                self._reader = (model, TraceReader(source, filters, levels_of(opened, source)))
            return self._reader[1]


def _best_channels(opened: Any, clusters: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Return the channels of the first cluster; none where that is not known, or not yet."""
    if opened.sums is None or opened.sums.is_held or not clusters:
        return np.empty(0, dtype=np.int64)
    return rank_channels(opened, clusters[:1])


def find_trace_spikes(
    session: SessionLike, clusters: tuple[int, ...], start: int, stop: int, marked: tuple[int, int] | None = None
) -> TraceSpikes:
    """Return the spikes of clusters with a sample from `start` to before `stop`, evenly spaced where there are many.

    Parameters
    ----------
    marked : tuple of int, optional
        (spike, its cluster), which is among them in any case if it lies in the stretch.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    first, last = np.searchsorted(model.spike_samples, [start, stop])
    found, places = [], []
    for place, cluster in enumerate(clusters):
        own = session.manager.spikes(cluster)
        begin, end = np.searchsorted(own, [first, last])
        found.append(own[begin:end])
        places.append(np.full(end - begin, place, dtype=np.int32))
    if marked is not None and marked[1] not in clusters:
        clusters = (*clusters, marked[1])
        found.append(np.array([spike for spike in marked[:1] if first <= spike < last], dtype=np.int64))
        places.append(np.full(len(found[-1]), len(clusters) - 1, dtype=np.int32))
    spike_ids = np.concatenate(found) if found else np.empty(0, dtype=np.int64)
    order = np.argsort(spike_ids, kind="stable")
    kept = order[evenly_spaced(len(order), N_SPIKES_MAX)]
    if marked is not None:
        kept = order[np.isin(order, kept) | (spike_ids[order] == marked[0])]
    spike_ids = spike_ids[kept]
    masks = np.ones((len(spike_ids), model.n_channels), dtype=np.float32)
    if model.masks is not None and len(spike_ids):
        masks = read_in_file_order(model.masks, spike_ids)
    half = max(1, round(_HALF_WINDOW_S * model.sample_rate))
    before = samples_before(model.waveforms, half)
    n_window = model.waveforms.shape[1] if model.waveforms is not None else 2 * half
    return TraceSpikes(
        spike_ids=read_only(spike_ids),
        samples=read_only(model.spike_samples[spike_ids]),
        clusters=clusters,
        places=read_only(np.concatenate(places)[kept] if places else np.empty(0, dtype=np.int32)),
        masks=read_only(masks),
        before=before,
        after=n_window - before,
        n_total=len(order),
    )
