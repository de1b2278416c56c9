"""Traces in a stretch of time: single samples, or the extremes of bins where there are more of them than pixels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import KwikFormatError, MissingDataError, TracesError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.formats import parameters
from napari_phy.plugins import TraceFilter, trace_filters
from napari_phy.stats.extremes import bin_extremes
from napari_phy.stats.filtering import BandPass
from napari_phy.stats.trace_levels import TraceLevels, measure_levels
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.views.settings import Choice, Choices, Number, ViewSettings
from napari_phy.views.trace_source import TraceSource

Float32 = npt.NDArray[np.float32]

_Act = Callable[[Float32, int], Float32]  # on samples, the first of which has that number

NO_METADATA: Mapping[str, Any] = MappingProxyType({})

STEP = 4
MAX_FILTERED_S = 10.0
_MAX_SAMPLES_READ = 400_000  # rows, where there is no pyramid
_CONTEXT_S = 0.02
_BLOCK_VALUES = 4_000_000
_PRELOADED_VALUES = 30_000_000
_LOW_HZ = 300.0  # from which spikes are seen, where the file does not say from where on they were detected
_STRONG_WAVES = 8.0  # standard deviations of the noise, as high as a spike

RAW, BAND_PASS, MEDIAN, BOTH = "raw", "band-pass", "common median", "band-pass and common median"
FILTERS = (RAW, BAND_PASS, MEDIAN, BOTH)
AUTOMATIC = "automatic"  # band-pass where slow waves are strong, else raw
TRACES, MODEL, RESIDUAL = "traces", "model", "residual"


def filter_choices() -> Choices:
    """Return (text, name) of the filters, those of plugins last."""
    return tuple((name[0].upper() + name[1:], name) for name in (*FILTERS, *trace_filters()))


def _automatic_too() -> Choices:
    return (("Automatic", AUTOMATIC), *filter_choices())


@dataclass(frozen=True, slots=True)
class TracesSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    order : str
        Order of channels: by "depth", by "number", or the "best" of the selection first.
    colors : str
        Channels are "grey", or coloured by their "depth".
    filter_name : str
        "raw", one of the filters, or "automatic", as suits each data set.
    part : str
        The "traces", the "model", which is what the clusters explain of them, or the "residual", which is what is left.
    speed : float
        Pages a second while traces scroll on by themselves.
    """

    view: ClassVar[str] = "Traces"

    order: Annotated[
        str,
        Choice(
            title="Order of channels",
            of=(("By depth", "depth"), ("By number", "number"), ("Best of the selection first", "best")),
            is_look=True,
        ),
    ] = "depth"
    colors: Annotated[
        str,
        Choice(
            title="Colours of channels",
            of=(("Grey channels", "grey"), ("Channels coloured by depth", "depth")),
            is_look=True,
        ),
    ] = "grey"
    filter_name: Annotated[str, Choice(title="Filter", of=_automatic_too)] = AUTOMATIC
    part: Annotated[
        str,
        Choice(
            title="What is shown",
            of=(("Traces", TRACES), ("Model of the clusters", MODEL), ("Residual", RESIDUAL)),
        ),
    ] = TRACES
    speed: Annotated[
        float,
        Number(
            title="Speed", low=0.01, high=10, offered=(0.1, 0.25, 0.5, 1.0, 2.0), unit="pages/s",
            is_look=True, tip="Of automatic scrolling.",
        ),
    ] = 0.25  # fmt: skip


def detection_band(sample_rate: float, metadata: Mapping[str, Any]) -> BandPass | None:
    """Return the band in which spikes were detected, or from 300 Hz on where the parameters do not say.

    None where the sample rate is too low for one.
    """
    known = {name: value for name, value in metadata.items() if name != "waveform_filter"}
    if parameters.number(known, "filter_low") is None:
        known["filter_low"] = _LOW_HZ
    return parameters.band_pass(known, sample_rate)


def make_filters(sample_rate: float, metadata: Mapping[str, Any] = NO_METADATA) -> dict[str, TraceFilter | None]:
    """Return {name: filter} of `FILTERS` and of plugins; None acts on nothing.

    Parameters
    ----------
    sample_rate : float
        In Hz; where it is too low, there is no band-pass.
    metadata : mapping of str to object, default NO_METADATA
        Parameters of detection, which have the band.
    """
    filters: dict[str, TraceFilter | None] = {RAW: None, MEDIAN: common_median_reference, **trace_filters()}
    band = detection_band(sample_rate, metadata)
    if band is not None:
        band_pass = partial(_band_passed, band)
        filters |= {BAND_PASS: band_pass, BOTH: lambda raw, rate: common_median_reference(band_pass(raw, rate), rate)}
    return filters


def _band_passed(band: BandPass, samples: Float32, sample_rate: float) -> Float32:
    return band.apply(samples).astype(np.float32) if len(samples) > 1 else samples


