"""A movie on the clock of the session, and the spikes in its frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError
from napari_phy.core.sentences import on_one_line
from napari_phy.core.time_cursor import UsedTime
from napari_phy.stats.movie import Movie
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.timeline.frame_counts import (
    FrameCounts,
    Places,
    certain_frames,
    count_per_frame,
    frames_within,
    places_of,
    unbroken_stretches,
)
from napari_phy.timeline.time_base import TimeBase
from napari_phy.views.time_words import range_words

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_MOST_COUNTS_BYTES = 2**29
_WHAT = "counted", "outside", "doubtful"


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
class CountedSpikes:
    """Spikes in the frames of a movie.

    Attributes
    ----------
    clusters : tuple of int
        Those that have any there.
    counts : ndarray of uint32, shape (n_clusters, n_frames) or (n_clusters, n_parts, n_frames)
        Spikes of each in each frame, or while each part of it was taken.
    stretches : ndarray of int64, shape (n_frames,)
        Which stretch of used frames each is in, ascending, so that no lag goes over a gap; −1 for frames not used.
    sentences : tuple of str
        How many spikes were counted, and why not the others: of all clusters, where there are several, then of each.
    """

    clusters: tuple[int, ...]
    counts: npt.NDArray[np.uint32]
    stretches: Int64
    sentences: tuple[str, ...]


def used_frames(session: SessionLike, clock: TimeBase) -> npt.NDArray[np.bool_]:
    """Return (n_frames,) which frames are certain and lie within the epochs that the session has the spikes of."""
    certain, range_s = certain_frames(clock), session.range_s
    return certain & frames_within(clock, range_s.spans) if isinstance(range_s, UsedTime) else certain


def count_spikes(
    session: SessionLike, clusters: Sequence[int], source: TimedMovie, lags: Int64, places: Places
) -> CountedSpikes:
    """Count the spikes of clusters in the frames of a movie; see `count_per_frame`.

    Parameters
    ----------
    session : SessionLike
        The data set.
    clusters : sequence of int
        Those whose spikes count.
    source : TimedMovie
        The movie on its clock.
    lags : ndarray of int64
        Frames around a spike that are needed.
    places : Places
        Parts of a frame to count in.

    Raises
    ------
    ImagingError
        No cluster is given, none has a spike in the movie, or counts would need too much memory.
    """
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
    stretches = unbroken_stretches(source.clock, used)
    return CountedSpikes(tuple(found), np.stack([of.counts for of in found.values()]), stretches, sentences)


def compute_rate(session: SessionLike, cluster: int, source: TimedMovie) -> Float64:
    """Return (n_frames,) the spikes of a cluster per second in each frame that is used; see `used_frames`."""
    model, clock = session.model, source.clock
    times_s = model.spike_samples[session.manager.spikes(cluster)] / model.sample_rate
    counted = count_per_frame(clock, times_s, used=used_frames(session, clock))
    return np.asarray(counted.counts / clock.interval_s, dtype=np.float64)


def _sentence(whose: str, counts: Sequence[FrameCounts], unused: str) -> str:
    counted, outside, doubtful = (sum(getattr(one, f"n_{what}") for one in counts) for what in _WHAT)
    reasons = [
        f"{format_number(of)} {words}" for of, words in ((outside, "outside of the movie"), (doubtful, unused)) if of
    ]
    left_out = f"; {' and '.join(reasons)} left out" if reasons else ""
    return f"{whose}: {format_number(counted)} of {format_number(counted + outside + doubtful)} spikes{left_out}."
