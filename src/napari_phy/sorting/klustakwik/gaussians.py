"""Masked Gaussians of many clusters at once, from sums over their spikes: the M step.

Features are counted from the mean of what is masked, in its standard deviations. Over the core of a cluster, the
channels whose masks sum up to `points_for_cluster_mask` over its spikes, features vary together; elsewhere each is that
of what is masked (Kadir, Goodman and Harris 2014, doi:10.1162/NECO_a_00661).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


class ClusterSums(NamedTuple):
    """Sums over the spikes of each cluster, as the loops fill them.

    Attributes
    ----------
    n : ndarray of float64, shape (n_clusters,)
        Number of spikes.
    masks : ndarray of float64, shape (n_clusters, n_channels)
        Σ w.
    first, spread : ndarray of float64, shape (n_clusters, n_features)
        Σ w u and Σ w (u² − 1), with features u.
    """

    n: Float64
    masks: Float64
    first: Float64
    spread: Float64

    @classmethod
    def zeros(cls, n_clusters: int, n_channels: int, n_features: int) -> ClusterSums:
        """Return the sums over no spikes."""
        wide = (n_clusters, n_features)
        return cls(np.zeros(n_clusters), np.zeros((n_clusters, n_channels)), np.zeros(wide), np.zeros(wide))


class Gaussians(NamedTuple):
    """Gaussians of clusters, as the loops read them.

    Attributes
    ----------
    core : ndarray of int32, shape (n_clusters, n_features)
        Where each feature is among those of the core; −1 outside.
    sizes, starts : ndarray of int64, shape (n_clusters,)
        How many features each core has, and where its matrix begins in `inverses`.
    inverses : ndarray of float64, shape (Σ sizes²,)
        Inverse covariances of the cores.
    linear : ndarray of float64, shape (n_clusters, n_features)
        What costs have of deviations.
    precisions : ndarray of float64, shape (n_clusters,)
        1 / variance of each feature outside the core.
    constants : ndarray of float64, shape (n_clusters,)
        Cost of a spike that is masked throughout, without the weight of the cluster.
    own_costs : ndarray of float64, shape (n_clusters,)
        Sum of the costs of the cluster's own spikes, without its weight.
    alive : ndarray of bool, shape (n_clusters,)
        Whether there is a Gaussian: it needs a spike, and a covariance with an inverse.
    """

    core: Int32
    sizes: Int64
    starts: Int64
    inverses: Float64
    linear: Float64
    precisions: Float64
    constants: Float64
    own_costs: Float64
    alive: Bools

    @classmethod
    def with_cores(cls, is_core: Bools, n_features: int) -> Gaussians:
        """Return Gaussians to be filled in, whose cores have some channels (n_clusters, n_channels)."""
        of_features = np.repeat(is_core, n_features // is_core.shape[1], axis=1)
        core = np.where(of_features, np.cumsum(of_features, axis=1) - 1, -1).astype(np.int32)
        n_clusters, sizes = len(is_core), of_features.sum(axis=1, dtype=np.int64)
        ends = np.cumsum(sizes**2)
        return cls(
            core,
            sizes,
            ends - sizes**2,
            inverses=np.zeros(int(ends[-1]) if n_clusters else 0),
            linear=np.zeros((n_clusters, n_features)),
            precisions=np.zeros(n_clusters),
            constants=np.full(n_clusters, np.inf),
            own_costs=np.zeros(n_clusters),
            alive=np.zeros(n_clusters, dtype=np.bool_),
        )

    def chosen(self, places: Int64) -> Gaussians:
        """Return some of them; they share the matrices."""
        return Gaussians(
            self.core[places],
            self.sizes[places],
            self.starts[places],
            self.inverses,
            self.linear[places],
            self.precisions[places],
            self.constants[places],
            self.own_costs[places],
            self.alive[places],
        )
