"""What tells whether two clusters are one neuron: shapes, a gap between their spikes, refractory time, presence.

Each number is of two sets of spikes alone, so that it holds as long as these are the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.stats.bimodality import CRITICAL_DIP, dip_statistic

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

CLOSE_MS = (0.6, 2.0)  # lags of the refractory time; spikes at smaller lags may have been taken for one
NEAR_MS = (4.0, 24.0)  # lags that tell how many pairs there would be by chance
N_BINS = 24  # of the time in which presence is counted
SHRINKAGE = 0.1  # of covariances towards their diagonal
LEAST_COSINE = 0.9  # of the means, for the rest to be looked at
LEAST_APART = 1.5  # standard deviations between the means, for a gap to be possible
SHAPE_ODDS, SHAPE_STEP = 5.0, 20.0  # log odds of the same shape, and what a difference of 1 takes from them
RESIDUAL_STEP, USUAL_RESIDUAL, DRIFTED = 0.6, 1.5, 0.4
GAP_STEP = 12.0
SIZE_STEP, USUAL_SIZE = 3.0, 0.7  # of the log of the ratio; bursts and drift halve spikes
ALIEN_SHARE = 0.1  # of the pairs by chance: what one neuron may have of them
_FEWEST = 10


@dataclass(frozen=True, slots=True)
class ShapeEvidence:
    """How two clouds of features differ; where their means are not alike, nothing but that is known, and the rest nan.

    Attributes
    ----------
    cosine : float
        Cosine of the means.
    size_ratio : float
        Length of the mean of the second over that of the first.
    residual : float
        What is left of the difference of the means when one is scaled to fit the other, in standard deviations of a
        cloud, without what chance adds to it.
    gap : float
        How empty it is between the clouds, from 0, where nothing is, to 1: what the dip of as many spikes of each,
        those nearest to the other cloud, exceeds that of one cloud by, along the axis that tells them apart best.
    """

    cosine: float
    size_ratio: float
    residual: float = math.nan
    gap: float = math.nan


def shape_evidence(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> ShapeEvidence:
    """Return how two clouds differ.

    Parameters
    ----------
    one, other : ndarray of floating, shape (n, d), (m, d)
        Features of their spikes, on the same channels.
    """
    a, b = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    first, second = a.mean(axis=0), b.mean(axis=0)
    lengths = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    if min(lengths) <= 0:
        return ShapeEvidence(0.0, math.nan)
    cosine, ratio = float(first @ second) / (lengths[0] * lengths[1]), lengths[1] / lengths[0]
    if cosine < LEAST_COSINE or min(len(a), len(b)) < _FEWEST:
        return ShapeEvidence(cosine, ratio)
    axes, scales = _whitening(a, b)
    a, b = (a @ axes) * scales, (b @ axes) * scales
    apart = b.mean(axis=0) - a.mean(axis=0)
    n, m, d = len(a), len(b), len(scales)
    middle = (n * a.mean(axis=0) + m * b.mean(axis=0)) / (n + m)
    along = middle / max(float(np.linalg.norm(middle)), 1e-300)
    left = apart - (apart @ along) * along
    chance = (d - 1) * (1 / n + 1 / m)
    residual = math.sqrt(max(float(left @ left) - chance, 0.0))
    gap = _gap(a, b) if np.linalg.norm(apart) > LEAST_APART else 0.0
    return ShapeEvidence(cosine, ratio, residual, gap)


def _whitening(a: Float64, b: Float64) -> tuple[Float64, Float64]:
    """Return (d, k) axes and (k,) scales in which the spikes of a cloud vary as much along each."""
    within = ((len(a) - 1) * np.cov(a.T) + (len(b) - 1) * np.cov(b.T)) / (len(a) + len(b) - 2)
    within = np.atleast_2d(within)
    within = (1 - SHRINKAGE) * within + SHRINKAGE * np.diag(np.diag(within))
    values, axes = np.linalg.eigh(within)
    values = np.maximum(values, 1e-6 * values.max(initial=1e-300))
    return axes, 1 / np.sqrt(values)


def _gap(a: Float64, b: Float64) -> float:
    """Return how empty it is between two clouds; each half is projected on the axis of the other half."""
    along_a, along_b = np.empty(len(a)), np.empty(len(b))
    for half in (0, 1):
        axis = b[1 - half :: 2].mean(axis=0) - a[1 - half :: 2].mean(axis=0)
        axis /= max(float(np.linalg.norm(axis)), 1e-300)
        along_a[half::2], along_b[half::2] = a[half::2] @ axis, b[half::2] @ axis
    n = min(len(a), len(b))
    nearest = np.concatenate([np.sort(along_a)[-n:], np.sort(along_b)[:n]])
    return float(np.clip(4 * (dip_statistic(nearest) - CRITICAL_DIP / math.sqrt(2 * n)), 0, 1))


@dataclass(frozen=True, slots=True)
class TimeEvidence:
    """How the spikes of two clusters are in time.

    Attributes
    ----------
    n_close : int
        Pairs of a spike of each within the refractory time.
    n_by_chance : float
        How many there would be of two neurons.
    n_as_alone : float
        How many there would be if pairs of both were as often too close as those of each alone.
    overlap : float
        How far they are there at the same times, 0…1.
    """

    n_close: int
    n_by_chance: float
    n_as_alone: float
    overlap: float


def time_evidence(one: Int64, other: Int64, n_samples: int, rate: float) -> TimeEvidence:
    """Return how two clusters are in time.

    Parameters
    ----------
    one, other : ndarray of int64, shape (n,), (m,)
        Ascending samples of their spikes.
    n_samples : int
        Samples of the recording.
    rate : float
        Samples a second.
    """
    close, near = (tuple(round(edge * rate / 1000) for edge in edges) for edges in (CLOSE_MS, NEAR_MS))
    width = (close[1] - close[0]) / (near[1] - near[0])
    n_close = _lagged_pairs(one, other, *close) + _lagged_pairs(other, one, *close)
    n_near = _lagged_pairs(one, other, *near) + _lagged_pairs(other, one, *near)
    alone = sum(_lagged_pairs(train, train, *close) for train in (one, other))
    alone_near = sum(_lagged_pairs(train, train, *near) for train in (one, other))
    by_chance = width * n_near
    as_alone = by_chance * min(alone / (width * alone_near), 1.0) if alone_near else 0.0
    edges = np.linspace(0, n_samples, N_BINS + 1)
    shares = [np.histogram(train, edges)[0] / max(len(train), 1) for train in (one, other)]
    return TimeEvidence(n_close, by_chance, as_alone, float(np.minimum(*shares).sum()))


def _lagged_pairs(one: Int64, other: Int64, low: int, high: int) -> int:
    """Return how many spikes of another train follow those of one by `low` to below `high` samples."""
    return int((np.searchsorted(other, one + high) - np.searchsorted(other, one + low)).sum())


def log_odds(shape: ShapeEvidence, time: TimeEvidence) -> dict[str, float]:
    """Return what each kind of evidence adds to the log odds that two clusters are one neuron.

    Parameters
    ----------
    shape, time : ShapeEvidence, TimeEvidence
        Of the two.

    Returns
    -------
    dict of str to float
        Under "shape", "residual", "gap", "size" and "refractory"; where their sum is 0, it is as likely as not.
    """
    difference = math.sqrt(max(1 - max(shape.cosine, 0.0) ** 2, 0.0))
    known = not math.isnan(shape.residual)
    drifted = min(1.0, DRIFTED + 2 * time.overlap)  # what is not there at the same time may have drifted
    size = abs(math.log(shape.size_ratio)) if shape.size_ratio > 0 else math.inf
    return {
        "shape": SHAPE_ODDS - SHAPE_STEP * difference,
        "residual": -RESIDUAL_STEP * drifted * max(shape.residual - USUAL_RESIDUAL, 0.0) if known else -1.0,
        "gap": -GAP_STEP * shape.gap * min(1.0, 2 * time.overlap) if known else 0.0,
        "size": -SIZE_STEP * max(min(size, 5.0) - USUAL_SIZE, 0.0),
        "refractory": refractory_odds(time),
    }


def refractory_odds(time: TimeEvidence) -> float:
    """Return the log of how much likelier so few pairs are of one neuron than of two, from −6 to 3."""
    of_one = min(time.n_as_alone + ALIEN_SHARE * time.n_by_chance, time.n_by_chance)
    if of_one <= 0:
        return 0.0
    ratio = time.n_close * math.log(of_one / time.n_by_chance) - (of_one - time.n_by_chance)
    return min(max(ratio, -6.0), 3.0)
