"""How complete a cluster is: in how much of the time it fires, and how many spikes were too small to be found."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

PRESENCE_BIN_S = 60.0
N_BINS = 100
SPIKES_PER_BIN = 5
_SMOOTHING = 3  # bins
_LARGEST = 0.5


def presence_ratio(
    spike_samples: npt.ArrayLike, stretches: npt.ArrayLike, *, sample_rate: float, bin_s: float = PRESENCE_BIN_S
) -> float:
    """Return the fraction (0…1) of bins of time in which a cluster has a spike.

    Of one stretch it is SpikeInterface's `compute_presence_ratios` with its own choices; a last bin that is not whole
    is left out. Where there is no whole bin or no spike: nan.

    Parameters
    ----------
    spike_samples : array_like of int, shape (n_spikes,)
        Ascending samples of one cluster.
    stretches : array_like of int, shape (n_stretches, 2)
        First sample of each stretch of time that is used, and the one after its last.
    sample_rate : float
        Hz.
    bin_s : float
        Width of a bin in seconds.
    """
    samples, width = np.asarray(spike_samples, dtype=np.int64), max(1, int(bin_s * sample_rate))
    n_bins = n_present = 0
    for start, stop in np.asarray(stretches, dtype=np.int64).reshape(-1, 2).tolist():
        edges = start + width * np.arange((stop - start) // width + 1, dtype=np.int64)
        n_bins += len(edges) - 1
        n_present += int(np.count_nonzero(np.diff(np.searchsorted(samples, edges))))
    return n_present / n_bins if n_bins and len(samples) else math.nan


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
