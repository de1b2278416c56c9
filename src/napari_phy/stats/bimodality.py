"""Whether numbers come in two clouds, and where to cut between them.

Two clouds are found where Hartigan's dip says that the numbers have more than one mode, whatever the shape of that one
would be, and Ashman's D says that two normal distributions fitted to them are apart.

References
----------
Hartigan, J. A. and Hartigan, P. M. (1985). The dip test of unimodality. Annals of Statistics 13, 70-84.
Ashman, K. A., Bird, C. M. and Zepf, S. E. (1994). Detecting bimodality in astronomical datasets. Astronomical Journal
108, 2348-2361.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

CRITICAL_DIP = 0.57  # of √n × dip: 95 % of uniform samples, the least favourable of one mode, have less
LEAST_SEPARATION = 2.0  # Ashman's D from which on two clouds are apart
LEAST_PART = 0.02  # of the numbers, in the smaller cloud
FEWEST = 50  # numbers
N_STEPS = 60  # of the fit
_N_GRID = 513


@dataclass(frozen=True, slots=True)
class TwoClouds:
    """Two clouds of numbers.

    Attributes
    ----------
    cut : float
        The numbers above it are in the upper cloud.
    separation : float
        Ashman's D: the distance of the means over the root mean square of the two standard deviations.
    dip : float
        Hartigan's dip of all numbers.
    """

    cut: float
    separation: float
    dip: float


def find_two_clouds(values: npt.ArrayLike) -> TwoClouds | None:
    """Return the two clouds of numbers, or None where they are one.

    Parameters
    ----------
    values : array_like, shape (n,)
        The numbers; those that are not finite are left out. Fewer than 50 are one cloud.
    """
    numbers = np.asarray(values, dtype=np.float64).ravel()
    numbers = np.sort(numbers[np.isfinite(numbers)])
    if len(numbers) < FEWEST or numbers[0] == numbers[-1]:
        return None
    dip = dip_statistic(_spread(numbers))
    if dip * math.sqrt(len(numbers)) < CRITICAL_DIP:
        return None
    weights, means, deviations = fit_two_normals(numbers)
    separation = float(abs(means[1] - means[0]) / np.sqrt(np.mean(deviations**2)))
    if separation < LEAST_SEPARATION:
        return None
    cut = _cut(weights, means, deviations)
    n_above = int(np.count_nonzero(numbers > cut))
    if min(n_above, len(numbers) - n_above) < LEAST_PART * len(numbers):
        return None
    return TwoClouds(cut, separation, dip)


def _spread(values: Float64) -> Float64:
    """Return ascending numbers with equal ones spread over the room around them: rounding makes no modes."""
    found, counts = np.unique(values, return_counts=True)
    if len(found) == len(values):
        return values
    middles = (found[1:] + found[:-1]) / 2
    edges = np.concatenate([[found[0] - (middles[0] - found[0])], middles, [found[-1] + (found[-1] - middles[-1])]])
    ranks = np.concatenate([np.arange(count) + 0.5 for count in counts]) / np.repeat(counts, counts)
    return np.asarray(np.repeat(edges[:-1], counts) + ranks * np.repeat(np.diff(edges), counts))


def dip_statistic(values: npt.ArrayLike) -> float:
    """Return Hartigan's dip: the largest distance of the empirical distribution from the nearest one with one mode.

    Parameters
    ----------
    values : array_like, shape (n,)
        Finite numbers.

    Returns
    -------
    float
        From 1 / (2 n) to 1/4; 0.0 where all numbers are equal, or there is none.
    """
    found, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    if len(found) < 2:
        return 0.0
    upper = np.cumsum(counts) / counts.sum()  # of the empirical distribution at each number, and just below it
    lower = upper - counts / counts.sum()
    low, high, dip = 0, len(found) - 1, float((counts / counts.sum()).min())
    while True:
        inside = slice(low, high + 1)
        x, below, above = found[inside], lower[inside], upper[inside]
        convex, concave = _hull(x, below, 1.0), _hull(x, above, -1.0)  # places of their corners
        minorant = np.interp(x, x[convex], below[convex])
        majorant = np.interp(x, x[concave], above[concave])
        corners = np.union1d(convex, concave)
        distances = (majorant - minorant)[corners]
        corner = int(corners[int(distances.argmax())])
        if float(distances.max()) <= dip:
            return dip / 2
        left = int(convex[np.searchsorted(convex, corner, side="right") - 1])
        right = int(concave[np.searchsorted(concave, corner, side="left")])
        in_front = float((above - minorant)[: left + 1].max())
        behind = float((majorant - below)[right:].max())
        dip = max(dip, in_front, behind)
        if (left, right) == (0, len(x) - 1):
            return dip / 2
        low, high = low + left, low + right


def _hull(x: Float64, y: Float64, sign: float) -> npt.NDArray[np.int64]:
    """Return the places of the corners of the convex hull of points from left to right: below, or with −1 above."""
    corners: list[int] = []
    points = list(zip(x.tolist(), (sign * y).tolist(), strict=True))
    for place, (x2, y2) in enumerate(points):
        while len(corners) > 1:
            (x0, y0), (x1, y1) = points[corners[-2]], points[corners[-1]]
            if (y1 - y0) * (x2 - x0) < (y2 - y0) * (x1 - x0):
                break
            corners.pop()
        corners.append(place)
    return np.array(corners, dtype=np.int64)


def fit_two_normals(values: Float64) -> tuple[Float64, Float64, Float64]:
    """Return weights, means and standard deviations of two normal distributions, by expectation maximisation.

    It begins at the cut that leaves the least variance within the two parts (Otsu).

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Ascending numbers, not all of them equal.

    Returns
    -------
    tuple of ndarray of float64, shape (2,)
        The one with the smaller mean at the beginning first.
    """
    n_left = _least_variance(values)
    is_right = np.arange(len(values)) >= n_left
    floor = float(values.var()) * 1e-6
    shares = np.stack([~is_right, is_right]).astype(np.float64)
    weights = means = variances = np.zeros(2)
    for _ in range(N_STEPS):
        totals = np.maximum(shares.sum(axis=1), 1e-9)
        weights, means = totals / len(values), shares @ values / totals
        variances = np.maximum((shares * (values - means[:, None]) ** 2).sum(axis=1) / totals, floor)
        logs = _log_densities(values, weights, means, variances)
        shares = 1 / (1 + np.exp(np.clip(logs[::-1] - logs, -700, 700)))
    return weights, means, np.sqrt(variances)


def _least_variance(values: Float64) -> int:
    """Return how many of ascending numbers are left of the cut that leaves the least variance in the two parts."""
    n = len(values)
    sums = np.cumsum(values - values.mean())[:-1]
    n_left = np.arange(1, n)
    return int((sums**2 / (n_left * (n - n_left))).argmax()) + 1


def _log_densities(x: Float64, weights: Float64, means: Float64, variances: Float64) -> Float64:
    logs = -0.5 * ((x - means[:, None]) ** 2 / variances[:, None] + np.log(variances)[:, None])
    return np.asarray(logs + np.log(np.maximum(weights, 1e-300))[:, None])


def _cut(weights: Float64, means: Float64, deviations: Float64) -> float:
    """Return where, between the means, both are equally likely; their middle where that is nowhere."""
    order = np.argsort(means)
    grid = np.linspace(float(means.min()), float(means.max()), _N_GRID)
    lower, upper = _log_densities(grid, weights[order], means[order], deviations[order] ** 2)
    above = np.flatnonzero(upper >= lower)
    return float(grid[above[0]]) if 0 < len(above) < _N_GRID else float(grid.mean())
