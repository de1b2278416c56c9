"""Traces in a stretch of time: single samples, or the extremes of bins where there are more of them than pixels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.stats.filtering import BandPass
from napari_phy.stats.trace_levels import baseline_and_noise
from napari_phy.views.trace_source import TraceSource

Float32 = npt.NDArray[np.float32]
TraceFilter = Callable[[Float32, float], Float32]

FINEST_BIN = 16
STEP = 4
MAX_FILTERED_S = 10.0
_MAX_SAMPLES_READ = 400_000  # rows, where there is no pyramid
_CONTEXT_S = 0.02
_LOW_HZ, _HIGH_SHARE, _ORDER = 500.0, 0.475, 3

RAW = "raw"


def band_pass(samples: Float32, sample_rate: float) -> Float32:
    """Return the traces between 500 Hz and 0.475 × the sample rate, as klusta filters them."""
    high = _HIGH_SHARE * sample_rate
    if len(samples) < 2 or high <= _LOW_HZ:
        return samples
    return BandPass(_LOW_HZ, high, _ORDER, sample_rate).apply(samples).astype(np.float32)


def common_median_reference(samples: Float32, sample_rate: float) -> Float32:
    """Return the traces less the median of all channels at each sample."""
    return samples - np.median(samples, axis=1, keepdims=True)


FILTERS: Mapping[str, TraceFilter | None] = {
    RAW: None,
    "band-pass": band_pass,
    "common median": common_median_reference,
}


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """Which stretch of the traces, in samples, and how fine.

    Attributes
    ----------
    start, stop : samples; they may reach over the ends.
    factor : samples a bin: 1, or 16, 64, 256 …
    filter_name : one of `FILTERS`, or of a plugin; only single samples are filtered.
    """

    start: int
    stop: int
    factor: int = 1
    filter_name: str = RAW


@dataclass(frozen=True, slots=True, eq=False)
class TraceData:
    """What a trace view draws.

    Attributes
    ----------
    request : what was asked for.
    low, high : (n_channels, n_bins) float32 in `unit`, smallest and largest value of each bin; the same array where
        bins are single samples.
    first_bin : number of the first bin; bin k begins at sample k * factor.
    is_filtered : whether the filter asked for has acted.
    """

    request: TraceRequest
    low: Float32
    high: Float32
    first_bin: int
    is_filtered: bool

    @property
    def factor(self) -> int:
        """Samples a bin."""
        return self.request.factor


def factor_for(samples_per_pixel: float) -> int:
    """Return the widest bin that is not wider than a pixel: 1, or 16, 64, 256 …"""
    factor = 1
    wider = FINEST_BIN
    while wider <= samples_per_pixel:
        factor, wider = wider, wider * STEP
    return factor


class TraceReader:
    """Reads stretches of traces, free of each channel's resting voltage; the last one is kept. Safe in worker threads.

    Parameters
    ----------
    source : what to read from.
    filters : by name; None acts on nothing.
    """

    def __init__(self, source: TraceSource, filters: Mapping[str, TraceFilter | None] = FILTERS) -> None:
        self.source = source
        self._filters = filters
        self._levels: tuple[Float32, Float32] | None = None
        self._last: TraceData | None = None
        self._lock = threading.Lock()

    @property
    def noise(self) -> float:
        """Median over the channels of the standard deviation of the noise, in `unit`; read when first asked for."""
        noise = self._read_levels()[1]
        return float(np.median(noise)) if len(noise) else 0.0

    def read(self, request: TraceRequest) -> TraceData:
        """Return a stretch of the traces.

        A filter acts on windows up to `MAX_FILTERED_S`; wider ones show the raw extremes.

        Raises
        ------
        NapariPhyError
            The raw data cannot be read.
        """
        with self._lock:
            if self._last is None or self._last.request != request:
                self._last = self._compute(request)
            return self._last

    def _read_levels(self) -> tuple[Float32, Float32]:
        if self._levels is None:
            source = self.source
            baseline, noise = baseline_and_noise(source.traces, source.columns)
            self._levels = baseline * source.unit_scale, noise * source.unit_scale
        return self._levels

    def _compute(self, request: TraceRequest) -> TraceData:
        source, factor = self.source, request.factor
        n_samples = source.traces.shape[0]
        baseline = self._read_levels()[0]
        start = max(0, request.start) // factor
        stop = max(start, -(-min(request.stop, n_samples) // factor))
        act = self._filters.get(request.filter_name)
        is_filtered = act is not None and request.stop - request.start <= MAX_FILTERED_S * source.sample_rate
        if factor == 1 or is_filtered:
            samples = self._samples(start * factor, min(stop * factor, n_samples), act if is_filtered else None)
            low = high = np.ascontiguousarray(samples.T)
            if factor > 1 and low.shape[1]:
                starts = np.arange(0, low.shape[1], factor)
                low, high = np.minimum.reduceat(low, starts, axis=1), np.maximum.reduceat(high, starts, axis=1)
        else:
            extremes = source.extremes(factor, start, stop, _MAX_SAMPLES_READ) - baseline
            low, high = np.ascontiguousarray(extremes[:, 0].T), np.ascontiguousarray(extremes[:, 1].T)
        return TraceData(request, read_only(low), read_only(high), start, is_filtered)

    def _samples(self, start: int, stop: int, act: TraceFilter | None) -> Float32:
        source, baseline = self.source, self._read_levels()[0]
        if act is None:
            return source.samples(start, stop) - baseline
        context = round(_CONTEXT_S * source.sample_rate)
        first, last = max(0, start - context), min(stop + context, source.traces.shape[0])
        samples = act(source.samples(first, last) - baseline, source.sample_rate)
        return np.asarray(samples, dtype=np.float32)[start - first : stop - first]
