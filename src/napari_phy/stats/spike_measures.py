"""The shape of single spikes: how large, how wide and how steep each waveform is on one channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Measure = Literal["peak", "half-width", "peak-to-trough", "repolarization", "recovery"]

RECOVERY_MS = 0.7
_AROUND_MS = 0.5  # of the spike, where its trough is looked for


def peak_values(waveforms: npt.NDArray[Any], sample_rate: float, before: int) -> Float64:
    """Return the largest voltage of each waveform, of either sign, within 0.5 ms of the spike, with its sign."""
    rows = np.arange(len(waveforms))
    return _clean(waveforms)[rows, _largest(waveforms, sample_rate, before)]


def half_widths(waveforms: npt.NDArray[Any], sample_rate: float, before: int) -> Float64:
    """Return for how many ms each spike is above half of its peak, crossings placed between samples.

    nan where it does not come down to the half on both sides.
    """
    upright, places = _upright(waveforms, sample_rate, before)
    half = upright[np.arange(len(upright)), places] / 2
    right = _crossing(upright, places, half)
    mirrored = upright[:, ::-1]
    left = _crossing(mirrored, upright.shape[1] - 1 - places, half)
    return (right + left) * 1000 / sample_rate


def peaks_to_troughs(waveforms: npt.NDArray[Any], sample_rate: float, before: int) -> Float64:
    """Return the ms from the peak of each spike to the largest voltage of the other sign after it.

    nan where nothing of the other sign follows.
    """
    upright, places = _upright(waveforms, sample_rate, before)
    later = _after(upright, places)
    return np.where(_has_opposite(upright, later), (later - places) * 1000 / sample_rate, np.nan)


def repolarization_slopes(waveforms: npt.NDArray[Any], sample_rate: float, before: int) -> Float64:
    """Return the slope per ms of the straight line from the peak of each spike to the opposite peak after it."""
    values, (upright, places) = _clean(waveforms), _upright(waveforms, sample_rate, before)
    later, rows = _after(upright, places), np.arange(len(values))
    duration_ms = np.maximum(later - places, 1) * 1000 / sample_rate
    slopes = (values[rows, later] - values[rows, places]) / duration_ms
    return np.where(_has_opposite(upright, later), slopes, np.nan)


def recovery_slopes(waveforms: npt.NDArray[Any], sample_rate: float, before: int) -> Float64:
    """Return the slope per ms of the straight line through the 0.7 ms after the opposite peak.

    nan where fewer than two samples are there.
    """
    values, (upright, places) = _clean(waveforms), _upright(waveforms, sample_rate, before)
    later = _after(upright, places)
    n_after = max(2, round(RECOVERY_MS * sample_rate / 1000))
    steps = np.arange(n_after)
    at = later[:, None] + steps
    is_there = at < values.shape[1]
    part = np.take_along_axis(values, np.minimum(at, values.shape[1] - 1), axis=1)
    n = np.maximum(is_there.sum(axis=1), 1)
    mean_step = (steps * is_there).sum(axis=1) / n
    off = (steps - mean_step[:, None]) * is_there
    spread = (off**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = (off * part).sum(axis=1) / spread * sample_rate / 1000
    return np.where(_has_opposite(upright, later) & (n > 1), slopes, np.nan)


MEASURES: Mapping[Measure, Callable[[npt.NDArray[Any], float, int], Float64]] = MappingProxyType(
    {
        "peak": peak_values,
        "half-width": half_widths,
        "peak-to-trough": peaks_to_troughs,
        "repolarization": repolarization_slopes,
        "recovery": recovery_slopes,
    }
)


def spike_measure(waveforms: npt.ArrayLike, measure: Measure, *, sample_rate: float, before: int) -> Float64:
    """Return a measure of single spikes; nan where it cannot be told.

    The peak of a spike is its largest voltage of either sign within 0.5 ms of its time, so that spikes whose peak is
    positive are measured alike; the opposite peak is the largest of the other sign after it.

    Parameters
    ----------
    waveforms : array_like, shape (n, n_samples)
        Voltage on one channel; a waveform that is not finite has no measure.
    measure : {"peak", "half-width", "peak-to-trough", "repolarization", "recovery"}
        The voltage of the peak; the ms above half of it; the ms to the opposite peak; the slopes per ms from the one to
        the other, and in the 0.7 ms after it.
    sample_rate : float
        Hz.
    before : int
        Samples before the time of the spike.

    Returns
    -------
    ndarray of float64, shape (n,)
        In the unit of the voltages, ms, or that unit per ms.
    """
    rows = np.asarray(waveforms, dtype=np.float64)
    if not rows.size:
        return np.full(len(rows), np.nan)
    found = MEASURES[measure](rows, sample_rate, before)
    return np.where(np.isfinite(rows).all(axis=1), found, np.nan)


def _clean(waveforms: npt.NDArray[Any]) -> Float64:
    return np.nan_to_num(np.asarray(waveforms, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def _largest(waveforms: npt.NDArray[Any], sample_rate: float, before: int) -> npt.NDArray[np.int64]:
    """Return (n,) the sample where each waveform is largest near the spike."""
    reach = max(1, round(_AROUND_MS * sample_rate / 1000))
    start = min(max(0, before - reach), waveforms.shape[1] - 1)
    stop = min(waveforms.shape[1], max(before + reach + 1, start + 1))
    return np.asarray(start + np.abs(_clean(waveforms)[:, start:stop]).argmax(axis=1), dtype=np.int64)


def _upright(waveforms: npt.NDArray[Any], sample_rate: float, before: int) -> tuple[Float64, npt.NDArray[np.int64]]:
    """Return waveforms with their peaks upwards, and the sample of each peak."""
    values, places = _clean(waveforms), _largest(waveforms, sample_rate, before)
    signs = np.sign(values[np.arange(len(values)), places])
    return values * np.where(signs == 0, 1, signs)[:, None], places


def _after(upright: Float64, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return (n,) the sample of the lowest value from the peak on."""
    is_later = np.arange(upright.shape[1]) >= places[:, None]
    return np.asarray(np.where(is_later, upright, np.inf).argmin(axis=1), dtype=np.int64)


def _has_opposite(upright: Float64, later: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return np.asarray(upright[np.arange(len(upright)), later] < 0)


def _crossing(upright: Float64, places: npt.NDArray[np.int64], half: Float64) -> Float64:
    """Return (n,) samples from the peak to where it falls below the half; nan where it does not, or is flat."""
    rows, columns = np.arange(len(upright)), np.arange(upright.shape[1])
    is_below = (columns > places[:, None]) & (upright < half[:, None])
    first = is_below.argmax(axis=1)
    has = is_below.any(axis=1) & (half > 0)
    last = np.maximum(first - 1, 0)
    high, low = upright[rows, last], upright[rows, first]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (high - half) / (high - low)
    return np.where(has, last + share - places, np.nan)
