"""The shape of a spike: its troughs and peaks, how wide they are, how steep it is between them, how far it reaches."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

UPSAMPLING = 10
RECOVERY_MS = 0.7
SPREAD_SHARE = 0.2
SPREAD_SMOOTHING_UM = 20.0
BASELINE_MS = 0.5
LEAST_EXPLAINED = 0.2  # of the variance of the amplitudes, by the fit of their decay
_PROMINENCE = 0.3  # of the largest value
_EDGE_MS = 0.09
_FROM_TROUGH = 0.2  # of its half-width
_FEWEST_SAMPLES = 3
_FEWEST_CHANNELS = 4
_NAN = math.nan


@dataclass(frozen=True, slots=True)
class Extremum:
    """A trough or a peak.

    Attributes
    ----------
    place : int
        Its sample; −1 where there is none.
    n_found : int
        How many stand out so much.
    width : float
        Samples at half its prominence; nan where it does not stand out.
    """

    place: int = -1
    n_found: int = 0
    width: float = _NAN


@dataclass(frozen=True, slots=True)
class TemplateMeasures:
    """What the mean waveform on the largest channel says; nan where it cannot be told.

    Attributes
    ----------
    peak_to_trough_ms : float
        From the trough to the peak after it.
    half_width_ms : float
        Of the trough, at half its depth.
    peak_half_width_ms : float
        Of the larger peak.
    repolarization_slope, recovery_slope : float
        Per ms, from the trough to the baseline, and in the 0.7 ms after the peak that follows it.
    n_peaks, n_troughs : int
        How many stand out.
    peak_before_ratio, peak_after_ratio, peaks_ratio, main_peak_ratio : float
        The peak before the trough over the trough, that after it over the trough, that before over that after, the
        larger one over the trough.
    trough_width_ms, peak_before_width_ms, peak_after_width_ms : float
        At half of their prominence.
    baseline_flatness : float
        How far the first 0.5 ms wander, over how far the whole does.
    """

    peak_to_trough_ms: float = _NAN
    half_width_ms: float = _NAN
    peak_half_width_ms: float = _NAN
    repolarization_slope: float = _NAN
    recovery_slope: float = _NAN
    n_peaks: int = 0
    n_troughs: int = 0
    peak_before_ratio: float = _NAN
    peak_after_ratio: float = _NAN
    peaks_ratio: float = _NAN
    main_peak_ratio: float = _NAN
    trough_width_ms: float = _NAN
    peak_before_width_ms: float = _NAN
    peak_after_width_ms: float = _NAN
    baseline_flatness: float = _NAN


def template_measures(template: npt.ArrayLike, *, sample_rate: float) -> TemplateMeasures:
    """Return the measures of one waveform, which is sampled ten times as often first.

    Definitions and numbers are those of SpikeInterface's `compute_template_metrics`; half-widths, slopes and durations
    go back to Jia et al., J. Neurophysiol. 121 (2019). Where SpikeInterface finds no peak, nothing is told of it.

    Parameters
    ----------
    template : array_like, shape (n_samples,)
        Mean waveform on one channel, its trough negative.
    sample_rate : float
        Hz.
    """
    wave = np.asarray(template, dtype=np.float64)
    if len(wave) < 2 or not np.isfinite(wave).all() or not wave.any():
        return TemplateMeasures()
    from scipy.signal import resample_poly

    wave, rate = np.asarray(resample_poly(wave, UPSAMPLING, 1), dtype=np.float64), sample_rate * UPSAMPLING
    trough, before, after = _extrema(wave, rate)
    ms = 1000 / rate
    heights = [abs(float(wave[one.place])) if one.place >= 0 else _NAN for one in (trough, before, after)]
    peaks = [one for one in (after, before) if one.place >= 0]
    larger = max(peaks, key=lambda one: wave[one.place]) if peaks else Extremum()
    main = max((height for height in heights[1:] if not math.isnan(height)), default=_NAN)
    has_both = trough.place >= 0 and after.place >= 0
    return TemplateMeasures(
        peak_to_trough_ms=(after.place - trough.place) * ms if has_both else _NAN,
        half_width_ms=_half_width(-wave, trough.place) * ms,
        peak_half_width_ms=_half_width(wave, larger.place) * ms,
        repolarization_slope=_repolarization(wave, trough.place, ms),
        recovery_slope=_recovery(wave, after.place, rate),
        n_peaks=before.n_found + after.n_found,
        n_troughs=trough.n_found,
        peak_before_ratio=_ratio(heights[1], heights[0]),
        peak_after_ratio=_ratio(heights[2], heights[0]),
        peaks_ratio=_ratio(heights[1], heights[2]),
        main_peak_ratio=_ratio(main, heights[0]),
        trough_width_ms=trough.width * ms,
        peak_before_width_ms=before.width * ms,
        peak_after_width_ms=after.width * ms,
        baseline_flatness=_flatness(wave, rate),
    )


def template_spread(templates: npt.ArrayLike, positions: npt.ArrayLike) -> float:
    """Return over how much depth a waveform has a fifth or more of its largest amplitude; nan where it has none.

    SpikeInterface's `get_spread`: amplitudes are smoothed along depth by 20 µm first.

    Parameters
    ----------
    templates : array_like, shape (n_samples, n_channels)
        Mean waveform on each channel.
    positions : array_like, shape (n_channels, 2)
        Places of the channels in µm.
    """
    waves, depths = np.asarray(templates, dtype=np.float64), np.asarray(positions, dtype=np.float64)[:, 1]
    if not waves.size or not np.isfinite(waves).all() or not np.isfinite(depths).all():
        return _NAN
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import resample_poly

    order = np.argsort(depths)
    sizes, depths = np.ptp(np.asarray(resample_poly(waves, UPSAMPLING, 1, axis=0)), axis=0)[order], depths[order]
    steps = np.diff(np.unique(depths))
    if len(steps):
        sizes = gaussian_filter1d(sizes, SPREAD_SMOOTHING_UM / float(np.median(steps)))
    if not sizes.max() > 0:
        return _NAN
    return float(np.ptp(depths[sizes > SPREAD_SHARE * sizes.max()]))


def template_decay(templates: npt.ArrayLike, positions: npt.ArrayLike) -> float:
    """Return how fast the amplitude of a waveform falls with the distance (1/µm) from its largest channel.

    An exponential with an offset is fitted to the amplitudes, peak to peak, of all channels: SpikeInterface's
    `get_exp_decay`. nan where it explains less than a fifth of their variance, or cannot be fitted.

    Parameters
    ----------
    templates : array_like, shape (n_samples, n_channels)
        Mean waveform on each channel.
    positions : array_like, shape (n_channels, 2)
        Places of the channels in µm.
    """
    waves, places = np.asarray(templates, dtype=np.float64), np.asarray(positions, dtype=np.float64)
    is_known = bool(np.isfinite(waves).all() and np.isfinite(places).all())
    if waves.size == 0 or len(places) < _FEWEST_CHANNELS or not is_known:
        return _NAN
    from scipy.optimize import curve_fit
    from scipy.signal import resample_poly

    sizes = np.ptp(np.asarray(resample_poly(waves, UPSAMPLING, 1, axis=0)), axis=0)
    away = np.linalg.norm(places - places[int(np.argmax(sizes))], axis=1)
    order = np.argsort(away)
    sizes, away = sizes[order], away[order]
    first, least = float(sizes[0]), float(sizes.min())
    spread = float(((sizes - sizes.mean()) ** 2).sum())
    if not (first > 0 and least > 0 and spread > 0):
        return _NAN
    bounds = ([1e-5, first / 2, 0], [2, 1.5 * first, 2 * least])
    try:
        fitted, _ = curve_fit(_decay, away, sizes, bounds=bounds, p0=[1e-3, first, least])
    except (RuntimeError, ValueError):
        return _NAN
    explained = 1 - float(((sizes - _decay(away, *fitted)) ** 2).sum()) / spread
    return float(fitted[0]) if explained >= LEAST_EXPLAINED else _NAN


def _decay(away: Float64, rate: float, height: float, offset: float) -> Float64:
    return np.asarray(height * np.exp(-rate * away) + offset)


def _extrema(wave: Float64, rate: float) -> tuple[Extremum, Extremum, Extremum]:
    """Return the main trough, and the main peaks before and after it."""
    least, edge = _PROMINENCE * float(np.abs(wave).max()), int(_EDGE_MS / 1000 * rate)
    trough = _find(-wave, edge, len(wave) - edge, least)
    if trough.place < 0:
        return trough, Extremum(), Extremum()
    width = _half_width(-wave, trough.place)
    apart = _FEWEST_SAMPLES if math.isnan(width) else max(_FEWEST_SAMPLES, int(_FROM_TROUGH * width))
    before = _find(wave, edge, trough.place - apart, least)
    return trough, before, _find(wave, trough.place + apart, len(wave) - edge, least)


def _find(wave: Float64, start: int, stop: int, prominence: float) -> Extremum:
    """Return the peak that stands out most, at least half as much as asked for; else the highest sample."""
    if not 0 < start < stop:
        return Extremum()
    from scipy.signal import find_peaks

    part, n_found = wave[start:stop], 0
    for least in (prominence, prominence / 2):
        places, known = find_peaks(part, prominence=least, width=0)
        if least == prominence:
            n_found = len(places)
        if len(places):
            best = int(np.argmax(known["prominences"]))
            return Extremum(start + int(places[best]), n_found, float(known["widths"][best]))
    return Extremum(start + int(np.argmax(part)), n_found)


def _half_width(wave: Float64, place: int) -> float:
    """Return the samples between the crossings of half the height of a peak; nan where it does not come back."""
    if place < 0:
        return _NAN
    crossings = np.flatnonzero(np.diff(wave >= wave[place] / 2))
    n_before = int(np.searchsorted(crossings, place))
    return float(crossings[n_before] - crossings[n_before - 1]) if 0 < n_before < len(crossings) else _NAN


def _repolarization(wave: Float64, trough: int, ms: float) -> float:
    back = np.flatnonzero(wave[trough:] >= 0)
    if trough <= 0 or not len(back) or back[0] < _FEWEST_SAMPLES:
        return _NAN
    return _slope(wave[trough : trough + int(back[0])]) / ms


def _recovery(wave: Float64, peak: int, rate: float) -> float:
    part = wave[peak : int(peak + RECOVERY_MS / 1000 * rate)]
    return _slope(part) * rate / 1000 if peak > 0 and len(part) > 1 else _NAN


def _slope(values: Float64) -> float:
    """Return how much the straight line through values rises from one to the next."""
    steps = np.arange(len(values)) - (len(values) - 1) / 2
    return float(steps @ (values - values.mean()) / (steps @ steps))


def _ratio(height: float, other: float) -> float:
    return height / other if other > 0 else _NAN


def _flatness(wave: Float64, rate: float) -> float:
    baseline = wave[: int(BASELINE_MS / 1000 * rate)]
    if not len(baseline):
        return _NAN
    return _ratio(float(np.abs(baseline - baseline.mean()).max()), float(np.abs(wave - baseline.mean()).max()))
