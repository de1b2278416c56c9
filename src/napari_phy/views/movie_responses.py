"""What a movie shows around the spikes of clusters, and which of its pixels and cells follow their rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.core.sentences import on_one_line
from napari_phy.core.time_cursor import UsedTime
from napari_phy.stats.circular_shifts import PairTest, compute_pair_test
from napari_phy.stats.correlation_map import compute_correlation_map
from napari_phy.stats.movie import Movie
from napari_phy.stats.region_traces import (
    BASELINE_PERCENTILE,
    BASELINE_S,
    NEUROPIL_SHARE,
    compute_region_traces,
    neuropil_rings,
    relative_change,
)
from napari_phy.stats.triggered_average import compute_triggered_average
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.timeline.frame_counts import (
    FrameCounts,
    Places,
    certain_frames,
    count_per_frame,
    frames_within,
    places_of,
)
from napari_phy.timeline.time_base import TimeBase
from napari_phy.views.time_words import range_words

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_MOST_COUNTS_BYTES = 2**29
_WHAT = "counted", "outside", "doubtful"
_READING = 0.9  # of the work, where all frames are read


@dataclass(frozen=True, slots=True, eq=False)
class TimedMovie:
    """A movie on the clock of the session.

    Parameters
    ----------
    name : str
        What it is called.
    movie : Movie
        Its frames.
    clock : TimeBase
        When each was taken.
    has_row_times : bool, default True
        Whether rows and planes are compared at their own times, where the clock knows them.

    Raises
    ------
    ImagingError
        The clock is of another number of frames.
    """

    name: str
    movie: Movie
    clock: TimeBase
    has_row_times: bool = True

    def __post_init__(self) -> None:
        if self.clock.n_frames != self.movie.n_frames:
            raise ImagingError(
                f"{on_one_line(self.name)} has {format_number(self.movie.n_frames)} frames and its clock "
                f"{format_number(self.clock.n_frames)}; give it another clock."
            )

    @property
    def places(self) -> Places:
        """Parts of a frame that are compared at times of their own."""
        return places_of(self.clock, self.movie.frame_shape) if self.has_row_times else Places()

    def places_of_regions(self, regions: Sequence[Int64]) -> Places:
        """Return the row and plane in the middle of each region."""
        places = self.places
        if places.is_whole:
            return places
        n_columns = self.movie.frame_shape[-1]
        lines = np.array([round(float(np.median(of // n_columns))) if len(of) else 0 for of in regions], dtype=np.int64)
        return Places(*(None if of is None else of[lines] for of in (places.rows, places.planes)))

    def times_of_region(self, pixels: Int64) -> Float64:
        """Return (n_frames,) when the middle of a region is taken in each frame, in seconds."""
        places = self.places_of_regions([pixels])
        row, plane = (None if of is None else int(of[0]) for of in (places.rows, places.planes))
        times_s = self.clock.time_of(np.arange(self.clock.n_frames), row=row, plane=plane)
        return np.asarray(times_s, dtype=np.float64)

    def lags(self, start_s: float, stop_s: float) -> Int64:
        """Return frames of lag from one time to another, at least one."""
        interval_s = self.clock.interval_s
        first = math.ceil(start_s / interval_s - 1e-6)
        return np.arange(first, max(first, math.floor(stop_s / interval_s + 1e-6)) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Parts of a frame, and their brightness where it is known already.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        What each is called.
    pixels : sequence of ndarray of int64
        Flat places of the pixels of each in a frame.
    traces : ndarray, shape (n, n_frames), or None
        Brightness of each, as read from a file.
    neuropil : ndarray, shape (n, n_frames), or None
        Brightness around each, as read from a file.
    others : ndarray of int64
        Pixels of regions that are not among these; they are no neuropil.
    """

    ids: Int64
    pixels: Sequence[Int64]
    traces: npt.NDArray[np.floating] | None = None
    neuropil: npt.NDArray[np.floating] | None = None
    others: Int64 = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Baseline:
    """How ΔF/F is made; see `relative_change`.

    Attributes
    ----------
    window_s : float, default 60.0
        Seconds around each frame, from which its baseline is.
    percentile : float, default 8.0
        Percentile of the brightness in that window that is the baseline.
    neuropil_share : float, default 0.0
        How much of what is around a region is taken away before; 0.7 is usual.
    """

    window_s: float = BASELINE_S
    percentile: float = BASELINE_PERCENTILE
    neuropil_share: float = 0.0


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
    """

    clusters: tuple[int, ...]
    values: Float64
    lags: Int64
    interval_s: float
    sentences: tuple[str, ...]


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
    counted = _count(session, clusters, source, lags, places)
    movie = source.movie
    if regions is not None:
        traces = _brightness(source.movie, regions, part_of(on_progress, 0.0, _READING))
        movie, on_progress = Movie(traces.T[:, :, None]), part_of(on_progress, _READING, 1.0)
    found = compute_triggered_average(
        movie,
        counted.array,
        lags,
        mean_of=counted.used if minus_mean else None,
        on_progress=on_progress,
    )
    values = found.values if found.mean is None else found.values - found.mean
    values = values if regions is None else values[..., 0]
    return MovieAverages(counted.clusters, values, lags, source.clock.interval_s, counted.sentences)


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
    counted = _count(session, clusters, source, np.zeros(1, dtype=np.int64), source.places)
    found = compute_correlation_map(
        source.movie, counted.array, lags, used=counted.used, mask=mask, on_progress=on_progress
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
    counted = _count(session, clusters, source, np.zeros(1, dtype=np.int64), places)
    traces = compute_changes(source, regions, baseline or Baseline(), part_of(on_progress, 0.0, _READING))
    used = counted.used
    lags = lags[lags >= 0] if (lags >= 0).any() else lags
    test = compute_pair_test(
        counted.array[..., used], traces[:, used], lags, on_progress=part_of(on_progress, _READING, 1.0)
    )
    whole = _count(session, counted.clusters, source, np.zeros(1, dtype=np.int64), Places())
    rates = whole.array / source.clock.interval_s
    return CellPairs(counted.clusters, regions.ids, test, source.clock.interval_s, traces, rates, counted.sentences)


def compute_changes(
    source: TimedMovie, regions: Regions, baseline: Baseline, on_progress: OnProgress = no_progress
) -> Float64:
    """Return (n_regions, n_frames) ΔF/F of regions of a movie.

    Raises
    ------
    ImagingError
        A region is not in the frames.
    """
    share, movie = baseline.neuropil_share, source.movie
    regions = read_regions(regions, movie, partial(_read, movie, on_progress), has_neuropil=share > 0)
    traces, neuropil = _brightness(movie, regions, on_progress), regions.neuropil
    window = max(1, min(round(baseline.window_s / source.clock.interval_s), source.movie.n_frames))
    around = neuropil if share else None
    return relative_change(
        traces, window, percentile=baseline.percentile, neuropil=around, neuropil_share=share or NEUROPIL_SHARE
    )


def read_regions(
    regions: Regions, movie: Movie, read: Callable[[Sequence[Int64]], Float64], *, has_neuropil: bool
) -> Regions:
    """Return regions with their brightness, and with that around them where it is asked for.

    Parameters
    ----------
    regions : Regions
        Those whose brightness is known stay as they are.
    movie : Movie
        The movie.
    read : callable
        Gets flat places of the pixels of n regions in a frame, and returns (n, n_frames) their brightness.
    has_neuropil : bool
        Whether the brightness around them is needed.
    """
    if regions.traces is not None:
        return regions
    rings: Sequence[Int64] = ()
    if has_neuropil and regions.neuropil is None and len(movie.frame_shape) == 2:
        rings = neuropil_rings(regions.pixels, (movie.frame_shape[0], movie.frame_shape[1]), others=regions.others)
    traces = read([*regions.pixels, *rings])
    n = len(regions.pixels)
    return replace(regions, traces=traces[:n], neuropil=traces[n:] if len(rings) else regions.neuropil)


def compute_rate(session: SessionLike, cluster: int, source: TimedMovie) -> Float64:
    """Return (n_frames,) the spikes of a cluster per second in each frame that is used; see `used_frames`."""
    model, clock = session.model, source.clock
    times_s = model.spike_samples[session.manager.spikes(cluster)] / model.sample_rate
    counted = count_per_frame(clock, times_s, used=used_frames(session, clock))
    return np.asarray(counted.counts / clock.interval_s, dtype=np.float64)


def _read(movie: Movie, on_progress: OnProgress, regions: Sequence[Int64]) -> Float64:
    return compute_region_traces(movie, regions, on_progress=on_progress)


def _brightness(movie: Movie, regions: Regions, on_progress: OnProgress) -> Float64:
    if regions.traces is None:
        return _read(movie, on_progress, regions.pixels)
    if regions.traces.shape[1] != movie.n_frames:
        raise ImagingError(
            f"The traces of the cells have {format_number(regions.traces.shape[1])} frames and the movie "
            f"{format_number(movie.n_frames)}; they are of another movie."
        )
    return np.asarray(regions.traces, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """Spikes per frame of the clusters that have any: (n_clusters, n_frames), or with parts of a frame between."""

    clusters: tuple[int, ...]
    array: npt.NDArray[np.uint32]
    used: npt.NDArray[np.bool_]
    sentences: tuple[str, ...]


def used_frames(session: SessionLike, clock: TimeBase) -> npt.NDArray[np.bool_]:
    """Return (n_frames,) which frames are certain and lie within the epochs that the session has the spikes of."""
    certain, range_s = certain_frames(clock), session.range_s
    return certain & frames_within(clock, range_s.spans) if isinstance(range_s, UsedTime) else certain


def _count(session: SessionLike, clusters: Sequence[int], source: TimedMovie, lags: Int64, places: Places) -> _Counted:
    if not len(clusters):
        raise ImagingError("Select clusters first: their spikes are compared with the movie.")
    if 4 * len(clusters) * places.n * source.clock.n_frames > _MOST_COUNTS_BYTES:
        raise ImagingError(
            f"Row times of {len(clusters)} clusters need too much memory for {format_number(source.clock.n_frames)} "
            "frames; select fewer clusters, or leave row times out."
        )
    model, used, counts = session.model, used_frames(session, source.clock), {}
    for cluster in clusters:
        times_s = model.spike_samples[session.manager.spikes(cluster)] / model.sample_rate
        counts[int(cluster)] = count_per_frame(source.clock, times_s, lags, places, used)
    is_part = isinstance(session.range_s, UsedTime)
    unused = "at doubtful frames or ends of epochs" if is_part else "at doubtful frames"
    sentences = tuple(_sentence(f"Cluster {cluster}", [of], unused) for cluster, of in counts.items())
    if len(counts) > 1:
        sentences = (_sentence(f"{len(counts)} clusters", list(counts.values()), unused), *sentences)
    if is_part:
        sentences = (f"Only {range_words(session.range_s)}. {sentences[0]}", *sentences[1:])
    left = float(source.clock.doubt[used].max(initial=0.0))
    if left > 0:
        doubt = f"Its clock is wrong by half a frame or more with a chance of up to {math.ceil(100 * left)} %."
        sentences = (f"{sentences[0]} {doubt}", *sentences[1:])
    found = {cluster: of for cluster, of in counts.items() if of.n_counted}
    if not found:
        raise ImagingError(f"There are no spikes to compare with {on_one_line(source.name)}. {' '.join(sentences)}")
    return _Counted(tuple(found), np.stack([of.counts for of in found.values()]), used, sentences)


def _sentence(whose: str, counts: Sequence[FrameCounts], unused: str) -> str:
    counted, outside, doubtful = (sum(getattr(one, f"n_{what}") for one in counts) for what in _WHAT)
    reasons = [
        f"{format_number(of)} {words}" for of, words in ((outside, "outside of the movie"), (doubtful, unused)) if of
    ]
    left_out = f"; {' and '.join(reasons)} left out" if reasons else ""
    return f"{whose}: {format_number(counted)} of {format_number(counted + outside + doubtful)} spikes{left_out}."
