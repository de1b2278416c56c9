"""Stretches of time in which a cluster is steady: few of its spikes are of others, and few are missing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.stats.completeness import amplitude_cutoff
from napari_phy.stats.contamination import close_pairs, llobet_contamination

Int64 = npt.NDArray[np.int64]

PERIOD_S = 30.0
SHORTEST_S = 180.0
MOST = 0.1  # of contamination, and of missing spikes
REFRACTORY_MS = 0.8
N_BINS = 50


def valid_periods(
    spike_samples: npt.ArrayLike,
    amplitudes: npt.ArrayLike,
    stretches: npt.ArrayLike,
    *,
    sample_rate: float,
    period_s: float = PERIOD_S,
    shortest_s: float = SHORTEST_S,
) -> Int64:
    """Return (n, 2) the first sample of each stretch in which a cluster is steady, and the one after its last.

    Time is cut into periods of `period_s`. In each, with one before and one after it, the contamination after Llobet
    (`llobet_contamination`, 0.8 ms) and the share of missing spikes (`amplitude_cutoff`, of 250 spikes or more) have
    to be below 0.1; neighbours are joined, and what is shorter than `shortest_s` is left out. SpikeInterface's
    `ComputeValidUnitPeriods` with its own choices, after Fabre et al. (Bombcell) and NeuroPyxels.

    Parameters
    ----------
    spike_samples : array_like of int, shape (n_spikes,)
        Ascending samples of one cluster.
    amplitudes : array_like, shape (n_spikes,)
        Positive amplitude of each spike in any unit.
    stretches : array_like of int, shape (n_stretches, 2)
        First sample of each recording, and the one after its last; no period goes from one to another.
    sample_rate : float
        Hz.
    period_s, shortest_s : float
        Seconds of a period, and of the shortest stretch.
    """
    samples, sizes = np.asarray(spike_samples, dtype=np.int64), np.asarray(amplitudes, dtype=np.float64)
    width, shortest = max(1, round(period_s * sample_rate)), int(shortest_s * sample_rate)
    refractory = round(REFRACTORY_MS * sample_rate / 1000)
    found: list[tuple[int, int]] = []
    for first, last in np.asarray(stretches, dtype=np.int64).reshape(-1, 2).tolist():
        steady: list[tuple[int, int]] = []
        for start in range(first, last, width):
            stop = min(start + width, last)
            around = max(first, start - width), min(last, stop + width)
            here = slice(*np.searchsorted(samples, around).tolist())
            n_pairs = close_pairs(samples[here], refractory)
            share = llobet_contamination(n_pairs, len(samples[here]), around[1] - around[0], refractory)
            if not (share < MOST and amplitude_cutoff(sizes[here], N_BINS) < MOST):
                continue
            if steady and steady[-1][1] == start:
                steady[-1] = steady[-1][0], stop
            else:
                steady.append((start, stop))
        found += [period for period in steady if period[1] - period[0] >= shortest]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def common_stretches(some: Int64, others: Int64) -> Int64:
    """Return (n, 2) the stretches that are in two sets of them, each ascending and without overlaps."""
    starts = np.maximum(some[:, None, 0], others[None, :, 0])
    stops = np.minimum(some[:, None, 1], others[None, :, 1])
    rows = np.flatnonzero((starts < stops).reshape(-1))
    return np.stack([starts.reshape(-1)[rows], stops.reshape(-1)[rows]], axis=1).astype(np.int64)


def within_stretches(samples: Int64, stretches: Int64) -> npt.NDArray[np.bool_]:
    """Return (n,) whether each sample is in one of the stretches, which are ascending and without overlaps."""
    edges = np.searchsorted(stretches.reshape(-1), samples, side="right")
    return np.asarray(edges % 2 == 1)
