"""Traces in bins: the smallest and the largest sample of each, from which any wider bin follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.compiled import ReadyLoop

Array = npt.NDArray[Any]

VALUES_AT_ONCE = 2**17  # so that they stay in the processor's cache

_fill_extremes = ReadyLoop("napari_phy.stats._bin_extremes", "fill_extremes")
_fill_joined = ReadyLoop("napari_phy.stats._bin_extremes", "fill_joined")


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
    samples = np.ascontiguousarray(samples, dtype=samples.dtype.newbyteorder("="))
    extremes = np.empty((-(-len(samples) // factor), 2, samples.shape[1]), dtype=samples.dtype)
    loop = _fill_extremes.find(samples, factor, extremes)
    if loop is not None:
        loop(samples, factor, extremes)
    else:
        _fill(samples, factor, np.fmin, extremes[:, 0])
        _fill(samples, factor, np.fmax, extremes[:, 1])
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
    joined = np.empty((-(-len(extremes) // n_bins), *extremes.shape[1:]), dtype=extremes.dtype)
    extremes = np.ascontiguousarray(extremes)
    loop = _fill_joined.find(extremes, n_bins, joined)
    if loop is not None:
        loop(extremes, n_bins, joined)
    else:
        _fill(extremes[:, 0], n_bins, np.fmin, joined[:, 0])
        _fill(extremes[:, 1], n_bins, np.fmax, joined[:, 1])
    return joined


def _fill(values: Array, n: int, pick: np.ufunc, out: Array) -> None:
    """Fill `(n_bins, n_channels)` with the extremes of every `n` rows by NumPy; what is not a number gives way."""
    n_whole = len(values) // n
    at_once = max(1, VALUES_AT_ONCE // max(1, n * values.shape[1]))
    for start in range(0, n_whole, at_once):
        stop = min(start + at_once, n_whole)
        out[start:stop] = _extreme(values[start * n : stop * n].reshape(stop - start, n, values.shape[1]), pick)
    if n_whole < len(out):
        out[n_whole:] = _extreme(values[np.newaxis, n_whole * n :], pick)


def _extreme(bins: Array, pick: np.ufunc) -> Array:
    """Return (n_bins, n_channels) of `(n_bins, n, n_channels)`: the rows are halved until one is left."""
    while (n := bins.shape[1]) > 1:
        half = -(-n // 2)
        bins = pick(bins[:, :half], bins[:, n - half :])
    return bins[:, 0]


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
