"""The recording as a picture, channel by time, that reads only what the camera looks at."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.types import LayerDataTuple
from napari.utils.colormaps import Colormap

from napari_phy.core.arrays import evenly_spaced
from napari_phy.core.base_model import Samples
from napari_phy.layers.session_tag import TAG, SessionTag
from napari_phy.session import Session

Float32 = npt.NDArray[np.float32]

N_COLUMNS_COARSEST = 3000
STEP = 4
MAX_ARRAY_SIZE = 8_000_000
MAX_VALUES_READ = 64_000_000
N_EXCERPTS, N_SAMPLES_EXCERPT = 20, 2000
N_COLUMNS_LOOKED_AT = 200
QUIET_FRACTION = 0.4  # of the contrast limit: below it the picture is background
QUIET_PERCENTILE = 75  # of a quiet channel in the picture of the whole recording is background
QUIET_CHANNELS = 25  # per cent of the channels are quieter than that one
NOISE_WIDTH = 3  # standard deviations from sample to sample that are background in any case
NAME = "traces"

QUIET = {True: "#15171c", False: "#ffffff"}  # the background of a view, by darkness of the theme
LOUD = {True: "#f0f1f2", False: "#1e1e21"}  # its text


class TraceLevel:
    """`(n_channels, n_columns)` float32: the signed extreme of each column's samples, so that spikes stay visible.

    Of a long recording a column reads evenly spaced parts of its samples, such that a picture of all columns reads at
    most `max_values` values.

    Parameters
    ----------
    traces : `(n_samples, n_channels_of_file)`.
    channels : columns of `traces` that become rows here, from the top.
    baseline : (n_channels,) what is taken off each channel.
    factor : samples a column.
    """

    ndim = 2
    dtype = np.dtype(np.float32)

    def __init__(
        self,
        traces: Samples,
        channels: npt.NDArray[np.int64],
        baseline: Float32,
        factor: int,
        max_values: int = MAX_VALUES_READ,
    ) -> None:
        self.factor = factor
        self.shape = (len(channels), -(-traces.shape[0] // factor))
        self.size = self.shape[0] * self.shape[1]
        self._traces = traces
        self._channels = channels
        self._baseline = baseline
        n_read = max(1, max_values // max(1, self.shape[1] * traces.shape[1]))
        self._n_per_column = min(factor, n_read)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        if self.size > MAX_ARRAY_SIZE:
            raise MemoryError("This level of the traces is only read in pieces.")
        return self[0 : self.shape[0], 0 : self.shape[1]].astype(dtype or self.dtype)

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        if not isinstance(columns, slice):
            return self[rows, slice(int(columns), int(columns) + 1)][..., 0]
        start, stop, step = columns.indices(self.shape[1])
        if self._n_per_column < self.factor:
            extremes = self._sampled(start, stop)
        else:
            extremes = self._extremes(self._read(start * self.factor, stop * self.factor))
        return extremes[::step].T[rows]

    def _read(self, start: int, stop: int) -> Float32:
        samples = self._traces[start : min(stop, self._traces.shape[0])][:, self._channels]
        return samples.astype(np.float32) - self._baseline

    def _extremes(self, samples: Float32) -> Float32:
        """Return (n_columns, n_channels); the last column may have fewer samples."""
        if self.factor == 1 or not len(samples):
            return samples
        starts = np.arange(0, len(samples), self.factor)
        low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
        return np.where(high > -low, high, low)

    def _sampled(self, start: int, stop: int) -> Float32:
        found = np.zeros((max(0, stop - start), self.shape[0]), dtype=np.float32)
        for column in range(start, stop):
            first = column * self.factor + (self.factor - self._n_per_column) // 2
            samples = self._read(first, first + self._n_per_column)
            if len(samples):
                low, high = samples.min(axis=0), samples.max(axis=0)
                found[column - start] = np.where(high > -low, high, low)
        return found


def trace_levels(traces: Samples, channels: npt.NDArray[np.int64], baseline: Float32) -> list[TraceLevel]:
    """Return the levels, from single samples to about `N_COLUMNS_COARSEST` columns."""
    factors = [1]
    while traces.shape[0] / factors[-1] > N_COLUMNS_COARSEST:
        factors.append(factors[-1] * STEP)
    return [TraceLevel(traces, channels, baseline, factor) for factor in factors]


def traces_layer(session: Session, pitch: float) -> LayerDataTuple | None:
    """Return the traces of a session as an Image, in seconds, or None without raw data.

    Parameters
    ----------
    session : the open data set.
    pitch : height of a channel, in the unit of the time axis.
    """
    model = session.model
    if model.traces is None or not model.n_channels or not model.traces.shape[0]:
        return None
    baseline, noise = _baseline_and_noise(model.traces, model.probe.channel_ids)
    levels = trace_levels(model.traces, model.probe.channel_ids, baseline)
    limit = max(NOISE_WIDTH * noise, _quiet(levels[-1], baseline)) / QUIET_FRACTION or 1.0
    options = {
        "name": NAME,
        "multiscale": True,
        "contrast_limits": (-limit, limit),
        "colormap": trace_colormap(dark=True),
        "scale": (pitch, 1 / model.sample_rate),
        "axis_labels": ("channel", "time"),
        "interpolation2d": "nearest",
        "metadata": {TAG: SessionTag(session)},
    }
    return levels, options, "image"


def trace_colormap(dark: bool) -> Colormap:
    """Return the colours of a theme: both extremes stand out, noise fades into the background."""
    colors = [LOUD[dark], QUIET[dark], QUIET[dark], LOUD[dark]]
    controls = [0.0, (1 - QUIET_FRACTION) / 2, (1 + QUIET_FRACTION) / 2, 1.0]
    return Colormap(colors, controls=controls, name=f"traces {'dark' if dark else 'light'}")


def _baseline_and_noise(traces: Samples, channels: npt.NDArray[np.int64]) -> tuple[Float32, float]:
    """Return (n_channels,) medians and a robust standard deviation, from evenly spaced excerpts.

    The deviation is that of steps from sample to sample, as of white noise: the slow waves of raw data don't count.

    Samples that are 0 in all channels don't count: a gap, or a raw file that ends too early, is no quiet recording.
    """
    last = max(1, traces.shape[0] - N_SAMPLES_EXCERPT)
    starts = evenly_spaced(last, N_EXCERPTS)
    excerpts = [traces[start : start + N_SAMPLES_EXCERPT][:, channels] for start in starts.tolist()]
    recorded = [excerpt[excerpt.any(axis=1)] for excerpt in excerpts]
    together = np.concatenate(recorded)
    if not len(together):
        return np.zeros(len(channels), np.float32), 0.0
    steps = np.concatenate([np.diff(excerpt.astype(np.float32), axis=0) for excerpt in recorded])
    noise = float(np.median(np.abs(steps)) / 0.6745 / np.sqrt(2)) if len(steps) else 0.0
    return np.median(together, axis=0).astype(np.float32), noise


def _quiet(level: TraceLevel, baseline: Float32) -> float:
    """Return below what most of the picture of a quiet channel lies, from evenly spaced columns.

    Gaps don't count.
    """
    places = evenly_spaced(level.shape[1], N_COLUMNS_LOOKED_AT).tolist()
    columns = np.stack([level[:, place] for place in places])
    columns = columns[(columns != -baseline).any(axis=1)]
    if not columns.size:
        return 0.0
    return float(np.percentile(np.percentile(np.abs(columns), QUIET_PERCENTILE, axis=0), QUIET_CHANNELS))
