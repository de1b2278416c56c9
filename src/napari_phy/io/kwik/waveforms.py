"""Filtered voltage around spikes, cut out of the raw data when asked for."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.io.kwik.filtering import BandPass
from napari_phy.io.kwik.rows import Span, as_rows
from napari_phy.io.kwik.traces import FlatTraces, RawSegment

_BATCH_BYTES = 2**23


class Waveforms:
    """`(n_spikes, n_samples, n_channels)` float32; indexing by slice or spike ids reads and filters those.

    The window of a spike at sample s is [s - before, s + after). The filter sees enough of its
    recording on either side (`BandPass.n_context`), never another recording; samples outside of the
    recording are 0.
    """

    dtype = np.dtype(np.float32)

    def __init__(
        self,
        traces: FlatTraces,
        spike_samples: npt.NDArray[np.int64],
        spike_places: npt.NDArray[np.int64],
        channels: npt.NDArray[np.int64],
        *,
        before: int,
        after: int,
        band: BandPass | None,
        gain: float = 1.0,
        dc_offset: float = 0.0,
    ) -> None:
        self.shape: tuple[int, ...] = (len(spike_samples), before + after, len(channels))
        self.before = before
        self.after = after
        self.band = band
        self._traces = traces
        self._samples = spike_samples
        self._places = spike_places
        self._channels = channels
        self._all_channels = np.array_equal(channels, np.arange(traces.shape[1]))
        self._gain = np.float32(gain)
        self._dc_offset = np.float32(dc_offset if band is None else 0)  # the filter takes a constant away
        self._matrix: npt.NDArray[np.float32] | None = None
        self._lock = threading.Lock()

    @property
    def ndim(self) -> int:
        """Number of axes: 3."""
        return 3

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, spike_ids: Any) -> npt.NDArray[np.float32]:
        rows = as_rows(spike_ids, self.shape[0], "Spikes")
        ids = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        unique, inverse = np.unique(ids, return_inverse=True)
        out = np.zeros((len(unique), *self.shape[1:]), dtype=np.float32)
        places = self._places[unique]
        for place in np.unique(places).tolist():
            segment = self._traces.segments[place]
            if segment.path is not None:
                self._fill(out, np.flatnonzero(places == place), unique, place, segment)
        out = out if len(unique) == len(ids) and np.array_equal(unique, ids) else out[inverse]
        return out[0] if not isinstance(spike_ids, slice) and np.ndim(spike_ids) == 0 else out

    def _fill(
        self,
        out: npt.NDArray[np.float32],
        chosen: npt.NDArray[np.int64],
        spike_ids: npt.NDArray[np.int64],
        place: int,
        segment: RawSegment,
    ) -> None:
        context = 0 if self.band is None else self.band.n_context
        length = self.shape[1] + 2 * context
        starts = self._samples[spike_ids[chosen]] - self.before - context
        first = segment.start_sample
        last = first + min(segment.n_rows, segment.n_samples)
        inside = (starts >= first) & (starts + length <= last)
        row_bytes = max(1, 4 * length * self._traces.shape[1])
        step = max(1, _BATCH_BYTES // row_bytes)
        whole = np.flatnonzero(inside)
        for begin in range(0, len(whole), step):
            batch = whole[begin : begin + step]
            out[chosen[batch]] = self._cut(place, starts[batch], length)
        for row in np.flatnonzero(~inside).tolist():
            out[chosen[row]] = self._cut_at_border(place, int(starts[row]), length, context, first, last)

    def _cut(self, place: int, starts: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.float32]:
        """Read windows that lie within the file: overlapping ones once, then one gather, one product."""
        apart = np.flatnonzero(np.diff(starts) > length) + 1
        edges = [0, *apart.tolist(), len(starts)]
        begins = starts[edges[:-1]]
        ends = starts[np.array(edges[1:]) - 1] + length
        offsets = np.concatenate([[0], np.cumsum(ends - begins)])
        buffer = np.empty((int(offsets[-1]), self._traces.shape[1]), dtype=self._traces.dtype)
        spans: list[Span] = [
            (begin, end, buffer[offset : offset + end - begin])
            for begin, end, offset in zip(begins.tolist(), ends.tolist(), offsets[:-1].tolist(), strict=True)
        ]
        self._traces.read_spans(place, spans)
        if not self._all_channels:
            buffer = buffer[:, self._channels]
        run = np.repeat(np.arange(len(begins)), np.diff(edges))
        positions = starts - begins[run] + offsets[run]
        windows = np.lib.stride_tricks.sliding_window_view(buffer, (length, buffer.shape[1]))[:, 0]
        cut = windows[positions].astype(np.float32)
        if self.band is not None:
            cut = np.matmul(self._filter_matrix(), cut)
        return self._scaled(cut)

    def _cut_at_border(
        self, place: int, start: int, length: int, context: int, first: int, last: int
    ) -> npt.NDArray[np.float32]:
        """Filter what the recording has of the window and its context; the window is 0 outside of it."""
        out = np.zeros(self.shape[1:], dtype=np.float32)
        begin, end = max(start, first), min(start + length, last)
        window_begin, window_end = max(start + context, first), min(start + length - context, last)
        if window_begin >= window_end:
            return out
        raw = np.empty((end - begin, self._traces.shape[1]), dtype=self._traces.dtype)
        self._traces.read_spans(place, [(begin, end, raw)])
        cut: npt.NDArray[Any] = raw[:, self._channels]
        if self.band is not None:
            cut = self.band.apply(cut)
        kept = cut[window_begin - begin : window_end - begin].astype(np.float32)
        shift = start + context
        out[window_begin - shift : window_end - shift] = self._scaled(kept)
        return out

    def _scaled(self, cut: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray((cut - self._dc_offset) * self._gain, dtype=np.float32)

    def _filter_matrix(self) -> npt.NDArray[np.float32]:
        with self._lock:
            if self._matrix is None:
                assert self.band is not None
                self._matrix = self.band.matrix(self.shape[1])
            return self._matrix
