"""What a movie shows around the spikes of clusters, and which of its pixels and cells follow their rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.stats.circular_shifts import PairTest, compute_pair_test
from napari_phy.stats.correlation_map import compute_correlation_map
from napari_phy.stats.movie import Movie
from napari_phy.stats.triggered_average import compute_triggered_average
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.timeline.frame_counts import Places
from napari_phy.views.movie_regions import Baseline, Regions, brightness_of, compute_changes
from napari_phy.views.timed_movie import TimedMovie, count_spikes

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_READING = 0.9  # of the work, where all frames are read


@dataclass(frozen=True, slots=True, eq=False)
class MovieAverages:
    """Spike-triggered averages of a movie.

    Attributes
    ----------
    clusters : tuple of int
        Those that have spikes in the movie.
    values : ndarray of float64, shape (n_clusters, n_lags, *frame_shape) or (n_clusters, n_lags, n_regions)
        Mean around the spikes; without the mean of all frames where that was asked for.
    lags : ndarray of int64, shape (n_lags,)
        Frames from that of a spike.
    interval_s : float
        Seconds from one lag to the next.
    sentences : tuple of str
        How many spikes were counted, and why not the others: of all clusters, where there are several, then of each.
    minus_mean : bool, default True
        Whether they are without the mean of all frames.
    """

    clusters: tuple[int, ...]
    values: Float64
    lags: Int64
    interval_s: float
    sentences: tuple[str, ...]
    minus_mean: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class MovieCorrelations:
    """Correlation of each pixel with the rate of clusters.

    Attributes
    ----------
    clusters : tuple of int
        Those that have spikes in the movie.
    correlation, lag_s : ndarray of float64, shape (n_clusters, *frame_shape)
        The largest correlation in size, and how much later than the rate the pixel is then.
    sentences : tuple of str
        How many spikes were counted, and why not the others: of all clusters, where there are several, then of each.
    """

    clusters: tuple[int, ...]
    correlation: Float64
    lag_s: Float64
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CellPairs:
    """How each cluster and each cell go with each other.

    Attributes
    ----------
    clusters : tuple of int
        Those that have spikes in the movie.
    cells : ndarray of int64, shape (n_cells,)
        What each cell is called.
    test : PairTest
        Correlation, lag in frames, p and q of each pair.
    interval_s : float
        Seconds of a frame.
    traces : ndarray of float64, shape (n_cells, n_frames)
        ΔF/F of each cell.
    rates : ndarray of float64, shape (n_clusters, n_frames)
        Spikes per second in each frame.
    sentences : tuple of str
        How many spikes were counted, and why not the others: of all clusters, where there are several, then of each.
    """

    clusters: tuple[int, ...]
    cells: Int64
    test: PairTest
    interval_s: float
    traces: Float64
    rates: Float64
    sentences: tuple[str, ...]
    ranked: Int64 = field(init=False)

    def __post_init__(self) -> None:
        q, size = self.test.q, -np.abs(self.test.correlation)
        order = np.lexsort((np.nan_to_num(size, nan=1.0).ravel(), np.nan_to_num(q, nan=2.0).ravel()))
        known = np.isfinite(self.test.correlation).ravel()[order]
        pairs = np.stack(np.unravel_index(order[known], q.shape), axis=1)
        object.__setattr__(self, "ranked", pairs)

    @property
    def method(self) -> str:
        """What was tested, and how, in two sentences."""
        n = int(np.isfinite(self.test.p).sum())
        return (
            f"{format_number(n)} pairs tested by {self.test.n_shifts} circular shifts of the spike trains, "
            f"{self.test.shift * self.interval_s:.2g} s from one to the next. "
            "q: p after Benjamini–Hochberg over all pairs."
        )


def compute_averages(
    session: SessionLike,
    clusters: Sequence[int],
    source: TimedMovie,
    lags: Int64,
    *,
    regions: Regions | None = None,
    minus_mean: bool = True,
    on_progress: OnProgress = no_progress,
) -> MovieAverages:
    """Return the average movie around the spikes of each cluster, or the average of each region.

    Parameters
    ----------
    session : SessionLike
        The data set.
    clusters : sequence of int
        Those whose spikes count.
    source : TimedMovie
        The movie, which is read once.
    lags : ndarray of int64
        Frames around each spike.
    regions : Regions, optional
        Average these; None: all pixels.
    minus_mean : bool, default True
        Whether the mean of all certain frames is taken away, which leaves what changes around spikes.
    on_progress : callable, optional
        Gets 0…1, and raises `CancelledError` to end it.

    Raises
    ------
    ImagingError
        No cluster is given, or none has a spike in the movie.
    """
    places = source.places if regions is None else source.places_of_regions(regions.pixels)
    counted = count_spikes(session, clusters, source, lags, places)
    movie = source.movie
    if regions is not None:
        traces = brightness_of(source.movie, regions, part_of(on_progress, 0.0, _READING))
        movie, on_progress = Movie(traces.T[:, :, None]), part_of(on_progress, _READING, 1.0)
    found = compute_triggered_average(
        movie,
        counted.counts,
        lags,
        mean_of=counted.stretches >= 0 if minus_mean else None,
        on_progress=on_progress,
    )
    values = found.values if found.mean is None else found.values - found.mean
    values = values if regions is None else values[..., 0]
    interval_s = source.clock.interval_s
    return MovieAverages(counted.clusters, values, lags, interval_s, counted.sentences, minus_mean)


def compute_correlations(
    session: SessionLike,
    clusters: Sequence[int],
    source: TimedMovie,
    lags: Int64,
    *,
    mask: npt.NDArray[np.bool_] | None = None,
    on_progress: OnProgress = no_progress,
) -> MovieCorrelations:
    """Return the correlation of each pixel with the rate of each cluster, at the lag where it is largest in size.

    Parameters are as in `compute_averages`; `mask` has the pixels of interest, in the shape of a frame.

    Raises
    ------
    ImagingError
        No cluster is given, none has a spike in the movie, or it is too short.
    """
    counted = count_spikes(session, clusters, source, np.zeros(1, dtype=np.int64), source.places)
    found = compute_correlation_map(
        source.movie, counted.counts, lags, stretches=counted.stretches, mask=mask, on_progress=on_progress
    )
    lag_s = np.asarray(found.lag * source.clock.interval_s, dtype=np.float64)
    return MovieCorrelations(counted.clusters, found.correlation, lag_s, counted.sentences)


def compute_cell_pairs(
    session: SessionLike,
    clusters: Sequence[int],
    source: TimedMovie,
    regions: Regions,
    lags: Int64,
    *,
    baseline: Baseline | None = None,
    on_progress: OnProgress = no_progress,
) -> CellPairs:
    """Return correlation, lag and significance of each cluster with each cell; see `compute_pair_test`.

    Parameters are as in `compute_averages`. Cells are compared by their ΔF/F, and at lags from 0 on where there are
    any: brightness follows spikes, and fewer lags leave more shifts for the test.

    Raises
    ------
    ImagingError
        No cluster is given, none has a spike in the movie, there are no cells, or the movie is too short for a test.
    """
    if not len(regions.ids):
        raise ImagingError("There are no cells to compare: the labels are empty.")
    places = source.places_of_regions(regions.pixels)
    counted = count_spikes(session, clusters, source, np.zeros(1, dtype=np.int64), places)
    traces = compute_changes(source, regions, baseline or Baseline(), part_of(on_progress, 0.0, _READING))
    lags = lags[lags >= 0] if (lags >= 0).any() else lags
    test = compute_pair_test(
        counted.counts, traces, lags, stretches=counted.stretches, on_progress=part_of(on_progress, _READING, 1.0)
    )
    whole = count_spikes(session, counted.clusters, source, np.zeros(1, dtype=np.int64), Places())
    rates = whole.counts / source.clock.interval_s
    return CellPairs(counted.clusters, regions.ids, test, source.clock.interval_s, traces, rates, counted.sentences)
