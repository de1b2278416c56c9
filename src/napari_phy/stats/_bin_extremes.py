"""Smallest and largest sample of each bin; a module of its own, so that numba is imported only when needed.

Rows are written value by value: to assign whole rows takes numba seconds longer to compile.
"""

from __future__ import annotations

from napari_phy.core.compiled import compiled


@compiled
def fill_extremes(samples, factor, extremes):  # type: ignore[no-untyped-def]
    """Fill `(n_bins, 2, n_channels)` with the extremes of `factor` rows of `(n_samples, n_channels)` each."""
    n_samples, n_channels = samples.shape
    for place in range(len(extremes)):
        start = place * factor
        low, high = extremes[place, 0], extremes[place, 1]
        for channel in range(n_channels):
            low[channel] = high[channel] = samples[start, channel]
        for row in range(start + 1, min(start + factor, n_samples)):
            for channel in range(n_channels):
                value = samples[row, channel]
                if value < low[channel] or low[channel] != low[channel]:  # what is not a number gives way
                    low[channel] = value
                if value > high[channel] or high[channel] != high[channel]:
                    high[channel] = value


@compiled
def fill_joined(extremes, n_bins, joined):  # type: ignore[no-untyped-def]
    """Fill `(n, 2, n_channels)` with the extremes of `n_bins` neighbours each."""
    n_channels = extremes.shape[2]
    for place in range(len(joined)):
        start = place * n_bins
        low, high = joined[place, 0], joined[place, 1]
        for channel in range(n_channels):
            low[channel], high[channel] = extremes[start, 0, channel], extremes[start, 1, channel]
        for row in range(start + 1, min(start + n_bins, len(extremes))):
            for channel in range(n_channels):
                value = extremes[row, 0, channel]
                if value < low[channel] or low[channel] != low[channel]:
                    low[channel] = value
                value = extremes[row, 1, channel]
                if value > high[channel] or high[channel] != high[channel]:
                    high[channel] = value
