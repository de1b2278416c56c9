"""Filtered voltage around spikes, cut out of the raw data when asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import astuple
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import LazyArray
from napari_phy.formats.kwik.traces import JoinedTraces
from napari_phy.formats.kwik.windows import Windows, in_order, sorted_ids
from napari_phy.stats.filtering import BandPass

_PAIRS = 32  # of a product


class Waveforms(LazyArray):
    """`(n_spikes, n_samples, n_channels)` float32; indexing by slice or spike ids reads and filters those.

    The window of a spike at sample s is [s - before, s + after). The filter sees enough of its
    recording on either side (`BandPass.n_context`), never another recording; samples outside of the
    recording are 0.

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
    band : BandPass or None
        Filter; None for none.
    gain : float, default 1.0
        Units of one raw unit.
    dc_offset : float, default 0.0
        Raw units taken away before, where nothing is filtered.
    """

    dtype = np.dtype(np.float32)

    def __init__(
        self,
        traces: JoinedTraces,
        spike_samples: npt.NDArray[np.int64],
        channels: npt.NDArray[np.int64],
        *,
        before: int,
        after: int,
        band: BandPass | None,
        gain: float = 1.0,
        dc_offset: float = 0.0,
    ) -> None:
        self.raw = Windows(traces, spike_samples, channels, before=before, after=after)
        self.shape = self.raw.shape
        self.before = before
        self.after = after
        self.band = band
        self._arguments = (traces, spike_samples, channels)
        self._gain = np.float32(gain)
        self._dc_offset = np.float32(dc_offset)
        self._matrix: npt.NDArray[np.float32] | None = None
        self._lock = threading.Lock()

    @cached_property
    def unfiltered(self) -> Waveforms:
        """The same windows in the same units without a filter; `raw` has them as they are in the file."""
        return Waveforms(
            *self._arguments,
            before=self.before,
            after=self.after,
            band=None,
            gain=float(self._gain),
            dc_offset=float(self._dc_offset),
        )

    def around(self, samples: npt.NDArray[np.int64]) -> Waveforms:
        """Return waveforms around other ascending samples, cut, filtered and scaled as these are."""
        traces, _, channels = self._arguments
        moved = Waveforms(
            traces,
            samples,
            channels,
            before=self.before,
            after=self.after,
            band=self.band,
            gain=float(self._gain),
            dc_offset=float(self._dc_offset),
        )
        moved._matrix = None if self.band is None else self._filter_matrix()
        return moved

    @property
    def identity(self) -> list[Any]:
        """What tells these waveforms from others of the same spikes, as plain values."""
        traces, _, channels = self._arguments
        band = None if self.band is None else [*astuple(self.band)]
        cut = [self.before, self.after, band, float(self._gain), float(self._dc_offset)]
        return [str(traces.dtype), list(traces.shape), traces.origin, np.asarray(channels).tolist(), cut]

    def __getitem__(self, spike_ids: Any) -> npt.NDArray[np.float32]:
        ids, order = sorted_ids(spike_ids, self.shape[0])
        out = np.zeros((len(ids), *self.shape[1:]), dtype=np.float32)
        context = 0 if self.band is None else self.band.n_context
        for rows, windows in self.raw.inside(ids, context, time_first=self.band is not None):
            out[rows] = self._scaled(windows) if self.band is None else self._filtered(windows)
        for row, times, cut in self._at_borders(ids, context):
            out[row, times] = cut
        return in_order(out, order, spike_ids)

    def pairs(self, spike_ids: npt.NDArray[np.int64], channels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return (n, n_samples), the waveform of each spike on one channel: what is not asked for is not filtered.

        Parameters
        ----------
        spike_ids : ndarray of int64, shape (n,)
            Ascending; a spike comes once for each of its channels.
        channels : ndarray of int64, shape (n,)
            Place of the channel in the last axis of this array.
        """
        ids, rows = np.unique(spike_ids, return_inverse=True)
        out = np.zeros((len(spike_ids), self.shape[1]), dtype=np.float32)
        context = 0 if self.band is None else self.band.n_context
        for some, windows in self.raw.pairs_inside(ids, rows, channels, context):
            out[some] = self._scaled(windows) if self.band is None else self._filter_pairs(windows)
        for row, times, cut in self._at_borders(ids, context):
            mine = slice(*np.searchsorted(rows, [row, row + 1]))
            out[mine, times] = cut[:, channels[mine]].T
        return out

    def with_data(self, spike_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return those of ascending spike ids that lie in raw data, not past their end."""
        return self.raw.with_data(spike_ids)

    def _at_borders(
        self, ids: npt.NDArray[np.int64], context: int
    ) -> Iterator[tuple[int, slice, npt.NDArray[np.floating[Any]]]]:
        """Give (row, samples of its window, voltage there) of spikes near the ends of their recording."""
        for row, window, shift in self.raw.at_borders(ids, context):
            cut = self._scaled(window) if self.band is None else self.band.apply(window) * self._gain
            first, last = max(0, -shift), min(len(cut), self.shape[1] - shift)
            yield row, slice(shift + first, shift + last), cut[first:last]

    def _filtered(self, windows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Filter and scale (n_samples with context, n, n_channels); return (n, n_samples, n_channels)."""
        flat = windows.reshape(len(windows), -1).astype(np.float32)
        return np.asarray((self._filter_matrix() @ flat).reshape(-1, *windows.shape[1:]).swapaxes(0, 1))

    def _filter_pairs(self, windows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Filter and scale (n, n_samples with context); return (n, n_samples).

        Products are so small that BLAS keeps them in this thread: its own wait for one another while other views work.
        """
        matrix, flat = self._filter_matrix().T, windows.astype(np.float32)
        out = np.empty((len(flat), matrix.shape[1]), dtype=np.float32)
        n_whole = len(flat) // _PAIRS * _PAIRS
        shape = (-1, _PAIRS)
        np.matmul(
            flat[:n_whole].reshape(*shape, flat.shape[1]), matrix, out=out[:n_whole].reshape(*shape, out.shape[1])
        )
        np.matmul(flat[n_whole:], matrix, out=out[n_whole:])
        return out

    def _scaled(self, windows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        if self._dc_offset:
            return np.asarray((windows.astype(np.float32) - self._dc_offset) * self._gain)
        scaled: npt.NDArray[np.float32] = np.multiply(windows, self._gain, dtype=np.float32)
        return scaled

    def _filter_matrix(self) -> npt.NDArray[np.float32]:
        with self._lock:
            if self._matrix is None:
                assert self.band is not None
                self._matrix = self.band.matrix(self.shape[1]) * self._gain
            return self._matrix
