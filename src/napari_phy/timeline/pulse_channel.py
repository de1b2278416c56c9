"""Finds pulses in a channel of the traces, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced
from napari_phy.core.base_model import Samples
from napari_phy.core.errors import TimelineError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.timeline.pulses import PulseLine

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Polarity = Literal["rising", "falling"]

N_BLOCK = 2**18  # samples that are read at once
_N_EXCERPTS, _N_EXCERPT = 64, 2**14
_N_BINS = 512
_FEW = 20  # samples beyond which the extreme ones are artefacts
_APART = 0.2  # of the range between the two levels of a line, at least
_HYSTERESIS = 0.1  # of the distance of the two levels


@dataclass(frozen=True, slots=True)
class Levels:
    """What a line is at when it is down and up, and between."""

    low: float
    high: float

    @property
    def threshold(self) -> float:
        """Half way between the two."""
        return (self.low + self.high) / 2


def find_pulses(
    traces: Samples,
    channel: int,
    sample_rate: float,
    *,
    threshold: float | None = None,
    polarity: Polarity = "rising",
    least_width_s: float = 0.0,
    on_progress: OnProgress = no_progress,
) -> PulseLine:
    """Return the pulses of a channel; only a block of it is in memory at a time.

    Parameters
    ----------
    traces : Samples, shape (n_samples, n_channels)
        The raw data.
    channel : int
        Column of the traces.
    sample_rate : float
        Samples per second.
    threshold : float, optional
        Between the two levels, in the units of the traces; None: found from a histogram.
    polarity : str, default "rising"
        "rising": pulses go up; "falling": they go down.
    least_width_s : float, default 0.0
        Pulses that are shorter are noise.
    on_progress : OnProgress, default no_progress
        Hears how far it is, and may end the work.

    Raises
    ------
    TimelineError
        There is no such channel, or it does not go between two levels.

    Examples
    --------
    >>> traces = np.zeros((1000, 2), dtype=np.int16)
    >>> traces[100:120, 1] = traces[500:520, 1] = 2000
    >>> find_pulses(traces, channel=1, sample_rate=1000).times_s
    array([0.1, 0.5])
    """
    n_channels = traces.shape[1]
    if not 0 <= channel < n_channels:
        raise TimelineError(f"The traces have no channel {channel}; there are {n_channels}, from 0.")
    levels = find_levels(traces, channel, on_progress)
    if threshold is None:
        threshold = levels.threshold
    sign = 1.0 if polarity == "rising" else -1.0
    margin = _HYSTERESIS * min(abs(levels.high - threshold), abs(threshold - levels.low))
    rises, falls = _edges(traces, channel, sign, sign * threshold, margin, on_progress)
    if len(rises) and len(falls) and falls[0] < rises[0]:
        falls = falls[1:]
    ends = np.append(falls, np.full(max(0, len(rises) - len(falls)), -1))[: len(rises)]
    widths = np.where(ends >= 0, ends - rises, np.nan) / sample_rate
    wide = ~(widths < least_width_s)
    name = f"channel {channel}" if polarity == "rising" else f"channel {channel}, falling"
    return PulseLine(name, rises[wide] / sample_rate, widths[wide])


def find_levels(traces: Samples, channel: int, on_progress: OnProgress = no_progress) -> Levels:
    """Return the two levels of a channel, by a histogram of excerpts, and of all of it where these show only one.

    Raises
    ------
    TimelineError
        The channel has no two levels.
    """
    n_samples = traces.shape[0]
    starts = evenly_spaced(max(1, n_samples - _N_EXCERPT + 1), _N_EXCERPTS).tolist()
    excerpts = [_values(traces, start, start + _N_EXCERPT, channel) for start in starts]
    found = _two_levels(np.concatenate(excerpts))
    if found is None:  # pulses may be rare
        extremes = []
        for start, block in _blocks(traces, channel):
            on_progress(0.3 * start / max(n_samples, 1))
            extremes.append(np.sort(block)[np.r_[0 : min(_FEW, len(block)), max(0, len(block) - _FEW) : len(block)]])
        found = _two_levels(np.concatenate([*excerpts, *extremes]))
    if found is None:
        raise TimelineError(f"Channel {channel} does not go between two levels as pulses do. Choose another one.")
    return found


def _two_levels(values: Float64) -> Levels | None:
    """Return the levels at which most values are: the two highest hills of a histogram, far apart."""
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return None
    low, high = _extremes(values)
    if not high > low:
        return None
    counts, edges = np.histogram(np.clip(values, low, high), bins=_N_BINS, range=(low, high))
    smooth = np.convolve(counts, np.ones(9), mode="same")
    first = int(np.argmax(smooth))
    far = np.abs(np.arange(_N_BINS) - first) > _APART * _N_BINS
    if not far.any():
        return None
    second = int(np.argmax(np.where(far, smooth, -1)))
    between = smooth[min(first, second) : max(first, second) + 1]
    if smooth[second] < min(_FEW, 0.001 * len(values)) or between.min() > 0.2 * smooth[second]:
        return None
    middles = (edges[:-1] + edges[1:]) / 2
    one, other = sorted((float(middles[first]), float(middles[second])))
    return Levels(one, other)


def _extremes(values: Float64) -> tuple[float, float]:
    """Return the smallest and the largest value without artefacts: few that are far from all others."""
    ordered = np.sort(values)
    if len(ordered) < 10 * _FEW:
        return float(ordered[0]), float(ordered[-1])
    inner = ordered[_FEW], ordered[-1 - _FEW]
    room = float(inner[1] - inner[0])
    low = ordered[0] if inner[0] - ordered[0] <= room else inner[0]
    high = ordered[-1] if ordered[-1] - inner[1] <= room else inner[1]
    return (float(low), float(high)) if room > 0 else (float(ordered[0]), float(ordered[-1]))


def _edges(
    traces: Samples, channel: int, sign: float, threshold: float, margin: float, on_progress: OnProgress
) -> tuple[Int64, Int64]:
    """Return the samples at which a channel rises above a threshold and falls below it, with hysteresis."""
    rises, falls = [], []
    n_samples = traces.shape[0]
    state, is_first = False, True
    for start, block in _blocks(traces, channel):
        on_progress(0.3 + 0.7 * start / max(n_samples, 1))
        block = sign * block
        said = np.where(block > threshold + margin, 1, np.where(block < threshold - margin, 0, -1))
        if is_first:
            state, is_first = bool(block[0] > threshold), False
        place = np.maximum.accumulate(np.where(said >= 0, np.arange(len(said)), -1))
        states = np.where(place >= 0, said[np.maximum(place, 0)], int(state)).astype(np.int8)
        steps = np.diff(np.append(np.int8(state), states))
        rises.append(start + np.flatnonzero(steps > 0))
        falls.append(start + np.flatnonzero(steps < 0))
        state = bool(states[-1])
    nothing = np.empty(0, dtype=np.int64)
    return np.concatenate([nothing, *rises]).astype(np.int64), np.concatenate([nothing, *falls]).astype(np.int64)


def _blocks(traces: Samples, channel: int) -> Iterator[tuple[int, Float64]]:
    for start in range(0, traces.shape[0], N_BLOCK):
        yield start, _values(traces, start, start + N_BLOCK, channel)


def _values(traces: Samples, start: int, stop: int, channel: int) -> Float64:
    stop = min(stop, traces.shape[0])
    found: npt.NDArray[Any] = np.asarray(traces[start:stop, channel : channel + 1])
    return found[:, 0].astype(np.float64)
