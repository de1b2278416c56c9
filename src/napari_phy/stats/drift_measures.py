"""How far the place of a cluster wanders."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

DRIFT_BIN_S = 60.0
SPIKES_PER_BIN = 100
_KNOWN_SHARE = 0.5
_FEWEST_BINS = 2


@dataclass(frozen=True, slots=True)
class DriftMeasures:
    """What the medians of bins of time say, in the unit of the places; nan where it cannot be told.

    Attributes
    ----------
    ptp, std, mad : float
        Largest minus smallest, standard deviation, and median distance from their median.
    """

    ptp: float = float("nan")
    std: float = float("nan")
    mad: float = float("nan")


def drift_measures(
    spike_samples: npt.ArrayLike,
    places: npt.ArrayLike,
    stretches: npt.ArrayLike,
    *,
    sample_rate: float,
    bin_s: float = DRIFT_BIN_S,
    spikes_per_bin: int = SPIKES_PER_BIN,
) -> DriftMeasures:
    """Return how far the median place of a cluster's spikes wanders from bin to bin.

    Siegle et al., Nature 592 (2021), as in SpikeInterface's `compute_drift_metrics`: bins with fewer spikes are not
    known, of less than two bins, or where more than half are not known, nothing can be told.

    Parameters
    ----------
    spike_samples : array_like of int, shape (n_spikes,)
        Ascending samples of one cluster.
    places : array_like, shape (n_spikes,)
        Where each spike is; those that are not finite are left out.
    stretches : array_like of int, shape (n_stretches, 2)
        First sample of each stretch of time that is used, and the one after its last; a last bin that is not whole is
        left out.
    sample_rate : float
        Hz.
    bin_s : float
        Width of a bin in seconds.
    spikes_per_bin : int
        How many spikes a median needs.
    """
    samples, values = np.asarray(spike_samples, dtype=np.int64), np.asarray(places, dtype=np.float64)
    known = np.isfinite(values)
    samples, values, width = samples[known], values[known], max(1, int(bin_s * sample_rate))
    parts = []
    for start, stop in np.asarray(stretches, dtype=np.int64).reshape(-1, 2).tolist():
        edges = np.searchsorted(samples, start + width * np.arange((stop - start) // width + 1, dtype=np.int64))
        parts += [values[first:last] for first, last in pairwise(edges.tolist())]
    n_bins = len(parts)
    medians = np.array([np.median(part) for part in parts if len(part) >= spikes_per_bin and len(part)])
    if n_bins < _FEWEST_BINS or not len(medians) or n_bins - len(medians) > _KNOWN_SHARE * n_bins:
        return DriftMeasures()
    return DriftMeasures(
        float(np.ptp(medians)), float(medians.std()), float(np.median(np.abs(medians - np.median(medians))))
    )
