"""Spikes in fixed blocks, which threads work on; what they add up is added in the order of the blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from napari_phy.sorting.klustakwik.gaussians import ClusterSums, Gaussians
from napari_phy.sorting.klustakwik.masked_features import MaskedFeatures

Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
R = TypeVar("R")

N_BLOCK = 2**15
LEAST_VARIANCE = 1e-3
COST_BYTES = 2**31  # of costs that are kept from step to step


class Chosen(NamedTuple):
    """The best and the second best cluster of each spike, −1 where there is none, and its costs there."""

    best: Int32
    second: Int32
    best_costs: Float64
    second_costs: Float64

    @classmethod
    def empty(cls, n_spikes: int) -> Chosen:
        """Return arrays to be filled in."""
        best, second = np.empty(n_spikes, dtype=np.int32), np.empty(n_spikes, dtype=np.int32)
        return cls(best, second, np.empty(n_spikes), np.empty(n_spikes))

    def part(self, spikes: slice) -> Chosen:
        """Return those of some spikes; they share the arrays."""
        return Chosen(self.best[spikes], self.second[spikes], self.best_costs[spikes], self.second_costs[spikes])


class Tally(NamedTuple):
    """What the spikes of each cluster add up to.

    Attributes
    ----------
    n, costs, losses, params : ndarray of float64, shape (n_clusters,)
        Spikes, their costs, what they would cost more in their second best clusters, and their free parameters.
    n_moved, params_moved : ndarray of float64, shape (n_clusters, n_clusters)
        Spikes, and free parameters of these, whose best cluster is of the row and whose second best of the column.
    """

    n: Float64
    costs: Float64
    losses: Float64
    params: Float64
    n_moved: Float64
    params_moved: Float64

    @classmethod
    def zeros(cls, n_clusters: int) -> Tally:
        """Return the tally of no spikes."""
        return cls(*(np.zeros(n_clusters) for _ in range(4)), *(np.zeros((n_clusters, n_clusters)) for _ in range(2)))


class SpikeBlocks:
    """All spikes in blocks of `N_BLOCK`.

    Parameters
    ----------
    features : MaskedFeatures
        The spikes.
    executor : Executor, optional
        Whose threads work on the blocks; None: the thread that asks.
    original_score : bool, default False
        Whether parameters are counted as klustakwik2 does, which adds those of the last spike to the one before.

    Attributes
    ----------
    n_params : ndarray of float64, shape (n_spikes,)
        Weight, mean and covariance of a Gaussian over what a spike has unmasked have so many parameters.
    """

    def __init__(
        self, features: MaskedFeatures, executor: Executor | None = None, original_score: bool = False
    ) -> None:
        self.features = features
        n_unmasked = features.n_unmasked.copy()
        if original_score and len(n_unmasked) > 1:
            last, before = np.argsort(features.rows)[[-1, -2]]
            n_unmasked[before] += n_unmasked[last]
            n_unmasked[last] = 0
        self.n_params = n_unmasked * (n_unmasked + 1) / 2 + n_unmasked + 1
        self._executor = executor
        edges = range(0, features.n_spikes, N_BLOCK)
        self._blocks = [slice(start, min(start + N_BLOCK, features.n_spikes)) for start in edges]
        self._costs = [np.empty((block.stop - block.start, 0)) for block in self._blocks]
        self._log_volume = features.space.log_volume + features.n_features / 2 * math.log(2 * math.pi)

    def gaussians(
        self, rows: Int32, n_clusters: int, prior: float, least_mask: float, broad: int | None = None
    ) -> tuple[ClusterSums, Gaussians]:
        """Return sums and Gaussians of clusters: the M step.

        Parameters
        ----------
        rows : ndarray of int32, shape (n_spikes,)
            Place of the cluster of each spike, −1 where it takes no part.
        n_clusters : int
            How many there are.
        prior : float
            How many spikes that are masked throughout are added to each.
        least_mask : float
            Σ w from which a channel is in the core.
        broad : int, optional
            Place of a cluster whose Gaussian is that of all spikes.
        """
        from napari_phy.sorting.klustakwik import _loops

        spikes, sums = self.features.arrays, self._sums(rows, n_clusters)
        is_core = sums.masks >= least_mask
        if broad is not None:
            is_core[broad] = True
        gaussians = Gaussians.with_cores(is_core, self.features.n_features)
        core, sizes, starts, inverses = gaussians[:4]

        def products_of(block: slice) -> Float64:
            products = np.zeros_like(inverses)
            _loops.add_products(spikes, block.start, block.stop, rows[block], core, sizes, starts, products)
            return products

        if inverses.size:
            for products in self._map(products_of):
                np.add(inverses, products, out=inverses)
        _loops.fit_cores(sums, prior, self._log_volume, gaussians)
        if broad is not None:
            self._broaden(gaussians, broad)
        return sums, gaussians

    def _broaden(self, gaussians: Gaussians, place: int) -> None:
        """Make one of the Gaussians, whose core is everything, that of all spikes, with features independent."""
        n, first, spread = self.features.n_spikes, *self._sums_of_all[2:]
        shift = first[0] / n
        variance = np.maximum((spread[0] + n - 2 * shift * first[0] + n * shift**2) / n, LEAST_VARIANCE)
        size, start = gaussians.sizes[place], gaussians.starts[place]
        gaussians.inverses[start : start + size**2] = np.diag(1 / variance).reshape(-1)
        gaussians.linear[place], gaussians.precisions[place], gaussians.alive[place] = -shift / variance, 1, True
        gaussians.constants[place] = self._log_volume + 0.5 * ((shift**2 + 1) / variance + np.log(variance)).sum()

    def _sums(self, rows: Int32, n_clusters: int) -> ClusterSums:
        from napari_phy.sorting.klustakwik import _loops

        def sums_of(block: slice) -> ClusterSums:
            sums = ClusterSums.zeros(n_clusters, self.features.n_channels, self.features.n_features)
            _loops.add_sums(self.features.arrays, block.start, block.stop, rows[block], sums)
            return sums

        return _total(self._map(sums_of))

    @cached_property
    def _sums_of_all(self) -> ClusterSums:
        return self._sums(np.zeros(self.features.n_spikes, dtype=np.int32), 1)

    def costs(self, rows: Int32, gaussians: Gaussians) -> Float64:
        """Return the cost of each spike (n_spikes,), weights left out, in the cluster whose place `rows` tells."""
        from napari_phy.sorting.klustakwik import _loops

        costs = np.full(len(rows), np.inf)
        for _ in self._map(
            lambda block: _loops.own_costs(
                self.features.arrays, block.start, block.stop, rows[block], gaussians, costs[block]
            )
        ):
            pass
        return costs

    def choose(
        self,
        gaussians: Gaussians,
        columns: Int64,
        clusters: Int64,
        cluster_columns: Int64,
        constants: Float64,
        noise_cost: float,
        chosen: Chosen,
    ) -> Tally:
        """Choose the best clusters of all spikes: the E and the C step.

        Parameters
        ----------
        gaussians : Gaussians
            Those whose costs are not kept.
        columns : ndarray of int64
            Columns of theirs among the costs.
        clusters : ndarray of int64, shape (n_clusters,)
            All clusters but noise, ascending.
        cluster_columns : ndarray of int64, shape (n_clusters,)
            Their columns.
        constants : ndarray of float64, shape (n_clusters,)
            What is to be added to their costs, for their weights.
        noise_cost : float
            The same for all spikes in cluster 0; infinite where there is no such cluster.
        chosen : Chosen
            To be filled in.

        Returns
        -------
        Tally
            Of noise, then the clusters.
        """
        from napari_phy.sorting.klustakwik import _loops

        places = np.zeros(int(clusters[-1]) + 1 if len(clusters) else 1, dtype=np.int64)
        places[clusters] = np.arange(1, len(clusters) + 1)
        linear = np.ascontiguousarray(gaussians.linear.T)

        def choose_in(place: int) -> Tally:
            block, costs = self._blocks[place], self._costs[place]
            if not costs.shape[1]:
                costs = np.empty((len(costs), len(clusters)))
            _loops.fill_costs(self.features.arrays, block.start, block.stop, gaussians, linear, columns, costs)
            own = chosen.part(block)
            _loops.choose(costs, cluster_columns, constants, clusters, noise_cost, own)
            tally = Tally.zeros(len(clusters) + 1)
            _loops.add_tally(places, own, self.n_params[block], tally)
            return tally

        run = map if self._executor is None else self._executor.map
        return _total(run(choose_in, range(len(self._blocks))))

    def keep_columns(self, columns: Int64, width: int) -> None:
        """Keep some columns of costs, which come first then, and make room for others: `width` in all."""
        for place, costs in enumerate(self._costs):
            wider = np.empty((len(costs), width))
            wider[:, : len(columns)] = costs[:, columns]
            self._costs[place] = wider

    def _map(self, function: Callable[[slice], R]) -> Iterator[R]:
        return map(function, self._blocks) if self._executor is None else self._executor.map(function, self._blocks)


T = TypeVar("T", ClusterSums, Tally)


def _total(parts: Iterator[T]) -> T:
    total = next(parts)
    for part in parts:
        for values, more in zip(total, part, strict=True):
            np.add(values, more, out=values)
    return total
