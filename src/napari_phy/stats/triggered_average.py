"""What a movie shows on average around the spikes of clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.movie import Movie, add_weighted, check_counts, check_sums, lagged

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TriggeredAverage:
    """Averages over spikes.

    Attributes
    ----------
    values : ndarray of float64, shape (n_clusters, n_lags, *frame_shape)
        Mean of the movie so many frames after the frame of each spike; NaN for a cluster without spikes.
    mean : ndarray of float64, shape (frame_shape), or None
        Mean of all frames that may be used, where it was asked for.
    """

    values: Float64
    mean: Float64 | None


def peak_lag(average: npt.ArrayLike) -> int:
    """Return at which lag an average (n_lags, ...) differs most, anywhere, from its mean over lags; NaN counts as 0."""
    values = np.nan_to_num(np.asarray(average))
    return int(np.abs(values - values.mean(axis=0)).reshape(len(values), -1).max(axis=1, initial=0).argmax())


def compute_triggered_average(
    movie: Movie,
    counts: npt.ArrayLike,
    lags: npt.ArrayLike,
    *,
    mean_of: npt.NDArray[np.bool_] | None = None,
    on_progress: OnProgress = no_progress,
) -> TriggeredAverage:
    """Return the spike-triggered average of a movie for each cluster, in one pass over its frames.

    Parameters
    ----------
    movie : Movie
        Frames; only those are read that are near spikes, or that `mean_of` names.
    counts : array_like, shape (n_clusters, n_frames) or (n_clusters, n_rows, n_frames)
        Spikes in each frame; for movies whose rows are taken one after the other, while each row was taken. Spikes
        whose lags reach beyond the movie are for the caller to leave out.
    lags : array_like of int, shape (n_lags,)
        Frames from that of a spike.
    mean_of : ndarray of bool, shape (n_frames,), optional
        Frames whose mean is computed at the same time.
    on_progress : callable, optional
        Gets 0…1, and raises `CancelledError` to end it.

    Raises
    ------
    ImagingError
        The counts do not fit the movie, or the averages need too much memory.

    Notes
    -----
    With c(f) spikes in frame f, the average at lag l is Σ c(f − l) · movie(f) / Σ c(f): one matrix product a block of
    frames, whose running sums are all that stays in memory. Sums of whole numbers are exact up to 2⁵³.
    """
    counts = check_counts(counts, movie)
    lags = np.atleast_1d(np.asarray(lags, dtype=np.int64))
    n_clusters, n_groups, n_frames = counts.shape
    check_sums(n_clusters * len(lags) * movie.n_pixels, "The average")
    near = np.asarray(lagged(counts.sum(axis=(0, 1)), np.arange(n_frames), lags).any(axis=0))
    wanted = near if mean_of is None else np.logical_or(near, mean_of)
    sums = np.zeros((n_groups, n_clusters * len(lags), movie.n_pixels // n_groups))
    total = np.zeros(movie.n_pixels)
    for frames, block in movie.blocks(wanted, on_progress):
        is_near = near[frames]
        if is_near.any():
            weights = lagged(counts.transpose(1, 0, 2), frames[is_near], lags).reshape(n_groups, -1, is_near.sum())
            add_weighted(sums, weights, block if is_near.all() else block[is_near])
        if mean_of is not None:
            total += block[mean_of[frames]].sum(axis=0)
    n_spikes = counts.sum(axis=2).T.repeat(len(lags), axis=1)[:, :, None]
    with np.errstate(invalid="ignore"):
        values = np.where(n_spikes > 0, sums, np.nan) / n_spikes
    values = values.reshape(n_groups, n_clusters, len(lags), -1).transpose(1, 2, 0, 3)
    mean = None if mean_of is None or not mean_of.any() else (total / mean_of.sum()).reshape(movie.frame_shape)
    return TriggeredAverage(values.reshape(n_clusters, len(lags), *movie.frame_shape), mean)
