"""The loop of `correlograms`; a module of its own, so that numba is imported only when needed."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def count_followers(samples, places, spikes, width, counts):  # type: ignore[no-untyped-def]
    """Add to `(n, n, n_bins)` the pairs of some spikes with all that follow them within n_bins × width samples.

    Lags are divided by a product and a shift, which is exact for lag × width < 2**`digits`.
    """
    n_labels, _, n_bins = counts.shape
    flat = counts.reshape(-1)
    window = width * n_bins
    digits = np.uint64(0)
    while np.uint64(window) * np.uint64(width) >> digits:
        digits += np.uint64(1)
    inverse = (np.uint64(1) << digits) // np.uint64(width) + np.uint64(1)
    for earlier in spikes:
        sample = samples[earlier]
        stop = sample + window
        row = np.int64(places[earlier]) * n_labels * n_bins
        for later in range(earlier + 1, len(samples)):
            if samples[later] >= stop:
                break
            lag = (np.uint64(samples[later] - sample) * inverse) >> digits
            flat[row + np.int64(places[later]) * n_bins + np.int64(lag)] += 1
