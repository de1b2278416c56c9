"""How many spikes of a cluster are of other neurons, told from those that come too soon after each other."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

HILL_MS = 1.5
LLOBET_MS = 1.0
SLIDING_BIN_MS, SLIDING_FROM_MS, SLIDING_TO_MS = 0.25, 0.5, 10.0
SLIDING_SHARES = np.arange(0.5, 35.5, 0.5) / 100
SURE = 0.9
RULED_OUT_MS = 2.0


def close_pairs(spike_samples: npt.ArrayLike, n_samples: int) -> int:
    """Return how many pairs of spikes are `n_samples` apart or less; of three spikes there are up to three.

    As in SpikeInterface's `compute_refrac_period_violations`, in which a pair exactly so far apart counts.

    Parameters
    ----------
    spike_samples : array_like of int, shape (n_spikes,)
        Ascending samples of one cluster.
    n_samples : int
        Largest distance.
    """
    samples = np.asarray(spike_samples, dtype=np.int64)
    last = np.searchsorted(samples, samples + n_samples, side="right")
    return int((last - np.arange(1, len(samples) + 1)).sum())


def hill_ratio(n_violations: int, n_spikes: int, duration_s: float, *, refractory_ms: float = HILL_MS) -> float:
    """Return the rate of spikes that violate the refractory time over the mean rate.

    It is near the share of spikes of other neurons while that is small, and may be above 1: Hill, Mehta and Kleinfeld,
    J. Neurosci. 31 (2011), as in SpikeInterface's `compute_isi_violations`. nan where there is no spike.

    Parameters
    ----------
    n_violations : int
        How many intervals between neighbouring spikes are shorter than `refractory_ms`.
    n_spikes : int
        Number of spikes.
    duration_s : float
        Seconds of the time in which they were looked for.
    refractory_ms : float
        Refractory time.
    """
    if n_spikes <= 0 or duration_s <= 0:
        return math.nan
    return n_violations * duration_s / (2 * n_spikes**2 * refractory_ms / 1000)


def llobet_contamination(n_pairs: int, n_spikes: int, n_samples: int, refractory_samples: int) -> float:
    """Return the share (0…1) of spikes that are of many other neurons, which fire independently.

    Llobet, Wyngaard and Barbour, bioRxiv 2022.02.08.479192, as in SpikeInterface's `compute_refrac_period_violations`
    without a censored period. 1 where there are more violations than two independent neurons have; nan of less than
    two spikes.

    Parameters
    ----------
    n_pairs : int
        How many pairs of spikes are `refractory_samples` apart or less, as `close_pairs` counts them.
    n_spikes : int
        Number of spikes.
    n_samples : int
        Samples of the time in which they were looked for.
    refractory_samples : int
        Refractory time.
    """
    if n_spikes < 2 or refractory_samples < 1:
        return math.nan
    rest = 1 - n_pairs * n_samples / (n_spikes**2 * refractory_samples)
    return 1.0 if rest < 0 else 1 - math.sqrt(rest)


def sliding_contamination(spike_samples: npt.ArrayLike, duration_s: float, *, sample_rate: float) -> float:
    """Return the least share of spikes of other neurons that violations rule out, at 90 %, for some refractory time.

    Refractory times of 0.5 to 10 ms and shares of 0.5 to 35 % are tried: the sliding refractory test of the
    International Brain Laboratory, as in SpikeInterface's `compute_sliding_rp_violations`. nan where no share is ruled
    out, and without a spike.

    Parameters
    ----------
    spike_samples : array_like of int, shape (n_spikes,)
        Ascending samples of one cluster.
    duration_s : float
        Seconds of the time in which they were looked for.
    sample_rate : float
        Hz.
    """
    samples = np.asarray(spike_samples, dtype=np.int64)
    if not len(samples) or duration_s <= 0:
        return math.nan
    from scipy.special import gammainc

    width = max(1, round(SLIDING_BIN_MS * sample_rate / 1000))
    n_bins = int(SLIDING_TO_MS / (1000 * width / sample_rate))
    edges = width / sample_rate * np.arange(n_bins + 1)
    n_pairs = np.cumsum(_pairs_by_lag(samples, width, n_bins))
    chances = _pairs_a_second(SLIDING_SHARES, len(samples), duration_s)
    is_sure = gammainc(n_pairs + 1, np.maximum(np.outer(chances, edges[1:]), 0)) > SURE
    places = np.flatnonzero(is_sure[:, (edges[:-1] + edges[1:]) / 2 > SLIDING_FROM_MS / 1000].any(axis=1))
    return float(SLIDING_SHARES[places[0]]) if len(places) else math.nan


def can_rule_out(share: float, n_spikes: int, duration_s: float, *, refractory_ms: float = RULED_OUT_MS) -> bool:
    """Return whether the sliding test rules a share of spikes of other neurons out for a cluster without violations.

    If it does not, the cluster has too few spikes for the test to tell.

    Parameters
    ----------
    share : float
        Share of spikes of other neurons, 0 to 1.
    n_spikes : int
        Spikes of the cluster.
    duration_s : float
        Seconds of the time in which they were looked for.
    refractory_ms : float, default 2
        Time after each spike without another one.
    """
    if n_spikes <= 0 or duration_s <= 0:
        return False
    expected = float(_pairs_a_second(np.array([share]), n_spikes, duration_s)[0]) * refractory_ms / 1000
    return 1 - math.exp(-max(expected, 0.0)) > SURE


def _pairs_a_second(shares: npt.NDArray[np.float64], n_spikes: int, duration_s: float) -> npt.NDArray[np.float64]:
    """Return the pairs within a second that spikes of other neurons make with all, where they are these shares."""
    n_other = n_spikes * shares
    return np.asarray(2 / duration_s * n_other * (n_spikes - n_other + (n_other - 1) / 2))


def _pairs_by_lag(samples: npt.NDArray[np.int64], width: int, n_bins: int) -> npt.NDArray[np.int64]:
    """Return (n_bins,) how many pairs of spikes are at the lags of each bin; those of the same sample count twice."""
    counts = np.zeros(n_bins, dtype=np.int64)
    for step in range(1, len(samples)):
        lags = samples[step:] - samples[:-step]
        lags = lags[lags < width * n_bins]
        if not len(lags):
            break
        counts += np.bincount(lags // width, minlength=n_bins)
        counts[0] += np.count_nonzero(lags == 0)
    return counts
