"""Which spikes come, and how many intervals between spikes are, too soon for one neuron."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

REFRACTORY_MS = 2.0


def violations(
    spike_samples: npt.ArrayLike, *, sample_rate: float, refractory_ms: float = REFRACTORY_MS
) -> npt.NDArray[np.bool_]:
    """Return (n,) whether each spike comes less than `refractory_ms` after the one before it.

    `spike_samples` are the ascending integer samples of one cluster; its first spike violates nothing.
    """
    samples = np.asarray(spike_samples)
    too_soon = np.zeros(len(samples), dtype=np.bool_)
    too_soon[1:] = np.diff(samples) * 1000.0 < refractory_ms * sample_rate
    return too_soon


def refractory_fraction(
    spike_samples: npt.ArrayLike, *, sample_rate: float, refractory_ms: float = REFRACTORY_MS
) -> float:
    """Return the fraction (0…1) of intervals between neighbouring spikes that are below `refractory_ms`.

    `spike_samples` are the ascending integer samples of one cluster; with fewer than two there is no interval: nan.
    """
    too_soon = violations(spike_samples, sample_rate=sample_rate, refractory_ms=refractory_ms)
    return float(np.count_nonzero(too_soon) / (len(too_soon) - 1)) if len(too_soon) > 1 else float("nan")
