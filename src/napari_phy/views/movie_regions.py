"""Regions of a movie, as cells: their brightness, and its changes relative to a baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.movie import Movie
from napari_phy.stats.region_traces import (
    BASELINE_PERCENTILE,
    BASELINE_S,
    NEUROPIL_SHARE,
    compute_region_traces,
    neuropil_rings,
    relative_change,
)
from napari_phy.table.numbers import format_number
from napari_phy.views.timed_movie import TimedMovie

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


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
    traces, neuropil = brightness_of(movie, regions, on_progress), regions.neuropil
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


def brightness_of(movie: Movie, regions: Regions, on_progress: OnProgress) -> Float64:
    """Return (n_regions, n_frames) the brightness that is known of regions of a movie, else read it.

    Raises
    ------
    ImagingError
        What is known is of a movie with other frames.
    """
    if regions.traces is None:
        return _read(movie, on_progress, regions.pixels)
    if regions.traces.shape[1] != movie.n_frames:
        raise ImagingError(
            f"The traces of the cells have {format_number(regions.traces.shape[1])} frames and the movie "
            f"{format_number(movie.n_frames)}; they are of another movie."
        )
    return np.asarray(regions.traces, dtype=np.float64)


def _read(movie: Movie, on_progress: OnProgress, regions: Sequence[Int64]) -> Float64:
    return compute_region_traces(movie, regions, on_progress=on_progress)
