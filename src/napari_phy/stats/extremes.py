"""Traces in bins: the smallest and the largest sample of each, from which any wider bin follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def bin_extremes(samples: Array, factor: int) -> Array:
    """Return the smallest and the largest of every `factor` samples of each channel.

    Parameters
    ----------
    samples : Array, shape (n_samples, n_channels)
        Integers or floats.
    factor : int
        Samples a bin; the last one may have fewer.

    Returns
    -------
    ndarray, shape (n_bins, 2, n_channels)
        Smallest and largest value of each bin, of the same type.
    """
    from napari_phy.stats._bin_extremes import fill_extremes

    samples = np.ascontiguousarray(samples, dtype=samples.dtype.newbyteorder("="))
    extremes = np.empty((-(-len(samples) // factor), 2, samples.shape[1]), dtype=samples.dtype)
    fill_extremes(samples, factor, extremes)
    return extremes


def join_bins(extremes: Array, n_bins: int) -> Array:
    """Return the extremes of every `n_bins` neighbours; the last may have fewer.

    Parameters
    ----------
    extremes : Array, shape (n, 2, n_channels)
        Smallest first.
    n_bins : int
        How many become one.

    Returns
    -------
    ndarray, shape (ceil(n / n_bins), 2, n_channels)
        Smallest and largest value of each wider bin.
    """
    if n_bins == 1 or not len(extremes):
        return extremes
    from napari_phy.stats._bin_extremes import fill_joined

    joined = np.empty((-(-len(extremes) // n_bins), *extremes.shape[1:]), dtype=extremes.dtype)
    fill_joined(np.ascontiguousarray(extremes), n_bins, joined)
    return joined


def signed_extremes(extremes: Array, baseline: npt.ArrayLike = 0.0) -> npt.NDArray[np.float32]:
    """Return of each bin the extreme that is farther from the baseline, with its sign, so that spikes stay visible.

    Parameters
    ----------
    extremes : Array, shape (n, 2, n_channels)
        Smallest first.
    baseline : array_like, shape (n_channels,), default 0.0
        What is taken off each channel.

    Returns
    -------
    ndarray of float32, shape (n, n_channels)
        Of each bin the extreme that is farther from the baseline.
    """
    base = np.asarray(baseline, dtype=np.float32)
    low, high = extremes[:, 0].astype(np.float32) - base, extremes[:, 1].astype(np.float32) - base
    return np.where(high > -low, high, low)
