"""How much of the time a cluster fires."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]

PRESENCE_BIN_S = 60.0


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
