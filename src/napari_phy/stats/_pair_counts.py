"""The loops of `correlograms`; a module of its own, so that numba is imported only when needed.

Lags are divided by a product and a shift, which is exact for lags within the window: `window × width < 2**digits`.
"""

from __future__ import annotations

import numpy as np

from napari_phy.core.compiled import compiled

UNBRANCHED = np.uint64(2)


@compiled
def _reciprocal(width, window):  # type: ignore[no-untyped-def]
    digits = np.uint64(0)
    while np.uint64(window) * np.uint64(width) >> digits:
        digits += np.uint64(1)
    return (np.uint64(1) << digits) // np.uint64(width) + np.uint64(1), digits


@compiled
def count_followers(samples, places, spikes, width, counts):  # type: ignore[no-untyped-def]
    """Add to `(n, n, n_bins)` the pairs of some spikes with all that follow them within n_bins × width samples.

    The first followers are counted without a branch: at low rates it cannot be predicted where a loop over them ends.
    Indices are unsigned, so that no code is made for those below zero.
    """
    n_places, _, n_bins = counts.shape
    flat = counts.reshape(-1)
    inverse, digits = _reciprocal(width, width * n_bins)
    window, n = np.uint64(width * n_bins), np.uint64(len(samples))
    per_row, per_place, one = np.uint64(n_places * n_bins), np.uint64(n_bins), np.uint64(1)
    for i in range(len(spikes)):
        earlier = np.uint64(spikes[i])
        sample = samples[earlier]
        row = np.uint64(places[earlier]) * per_row
        later = earlier + one
        if earlier + UNBRANCHED < n:
            for _ in range(UNBRANCHED):
                lag = np.uint64(samples[later] - sample)
                is_inside = np.uint64(lag < window)
                cell = row + np.uint64(places[later]) * per_place + ((lag * inverse) >> digits) * is_inside
                flat[cell] += np.int32(is_inside)
                later += one
        while later < n:
            lag = np.uint64(samples[later] - sample)
            if lag >= window:
                break
            flat[row + np.uint64(places[later]) * per_place + ((lag * inverse) >> digits)] += 1
            later += one


@compiled
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


@compiled
def count_around(samples, places, spikes, row_of, near, far, window, counts):  # type: ignore[no-untyped-def]
    """Add to `(2, n_rows, n)` the pairs of some spikes with all around them that are at short and at long lags.

    Short ones are below `near`, long ones from `far` to below `window` samples.
    """
    for spike in spikes:
        row, sample = row_of[places[spike]], samples[spike]
        for step in (-1, 1):
            other = spike + step
            while 0 <= other < len(samples):
                lag = abs(samples[other] - sample)
                if lag >= window:
                    break
                if lag < near:
                    counts[0, row, places[other]] += 1
                elif lag >= far:
                    counts[1, row, places[other]] += 1
                other += step
