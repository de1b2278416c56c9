"""The loops of `correlograms`; a module of its own, so that numba is imported only when needed.

Lags are divided by a product and a shift, which is exact for lags within the window: `window × width < 2**digits`.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def _reciprocal(width, window):  # type: ignore[no-untyped-def]
    digits = np.uint64(0)
    while np.uint64(window) * np.uint64(width) >> digits:
        digits += np.uint64(1)
    return (np.uint64(1) << digits) // np.uint64(width) + np.uint64(1), digits


@numba.njit(cache=True, nogil=True)
def count_followers(samples, places, spikes, width, counts):  # type: ignore[no-untyped-def]
    """Add to `(n, n, n_bins)` the pairs of some spikes with all that follow them within n_bins × width samples."""
    n_places, _, n_bins = counts.shape
    flat = counts.reshape(-1)
    window = width * n_bins
    inverse, digits = _reciprocal(width, window)
    for earlier in spikes:
        sample = samples[earlier]
        stop = sample + window
        row = np.int64(places[earlier]) * n_places * n_bins
        for later in range(earlier + 1, len(samples)):
            if samples[later] >= stop:
                break
            lag = (np.uint64(samples[later] - sample) * inverse) >> digits
            flat[row + np.int64(places[later]) * n_bins + np.int64(lag)] += 1


@numba.njit(cache=True, nogil=True)
def move_pairs(samples, old, new, moved, width, counts):  # type: ignore[no-untyped-def]
    """Move in `(n, n, n_bins)` the pairs of some spikes from their old places to their new ones.

    A pair of two moved spikes is moved with the earlier one.
    """
    n_bins = counts.shape[2]
    window = width * n_bins
    inverse, digits = _reciprocal(width, window)
    for spike in moved:
        sample = samples[spike]
        for later in range(spike + 1, len(samples)):
            if samples[later] >= sample + window:
                break
            lag = np.int64((np.uint64(samples[later] - sample) * inverse) >> digits)
            counts[old[spike], old[later], lag] -= 1
            counts[new[spike], new[later], lag] += 1
        for earlier in range(spike - 1, -1, -1):
            if samples[earlier] + window <= sample:
                break
            if old[earlier] == new[earlier]:
                lag = np.int64((np.uint64(sample - samples[earlier]) * inverse) >> digits)
                counts[old[earlier], old[spike], lag] -= 1
                counts[new[earlier], new[spike], lag] += 1
