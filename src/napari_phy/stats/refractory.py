"""Which spikes come, and how many intervals between spikes are, too soon for one neuron."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.stats.intervals import NO_INTERVAL, spike_intervals

REFRACTORY_MS = 2.0


def violations(
    spike_samples: npt.ArrayLike,
    *,
    sample_rate: float,
    refractory_ms: float = REFRACTORY_MS,
    firsts: npt.ArrayLike = (),
) -> npt.NDArray[np.bool_]:
    """Return (n,) whether each spike comes less than `refractory_ms` after the one before it.

    `spike_samples` are the ascending integer samples of one cluster; its first spike violates nothing, nor do those at
    the places `firsts`, each of which is the first of a stretch of time of its own.
    """
    return _too_short(spike_intervals(spike_samples, firsts), sample_rate, refractory_ms)


def refractory_fraction(
    spike_samples: npt.ArrayLike,
    *,
    sample_rate: float,
    refractory_ms: float = REFRACTORY_MS,
    firsts: npt.ArrayLike = (),
) -> float:
    """Return the fraction (0…1) of intervals between neighbouring spikes that are below `refractory_ms`.

    `spike_samples` are the ascending integer samples of one cluster, `firsts` the places of those that are the first of
    a stretch of time of their own. Where there is no interval: nan.
    """
    intervals = spike_intervals(spike_samples, firsts)
    n_intervals = np.count_nonzero(intervals != NO_INTERVAL)
    n_too_short = np.count_nonzero(_too_short(intervals, sample_rate, refractory_ms))
    return float(n_too_short / n_intervals) if n_intervals else float("nan")


def _too_short(intervals: npt.NDArray[np.int64], sample_rate: float, refractory_ms: float) -> npt.NDArray[np.bool_]:
    return np.asarray((intervals != NO_INTERVAL) & (intervals * 1000.0 < refractory_ms * sample_rate))
