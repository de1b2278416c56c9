"""Whether numbers come in two clouds, and where to cut between them.

Two clouds are found where the numbers have more than one mode, whatever the shape of that one would be, and Ashman's D
says that two normal distributions fitted to them are apart. Hartigan's dip tells of two large clouds; a small one
beside a large one is told by the valley between them: with one mode, a stretch nearer to it holds at least as many
numbers as one of the same width farther away.

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
LEAST_PART = 0.01  # of the numbers, in the smaller cloud
CRITICAL_VALLEY = -8.0  # log probability of the deepest valley: of samples of one mode 99 % have a larger one
VALLEY_WIDTHS = (0.5, 1.0, 2.0)  # of the stretches that are counted, in robust standard deviations
_PER_WIDTH = 4  # places of a stretch
_MOST_WIDTHS = 100  # from the median to either side
FEWEST = 50  # numbers
N_STEPS = 60  # of the fit
LEAST_WIDTH = 1e-300  # between two numbers, so that slopes are finite
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
    spread = _spread(numbers)
    dip = dip_statistic(spread)
    valley = None if dip * math.sqrt(len(numbers)) >= CRITICAL_DIP else find_valley(spread)
    if dip * math.sqrt(len(numbers)) < CRITICAL_DIP and (valley is None or valley.log_probability > CRITICAL_VALLEY):
        return None
    weights, means, deviations = fit_two_normals(numbers, None if valley is None else valley.place)
    separation = float(abs(means[1] - means[0]) / np.sqrt(np.mean(deviations**2)))
    if separation < LEAST_SEPARATION:
        return None
    cut = _cut(weights, means, deviations)
    n_above = int(np.count_nonzero(numbers > cut))
    if min(n_above, len(numbers) - n_above) < LEAST_PART * len(numbers):
        return None
    return TwoClouds(cut, separation, dip)


@dataclass(frozen=True, slots=True)
class Valley:
    """Few numbers between a small cloud and the rest.

    Attributes
    ----------
    place : float
        Its middle.
    log_probability : float
        Of so many more numbers in the cloud than in the valley, or still more, if there were as many in both.
    """

    place: float
    log_probability: float


def find_valley(values: Float64) -> Valley | None:
    """Return the deepest valley, beside the stretch that holds the most numbers; None where there is none.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Ascending, not all of them equal.
    """
    from scipy.special import betainc

    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    scale = float(quartiles[2] - quartiles[0]) / 1.349
    if scale <= 0:
        return None
    deepest = Valley(0.0, 0.0)
    for width in (share * scale for share in VALLEY_WIDTHS):
        step = width / _PER_WIDTH
        low, high = (
            max(-_MOST_WIDTHS * width, values[0] - quartiles[1]),
            min(_MOST_WIDTHS * width, values[-1] - quartiles[1]),
        )
        starts = quartiles[1] + np.arange(math.floor(low / step) - _PER_WIDTH, math.ceil(high / step) + 1) * step
        counts = np.searchsorted(values, starts + width) - np.searchsorted(values, starts)
        densest = int(counts.argmax())
        for side, direction in ((counts[densest:], 1), (counts[densest::-1], -1)):
            if len(side) <= _PER_WIDTH:
                continue
            beyond = side[_PER_WIDTH:]  # stretches that do not overlap with the one beside the valley
            fewest = np.minimum.accumulate(side)[:-_PER_WIDTH]
            chances = betainc(np.maximum(beyond, 1), fewest + 1.0, 0.5)
            place = int(np.where(beyond > fewest, chances, 1.0).argmin())
            if beyond[place] > fewest[place]:
                log_probability = math.log(max(float(chances[place]), 1e-300))
                if log_probability < deepest.log_probability:
                    bottom = np.flatnonzero(side[: place + 1] == fewest[place])
                    middle = densest + direction * int(bottom[len(bottom) // 2])
                    deepest = Valley(float(starts[middle] + width / 2), log_probability)
    return deepest if deepest.log_probability < 0 else None


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
    """Return the places of the corners of the convex hull of points from left to right: below, or with −1 above.

    Its slopes are those between the points, made monotone.
    """
    from scipy.optimize import isotonic_regression

    if len(x) < 2:
        return np.arange(len(x), dtype=np.int64)
    widths = np.maximum(np.diff(x), LEAST_WIDTH)
    return np.asarray(isotonic_regression(sign * np.diff(y) / widths, weights=widths).blocks, dtype=np.int64)


def fit_two_normals(values: Float64, start: float | None = None) -> tuple[Float64, Float64, Float64]:
    """Return weights, means and standard deviations of two normal distributions, by expectation maximisation.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Ascending numbers, not all of them equal.
    start : float, optional
        The cut that it begins at; the one that leaves the least variance within the two parts (Otsu) if None.

    Returns
    -------
    tuple of ndarray of float64, shape (2,)
        The one with the smaller mean at the beginning first.
    """
    n_left = _least_variance(values) if start is None else int(np.searchsorted(values, start))
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
