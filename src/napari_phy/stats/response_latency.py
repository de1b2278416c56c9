"""When a cluster responds to events: the latency of its first spikes and their jitter, as for optotagging."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.stats.peri_event import AlignedSpikes

N_STEPS = 200  # of the time in which a response is looked for
ALPHA = 0.01

Float64 = npt.NDArray[np.float64]


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
        Of the test against the time before the events, at most 1.
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
        Number of events, with and without spikes.
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

    The p-value is that of the conditional test of two Poisson rates [2]_, times the number of stretches (Bonferroni).
    Spikes in bursts are not independent, so a second test counts trials instead of spikes, as SALT does with first
    spikes [3]_: the number of trials with a spike in the stretch, against a binomial distribution whose probability is
    that of a stretch of the same length before the events. The larger p-value counts. Both are exact but for the
    correction, which makes them conservative. Inhibition is not looked for.

    References
    ----------
    .. [1] M. Kulldorff, A spatial scan statistic, Communications in Statistics 26:1481 (1997).
    .. [2] J. Przyborowski and H. Wilenski, Homogeneity of results in testing samples from Poisson series, Biometrika
       31:313 (1940).
    .. [3] D. Kvitsiani et al., Distinct behavioural and network correlates of two interneuron types in prefrontal
       cortex, Nature 498:363 (2013).
    """
    if n_trials < 1 or window <= 0 or baseline <= 0:
        return None
    after = aligned.where((aligned.lags >= 0) & (aligned.lags < window))
    before = aligned.where((aligned.lags < 0) & (aligned.lags >= -baseline))
    stretch = _find_stretch(after.lags, len(before), n_trials, window, baseline)
    if stretch is None:
        return None
    start, stop = stretch
    inside = after.where((after.lags >= start) & (after.lags < stop))
    trials, first = np.unique(inside.rows, return_index=True)
    n_stretches = N_STEPS * (N_STEPS + 1) // 2
    p_value = n_stretches * max(
        _p_of_spikes(len(inside), len(before), (stop - start) / baseline),
        _p_of_trials(len(trials), before, n_trials, stop - start, baseline),
    )
    if p_value > alpha:
        return None
    lags = inside.lags[first]  # rows ascend, and the lags of each
    jitter = float(lags.std(ddof=1)) if len(lags) > 1 else math.nan
    return Response(start, stop, float(np.median(lags)), jitter, len(trials) / n_trials, min(1.0, p_value))


def _find_stretch(
    lags: npt.NDArray[np.int64], n_before: int, n_trials: int, window: float, baseline: float
) -> tuple[float, float] | None:
    """Return the stretch that is least likely at the rate before the events, None where no rate is higher."""
    edges = np.linspace(0, window, N_STEPS + 1)
    below = np.searchsorted(np.sort(lags), edges)
    first, last = np.triu_indices(N_STEPS + 1, k=1)
    n = (below[last] - below[first]).astype(np.float64)
    length = edges[last] - edges[first]
    share = length / (length + baseline)
    expected = (n + n_before) * share
    ratio = _n_log(n, expected) + _n_log(np.full_like(n, n_before), (n + n_before) * (1 - share))
    ratio[n <= expected] = -np.inf
    best = int(np.argmax(ratio))
    return None if ratio[best] == -np.inf else (float(edges[first[best]]), float(edges[last[best]]))


def _n_log(n: Float64, expected: Float64) -> Float64:
    """Return n · log(n / expected), 0 for n = 0."""
    return n * np.log(np.where(n > 0, n, 1.0) / np.where(n > 0, expected, 1.0))


def _p_of_spikes(n: int, n_before: int, ratio: float) -> float:
    """Return how likely `n` or more of all spikes are in a stretch that is `ratio` as long as the time before."""
    from scipy.special import betainc

    return float(betainc(n, n_before + 1, ratio / (1 + ratio)))


def _p_of_trials(n: int, before: AlignedSpikes, n_trials: int, length: float, baseline: float) -> float:
    """Return how likely `n` or more trials have a spike in a stretch, as far as the time before tells."""
    from scipy.special import betainc

    n_parts = int(baseline // length)
    if not n_parts:
        return 0.0  # the other test decides
    part = (-before.lags - 1) // length
    inside = part < n_parts
    n_hit = len(np.unique(before.rows[inside] * n_parts + part[inside]))
    probability = (n_hit + 1) / (n_trials * n_parts + 1)
    return float(betainc(n, n_trials - n + 1, min(probability, 1.0)))
