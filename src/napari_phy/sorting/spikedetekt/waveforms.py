"""Waveforms at times between samples, and what their principal components make of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.stats.principal_components import Moments

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


def cut_waveforms(filtered: Float32, channels: slice, times: Float64, before: int, after: int) -> Float32:
    """Return `(n_spikes, before + after, n_channels)`, moved by fractions of a sample with a cubic spline.

    Parameters
    ----------
    filtered : ndarray of float32, shape (n_samples, n_channels)
        Filtered voltage; it is 0 beyond its ends.
    channels : slice
        Neighbouring columns.
    times : ndarray of float64, shape (n_spikes,)
        In samples of `filtered`.
    before, after : int
        Samples before the spike, and from it on.
    """
    from napari_phy.sorting.spikedetekt import _splines

    waveforms = np.empty((len(times), before + after, channels.stop - channels.start), dtype=np.float32)
    _splines.cut_waveforms(filtered, channels.start, times, before, waveforms)
    return waveforms


def moments_of(waveforms: Float32, masks: Float32) -> Moments:
    """Return sums of waveforms, `(n_spikes, n_samples, n_channels)`, with masks, `(n_spikes, n_channels)`."""
    from napari_phy.sorting.spikedetekt import _splines

    made = Moments.empty(waveforms.shape[2], waveforms.shape[1])
    _splines.add_products(waveforms, masks, made.counts, made.sums, made.products)
    return Moments(len(waveforms), made.counts, made.sums, made.products)


def project(waveforms: Float32, components: Float32) -> Float32:
    """Return `(n_spikes, n_channels, n_components)`, the waveforms along the components of each channel."""
    from napari_phy.sorting.spikedetekt import _splines

    features = np.empty((len(waveforms), waveforms.shape[2], len(components)), dtype=np.float32)
    _splines.project(waveforms, components, features)
    return features
