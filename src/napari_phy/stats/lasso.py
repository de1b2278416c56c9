"""Which points lie inside a polygon."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.compiled import ReadyLoop, is_loaded

_BLOCK = 1 << 17
_MANY_POINTS = 1 << 19  # for which numba is loaded
_N_BANDS = 512

_mark_inside = ReadyLoop("napari_phy.stats._crossings", "mark_inside")


def points_in_polygon(points: npt.ArrayLike, polygon: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Even-odd test of many points.

    A point is inside when a ray from it to the right crosses an odd number of edges. An edge holds its lower end and
    not its upper one, so polygons that share an edge share no point. A compiled loop compares each point with the
    edges in its band of y; without one, points in the bounding box are ordered by y once, and each edge looks only at
    those beside it.

    Parameters
    ----------
    points : array_like, shape (n, 2)
        x and y; points that are not finite are outside.
    polygon : array_like, shape (k, 2)
        Vertices in order, k ≥ 3; the last is joined to the first.

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether each point is inside.

    Raises
    ------
    ValueError
        The shapes are wrong, or a vertex is not finite.
    """
    xy = np.asarray(points)
    vertices = np.asarray(polygon, dtype=np.float64)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"Points need the shape (n, 2), not {xy.shape}.")
    if vertices.ndim != 2 or vertices.shape[1] != 2 or len(vertices) < 3:
        raise ValueError(f"A polygon needs three points or more as (k, 2), not {vertices.shape}.")
    if not np.isfinite(vertices).all():
        raise ValueError("A vertex of the polygon is not finite.")
    inside = np.empty(len(xy), dtype=np.bool_)
    is_worth_loading = len(xy) >= _MANY_POINTS
    bands = edges_by_band(vertices) if is_worth_loading or is_loaded() else None
    loop = bands and _mark_inside.find(xy, *bands, inside, is_worth_loading=is_worth_loading)
    if bands and loop:
        loop(xy, *bands, inside)
        return inside
    for start in range(0, len(xy), _BLOCK):
        inside[start : start + _BLOCK] = _block_in_polygon(xy[start : start + _BLOCK], vertices)
    return inside


def lines_through_polygon(x: npt.ArrayLike, lines: npt.ArrayLike, polygon: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which lines, straight between their points, pass through a polygon or end in it.

    Between two points of `x`, a line and an edge are straight: they meet if the line lies on different sides of the
    edge at the two ends of the part where both are. A line that meets no edge lies inside with all its points or none.

    Parameters
    ----------
    x : array_like, shape (m,)
        Ascending, the same for all lines; m ≥ 2.
    lines : array_like, shape (n, m)
        y of each line.
    polygon : array_like, shape (k, 2)
        As in `points_in_polygon`.

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether each line passes through the polygon.
    """
    at, values = np.asarray(x, dtype=np.float64), np.asarray(lines)
    vertices = np.asarray(polygon, dtype=np.float64)
    first = np.column_stack([np.full(len(values), at[0]), values[:, 0]])
    through = points_in_polygon(first, vertices)
    for start, stop in zip(vertices, np.roll(vertices, -1, axis=0), strict=True):
        (x0, y0), (x1, y1) = (start, stop) if start[0] <= stop[0] else (stop, start)
        low, high = max(x0, at[0]), min(x1, at[-1])
        if low > high:
            continue
        cuts = np.unique(np.concatenate([[low, high], at[(at > low) & (at < high)]]))
        cuts = cuts if len(cuts) > 1 else np.repeat(cuts, 2)
        edge = np.interp(cuts, [x0, x1], [y0, y1]) if x1 > x0 else np.array([y0, y1])
        before = np.clip(np.searchsorted(at, cuts, side="right") - 1, 0, len(at) - 2)
        share = (cuts - at[before]) / (at[before + 1] - at[before])
        above = values[:, before] * (1 - share) + values[:, before + 1] * share - edge
        through |= (above[:, :-1] * above[:, 1:] <= 0).any(axis=1)
    return through


def edges_by_band(vertices: npt.NDArray[np.float64]) -> tuple[Any, ...] | None:
    """Return what a compiled loop needs of a polygon; None where it is too flat or too tall for bands of y.

    Returns
    -------
    low, high : ndarray, shape (2,)
        Bounding box.
    scale : float
        Bands per unit of y.
    edges : ndarray, shape (k, 4)
        x, y, x, y of each.
    starts : ndarray, shape (n_bands + 1,)
        Where the edges of each band begin in `of_band`.
    of_band : ndarray
        Edges that reach into a band, one band after the other.
    """
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    with np.errstate(over="ignore", divide="ignore"):
        scale = float(_N_BANDS / (high[1] - low[1]))
    if not 0 < scale < np.inf:
        return None
    edges = np.hstack([vertices, np.roll(vertices, -1, axis=0)])
    bands = np.minimum((edges[:, [1, 3]] - low[1]) * scale, _N_BANDS - 1).astype(np.int64)
    counts = np.abs(bands[:, 1] - bands[:, 0]) + 1
    ends = np.cumsum(counts)
    band_of = np.arange(ends[-1]) - np.repeat(ends - counts - bands.min(axis=1), counts)
    of_band = np.repeat(np.arange(len(edges)), counts)[np.argsort(band_of, kind="stable")]
    return low, high, scale, edges, np.searchsorted(np.sort(band_of), np.arange(_N_BANDS + 1)), of_band


def _block_in_polygon(xy: npt.NDArray[Any], vertices: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(xy), dtype=np.bool_)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    x, y = xy[:, 0], xy[:, 1]
    near = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
    if not near.size:
        return inside
    near = near[np.argsort(y[near])]
    xs, ys = x[near].astype(np.float64), y[near].astype(np.float64)
    odd = np.zeros(len(near), dtype=np.bool_)
    ends = np.roll(vertices, -1, axis=0)
    firsts = np.searchsorted(ys, np.minimum(vertices[:, 1], ends[:, 1]), side="left")
    lasts = np.searchsorted(ys, np.maximum(vertices[:, 1], ends[:, 1]), side="left")
    for (x0, y0), (x1, y1), first, last in zip(vertices, ends, firsts, lasts, strict=True):
        if first < last:
            beside = slice(first, last)
            odd[beside] ^= xs[beside] < x0 + (ys[beside] - y0) / (y1 - y0) * (x1 - x0)
    inside[near] = odd
    return inside
