"""Steps of masked EM on a clustering: fit Gaussians, and give each spike to the one of least cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import SortingError
from napari_phy.sorting.klustakwik import spike_blocks
from napari_phy.sorting.klustakwik.gaussians import Gaussians
from napari_phy.sorting.klustakwik.parameters import KlustaKwik2Parameters
from napari_phy.sorting.klustakwik.spike_blocks import SpikeBlocks
from napari_phy.sorting.klustakwik.spike_part import Choice, Chosen, Tally

Bools = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

NOISE, MUA, FIRST = 0, 1, 2  # cluster ids


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What a step led to.

    Attributes
    ----------
    score : float
        Cost of all spikes, and the penalty for the parameters of all clusters; lower is better.
    n_changed : int
        Number of spikes that went to other clusters.
    chosen : Chosen
        Where each spike is now, and where it would be else.
    clusters : ndarray of int64, shape (n_clusters,)
        Those that are compared: noise, then the others ascending.
    tally : Tally
        What they add up to.
    """

    score: float
    n_changed: int
    chosen: Chosen
    clusters: Int64
    tally: Tally


class MaskedEM:
    """Spikes with labels, and the costs of clusters that did not change since the last step.

    Parameters
    ----------
    blocks : SpikeBlocks
        The spikes.
    labels : ndarray of int32, shape (n_spikes,)
        Where they begin: 0 is noise, 1 multi-unit activity, all others have Gaussians.
    parameters : KlustaKwik2Parameters
        What is asked for.
    """

    def __init__(self, blocks: SpikeBlocks, labels: Int32, parameters: KlustaKwik2Parameters) -> None:
        self.blocks = blocks
        self.parameters = parameters
        self.labels = labels
        n_slots = max(FIRST, int(labels.max()) + 1)
        self.n_spikes_of = np.bincount(labels, minlength=n_slots)
        self.penalty = 2 * parameters.penalty_k + parameters.penalty_k_log_n * math.log(len(labels)) / 2
        self._is_changed = np.ones(n_slots, dtype=np.bool_)
        self.is_untried = np.ones(n_slots, dtype=np.bool_)
        self._constants = np.full(n_slots, np.inf)
        self._columns = np.full(n_slots, -1, dtype=np.int64)
        self._width = 0
        self._n_steps = 0

    @property
    def gaussian_clusters(self) -> Int64:
        """The clusters of Gaussians that have spikes, ascending."""
        return np.flatnonzero(self.n_spikes_of[FIRST:]) + FIRST

    def step(self) -> Step:
        """Fit Gaussians to the clusters that changed, and give all spikes to the best ones."""
        exists = self.n_spikes_of > 0
        exists[NOISE], exists[MUA] = False, self.parameters.use_mua_cluster
        keeps = 8 * len(self.labels) * int(exists.sum()) <= spike_blocks.COST_BYTES
        changed = np.flatnonzero(exists & self._is_changed if keeps else exists)
        gaussians = self._fit(changed)
        self._constants[changed] = np.where(gaussians.alive, gaussians.constants, np.inf)
        clusters = np.flatnonzero(exists & np.isfinite(self._constants))
        log_weights, log_noise = self._log_weights(clusters)
        noise_cost = -log_noise if self.parameters.use_noise_cluster else np.inf
        if not len(clusters) and noise_cost == np.inf:
            raise SortingError("No cluster has a Gaussian, and there is no noise cluster to take its spikes.")
        columns, width, moved = self._make_columns(clusters, keeps)
        self._n_steps += 1
        choice = Choice(
            gaussians.chosen(np.flatnonzero(gaussians.alive)),
            self._columns[changed[gaussians.alive]],
            clusters,
            columns,
            -log_weights,
            noise_cost,
            width,
            moved,
            self._n_steps,
            is_complete=len(clusters) == np.count_nonzero(gaussians.alive),
            keeps=keeps,
        )

        def complete() -> Choice:
            return replace(choice, gaussians=self._fit(clusters), columns=columns, is_complete=True)

        chosen, tally = self.blocks.choose(choice, complete)
        present = tally.n > 0
        penalties = self.penalty * tally.params[present] / tally.n[present]
        n_changed = int(np.count_nonzero(chosen.best != self.labels))
        self.relabel(chosen.best)
        every = np.concatenate([[NOISE], clusters])
        return Step(float(tally.costs.sum() + penalties.sum()), n_changed, chosen, every, tally)

    def relabel(self, labels: Int32) -> None:
        """Put spikes into other clusters."""
        moved = np.flatnonzero(labels != self.labels)
        n_new = int(labels.max()) + 1 - len(self._columns)
        if n_new > 0:
            self._is_changed = np.concatenate([self._is_changed, np.ones(n_new, dtype=np.bool_)])
            self.is_untried = np.concatenate([self.is_untried, np.ones(n_new, dtype=np.bool_)])
            self._constants = np.concatenate([self._constants, np.full(n_new, np.inf)])
            self._columns = np.concatenate([self._columns, np.full(n_new, -1, dtype=np.int64)])
        for flags in (self._is_changed, self.is_untried):
            flags[self.labels[moved]] = True
            flags[labels[moved]] = True
        self.labels = labels
        self.n_spikes_of = np.bincount(labels, minlength=len(self._columns))

    def _fit(self, clusters: Int64) -> Gaussians:
        """Return the Gaussians of clusters."""
        places = np.full(len(self._columns), -1, dtype=np.int32)
        places[clusters] = np.arange(len(clusters))
        prior, least = self.parameters.prior_point, self.parameters.points_for_cluster_mask
        broad = int(places[MUA]) if places[MUA] >= 0 else None
        gaussians = self.blocks.gaussians(places[self.labels], len(clusters), prior, least, broad)[1]
        self._is_changed[clusters] = False
        return gaussians

    @property
    def total_points(self) -> float:
        """Number of spikes, and of points that are added to clusters."""
        settings = self.parameters
        total = len(self.labels) + settings.prior_point * len(self.gaussian_clusters)
        total += settings.noise_point if settings.use_noise_cluster else 0
        return total + (settings.mua_point if settings.use_mua_cluster or settings.original_score else 0)

    def _log_weights(self, clusters: Int64) -> tuple[Float64, float]:
        """Return the logs of the shares of spikes of clusters, and of noise."""
        settings, total = self.parameters, self.total_points
        points = np.where(clusters == MUA, settings.mua_point, settings.prior_point)
        log_weights = np.log((self.n_spikes_of[clusters] + points) / total)
        return log_weights, math.log((self.n_spikes_of[NOISE] + settings.noise_point) / total)

    def _make_columns(self, clusters: Int64, keeps: bool) -> tuple[Int64, int, Int64 | None]:
        """Return the column of the costs of each cluster, how many there are, and which ones come first now.

        Columns of clusters that are gone are free for others; where there are too few or far too many, those that are
        used come first.
        """
        n, moved = len(clusters), None
        kept = np.full(len(self._columns), -1, dtype=np.int64)
        if keeps:
            kept[clusters] = self._columns[clusters]
        else:
            self._width, self._is_changed[:] = n, True
        if n > self._width or n < self._width // 2:
            has_column = np.flatnonzero(kept >= 0)
            self._width, moved = n + n // 4, kept[has_column]
            kept[has_column] = np.arange(len(has_column))
        lacking = clusters[kept[clusters] < 0]
        kept[lacking] = np.setdiff1d(np.arange(self._width), kept)[: len(lacking)]
        self._columns = kept
        return kept[clusters], self._width, moved
