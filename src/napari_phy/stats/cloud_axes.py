"""Axes along which points may fall into two clouds: where they spread most, are lopsided, and split best in two."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

N_SPREAD = 3  # axes of the largest variance
N_LOOKED_AT = 10  # axes among which the others are looked for,
LEAST_SPREAD = 0.05  # of the deviation of the first
N_STEPS = 15


def cloud_axes(points: Float64) -> Float64:
    """Return (k, d) axes: principal ones, then those that a small cloud beside a large one is likely to lie along.

    These are the axis of the largest skewness, since a small cloud makes a tail on its side, and Fisher's axis between
    two clusters (2-means), both among the principal axes with their deviations made equal. Along any axis a single
    cloud of normal shape has one mode.

    Parameters
    ----------
    points : ndarray of float64, shape (n, d)
        Points around 0.
    """
    squares, columns = np.linalg.eigh(points.T @ points)
    sizes, axes = np.sqrt(np.maximum(squares[::-1], 0)), columns.T[::-1]
    first = axes[:N_SPREAD]
    looked_at = slice(0, min(N_LOOKED_AT, int(np.count_nonzero(sizes > LEAST_SPREAD * sizes.max(initial=0.0)))))
    if len(points) < 2 or looked_at.stop < 2:
        return first
    scales = sizes[looked_at] / np.sqrt(len(points))
    even = points @ axes[looked_at].T / scales
    back = np.array([_lopsided(even), _between(even)]) / scales @ axes[looked_at]
    return np.concatenate([first, back / np.linalg.norm(back, axis=1, keepdims=True)])


def _lopsided(even: Float64) -> Float64:
    """Return the axis of the largest skewness, by fixed points from each axis and from far points."""
    far = even[np.argsort(-np.einsum("nd,nd->n", even, even))[: 2 * even.shape[1]]]
    axes = np.concatenate([np.eye(even.shape[1]), far / np.linalg.norm(far, axis=1, keepdims=True)])
    for _ in range(N_STEPS):
        axes = (even @ axes.T).T ** 2 @ even
        axes /= np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-300)
    return np.asarray(axes[int(np.argmax(((even @ axes.T) ** 3).mean(axis=0)))])


def _between(even: Float64) -> Float64:
    """Return Fisher's axis between the two clusters of 2-means that begins at the skewest of the given axes."""
    skewest = int(np.argmax(np.abs((even**3).mean(axis=0))))
    is_upper = even[:, skewest] > 0
    for _ in range(N_STEPS):
        upper, lower = even[is_upper].mean(axis=0), even[~is_upper].mean(axis=0)
        now = (even - (upper + lower) / 2) @ (upper - lower) > 0
        if not 0 < np.count_nonzero(now) < len(now) or (now == is_upper).all():
            break
        is_upper = now
    upper, lower = even[is_upper], even[~is_upper]
    within = np.cov(np.concatenate([upper - upper.mean(axis=0), lower - lower.mean(axis=0)]).T)
    within[np.diag_indices(len(within))] += 1e-6
    axis = np.linalg.solve(within, upper.mean(axis=0) - lower.mean(axis=0))
    return np.asarray(axis / max(float(np.linalg.norm(axis)), 1e-300))
