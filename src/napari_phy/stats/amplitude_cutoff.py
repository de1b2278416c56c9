"""How many spikes of a cluster were too small to be found."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

N_BINS = 100
SPIKES_PER_BIN = 5
_SMOOTHING = 3  # bins
_LARGEST = 0.5


def amplitude_cutoff(amplitudes: npt.ArrayLike, n_bins: int = N_BINS) -> float:
    """Return the fraction (0…0.5) of spikes that are missing at the low end of a histogram of amplitudes.

    The high end, where none is missing, says how many there should be: Hill, Mehta and Kleinfeld, J. Neurosci. 31
    (2011), as in SpikeInterface's `amplitude_cutoff`. Amplitudes that drift make it too large.

    Parameters
    ----------
    amplitudes : array_like, shape (n_spikes,)
        Positive amplitudes of one cluster in any unit; what is not a finite number is left out.
    n_bins : int
        Number of bins. Of less than five spikes a bin it cannot be told: nan.
    """
    values = np.asarray(amplitudes, dtype=np.float64)
    values = values[np.isfinite(values)]
    if len(values) < n_bins * SPIKES_PER_BIN:
        return math.nan
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        return math.nan  # one amplitude has no histogram
    from scipy.ndimage import gaussian_filter1d

    counts = gaussian_filter1d(np.histogram(values, n_bins)[0], _SMOOTHING, mode="nearest")
    last = int(np.flatnonzero(counts >= counts[0])[-1])  # as many as at the low end
    n_missing = float(counts[last + 1 :].sum())
    return min(n_missing / (len(values) + n_missing), _LARGEST)
