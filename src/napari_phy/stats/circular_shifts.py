"""Whether traces follow the rate of clusters, tested by shifting the spike train in a circle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.correlation_map import compared_frames

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

FEWEST_SHIFTS = 19  # for a p-value of 0.05
_STILL_LIKE = 0.1  # autocorrelation below which a signal has forgotten what it was
_CHUNK_VALUES = 2**23


@dataclass(frozen=True, slots=True, eq=False)
class PairTest:
    """How much each trace follows each cluster, and how likely that is by chance.

    Attributes
    ----------
    correlation : ndarray of float64, shape (n_clusters, n_traces)
        Pearson's correlation at the best lag; NaN where the rate or the trace is constant or not known.
    lag : ndarray of int64, shape (n_clusters, n_traces)
        Frames from the rate to the trace at which the correlation is largest in size.
    p : ndarray of float64, shape (n_clusters, n_traces)
        Chance of a correlation as large, at any of the lags, of a trace that has nothing to do with the cluster.
    q : ndarray of float64, shape (n_clusters, n_traces)
        p after Benjamini and Hochberg over all pairs: the share of false ones among pairs with such a q or a smaller
        one.
    n_shifts : int
        Shifts of the spike train that it was compared with.
    shift : float
        Frames from one shift to the next.
    """

    correlation: Float64
    lag: Int64
    p: Float64
    q: Float64
    n_shifts: int
    shift: float


def compute_pair_test(
    rates: npt.ArrayLike,
    traces: npt.ArrayLike,
    lags: npt.ArrayLike,
    *,
    stretches: npt.NDArray[np.int64] | None = None,
    min_shift: int | None = None,
    on_progress: OnProgress = no_progress,
) -> PairTest:
    """Return the correlation of each trace with each rate, tested by circular shifts.

    Parameters
    ----------
    rates : array_like, shape (n_clusters, n_frames) or (n_clusters, n_traces, n_frames)
        Spikes in each frame; for traces that are taken at different times of a frame, for each of them.
    traces : array_like, shape (n_traces, n_frames)
        Brightness of each cell, in the same frames. NaN in any frame that is compared leaves out the trace.
    lags : array_like of int, shape (n_lags,)
        Frames from the rate to the trace.
    stretches : ndarray of int64, shape (n_frames,), optional
        Which unbroken stretch each frame is in, ascending; −1 for frames that are not used. None: all are in one.
    min_shift : int, optional
        Frames from one shift to the next; None: the autocorrelation length of the slowest of two, the median trace
        and the median rate, and never less than the lags reach.
    on_progress : callable, optional
        Gets 0…1, and raises `CancelledError` to end it.

    Raises
    ------
    ImagingError
        The shapes do not fit, or the movie or its stretches are too short: there would be fewer than 19 shifts, or no
        frames that can be compared at all lags.

    Notes
    -----
    Brightness and rate change slowly, so two that have nothing to do with each other are often correlated by chance.
    Shuffled spikes lose that slowness and call such pairs significant. A spike train that is shifted in a circle, its
    end put before its beginning, keeps it, and loses only the relation to the trace [1]_.

    The statistic is the largest correlation in size over all lags. It is computed for all shifts that are a multiple
    of the autocorrelation length, so that they are independent, and no chance is in the result: these shifts form a
    group, under which the test is exact for signals whose statistics do not change with time. Trends, as by bleaching,
    do: remove them first, as ΔF/F does.

    A recording holds few independent shifts: 300 of them give no p-value below 1/301, too large where many pairs are
    tested. Therefore the statistics of each trace are standardised over the shifts, the actual one included, and
    compared with those of all traces at all shifts: p = (1 + n that are as large) / (1 + n). Averaged over traces that
    have nothing to do with the cluster, that is exact too.

    No lag reaches from one stretch into another: the same frames of a trace are compared at all lags, those from which
    every lag stays in their stretch. Only the shifts, which stand for chance, go through all stretches as if these were
    joined. `q` is the p-value times the number of pairs, divided by its rank among them, made monotonic [2]_.

    References
    ----------
    .. [1] K. D. Harris, Nonsense correlations in neuroscience, bioRxiv 2020.11.29.402719.
    .. [2] Y. Benjamini and Y. Hochberg, Controlling the false discovery rate, Journal of the Royal Statistical Society
       B 57:289 (1995).
    """
    rates, traces = np.asarray(rates, dtype=np.float64), np.asarray(traces, dtype=np.float64)
    rates = rates[:, None, :] if rates.ndim == 2 else rates
    if traces.ndim != 2 or rates.ndim != 3 or rates.shape[2] != traces.shape[1]:
        raise ImagingError(f"Rates of the shape {rates.shape} are not of the same frames as traces {traces.shape}.")
    lags = np.atleast_1d(np.asarray(lags, dtype=np.int64))
    stretches = np.zeros(traces.shape[1], np.int64) if stretches is None else np.asarray(stretches)
    if (stretches < 0).any():
        used = stretches >= 0
        rates, traces, stretches = rates[..., used], traces[:, used], stretches[used]
    compared, n_frames = compared_frames(stretches, lags), traces.shape[1]
    lengths = [min_shift or 1]
    if min_shift is None:
        known = np.isfinite(traces).all(axis=1) & (np.ptp(traces, axis=1) > 0)
        lengths = [_median_length(one, stretches) for one in (traces[known], rates.reshape(-1, n_frames))]
        min_shift = max(*lengths, int(np.ptp(lags)) + 1)
    n_shifts = n_frames // max(1, min_shift) - 1
    if n_shifts < FEWEST_SHIFTS:
        is_by_lags = n_frames // max(1, *lengths) > FEWEST_SHIFTS
        why = "as far as the lags reach; take fewer lags" if is_by_lags else "over which brightness or rate stay alike"
        raise ImagingError(
            f"The movie is too short for a test: its {n_frames} frames can be shifted only {max(0, n_shifts)} times by "
            f"{min_shift} frames, {why}. At least {FEWEST_SHIFTS} are needed."
        )
    shifts = np.rint(np.arange(n_shifts + 1) * n_frames / (n_shifts + 1)).astype(np.int64)
    spectra = _unit_spectra(traces, compared)
    n_clusters = len(rates)
    correlation = np.full((n_clusters, len(traces)), np.nan)
    lag = np.zeros((n_clusters, len(traces)), dtype=np.int64)
    p = np.full((n_clusters, len(traces)), np.nan)
    for cluster, of_cluster in enumerate(rates):
        on_progress(cluster / n_clusters)
        at_zero, largest = _correlations(of_cluster, spectra, compared, lags, shifts)
        best = np.argmax(np.nan_to_num(np.abs(at_zero), nan=-1.0), axis=1)
        correlation[cluster] = np.take_along_axis(at_zero, best[:, None], axis=1)[:, 0]
        lag[cluster] = lags[best]
        p[cluster] = _pooled_p(largest)
    on_progress(1.0)
    return PairTest(correlation, lag, p, adjust_p(p), n_shifts, n_frames / (n_shifts + 1))


def adjust_p(p: Float64) -> Float64:
    """Return p-values after Benjamini and Hochberg over all that are known, in the same shape; NaN stays."""
    flat = p.ravel()
    known = np.flatnonzero(np.isfinite(flat))
    order = known[np.argsort(flat[known], kind="stable")]
    raised = flat[order] * len(order) / np.arange(1, len(order) + 1)
    q = np.full(flat.shape, np.nan)
    q[order] = np.minimum(1.0, np.minimum.accumulate(raised[::-1])[::-1])
    return q.reshape(p.shape)


def autocorrelation_length(trace: npt.ArrayLike, stretches: npt.NDArray[np.int64] | None = None) -> int:
    """Return after how many frames the autocorrelation of a trace is below 0.1 for the first time, at least 1.

    Parameters
    ----------
    trace : array_like, shape (n_frames,)
        Values.
    stretches : ndarray of int64, shape (n_frames,), optional
        Which stretch each frame is in, ascending; values of different ones are not compared. None: all are in one.
    """
    trace = np.asarray(trace, dtype=np.float64)
    centred = trace - trace.mean()
    found = np.zeros(len(trace))
    for part in np.split(centred, () if stretches is None else np.flatnonzero(np.diff(stretches)) + 1):
        n = len(part)
        found[:n] += np.fft.irfft(np.abs(np.fft.rfft(part, 2 * n)) ** 2)[:n]
    if found[0] <= 0:
        return 1
    below = np.flatnonzero(found < _STILL_LIKE * found[0])
    return max(1, int(below[0])) if len(below) else len(trace)


def _median_length(traces: Float64, stretches: Int64) -> int:
    """Return the autocorrelation length of the trace in the middle; of 200 evenly chosen ones where there are more."""
    chosen = traces[:: max(1, len(traces) // 200)]
    return int(np.median([autocorrelation_length(trace, stretches) for trace in chosen])) if len(chosen) else 1


def _unit_spectra(traces: Float64, compared: npt.NDArray[np.bool_]) -> npt.NDArray[np.complex128]:
    """Return spectra of traces whose compared frames are centred and of length 1, the others 0.

    Those of traces that are constant there or not known are 0.
    """
    values = traces[:, compared]
    centred = values - values.mean(axis=1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    known = np.isfinite(size) & (size > 1e-12 * np.abs(values).max(axis=1, keepdims=True))
    unit = np.zeros_like(traces)
    unit[:, compared] = np.divide(centred, size, out=np.zeros_like(centred), where=known)
    return np.fft.rfft(unit, axis=1)


def _correlations(
    rates: Float64,
    spectra: npt.NDArray[np.complex128],
    compared: npt.NDArray[np.bool_],
    lags: Int64,
    shifts: Int64,
) -> tuple[Float64, Float64]:
    """Return (n_traces, n_lags) correlations as they are, and (n_traces, n_shifts) the largest in size after shifts.

    With the frames of a trace that are compared, c, and the rate r shifted by s: Σ_c x(i) r(i − s) / √var_c r(i − s),
    for all s at once, as cross-correlations of x, c and c with r, r and r².
    """
    n_frames = len(compared)
    rates = rates - rates.mean(axis=1, keepdims=True)
    of_rates, of_compared = np.fft.rfft(rates, axis=1), np.fft.rfft(compared.astype(np.float64))
    sums = np.fft.irfft(np.conj(of_rates) * of_compared, n_frames, axis=1)
    squares = np.fft.irfft(np.conj(np.fft.rfft(rates**2, axis=1)) * of_compared, n_frames, axis=1)
    around = squares - sums**2 / np.count_nonzero(compared)
    around[around <= 1e-9 * squares.max(axis=1, keepdims=True)] = np.inf  # constant but for rounding
    places = (shifts[:, None] + lags[None, :]) % n_frames
    at_zero, largest = np.empty((len(spectra), len(lags))), np.empty((len(spectra), len(shifts)))
    step = max(1, _CHUNK_VALUES // max(n_frames, places.size))
    for start in range(0, len(spectra), step):
        part = slice(start, start + step)
        of_part = part if len(rates) > 1 else slice(None)
        found = np.fft.irfft(np.conj(of_rates[of_part]) * spectra[part], n_frames, axis=1) / np.sqrt(around[of_part])
        at_zero[part] = found[:, lags % n_frames]
        largest[part] = np.abs(found[:, places]).max(axis=2)
    is_known = np.isfinite(around[:, lags % n_frames]).any(axis=1) & (np.abs(spectra).max(axis=1) > 0)
    at_zero[~is_known] = largest[~is_known] = np.nan
    return np.clip(at_zero, -1.0, 1.0), largest


def _pooled_p(largest: Float64) -> Float64:
    """Return (n_traces,) p-values of the first column against all values of all traces, each standardised."""
    found = np.full(len(largest), np.nan)
    known = np.isfinite(largest[:, 0])
    values = largest[known]
    if not len(values):
        return found
    spread = values.std(axis=1, keepdims=True)
    scores = (values - values.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    null = np.sort(scores[:, 1:].ravel())
    n_as_large = len(null) - np.searchsorted(null, scores[:, 0] - 1e-9)
    found[known] = (1 + n_as_large) / (1 + len(null))
    return found
