"""Brightness of one cell of a movie, read alone: no more than the part of each frame around it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from napari_phy.core.memory import ByteCache
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.movie import Movie
from napari_phy.stats.region_traces import compute_region_traces
from napari_phy.table.session_like import SessionLike
from napari_phy.views.movie_regions import Baseline, Regions, compute_changes, read_regions
from napari_phy.views.timed_movie import TimedMovie, compute_rate

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CellTrace:
    """One cell over time.

    Attributes
    ----------
    cell : int
        What it is called.
    times_s, cell_times_s : ndarray of float64, shape (n_frames,)
        When each frame starts, and when the cell is scanned in it.
    brightness, change : ndarray of float64, shape (n_frames,)
        The mean of its pixels, and its ΔF/F.
    cluster : int or None
        The cluster whose rate it is beside.
    rate : ndarray of float64, shape (n_frames,), or None
        Spikes of the cluster per second in each frame.
    """

    cell: int
    times_s: Float64
    cell_times_s: Float64
    brightness: Float64
    change: Float64
    cluster: int | None
    rate: Float64 | None


class CellReader:
    """Reads the brightness of single cells of a movie, and keeps it. Safe in worker threads.

    Parameters
    ----------
    movie : Movie
        Frames, of which the smallest box around a cell is read.
    """

    def __init__(self, movie: Movie) -> None:
        self.movie = movie
        self._kept: ByteCache[bytes, Float64] = ByteCache(lambda trace: trace.nbytes)

    def read(self, regions: Sequence[Int64], on_progress: OnProgress = no_progress) -> Float64:
        """Return (n_regions, n_frames) the mean of the pixels of each region; see `compute_region_traces`."""
        keys = [hashlib.blake2b(pixels.tobytes()).digest() for pixels in regions]
        known = self._kept.known(keys)
        missing = [place for place, key in enumerate(keys) if key not in known]
        if missing:
            traces = compute_region_traces(self.movie, [regions[place] for place in missing], on_progress=on_progress)
            found = {keys[place]: trace.copy() for place, trace in zip(missing, traces, strict=True)}
            self._kept.put_all(found)
            known |= found
        return np.array([known[key] for key in keys])


def compute_cell_trace(
    session: SessionLike,
    cluster: int | None,
    source: TimedMovie,
    region: Regions,
    reader: CellReader,
    *,
    baseline: Baseline | None = None,
    on_progress: OnProgress = no_progress,
) -> CellTrace:
    """Return brightness and ΔF/F of one cell, and the rate of a cluster beside it.

    Parameters
    ----------
    session : SessionLike
        The data set.
    cluster : int or None
        Whose rate; None: of none.
    source : TimedMovie
        The movie on its clock.
    region : Regions
        The cell alone.
    reader : CellReader
        Of the frames of this movie; it keeps what was read.
    baseline : Baseline, optional
        How ΔF/F is made.
    on_progress : callable, optional
        Gets 0…1, and raises `CancelledError` to end it.

    Raises
    ------
    ImagingError
        The cell is not in the frames, or its traces are of another movie.
    """
    baseline = baseline or Baseline()
    read = partial(reader.read, on_progress=on_progress)
    region = read_regions(region, source.movie, read, has_neuropil=baseline.neuropil_share > 0)
    change = compute_changes(source, region, baseline)[0]
    rate = None if cluster is None else compute_rate(session, cluster, source)
    assert region.traces is not None
    brightness = np.asarray(region.traces[0], dtype=np.float64)
    times_s = source.clock.frame_times_s, source.times_of_region(region.pixels[0])
    return CellTrace(int(region.ids[0]), *times_s, brightness, change, cluster, rate)
