"""Which pixels of a movie follow the rate of a cluster, and how much later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.movie import Movie, add_weighted, check_counts, check_sums, lagged

Float64 = npt.NDArray[np.float64]
_FEWEST = 3  # frames; two points always lie on a line


@dataclass(frozen=True, slots=True, eq=False)
class CorrelationMap:
    """The largest correlation of each pixel with each cluster.

    Attributes
    ----------
    correlation : ndarray of float64, shape (n_clusters, *frame_shape)
        Pearson's correlation at the best lag, −1…1; NaN for a pixel that is constant, is NaN in any frame, or is
        masked.
    lag : ndarray of int64, shape (n_clusters, *frame_shape)
        Frames from the rate to the pixel at which it is largest in size.
    n_frames : int
        Frames that were compared.
    """

    correlation: Float64
    lag: npt.NDArray[np.int64]
    n_frames: int


def compute_correlation_map(
    movie: Movie,
    rates: npt.ArrayLike,
    lags: npt.ArrayLike,
    *,
    stretches: npt.NDArray[np.int64] | None = None,
    mask: npt.NDArray[np.bool_] | None = None,
    on_progress: OnProgress = no_progress,
) -> CorrelationMap:
    """Return the correlation of every pixel with the rate of each cluster, at the lag where it is largest in size.

    Parameters
    ----------
    movie : Movie
        Frames, read in one pass.
    rates : array_like, shape (n_clusters, n_frames) or (n_clusters, n_rows, n_frames)
        Spikes in each frame, or while each row was taken.
    lags : array_like of int, shape (n_lags,)
        Frames from the rate to the pixel: 2 compares a frame with the rate two frames before it.
    stretches : ndarray of int64, shape (n_frames,), optional
        Which unbroken stretch each frame is in, ascending; −1 for frames that are not used. None: all are in one.
    mask : ndarray of bool, shape (frame_shape), optional
        Pixels of interest; None: all.
    on_progress : callable, optional
        Gets 0…1, and raises `CancelledError` to end it.

    Raises
    ------
    ImagingError
        The rates do not fit the movie, too few frames are left, or the sums need too much memory.

    Notes
    -----
    The same frames are compared at all lags: those from which every lag stays in their stretch. So Σx and Σx²
    of a pixel are needed once, and Σxy for each lag. All are sums of float64 of values from which the first frame was
    taken, so that a bright and steady background costs no digits.
    """
    rates = check_counts(rates, movie)
    lags = np.atleast_1d(np.asarray(lags, dtype=np.int64))
    n_clusters, n_groups, _ = rates.shape
    check_sums(n_clusters * len(lags) * movie.n_pixels, "The map")
    compared = compared_frames(np.zeros(movie.n_frames, np.int64) if stretches is None else stretches, lags)
    n_compared = int(compared.sum())
    rates = rates.transpose(1, 0, 2)
    means, rate_squares = _moments(rates, compared, lags)
    products = np.zeros((n_groups, n_clusters * len(lags), movie.n_pixels // n_groups))
    sums, squares = np.zeros(movie.n_pixels), np.zeros(movie.n_pixels)
    first: Float64 | None = None
    for frames, block in movie.blocks(compared, on_progress):
        first = block[0].copy() if first is None else first
        block -= first
        weights = lagged(rates, frames, lags)
        weights -= means[..., None]
        add_weighted(products, weights.reshape(n_groups, -1, len(frames)), block)
        sums += block.sum(axis=0)
        squares += np.einsum("fp,fp->p", block, block)
    pixel_squares = (squares - sums**2 / n_compared).reshape(n_groups, 1, -1)
    pixel_squares[pixel_squares <= 1e-12 * squares.reshape(pixel_squares.shape)] = 0.0  # constant but for rounding
    rate_squares = rate_squares.reshape(n_groups, -1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        products /= np.sqrt(pixel_squares * rate_squares)
    products[~np.isfinite(products)] = np.nan
    found = products.reshape(n_groups, n_clusters, len(lags), -1).transpose(1, 2, 0, 3)
    found = found.reshape(n_clusters, len(lags), *movie.frame_shape)
    best = np.argmax(np.nan_to_num(np.abs(found), nan=-1.0), axis=1)
    correlation = np.take_along_axis(found, best[:, None], axis=1)[:, 0]
    correlation = np.clip(correlation, -1.0, 1.0)
    if mask is not None:
        correlation[:, ~np.asarray(mask, dtype=np.bool_)] = np.nan
    return CorrelationMap(correlation, lags[best], n_compared)


def _moments(
    rates: npt.NDArray[Any], compared: npt.NDArray[np.bool_], lags: npt.NDArray[np.int64]
) -> tuple[Float64, Float64]:
    """Return (n_groups, n_clusters, n_lags) means of what the frames are compared with, and squares around them.

    Those of whole numbers are exact.
    """
    n = int(compared.sum())
    is_compared = lagged(compared, np.arange(len(compared)), -lags).T
    sums, squares = np.empty((2, *rates.shape[:2], len(lags)))
    for group, of_group in enumerate(rates):
        values = of_group.astype(np.float64)
        sums[group], squares[group] = values @ is_compared, values**2 @ is_compared
    around = (n * squares - sums**2) / n
    around[around <= 1e-12 * squares] = 0.0  # constant but for rounding
    return sums / n, around


def compared_frames(stretches: npt.NDArray[np.int64], lags: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return (n_frames,) whether a frame, and all from it to that of every lag before it, are in one stretch.

    Parameters
    ----------
    stretches : ndarray of int64, shape (n_frames,)
        Which unbroken stretch each frame is in, ascending; −1 for frames that are not used.
    lags : ndarray of int64, shape (n_lags,)
        Frames.

    Raises
    ------
    ImagingError
        There are fewer than three such frames.
    """
    n = len(stretches)
    first, last = np.arange(n) - max(0, int(lags.max())), np.arange(n) - min(0, int(lags.min()))
    inside = (first >= 0) & (last < n) & (stretches >= 0)
    compared = inside & (stretches[np.clip(first, 0, n - 1)] == stretches[np.clip(last, 0, n - 1)])
    if compared.sum() < _FEWEST:
        raise ImagingError(f"Only {compared.sum()} of {n} frames can be compared at all lags; take fewer lags.")
    return np.asarray(compared, dtype=np.bool_)
