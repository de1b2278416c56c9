"""Brightness of regions of a movie over time, its changes relative to a baseline, and when it passes a threshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.movie import Movie

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

BASELINE_S, BASELINE_PERCENTILE = 60.0, 8.0
NEUROPIL_SHARE = 0.7
RING_PX = (2, 10)  # gap around a region, and how far its neuropil reaches
_USUAL_SD = 3.0  # of the noise above the median: the threshold at first


def regions_of_labels(labels: npt.ArrayLike) -> tuple[Int64, list[Int64]]:
    """Return the labels of a picture, ascending and without 0, and the flat places of the pixels of each."""
    flat = np.asarray(labels).ravel()
    order = np.argsort(flat, kind="stable")
    ids, first = np.unique(flat[order], return_index=True)
    parts = np.split(order, first[1:])
    found = [(int(label), pixels) for label, pixels in zip(ids, parts, strict=True) if label != 0]
    return np.array([label for label, _ in found], dtype=np.int64), [pixels for _, pixels in found]


def neuropil_rings(
    regions: Sequence[Int64],
    frame_shape: tuple[int, int],
    ring_px: tuple[int, int] = RING_PX,
    *,
    others: npt.ArrayLike = (),
) -> list[Int64]:
    """Return the pixels around each region that belong to none: from a gap to a distance from it, in pixels.

    A ring without pixels, as in the middle of others, is empty. `others` are pixels of regions that are not asked for.
    """
    from scipy.ndimage import distance_transform_edt

    taken = np.zeros(frame_shape, dtype=np.bool_)
    for pixels in (*regions, np.asarray(others, dtype=np.int64)):
        taken.ravel()[pixels] = True
    gap, reach = ring_px
    rings = []
    for pixels in regions:
        y, x = np.unravel_index(pixels, frame_shape)
        corner = np.array([max(0, y.min() - reach), max(0, x.min() - reach)])
        box = (slice(corner[0], y.max() + reach + 1), slice(corner[1], x.max() + reach + 1))
        outside = np.ones(taken[box].shape, dtype=np.bool_)
        outside[y - corner[0], x - corner[1]] = False
        distance = distance_transform_edt(outside)
        ring_y, ring_x = np.nonzero((distance > gap) & (distance <= reach) & ~taken[box])
        rings.append(np.ravel_multi_index((ring_y + corner[0], ring_x + corner[1]), frame_shape).astype(np.int64))
    return rings


def compute_region_traces(movie: Movie, regions: Sequence[Int64], *, on_progress: OnProgress = no_progress) -> Float64:
    """Return (n_regions, n_frames) the mean of the pixels of each region, in one pass; NaN for a region without any.

    No more is read than the smallest box around all regions, so that a single one is quick.

    Parameters
    ----------
    movie : Movie
        Frames.
    regions : sequence of ndarray of int64
        Flat places of the pixels of each region in a frame; regions may overlap.
    on_progress : callable, optional
        Gets 0…1, and raises `CancelledError` to end it.

    Raises
    ------
    ImagingError
        A pixel is not in the frames.
    """
    sizes = np.array([len(pixels) for pixels in regions], dtype=np.int64)
    traces = np.full((len(regions), movie.n_frames), np.nan)
    if not sizes.any():
        return traces
    filled = np.flatnonzero(sizes)
    pixels = np.concatenate([np.asarray(regions[place], dtype=np.int64) for place in filled.tolist()])
    if pixels.min() < 0 or pixels.max() >= movie.n_pixels:
        raise ImagingError(f"Some regions are not within the frames of the movie, {_times(movie.frame_shape)} pixels.")
    starts = np.concatenate([[0], np.cumsum(sizes[filled])[:-1]])
    box, pixels = movie.around(pixels)
    for frames, block in box.blocks(np.ones(movie.n_frames, dtype=np.bool_), on_progress):
        step = max(1, block.size // len(pixels))  # overlapping regions may hold more than the block
        for start in range(0, len(frames), step):
            some = slice(start, start + step)
            traces[np.ix_(filled, frames[some])] = np.add.reduceat(block[some][:, pixels], starts, axis=1).T
    traces[filled] /= sizes[filled, None]
    return traces


def relative_change(
    traces: npt.ArrayLike,
    window: int,
    *,
    percentile: float = BASELINE_PERCENTILE,
    neuropil: npt.ArrayLike | None = None,
    neuropil_share: float = NEUROPIL_SHARE,
) -> Float64:
    """Return ΔF/F: how much brighter a region is than its baseline, as a share of that.

    Parameters
    ----------
    traces : array_like, shape (..., n_frames)
        Brightness F.
    window : int
        Frames around each one over which the baseline is taken.
    percentile : float, default 8.0
        Percentile of F in that window that is the baseline F₀.
    neuropil : array_like, optional
        Brightness around each region, in the same shape; NaN counts as none.
    neuropil_share : float, default 0.7
        How much of the neuropil's change around its own median is taken from F before.

    Returns
    -------
    ndarray of float64
        (F − F₀) / F₀; NaN where F₀ is not above 0.

    Notes
    -----
    F₀(f) is the percentile of the values in the `window` frames around frame f. Near the ends the window holds what
    there is, with the first or last value repeated. Only the change of the neuropil is taken away, not its level, so
    F stays the brightness of the region and ΔF/F its share.
    """
    from scipy.ndimage import percentile_filter

    found = np.array(traces, dtype=np.float64)
    if not (0 <= percentile <= 100 and window >= 1):
        raise ImagingError(f"A baseline needs a percentile from 0 to 100 and a window, not {percentile} and {window}.")
    if neuropil is not None:
        around = np.asarray(neuropil, dtype=np.float64)
        level = np.where(np.isnan(around).all(axis=-1, keepdims=True), 0.0, around)
        found -= neuropil_share * np.nan_to_num(level - np.nanmedian(level, axis=-1, keepdims=True))
    flat = found.reshape(-1, found.shape[-1])
    baseline = np.array([percentile_filter(trace, percentile, size=window, mode="nearest") for trace in flat])
    baseline = baseline.reshape(found.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(baseline > 0, (found - baseline) / baseline, np.nan)


def threshold_crossings(
    times_s: npt.ArrayLike,
    values: npt.ArrayLike,
    threshold: float,
    *,
    falls: bool = False,
    shortest_s: float = 0.0,
) -> Float64:
    """Return (n, 2) when a trace comes above a threshold, and when it is there no longer.

    Times are between two samples, on the straight line from one to the other. Where the trace is beyond the threshold
    from its first sample on, or from the first after one that is not known, that is no crossing.

    Parameters
    ----------
    times_s : array_like, shape (n_samples,)
        Ascending.
    values : array_like, shape (n_samples,)
        The trace; NaN where it is not known.
    threshold : float
        Passed where a value is above it; below it if `falls`.
    falls : bool, default False
        Whether the trace comes from above.
    shortest_s : float, default 0.0
        Leave out what lasts less long.
    """
    times, trace = np.asarray(times_s, dtype=np.float64), np.asarray(values, dtype=np.float64)
    beyond = threshold - trace if falls else trace - threshold
    inside = beyond > 0  # NaN is not
    edges = np.diff(inside.astype(np.int8))
    firsts, lasts = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)  # the sample before each edge
    if not len(firsts):
        return np.empty((0, 2))
    starts = _between(times, beyond, firsts)
    stops = np.append(_between(times, beyond, lasts), times[-1])
    stops = stops[np.searchsorted(np.append(lasts, len(trace)), firsts)]
    found = np.column_stack([starts, stops])[np.isfinite(beyond[firsts])]
    return np.asarray(found[found[:, 1] - found[:, 0] >= shortest_s])


def usual_threshold(values: Float64) -> float:
    """Return a round value three standard deviations of the noise above the median; 0.5 where nothing is known."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.5
    middle = float(np.median(known))
    noise = 1.4826 * float(np.median(np.abs(known - middle)))
    return round(middle + _USUAL_SD * noise, 2)


def _between(times: Float64, beyond: Float64, before: npt.NDArray[np.int64]) -> Float64:
    """Return when `beyond` is 0 between some samples and the next; at the known one where the other is not."""
    here, there = beyond[before], beyond[before + 1]
    share = np.divide(here, here - there, out=np.full(len(before), np.nan), where=np.isfinite(here - there))
    share = np.where(np.isnan(share), np.isnan(here), share)
    return np.asarray(times[before] + share * (times[before + 1] - times[before]))


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
