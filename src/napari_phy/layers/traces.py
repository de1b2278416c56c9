"""The recording as a picture, channel by time, that reads only what the camera looks at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.types import LayerDataTuple
from napari.utils.colormaps import Colormap

from napari_phy.core.arrays import evenly_spaced, read_only
from napari_phy.core.base_model import Samples
from napari_phy.core.errors import KwikFormatError, NapariPhyError
from napari_phy.layers.filtered import FilteredWindows
from napari_phy.layers.picture_level import PictureLevel, level_factors
from napari_phy.layers.session_tag import TAG, SessionTag
from napari_phy.session import Session
from napari_phy.stats.extremes import bin_extremes, signed_extremes
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.traces import levels_of, make_filters

Float32 = npt.NDArray[np.float32]

MAX_VALUES_READ = 64_000_000  # for a picture of the whole recording
VALUES_READ_AT_ONCE = 8_000_000  # a stretch of no more is read whole: quicker than samples here and there
VALUES_IN_A_PART = 2**20
N_COLUMNS_LOOKED_AT = 200
QUIET_FRACTION = 0.4  # of the contrast limit: below it the picture is background
QUIET_PERCENTILE = 75  # of a quiet channel in the picture of the whole recording is background
QUIET_CHANNELS = 25  # per cent of the channels are quieter than that one
NOISE_WIDTH = 3  # standard deviations from sample to sample that are background in any case
N_PIECES = 64  # of a stretch that cannot be read as a whole
KEPT_BYTES = 2**22  # of a level
NAME = "traces"

QUIET = {True: "#15171c", False: "#ffffff"}  # the background of a view, by darkness of the theme
LOUD = {True: "#f0f1f2", False: "#1e1e21"}  # its text


class TraceLevel(PictureLevel):
    """`(n_channels, n_columns)` float32: the signed extreme of each column's samples, so that spikes stay visible.

    Columns come from the pyramid of the traces where that has them. Else a column of a long recording is made of
    evenly spaced samples, such that a picture of all columns reads at most `max_values` values; a short stretch is read
    whole.

    Parameters
    ----------
    source : TraceSource
        What to read; its channels are rows here, from the top.
    baseline : ndarray of float32, shape (n_channels,)
        What is taken off each channel, in its unit.
    factor : int
        Samples per column.
    on_trouble : callable, optional
        Called with the error of what cannot be read, which is then 0; None: it is raised, into napari's drawing.
    filtering : FilteredWindows, optional
        Where stretches come from while a filter is chosen; None: there are no filters.
    """

    def __init__(
        self,
        source: TraceSource,
        baseline: Float32,
        factor: int,
        max_values: int = MAX_VALUES_READ,
        on_trouble: Callable[[Exception], object] | None = None,
        filtering: FilteredWindows | None = None,
    ) -> None:
        super().__init__(len(source.columns), -(-source.traces.shape[0] // factor), factor)
        self._source = source
        self._baseline = baseline
        self._max_samples = max_values // max(1, source.traces.shape[1])
        self._least_samples = max(1, min(max_values, VALUES_READ_AT_ONCE) // max(1, source.traces.shape[1]))
        self._on_trouble = on_trouble
        self._kept: tuple[int, int, Float32] | None = None  # columns made of all samples that were read last
        self.filtering = filtering

    def columns(self, start: int, stop: int) -> Float32:
        """Return (n_columns, n_channels) in the unit of the source; 0 where they cannot be read."""
        try:
            return self._read(start, stop)
        except (NapariPhyError, OSError) as error:
            if self._on_trouble is None:
                raise
            self._on_trouble(error)
            return self._what_is_left(start, stop)

    def _what_is_left(self, start: int, stop: int) -> Float32:
        """Return the columns of those pieces of a stretch that can be read, of a raw file that was cut short."""
        found = np.zeros((stop - start, self.shape[0]), dtype=np.float32)
        step = -(-(stop - start) // N_PIECES)
        for first in range(start, stop, step):
            last = min(first + step, stop)
            try:
                found[first - start : last - start] = self._read(first, last)
            except KwikFormatError:
                continue
            except (NapariPhyError, OSError):
                break
        return found

    def _read(self, start: int, stop: int) -> Float32:
        filtered = None if self.filtering is None else self.filtering.get(self.factor, start, stop)
        if filtered is not None:
            return filtered
        if self.factor == 1:
            return self._source.samples(start, stop) - self._baseline
        if self._kept is not None and self._kept[0] <= start <= stop <= self._kept[1]:
            first, _, kept = self._kept
            return kept[start - first : stop - first]
        n_samples = max(self._least_samples, self._max_samples * (stop - start) // self.shape[1])
        found = signed_extremes(self._source.extremes(self.factor, start, stop, n_samples), self._baseline)
        if n_samples >= self.factor * (stop - start) and found.nbytes <= KEPT_BYTES:
            self._kept = start, stop, read_only(found)
        return found

    @property
    def is_read_whole(self) -> bool:
        """Whether a picture of all columns is made of all samples."""
        return self._max_samples >= self.factor * self.shape[1]

    def forget(self) -> None:
        """Read again what is asked for next: napari asks several times for the same while it adds a layer."""
        self._kept = None
        if isinstance(self._source.pyramid, ShortSummary):
            self._source.pyramid.forget()


class ShortSummary:
    """Extremes of a recording that is read whole, in memory: read once, all levels that are not narrower come from it.

    Where the recording cannot be read it has none.

    Parameters
    ----------
    traces : Samples, shape (n_samples, n_channels_of_file)
        The raw data.
    factor : int
        Samples a bin.
    """

    def __init__(self, traces: Samples, factor: int) -> None:
        self.factors = (factor,)
        self._traces = traces
        self._extremes: npt.NDArray[Any] | None = None
        self._cannot_be_read = False

    def covers(self, factor: int, start: int, stop: int) -> bool:
        """Tell whether bins can be read; the first time, read all of them."""
        if self._extremes is None and not self._cannot_be_read:
            try:
                self._extremes = self._read_all(factor)
            except (NapariPhyError, OSError):
                self._cannot_be_read = True
        return self._extremes is not None

    def read(self, factor: int, start: int, stop: int) -> npt.NDArray[Any]:
        """Return `(n_bins, 2, n_channels)`."""
        assert self._extremes is not None
        return self._extremes[start:stop]

    def forget(self) -> None:
        """Read again what is asked for next."""
        self._extremes, self._cannot_be_read = None, False

    def _read_all(self, factor: int) -> npt.NDArray[Any]:
        """Read a part at a time: less memory is touched, which takes as long as reading does."""
        n_samples, n_channels = self._traces.shape
        found = np.empty((-(-n_samples // factor), 2, n_channels), dtype=self._traces.dtype.newbyteorder("="))
        step = max(1, VALUES_IN_A_PART // (factor * n_channels))
        for first in range(0, len(found), step):
            samples = self._traces[first * factor : min((first + step) * factor, n_samples)]
            found[first : first + step] = bin_extremes(samples, factor)
        return found


def short_summary(traces: Samples, factors: Sequence[int]) -> ShortSummary | None:
    """Return the extremes of a recording for the finest level at which they are few; None of a long recording."""
    n_samples, n_channels = traces.shape
    bin_bytes = 2 * n_channels * traces.dtype.itemsize
    fine = (factor for factor in factors[1:] if -(-n_samples // factor) * bin_bytes <= KEPT_BYTES)
    factor = next(fine, None) if n_samples * n_channels <= MAX_VALUES_READ else None
    return None if factor is None else ShortSummary(traces, factor)


def trace_levels(
    source: TraceSource,
    baseline: Float32,
    on_trouble: Callable[[Exception], object] | None = None,
    filtering: FilteredWindows | None = None,
) -> list[TraceLevel]:
    """Return the levels, from single samples to about `N_COLUMNS_COARSEST` columns.

    A short recording is read once for all levels but the finest.
    """
    factors = level_factors(source.traces.shape[0])
    summary = short_summary(source.traces, factors)
    if summary is not None:
        source = replace(source, pyramid=summary)
    return [TraceLevel(source, baseline, factor, on_trouble=on_trouble, filtering=filtering) for factor in factors]


def traces_layer(session: Session, pitch: float) -> LayerDataTuple | None:
    """Return the traces of a session as an Image, the highest channel on top, in seconds, or None without raw data.

    Parameters
    ----------
    session : Session
        The open data set.
    pitch : float
        Height of a channel, in the unit of the time axis.
    """
    model = session.model
    found = TraceSource.of_model(model, session.trace_pyramid(model))
    if found is None:
        return None
    source = found.ordered(model.probe.from_top)
    rest = levels_of(session, found).ordered(model.probe.from_top)
    filtering = FilteredWindows(source, make_filters(model.sample_rate, model.metadata), rest)
    levels = trace_levels(source, rest.baseline, session.tell_raw_trouble, filtering)
    background = NOISE_WIDTH * float(np.median(rest.noise))
    limit = max(background, _quiet(levels[-1], rest.baseline)) / QUIET_FRACTION or 1.0
    filtering.limits = (limit, background / QUIET_FRACTION or 1.0)
    options = {
        "name": NAME,
        "multiscale": True,
        "contrast_limits": (-limit, limit),
        "colormap": trace_colormap(dark=True),
        "scale": (pitch, 1 / model.sample_rate),
        "axis_labels": ("channel", "time"),
        "interpolation2d": "nearest",
        "metadata": {TAG: SessionTag(session, NAME)},
    }
    return levels, options, "image"


def trace_colormap(dark: bool) -> Colormap:
    """Return the colours of a theme: both extremes stand out, noise fades into the background."""
    colors = [LOUD[dark], QUIET[dark], QUIET[dark], LOUD[dark]]
    controls = [0.0, (1 - QUIET_FRACTION) / 2, (1 + QUIET_FRACTION) / 2, 1.0]
    return Colormap(colors, controls=controls, name=f"traces {'dark' if dark else 'light'}")


def _quiet(level: TraceLevel, baseline: Float32) -> float:
    """Return below what most of the picture of a quiet channel lies, from evenly spaced columns.

    Gaps don't count.
    """
    places = evenly_spaced(level.shape[1], N_COLUMNS_LOOKED_AT).tolist()
    if level.is_read_whole:
        columns = level.columns(0, level.shape[1])[places]  # which napari asks for next
    else:
        columns = np.stack([level[:, place] for place in places])
    columns = columns[(columns != -baseline).any(axis=1)]
    if not columns.size:
        return 0.0
    return float(np.percentile(np.percentile(np.abs(columns), QUIET_PERCENTILE, axis=0), QUIET_CHANNELS))
