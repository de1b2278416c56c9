"""Clusters that are better deleted, their spikes going to the second best."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.sorting.klustakwik.masked_em import FIRST, Step

Int32 = npt.NDArray[np.int32]


def delete_clusters(step: Step, penalty: float, *, n_least: int, n_most: int, one: bool = False) -> Int32:
    """Return labels (n_spikes,) without the clusters whose deletion lowers the score.

    A cluster is deleted where its spikes cost less more than its parameters are a penalty; the best first, and in one
    step only clusters that have nothing to do with each other: none gets spikes of two, and none of these is deleted.

    Parameters
    ----------
    step : Step
        Where spikes are, and would be else.
    penalty : float
        Of one parameter.
    n_least, n_most : int
        How many Gaussian clusters are left: no more are deleted than that, and the cheapest where there are too many.
    one : bool, default False
        Whether at most one is deleted, as klustakwik2 does.
    """
    tally, clusters = step.tally, step.clusters
    n, params = tally.n.copy(), tally.params.copy()
    is_gaussian = (clusters >= FIRST) & (n > 0)
    n_left = int(is_gaussian.sum())

    def gains(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return by how much the score falls where the cluster of each row is deleted."""
        moved = tally.n_moved[rows]
        means = params / np.maximum(n, 1)
        grown = np.where(moved > 0, (params + tally.params_moved[rows]) / np.maximum(n + moved, 1) - means, 0)
        return np.asarray(penalty * (means[rows] - grown.sum(axis=1)) - tally.losses[rows])

    candidates = np.flatnonzero(is_gaussian & np.isfinite(tally.losses))
    first_gains = gains(candidates)
    is_touched = np.zeros(len(clusters), dtype=np.bool_)
    is_deleted = np.zeros(int(clusters[-1]) + 1, dtype=np.bool_)
    for place in np.argsort(-first_gains, kind="stable"):
        row = candidates[place]
        if (first_gains[place] <= 0 and n_left <= n_most) or n_left <= n_least:
            break
        receivers = np.flatnonzero(tally.n_moved[row])
        gaussian_receivers = receivers[clusters[receivers] >= FIRST]
        if is_touched[row] or is_touched[gaussian_receivers].any():
            continue
        if n_left <= n_most and gains(np.array([row]))[0] <= 0:
            continue
        n[receivers] += tally.n_moved[row, receivers]
        params[receivers] += tally.params_moved[row, receivers]
        is_touched[row] = is_touched[gaussian_receivers] = True
        is_deleted[clusters[row]] = True
        n_left -= 1
        if one:
            break
    best, second = step.chosen.best, step.chosen.second
    return np.where(is_deleted[best], second, best) if is_deleted.any() else best
