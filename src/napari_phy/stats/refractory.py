"""How many intervals between spikes are too short for one neuron."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def refractory_fraction(spike_samples: npt.ArrayLike, *, sample_rate: float, refractory_ms: float = 2.0) -> float:
    """Return the fraction (0…1) of intervals between neighbouring spikes that are below `refractory_ms`.

    `spike_samples` are the ascending integer samples of one cluster; with fewer than two there is no interval: nan.
    """
    intervals = np.diff(np.asarray(spike_samples))
    if not intervals.size:
        return float("nan")
    return float(np.count_nonzero(intervals * 1000.0 < refractory_ms * sample_rate) / intervals.size)