def common_median_reference(samples: Float32, sample_rate: float) -> Float32:
    """Return the traces less the median of all channels at each sample."""
    return samples - np.median(samples, axis=1, keepdims=True)


class TracePart(Protocol):
    """Takes a part out of band-passed traces, as `Explanation` does; equal ones take the same."""

    def of(self, source: TraceSource, samples: Float32, start: int, on_progress: OnProgress, /) -> Float32:
        """Return the part of samples from `start` on."""
        ...


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """Which stretch of the traces, in samples, and how fine.

    Attributes
    ----------
    start, stop : int
        Samples; they may reach over the ends.
    factor : int, default 1
        Samples a bin: 1, or 4, 16, 64 …
    filter_name : str, default RAW
        One of `FILTERS`, of a plugin, or `AUTOMATIC`.
    page : tuple of int, optional
        The samples (start, stop) of it that are looked at; the others are read ahead. None: all of them.
    part : TracePart, optional
        What is made of the band-passed traces; None: they are shown themselves.
    """

    start: int
    stop: int
    factor: int = 1
    filter_name: str = RAW
    page: tuple[int, int] | None = None
    part: TracePart | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TraceData:
    """What a trace view draws.

    Attributes
    ----------
    request : TraceRequest
        What was asked for.
    low, high : ndarray of float32, shape (n_channels, n_bins)
        In `unit`, smallest and largest value of each bin; the same array where bins are single samples. Only those of
        the page where what is around it cannot be read.
    first_bin : int
        Number of the first bin; bin k begins at sample k * factor.
    is_filtered : bool
        Whether the filter asked for has acted.
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
    """Return the widest bin that is not wider than a pixel: 1, 4, 16 and so on."""
    factor = 1
    while factor * STEP <= samples_per_pixel:
        factor *= STEP
    return factor


def request_for(
    source: TraceSource,
    start_s: float,
    stop_s: float,
    n_pixels: int,
    filter_name: str = RAW,
    part: TracePart | None = None,
) -> TraceRequest:
    """Return a request for a stretch of time in so many pixels, with the stretches before and after it.

    It is the same while the stretch moves by less than a quarter of its length, so that little is read anew.
    Filters act on stretches up to `MAX_FILTERED_S`; wider ones show the raw extremes. A part is one of band-passed
    traces, whatever the filter.
    """
    start, stop = start_s * source.sample_rate, stop_s * source.sample_rate
    length = max(1.0, stop - start)
    factor = factor_for(length / max(1, n_pixels))
    step = factor * max(1, 2 ** int(np.log2(max(1.0, length / 4 / factor))))
    if part is not None:
        filter_name = BAND_PASS
    if stop_s - start_s > MAX_FILTERED_S:
        filter_name, part = RAW, None
    reads_samples = factor <= STEP or filter_name != RAW
    is_dear = reads_samples and 3 * length * len(source.columns) > _PRELOADED_VALUES
    margin = 0 if is_dear else int(np.ceil(length / step)) * step
    first, last = int(np.floor(start / step)) * step, int(np.ceil(stop / step)) * step
    n_samples = source.traces.shape[0]
    wide = max(0, first - margin), max(1, min(last + margin, n_samples))
    page = max(0, first), max(1, min(last, n_samples))
    return TraceRequest(*wide, factor, filter_name, page, part)


_levels: SessionCache[str, TraceLevels] = SessionCache(lambda one: 3 * one.noise.nbytes + 64)


def levels_of(session: SessionLike, source: TraceSource) -> TraceLevels:
    """Return where the channels of a session rest, in `unit` and the order of the probe; they are measured once.

    Raises
    ------
    NapariPhyError, OSError
        The raw data cannot be read.
    """
    return _levels.get(session, ["levels"], lambda keys: dict.fromkeys(keys, _measured(source)))["levels"]


def _measured(source: TraceSource) -> TraceLevels:
    return measure_levels(source.traces, source.columns).scaled(source.unit_scale)


class TraceReader:
    """Reads stretches of traces, free of each channel's resting voltage; the last one is kept. Safe in worker threads.

    Parameters
    ----------
    source : TraceSource
        What to read from.
    filters : mapping of str to callable or None, optional
        {name: filter}; those of `make_filters` if None.
    levels : TraceLevels, optional
        Where the channels rest, in `unit`; None: measured when first asked for.
    """

    def __init__(
        self,
        source: TraceSource,
        filters: Mapping[str, TraceFilter | None] | None = None,
        levels: TraceLevels | None = None,
    ) -> None:
        self.source = source
        filters = make_filters(source.sample_rate) if filters is None else filters
        self._filters = {name: act if act is None else _checked(act, name) for name, act in filters.items()}
        self._levels = levels
        self._last: TraceData | None = None
        self._lock = threading.Lock()

    @property
    def noise(self) -> float:
        """Median over the channels of the standard deviation of the noise, in `unit`; read when first asked for."""
        return _middle(self._read_levels().noise)

    @property
    def waves(self) -> float:
        """Median over the channels of how far slow waves take them, in `unit`."""
        return _middle(self._read_levels().waves)

    def named(self, filter_name: str) -> str:
        """Return the name of a filter, for `AUTOMATIC` of the one that suits these traces."""
        if filter_name != AUTOMATIC:
            return filter_name
        has_waves = self.waves > _STRONG_WAVES * self.noise
        return BAND_PASS if has_waves and BAND_PASS in self._filters else RAW

    def read(self, request: TraceRequest, on_progress: OnProgress = no_progress) -> TraceData:
        """Return a stretch of the traces; a filter acts on its samples, however many they are.

        Raises
        ------
        NapariPhyError
            The raw data cannot be read.
        """
        request = replace(request, filter_name=self.named(request.filter_name))
        with self._lock:
            if self._last is None or self._last.request != request:
                self._last = self._read(request, on_progress)
            return self._last

    def _read_levels(self) -> TraceLevels:
        if self._levels is None:
            self._levels = _measured(self.source)
        return self._levels

    def _read(self, request: TraceRequest, on_progress: OnProgress) -> TraceData:
        """Return the stretch, or its page alone where a file was cut short beyond it."""
        try:
            return self._compute(request, on_progress)
        except (KwikFormatError, MissingDataError, OSError):
            start, stop = request.page or (request.start, request.stop)
            if (start, stop) == (request.start, request.stop):
                raise
            page = self._compute(replace(request, start=start, stop=stop), on_progress)
            return replace(page, request=request)

    def _compute(self, request: TraceRequest, on_progress: OnProgress) -> TraceData:
        source, factor = self.source, request.factor
        baseline = self._read_levels().baseline
        start = max(0, request.start) // factor
        stop = max(start, -(-min(request.stop, source.traces.shape[0]) // factor))
        act = self._acting(request, on_progress)
        if factor == 1 or act is not None:
            low, high = self._from_samples(start, stop, factor, act, on_progress)
        else:
            extremes = source.extremes(factor, start, stop, _MAX_SAMPLES_READ) - baseline
            low, high = np.ascontiguousarray(extremes[:, 0].T), np.ascontiguousarray(extremes[:, 1].T)
        return TraceData(request, read_only(low), read_only(high), start, act is not None)

    def _acting(self, request: TraceRequest, on_progress: OnProgress) -> _Act | None:
        """Return what acts on samples, the first of which has a number; None: nothing does."""
        act, part, source = self._filters.get(request.filter_name), request.part, self.source
        if act is None:
            if part is not None:
                raise TracesError(f"At {source.sample_rate:g} Hz there is no band of spikes: no model, no residual.")
            return None

        def acting(samples: Float32, first: int) -> Float32:
            filtered = act(samples, source.sample_rate)
            return filtered if part is None else part.of(source, filtered, first, on_progress)

        return acting

    def _from_samples(
        self, start: int, stop: int, factor: int, act: _Act | None, on_progress: OnProgress
    ) -> tuple[Float32, Float32]:
        """Return the extremes of filtered bins, block by block."""
        n_channels, n_samples = len(self.source.columns), self.source.traces.shape[0]
        low = np.empty((n_channels, stop - start), dtype=np.float32)
        high = low if factor == 1 else np.empty_like(low)
        step = max(1, _BLOCK_VALUES // max(1, n_channels * factor))
        for first in range(start, stop, step):
            on_progress((first - start) / (stop - start))
            last = min(first + step, stop)
            samples = self._samples(first * factor, min(last * factor, n_samples), act)
            if factor == 1:
                low[:, first - start : last - start] = samples.T
            else:
                extremes = bin_extremes(samples, factor)
                low[:, first - start : last - start] = extremes[:, 0].T
                high[:, first - start : last - start] = extremes[:, 1].T
        return low, high

    def _samples(self, start: int, stop: int, act: _Act | None) -> Float32:
        source, baseline = self.source, self._read_levels().baseline
        if act is None:
            return source.samples(start, stop) - baseline
        context = round(_CONTEXT_S * source.sample_rate)
        first, last = max(0, start - context), min(stop + context, source.traces.shape[0])
        raw = source.samples(first, last) - baseline
        return act(raw, first)[start - first : stop - first]


def _checked(act: TraceFilter, name: str) -> TraceFilter:
    """Return a filter that raises TracesError, whatever the code of others does."""

    def checked(raw: Float32, sample_rate: float) -> Float32:
        try:
            samples = np.asarray(act(raw, sample_rate), dtype=np.float32)
        except Exception as error:
            raise TracesError(f"The filter {name} cannot act on the traces: {error}.") from error
        if samples.shape != raw.shape:
            raise TracesError(f"The filter {name} made traces of shape {samples.shape} out of {raw.shape}.")
        return samples

    return checked


def _middle(values: Float32) -> float:
    return float(np.median(values)) if len(values) else 0.0
