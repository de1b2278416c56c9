"""How likely the means of clusters are under the masked Gaussians of others: KlustaViewa's similarity.

C[i, j] = w_j N(μ_i | μ_j, C_j), with the share w_j of spikes that cluster j has, over all features. It is kept as a
logarithm without a norm; divided by the sum of its row it is the probability that the mean of i belongs to j.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.masked_sums import MaskedNoise, MaskedSums

Float64 = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating]
Int64 = npt.NDArray[np.int64]

PRIOR = 1.0  # spikes like those that are masked, in each cluster
LEAST_VARIANCE = 1e-3  # of a feature in a cluster, as a part of that of what is masked
BLOCK_BYTES = 2**24
FEW = 4  # means, for which factors are read faster than multiplied


@dataclass(frozen=True, slots=True, eq=False)
class MaskedGaussian:
    """The Gaussian of one cluster; features are from the mean of what is masked, in its standard deviations.

    Attributes
    ----------
    mean : ndarray of float64, shape (n_features,)
        (μ − ν) / σ.
    core : ndarray of int64, shape (k,)
        Features that vary together, ascending.
    whitening : ndarray of float64, shape (k, k)
        The inverse of the Cholesky factor of their covariance.
    precision : ndarray of float64, shape (n_features,)
        1 / variance of the features outside the core, 0 inside.
    log_scale : float
        Log of the share of spikes, and of the density at the mean; −∞ without spikes.
    """

    mean: Float64
    core: Int64
    whitening: Float64
    precision: Float64
    log_scale: float


def masked_gaussian(sums: MaskedSums, noise: MaskedNoise, n_spikes: float) -> MaskedGaussian:
    """Return the Gaussian of a cluster.

    Parameters
    ----------
    sums : MaskedSums
        Over its spikes; there may be few of them, or none.
    noise : MaskedNoise
        What is masked.
    n_spikes : float
        How many spikes all clusters have.
    """
    sigma = np.sqrt(noise.variance)
    n = max(sums.n, 1.0)
    n_per_channel = len(sigma) // max(len(sums.n_unmasked), 1)
    first, second = sums.first / sigma, sums.second / noise.variance
    mean = first / (n + PRIOR)
    n_masked = np.repeat(sums.n - sums.n_unmasked, n_per_channel)
    unknown = (sums.unknown / noise.variance + n_masked) / n
    variance = (second - 2 * mean * first + sums.n * mean**2 + PRIOR) / (n + PRIOR - 1) + unknown
    variance = np.maximum(variance, LEAST_VARIANCE)
    core: Int64 = (sums.core[:, None] * n_per_channel + np.arange(n_per_channel)).reshape(-1)
    away, total = mean[core], first[core]
    products = sums.products / np.outer(sigma[core], sigma[core])
    products -= np.outer(away, total) + np.outer(total, away) - sums.n * np.outer(away, away)
    covariance = products / (n + PRIOR - 1)
    np.fill_diagonal(covariance, variance[core])
    factor = _cholesky(covariance)
    precision = 1 / variance
    precision[core] = 0
    outer = np.delete(variance, core)
    log_determinant = 2 * np.log(np.diag(factor)).sum() + np.log(outer).sum() + np.log(noise.variance).sum()
    with np.errstate(divide="ignore"):
        log_weight = np.log(sums.n / max(n_spikes, 1.0))
    log_scale = float(log_weight - 0.5 * (log_determinant + len(sigma) * np.log(2 * np.pi)))
    return MaskedGaussian(mean, core, _inverse(factor), precision, log_scale)


def _cholesky(covariance: Float64) -> Float64:
    """Return the factor of a covariance; where rounding left it none, features vary less together."""
    variances = np.diag(np.diag(covariance))
    for kept in (1.0, 0.999, 0.9, 0.5, 0.0):
        try:
            return np.asarray(np.linalg.cholesky(kept * covariance + (1 - kept) * variances))
        except np.linalg.LinAlgError:
            pass
    return np.sqrt(variances)


def _inverse(factor: Float64) -> Float64:
    from scipy.linalg import lapack

    if not len(factor):
        return factor
    inverse, _ = lapack.dtrtri(factor, lower=1)
    return np.asarray(np.tril(inverse))


@dataclass(frozen=True, slots=True, eq=False)
class GaussianStack:
    """Gaussians of several clusters one upon another.

    Attributes
    ----------
    means, precisions : ndarray of float64, shape (n, n_features)
        As each Gaussian has them.
    log_scales : ndarray of float64, shape (n,)
        The same.
    cores : ndarray of int64, shape (n, width)
        The features of each core, then any that the factor weighs with 0.
    whitenings : ndarray of float32 or float64, shape (n, width, width)
        The factors.
    """

    means: Float64
    precisions: Float64
    log_scales: Float64
    cores: Int64
    whitenings: Floats

    @classmethod
    def of(
        cls, gaussians: Sequence[MaskedGaussian], width: int = 0, dtype: npt.DTypeLike = np.float32
    ) -> GaussianStack:
        """Return the stack of some Gaussians, of a width of at least that of the widest core."""
        n, n_features = len(gaussians), len(gaussians[0].mean) if gaussians else 0
        width = max([width, *(len(one.core) for one in gaussians)])
        cores, whitenings = np.zeros((n, width), dtype=np.int64), np.zeros((n, width, width), dtype=dtype)
        for place, one in enumerate(gaussians):
            k = len(one.core)
            cores[place, :k], whitenings[place, :k, :k] = one.core, one.whitening
        return cls(
            np.array([one.mean for one in gaussians]).reshape(n, n_features),
            np.array([one.precision for one in gaussians]).reshape(n, n_features),
            np.array([one.log_scale for one in gaussians], dtype=np.float64),
            cores,
            whitenings,
        )


def log_likelihoods(
    means: Float64, stack: GaussianStack, columns: Int64 | slice = slice(None), on_progress: OnProgress = no_progress
) -> Float64:
    """Return log(w_j) + log N(μ_i | μ_j, C_j), shape (n, m), of n means under m Gaussians; −∞ for those of no spike.

    Parameters
    ----------
    means : ndarray of float64, shape (n, n_features)
        As `MaskedGaussian` has them.
    stack : GaussianStack
        The Gaussians.
    columns : ndarray of int64, or slice
        Which of them; all by default.
    """
    places = np.arange(len(stack.log_scales))[columns]
    distances = _distances_outside(means, stack.means[places], stack.precisions[places])
    if len(means) <= FEW and stack.cores.shape[1]:
        from napari_phy.stats._whitened_distances import add_whitened_distances

        add_whitened_distances(means, places, stack.means, stack.cores, stack.whitenings, distances)
        return np.asarray(stack.log_scales[places] - distances / 2)
    width = stack.cores.shape[1]
    by_feature = np.ascontiguousarray(means.T, dtype=stack.whitenings.dtype)
    step = max(1, BLOCK_BYTES // max(1, 4 * width * max(len(means), width)))
    for start in range(0, len(places) if width else 0, step):
        on_progress(start / len(places))
        some = places[start : start + step]
        cores = stack.cores[some]
        away = by_feature[cores]
        away -= np.take_along_axis(stack.means[some], cores, axis=1)[:, :, None]
        whitened = stack.whitenings[some] @ away
        distances[:, start : start + step] += np.einsum("jki,jki->ji", whitened, whitened).T
    return np.asarray(stack.log_scales[places] - distances / 2)


def _distances_outside(means: Float64, others: Float64, precisions: Float64) -> Float64:
    """Return (n, m) Σ precision (mean − other)²."""
    if len(means) * precisions.nbytes <= BLOCK_BYTES:
        away = means[:, None, :] - others[None]
        return np.asarray(np.einsum("nmd,nmd,md->nm", away, away, precisions))
    weighted = precisions * others
    distances = means**2 @ precisions.T - 2 * means @ weighted.T + np.einsum("md,md->m", others, weighted)
    return np.asarray(np.maximum(distances, 0))


def normalised_logs(logs: Floats) -> Floats:
    """Return logs (n, m) less a number for each row, so that the sum of its exponentials is 1; −∞ stays −∞."""
    normalised: Floats = logs - log_totals(logs)[:, None]
    return normalised


def log_totals(logs: Floats) -> Floats:
    """Return (n,) log of the sum of the exponentials of each row of (n, m); 0 for rows that are −∞ throughout."""
    largest = logs.max(axis=1, initial=-np.inf)
    is_known = np.isfinite(largest)
    parts = logs - np.where(is_known, largest, 0)[:, None]
    np.exp(parts, out=parts)
    totals: Floats = np.where(is_known, largest + np.log(np.maximum(parts.sum(axis=1), 1)), 0).astype(logs.dtype)
    return totals
