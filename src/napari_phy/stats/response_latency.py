"""When a cluster responds to events: the latency of its first spikes and their jitter, as for optotagging."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from napari_phy.stats.peri_event import AlignedSpikes

N_STEPS = 200  # of the time in which a response is looked for
N_SHIFTS = 199  # that each trial is compared with
ALPHA = 0.01
FEWEST_TRIALS = 5  # that can tell a response from chance
MOST_SHIFTED = 1000  # trials; the others would make the test slow, and no better
_AT_ONCE = 20
_N_LENGTHS = 16  # of the stretches that are tested

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Response:
    """The response of a cluster to events; times in samples after the event.

    Attributes
    ----------
    start, stop : float
        Between which the cluster fires more than before the events.
    latency : float
        Median, over the trials that have one, of the first spike in that time.
    jitter : float
        Standard deviation of these first spikes; NaN for a single one.
    reliability : float
        Share of the trials that have a spike in that time.
    p_value : float
        Of the test against trials that are shifted in circles, at least 1/200.
    """

    start: float
    stop: float
    latency: float
    jitter: float
    reliability: float
    p_value: float


def find_response(
    aligned: AlignedSpikes, n_trials: int, window: float, baseline: float, alpha: float = ALPHA
) -> Response | None:
    """Return when a cluster responds, or None where it does not fire more than before the events.

    Parameters
    ----------
    aligned : AlignedSpikes
        Spikes around the events, from `baseline` before them to `window` after.
    n_trials : int
        Number of events, with and without spikes; of fewer than 5 there is no telling.
    window : float
        Samples after an event in which a response is looked for.
    baseline : float
        Samples before an event that tell how much the cluster fires without it.
    alpha : float, default 0.01
        Largest p-value of a response.

    Notes
    -----
    Fixed windows after an event mix spikes of the response with those that would have come anyway, and a threshold on a
    histogram depends on its bins. Here the response is the stretch of time, of all that begin and end at one of 200
    steps of the window, in which the number of spikes is least likely at the rate before the events: the maximum of
    the log likelihood ratio of two Poisson rates, a scan statistic [1]_. The latency is the median of the first spike
    of each trial in that stretch, so that late spikes of a burst, and spikes outside, don't move it.

    So many stretches are never independent, and spikes in bursts are neither: multiplying p-values by their number
    finds few responses. Instead the spikes of each trial are shifted in a circle, from the end of the window to the
    beginning of the baseline, each trial by a time of its own. That keeps bursts, rhythms and the number of spikes of
    each trial, and loses only what they have in common with the events, as the jitter of [2]_. p is the share of such
    data whose largest ratio is as large; the shifts are the same in each call. Inhibition is not looked for.

    References
    ----------
    .. [1] M. Kulldorff, A spatial scan statistic, Communications in Statistics 26:1481 (1997).
    .. [2] A. Amarasingham et al., Conditional modeling and the jitter method of spike resampling, Journal of
       Neurophysiology 107:517 (2012).
    """
    if n_trials < FEWEST_TRIALS or window <= 0 or baseline <= 0:
        return None
    around = aligned.where((aligned.lags >= -baseline) & (aligned.lags < window))
    after = around.where(around.lags >= 0)
    stretch = _find_stretch(after.lags, len(around) - len(after), window, baseline)
    if stretch is None:
        return None
    p_value = _p_of_shifts(around, round(window), round(baseline), alpha)
    if p_value > alpha:
        return None
    start, stop = stretch
    inside = after.where((after.lags >= start) & (after.lags < stop))
    trials, first = np.unique(inside.rows, return_index=True)
    lags = inside.lags[first]  # rows ascend, and the lags of each
    jitter = float(lags.std(ddof=1)) if len(lags) > 1 else math.nan
    return Response(start, stop, float(np.median(lags)), jitter, len(trials) / n_trials, p_value)


def _find_stretch(lags: Int64, n_before: int, window: float, baseline: float) -> tuple[float, float] | None:
    """Return the stretch that is least likely at the rate before the events, None where no rate is higher."""
    edges = np.linspace(0, window, N_STEPS + 1)
    below = np.searchsorted(np.sort(lags), edges)
    first, last = np.triu_indices(N_STEPS + 1, k=1)
    ratio = _ratios(below[last] - below[first], np.array(n_before), edges[last] - edges[first], baseline)
    best = int(np.argmax(ratio))
    return None if ratio[best] <= 0 else (float(edges[first[best]]), float(edges[last[best]]))


def _ratios(n: Int64, n_before: Int64, length: Float64, baseline: float) -> Float64:
    """Return the log likelihood ratios of the rates in stretches and before the events, 0 where that is not higher."""
    share = length / (length + baseline)
    expected = (n + n_before) * share
    ratios = _n_log(n, expected) + _n_log(n_before, (n + n_before) * (1 - share))
    return np.asarray(np.where(n > expected, ratios, 0.0))


def _n_log(n: Int64, expected: Float64) -> Float64:
    """Return n · log(n / expected), 0 for n = 0."""
    return np.asarray(n * np.log(np.where(n > 0, n, 1.0) / np.where(n > 0, expected, 1.0)))


def _p_of_shifts(around: AlignedSpikes, window: int, baseline: int, alpha: float) -> float:
    """Return the share of trials shifted in circles whose largest ratio is as large, 1 once it is above `alpha`."""
    trials, rows = np.unique(around.rows, return_inverse=True)
    chosen = rows % -(-len(trials) // MOST_SHIFTED) == 0
    rows, lags = rows[chosen], around.lags[chosen]
    actual = _largest_ratios(lags[None], window, baseline)[0] - 1e-9
    rng, n_as_large = np.random.default_rng(0), 0
    for start in range(0, N_SHIFTS, _AT_ONCE):
        n = min(_AT_ONCE, N_SHIFTS - start)
        shifts = rng.integers(0, window + baseline, (n, len(trials)))
        shifted = (lags + baseline + shifts[:, rows]) % (window + baseline) - baseline
        n_as_large += int(np.count_nonzero(_largest_ratios(shifted, window, baseline) >= actual))
        if 1 + n_as_large > alpha * (1 + N_SHIFTS):
            return 1.0
    return (1 + n_as_large) / (1 + N_SHIFTS)


@cache
def _tested(n_steps: int) -> tuple[Int64, Int64]:
    """Return first and last step of stretches of some lengths at every step."""
    lengths = np.unique(np.rint(np.geomspace(1, n_steps, _N_LENGTHS)).astype(np.int64))
    firsts = [np.arange(n_steps + 1 - length) for length in lengths]
    lasts = [np.arange(length, n_steps + 1) for length in lengths]
    return np.concatenate(firsts), np.concatenate(lasts)


def _largest_ratios(lags: Int64, window: int, baseline: int) -> Float64:
    """Return (n,) the largest ratio in each of (n, n_spikes) lags, over stretches of some lengths at every step."""
    n = len(lags)
    step = np.where(lags < 0, 0, lags * N_STEPS // window + 1)  # 0 is the time before
    cells = step + np.arange(n)[:, None] * (N_STEPS + 1)
    counts = np.bincount(cells.ravel(), minlength=n * (N_STEPS + 1)).reshape(n, N_STEPS + 1)
    n_before = counts[:, :1]
    below = np.cumsum(counts, axis=1) - n_before
    first, last = _tested(N_STEPS)
    length = np.asarray((last - first) * (window / N_STEPS), dtype=np.float64)
    ratios = _ratios(below[:, last] - below[:, first], n_before, length, baseline)
    return np.asarray(ratios.max(axis=1))
