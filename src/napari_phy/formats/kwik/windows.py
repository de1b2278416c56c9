"""Raw voltage around spikes, cut out of the traces: in the order of the file, each sample read once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import LazyArray
from napari_phy.files.rows import as_rows
from napari_phy.formats.kwik.traces import JoinedTraces

_BATCH_BYTES = 2**23
_GAP_BYTES = 2**14  # reading over a hole this small is cheaper than a second read

SpikeIds = npt.NDArray[np.int64]


class Windows(LazyArray):
    """`(n_spikes, n_samples, n_channels)` in the units and the type of the raw data; indexing reads.

    The window of a spike at sample s is [s - before, s + after); what lies outside of its recording is 0.

    Parameters
    ----------
    traces : JoinedTraces
        Traces of all recordings.
    spike_samples : ndarray of int64, shape (n_spikes,)
        Sample of each spike on the line of the traces.
    channels : ndarray of int64
        Columns of the traces, in the order wanted.
    before, after : int
        Samples before the spike, and from it on.
    """

    def __init__(
        self,
        traces: JoinedTraces,
        spike_samples: npt.NDArray[np.int64],
        channels: npt.NDArray[np.int64],
        *,
        before: int,
        after: int,
    ) -> None:
        self.shape: tuple[int, ...] = (len(spike_samples), before + after, len(channels))
        self.dtype = traces.dtype
        self.before = before
        self.after = after
        self._traces = traces
        self._samples = spike_samples
        self._channels = channels
        self._all_channels = np.array_equal(channels, np.arange(traces.shape[1]))

    def __getitem__(self, spike_ids: Any) -> npt.NDArray[Any]:
        ids, order = sorted_ids(spike_ids, self.shape[0])
        out = np.zeros((len(ids), *self.shape[1:]), dtype=self.dtype)
        for rows, windows in self.inside(ids, 0, out):
            if windows is not out:
                out[rows] = windows
        for row, window, shift in self.at_borders(ids, 0):
            out[row, shift : shift + len(window)] = window
        return in_order(out, order, spike_ids)

    def inside(
        self, ids: SpikeIds, context: int, into: npt.NDArray[Any] | None = None, *, time_first: bool = False
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[Any]]]:
        """Give (rows, windows with `context` samples more on either side) of spikes with all of that in their data.

        Parameters
        ----------
        ids : ndarray of int64
            Ascending spike ids; rows count in them.
        context : int
            Samples on either side.
        into : ndarray, optional
            Filled in place where it can be, and then given instead of windows.
        time_first : bool, default False
            Windows are (n_samples, n, n_channels), so that filtering them is one product of two matrices.
        """
        length = self.shape[1] + 2 * context
        for batch, buffer, positions in self._read_inside(ids, context):
            first, last = int(batch[0]), int(batch[-1])
            target = into[first : last + 1] if into is not None and last - first + 1 == len(batch) else None
            steps = np.arange(length)
            rows = steps[:, None] + positions if time_first else positions[:, None] + steps
            kept = buffer if self._all_channels else buffer[:, self._channels]
            cut: npt.NDArray[Any] = np.take(kept, rows, axis=0, out=target, mode="clip")
            yield batch, (into if target is not None and into is not None else cut)

    def pairs_inside(
        self, ids: SpikeIds, rows: npt.NDArray[np.int64], channels: npt.NDArray[np.int64], context: int
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[Any]]]:
        """Give (pairs, their windows (n, n_samples)) of single channels of spikes, where `inside` would give the spike.

        Parameters
        ----------
        ids : ndarray of int64
            Ascending spike ids.
        rows, channels : ndarray of int64, shape (n_pairs,)
            Place in `ids`, ascending, and channel of each pair.
        context : int
            Samples on either side.
        """
        steps = np.arange(self.shape[1] + 2 * context)
        for batch, buffer, positions in self._read_inside(ids, context):
            place = np.minimum(np.searchsorted(batch, rows), len(batch) - 1)
            pairs = np.flatnonzero(batch[place] == rows)
            width = buffer.shape[1]
            starts = positions[place[pairs]] * width + self._channels[channels[pairs]]
            yield pairs, np.take(buffer.reshape(-1), starts[:, None] + steps * width)

    def at_borders(self, ids: SpikeIds, context: int) -> Iterator[tuple[int, npt.NDArray[Any], int]]:
        """Give (row, raw data, shift) of spikes whose window with context reaches beyond their data.

        The shift is where the raw data begin in the window (without context): negative within the context.
        Spikes with nothing of their window in the data are left out.
        """
        starts = self._starts(ids, context)
        length = self.shape[1] + 2 * context
        for place, rows in self._by_recording(ids):
            segment = self._traces.segments[place]
            first, last = segment.start_sample, segment.stop_sample
            beyond = rows[(starts[rows] < first) | (starts[rows] + length > last)]
            for row, start in zip(beyond.tolist(), starts[beyond].tolist(), strict=True):
                begin, end = max(start, first), min(start + length, last)
                if max(start + context, first) < min(start + length - context, last):
                    raw = np.empty((end - begin, self._traces.shape[1]), dtype=self.dtype)
                    self._traces.read_spans(place, [(begin, end, raw)])
                    yield row, raw[:, self._channels], begin - start - context

    def with_data(self, ids: SpikeIds) -> SpikeIds:
        """Return those of the spike ids that lie in raw data, not past their end."""
        segments = self._traces.segments
        if all(segment.raw is not None and segment.n_rows >= segment.n_samples for segment in segments):
            return ids
        samples = self._samples[ids]
        stops = np.array([0 if segment.raw is None else segment.stop_sample for segment in segments])
        return ids[samples < stops[self._traces.places_of(samples)]]

    def _starts(self, ids: SpikeIds, context: int) -> npt.NDArray[np.int64]:
        return np.asarray(self._samples[ids] - (self.before + context))

    def _by_recording(self, ids: SpikeIds) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
        places = self._traces.places_of(self._samples[ids])
        for place in np.unique(places).tolist():
            if self._traces.segments[place].raw is not None:
                yield place, np.flatnonzero(places == place)

    def _read_inside(
        self, ids: SpikeIds, context: int
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[Any], npt.NDArray[np.int64]]]:
        """Give (rows, samples of all channels, where the window of each row starts in them), some rows at a time."""
        starts = self._starts(ids, context)
        length = self.shape[1] + 2 * context
        step = max(1, _BATCH_BYTES // max(1, self.dtype.itemsize * length * self._traces.shape[1]))
        for place, rows in self._by_recording(ids):
            segment = self._traces.segments[place]
            whole = rows[(starts[rows] >= segment.start_sample) & (starts[rows] + length <= segment.stop_sample)]
            for begin in range(0, len(whole), step):
                batch = whole[begin : begin + step]
                yield batch, *self._read_runs(place, starts[batch], length)

    def _read_runs(
        self, place: int, starts: npt.NDArray[np.int64], length: int
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """Read ascending windows that lie within the data, neighbours together; return them and where each starts."""
        row_bytes = self._traces.shape[1] * self.dtype.itemsize
        stop = self._traces.segments[place].stop_sample
        apart = np.flatnonzero(np.diff(starts) > length + _GAP_BYTES // row_bytes) + 1
        edges = np.concatenate([[0], apart, [len(starts)]])
        begins = starts[edges[:-1]]
        ends = np.minimum(starts[edges[1:] - 1] + length, stop)
        offsets = np.concatenate([[0], np.cumsum(ends - begins)])
        buffer = np.empty((int(offsets[-1]), self._traces.shape[1]), dtype=self.dtype)
        self._traces.read_runs(place, begins, ends, buffer)
        run = np.repeat(np.arange(len(begins)), np.diff(edges))
        return buffer, starts - begins[run] + offsets[run]


def sorted_ids(spike_ids: Any, n_spikes: int) -> tuple[SpikeIds, SpikeIds | None]:
    """Return ascending spike ids, each once, and their places in what was asked for (None where that is the same)."""
    rows = as_rows(spike_ids, n_spikes, "Spikes")
    if isinstance(rows, slice):
        return np.arange(rows.start, rows.stop), None
    if len(rows) < 2 or bool((np.diff(rows) > 0).all()):
        return rows, None
    return np.unique(rows, return_inverse=True)


def in_order(values: npt.NDArray[Any], order: SpikeIds | None, spike_ids: Any) -> npt.NDArray[Any]:
    """Return what was read for ascending ids as it was asked for."""
    values = values if order is None else values[order]
    return values[0] if not isinstance(spike_ids, slice) and np.ndim(spike_ids) == 0 else values
