"""The loops of `waveforms`; a module of its own, so that numba is imported only when waveforms are cut out."""

from __future__ import annotations

import numpy as np

from napari_phy.core.compiled import compiled


@compiled
def _fill_knots(filtered, first, start, knots):  # type: ignore[no-untyped-def]
    for knot in range(len(knots)):
        row = start + knot
        if 0 <= row < len(filtered):
            for channel in range(knots.shape[1]):
                knots[knot, channel] = filtered[row, first + channel]
        else:
            knots[knot] = 0


@compiled
def _fill_bends(knots, factors, bends):  # type: ignore[no-untyped-def]
    """Fill the second derivatives at the knots, but for the outermost, of a cubic spline, not-a-knot.

    On a grid of step 1 they solve m[i-1] + 4 m[i] + m[i+1] = 6 (y[i-1] - 2 y[i] + y[i+1]); as the ends lie on the
    straight line through their neighbours, the equations next to them have one unknown.
    """
    n_knots, n_channels = knots.shape
    for knot in (1, n_knots - 2):
        for channel in range(n_channels):
            bends[knot, channel] = knots[knot - 1, channel] - 2 * knots[knot, channel] + knots[knot + 1, channel]
    for knot in range(2, n_knots - 2):
        for channel in range(n_channels):
            bend = 6 * (knots[knot - 1, channel] - 2 * knots[knot, channel] + knots[knot + 1, channel])
            bends[knot, channel] = (bend - bends[knot - 1, channel]) * factors[knot]
    for knot in range(n_knots - 3, 1, -1):
        for channel in range(n_channels):
            bends[knot, channel] -= factors[knot] * bends[knot + 1, channel]


@compiled
def cut_waveforms(filtered, first, times, before, waveforms):  # type: ignore[no-untyped-def]
    """Fill `(n_spikes, n_samples, n_channels)` with waveforms at times between samples, of channels from `first` on.

    A cubic spline goes through one sample more before and two more behind; there are zeros beyond the ends.
    """
    n_spikes, n_samples, n_channels = waveforms.shape
    n_knots = n_samples + 3
    knots = np.empty((n_knots, n_channels))
    bends = np.empty((n_knots, n_channels))
    factors = np.zeros(n_knots)
    for knot in range(2, n_knots - 2):
        factors[knot] = 1.0 / (4.0 - factors[knot - 1])
    for spike in range(n_spikes):
        whole = int(np.floor(times[spike]))
        _fill_knots(filtered, first, whole - before - 1, knots)
        _fill_bends(knots, factors, bends)
        right = times[spike] - whole
        left = 1.0 - right
        of_left, of_right = (left**3 - left) / 6, (right**3 - right) / 6
        for sample in range(n_samples):
            for channel in range(n_channels):
                waveforms[spike, sample, channel] = (
                    left * knots[sample + 1, channel]
                    + right * knots[sample + 2, channel]
                    + of_left * bends[sample + 1, channel]
                    + of_right * bends[sample + 2, channel]
                )


@compiled
def add_products(waveforms, masks, counts, sums, products):  # type: ignore[no-untyped-def]
    """Add to count, sum and products of samples of each channel the waveforms whose mask is above 0 there.

    `(n_channels,)`, `(n_channels, n_samples)` and `(n_channels, n_samples, n_samples)`, of which the lower halves are
    filled.
    """
    n_spikes, n_samples, n_channels = waveforms.shape
    for spike in range(n_spikes):
        for channel in range(n_channels):
            if masks[spike, channel] > 0:
                counts[channel] += 1
                for sample in range(n_samples):
                    value = np.float64(waveforms[spike, sample, channel])
                    sums[channel, sample] += value
                    for other in range(sample + 1):
                        products[channel, sample, other] += value * waveforms[spike, other, channel]


@compiled
def project(waveforms, components, features):  # type: ignore[no-untyped-def]
    """Fill `(n_spikes, n_channels, n_features)` with parts of waveforms along `(n_features, n_samples, n_channels)`."""
    n_spikes, n_samples, n_channels = waveforms.shape
    along = np.empty(n_channels)
    for spike in range(n_spikes):
        for feature in range(len(components)):
            along[:] = 0
            for sample in range(n_samples):
                for channel in range(n_channels):
                    along[channel] += waveforms[spike, sample, channel] * components[feature, sample, channel]
            for channel in range(n_channels):
                features[spike, channel, feature] = along[channel]
