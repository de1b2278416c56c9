"""How well the spikes of a cluster are apart from others in the space of features."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

N_NEIGHBORS = 5
_ROWS_AT_ONCE = 512


def mahalanobis_measures(
    own: Float64, others: Float64, *, n_own: int | None = None, n_others: int | None = None
) -> tuple[float, float]:
    """Return isolation distance and L-ratio of a cluster.

    The isolation distance is the squared Mahalanobis distance within which there are as many other spikes as the
    cluster has; the L-ratio sums, over the other spikes, how likely a spike of the cluster is so far away, for each of
    its spikes. Schmitzer-Torbert et al., Neuroscience 131 (2005), as in SpikeInterface's `mahalanobis_metrics`. nan
    where there are not more spikes than features, or features that depend on each other.

    Parameters
    ----------
    own, others : ndarray of float64, shape (n, n_features), (m, n_features)
        Features of its spikes, and of others.
    n_own, n_others : int, optional
        How many spikes these stand for, where they are samples.
    """
    n_features = own.shape[1]
    n_own, n_others = n_own or len(own), n_others or len(others)
    n_within = min(n_own, n_others)
    if len(own) <= n_features or not len(others) or n_within < 2:
        return math.nan, math.nan
    from scipy.stats import chi2

    covariance = np.atleast_2d(np.cov(own.T))
    if np.linalg.matrix_rank(covariance, hermitian=True) < n_features:
        return math.nan, math.nan
    apart = others - own.mean(axis=0)
    distances = np.sort(np.einsum("mf,mf->m", apart @ np.linalg.inv(covariance), apart))
    place = math.ceil(n_within * len(others) / n_others) - 1
    l_ratio = chi2.sf(distances, n_features).sum() * (n_others / len(others)) / n_own
    return float(distances[place]), float(l_ratio)


def d_prime(own: Float64, others: Float64) -> float:
    """Return how many standard deviations two sets of spikes are apart along the axis that tells them apart best.

    The axis is that of Fisher's linear discriminant: Hill, Mehta and Kleinfeld, J. Neurosci. 31 (2011), as in
    SpikeInterface's `d_prime_metric` but never negative. nan where one of them has less than two spikes.
    """
    if min(len(own), len(others)) < 2:
        return math.nan
    apart = own.mean(axis=0) - others.mean(axis=0)
    scatter = sum((part - part.mean(axis=0)).T @ (part - part.mean(axis=0)) for part in (own, others))
    axis = np.linalg.lstsq(np.asarray(scatter), apart, rcond=None)[0]
    along, along_others = own @ axis, others @ axis
    deviation = math.sqrt((float(along.var()) + float(along_others.var())) / 2)
    distance = abs(float(along.mean()) - float(along_others.mean()))
    return distance / deviation if deviation > 0 and distance > 0 else math.nan


def silhouette(own: Float64, others: Float64, labels: npt.NDArray[np.integer]) -> float:
    """Return how much nearer (−1…1) spikes are to the centre of their cluster than to that of the nearest other.

    Hruschka, de Castro and Campello, ICDM 2004, as in SpikeInterface's `simplified_silhouette_score`. nan where there
    are no spikes or no others.

    Parameters
    ----------
    own, others : ndarray of float64, shape (n, n_features), (m, n_features)
        Features of its spikes, and of others.
    labels : ndarray of integer, shape (m,)
        Cluster of each of the others.
    """
    if not len(own) or not len(others):
        return math.nan
    _, places = np.unique(labels, return_inverse=True)
    sums = np.zeros((int(places.max()) + 1, own.shape[1]))
    np.add.at(sums, places, others)
    centers = sums / np.bincount(places)[:, None]
    to_others = np.stack([np.linalg.norm(own - center, axis=1) for center in centers])
    nearest = to_others[np.argmin(to_others.mean(axis=1))]
    inside = np.linalg.norm(own - own.mean(axis=0), axis=1)
    larger = np.maximum(nearest, inside)
    return float(np.mean(np.divide(nearest - inside, larger, out=np.zeros(len(own)), where=larger > 0)))


def neighbor_rates(own: Float64, others: Float64, n_neighbors: int = N_NEIGHBORS) -> tuple[float, float]:
    """Return the share of neighbours of a cluster's spikes that are its own, and of those of others that are its own.

    The hit and the miss rate of Chung et al., Neuron 95 (2017), as in SpikeInterface's `nearest_neighbors_metrics`.
    Without others they are 1 and 0; nan where there are not more spikes than neighbours.

    Parameters
    ----------
    own, others : ndarray of float64, shape (n, n_features), (m, n_features)
        Features of its spikes, and of others: all, or the same share of both.
    n_neighbors : int
        How many neighbours of each spike count.
    """
    if not len(own) or len(own) + len(others) <= n_neighbors:
        return math.nan, math.nan
    if not len(others):
        return 1.0, 0.0
    is_own = neighbors(np.concatenate([own, others]), n_neighbors) < len(own)
    return float(is_own[: len(own)].mean()), float(is_own[len(own) :].mean())


def neighbors(points: Float64, n_neighbors: int) -> npt.NDArray[np.int64]:
    """Return (n, n_neighbors) the places of the nearest other points of each, in no order."""
    from scipy.spatial.distance import cdist

    found = np.empty((len(points), n_neighbors), dtype=np.int64)
    for start in range(0, len(points), _ROWS_AT_ONCE):
        distances = cdist(points[start : start + _ROWS_AT_ONCE], points, "sqeuclidean")
        rows = np.arange(len(distances))
        distances[rows, start + rows] = np.inf
        found[start : start + len(rows)] = np.argpartition(distances, n_neighbors - 1, axis=1)[:, :n_neighbors]
    return found
