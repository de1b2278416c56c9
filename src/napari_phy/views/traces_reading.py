"""What the Traces dock asks for and gets: a stretch of the traces, with the spikes of the selection in it."""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.progress import OnProgress
from napari_phy.table.cluster_channels import rank_channels
from napari_phy.table.spike_rows import required
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.trace_spikes import TraceSpikes, find_trace_spikes
from napari_phy.views.traces import RAW, TraceData, TraceReader, TraceRequest, levels_of, make_filters


@dataclass(frozen=True, slots=True)
class TracesViewRequest:
    """A stretch of the traces, None without raw data, the clusters whose spikes lie over it, the filter chosen.

    `marked` is (spike, its cluster) of a single selected spike, whose cluster may be another.
    """

    traces: TraceRequest | None
    clusters: tuple[int, ...]
    filter_name: str = RAW
    marked: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TracesViewData:
    """The traces, their spikes, the size of noise and slow waves, the channels of the best cluster, strongest first.

    `filter_name` is that of the filter that was chosen or suits the traces, whether it can act or not.
    """

    traces: TraceData
    spikes: TraceSpikes
    source: TraceSource
    noise: float
    waves: float
    filter_name: str
    best_channels: npt.NDArray[np.int64]

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
            traces, spikes, reader.source, reader.noise, reader.waves, reader.named(request.filter_name), best
        )

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
