"""Clusters that are better divided in two: EM with two halves of each, all clusters at once."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from napari_phy.sorting.klustakwik.gaussians import Gaussians
from napari_phy.sorting.klustakwik.masked_em import MaskedEM

Bools = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

_MAX_STEPS = 40
_POWER_STEPS = 30
_MEAN_STEPS = 10
_LEAST_GAIN = 1e-6  # what is smaller may be rounding


class Splits:
    """Some clusters, each of which is to be divided.

    Parameters
    ----------
    em : MaskedEM
        The spikes and their labels.
    clusters : ndarray of int64, shape (n,)
        Gaussian clusters.
    """

    def __init__(self, em: MaskedEM, clusters: Int64) -> None:
        self._em, self._clusters = em, clusters
        places = np.full(int(em.labels.max()) + 1, -1, dtype=np.int32)
        places[clusters] = np.arange(len(clusters))
        self._places = places[em.labels]
        self._is_in = self._places >= 0
        self._n = em.n_spikes_of[clusters]
        self._gaussians = self._fit(self._places, len(clusters))

    def halves_along_axis(self) -> Int32:
        """Return halves (n_spikes,), 0 or 1, on both sides of a cut through the axis in which a cluster is longest."""
        from napari_phy.sorting.klustakwik import _loops

        n = len(self._clusters)
        directions = np.zeros((n, self._em.blocks.features.n_features))
        _loops.leading_directions(self._gaussians, _POWER_STEPS, directions)
        no_cores = Gaussians.with_cores(np.zeros((n, 1), dtype=np.bool_), directions.shape[1])
        slopes = no_cores._replace(linear=directions, constants=np.zeros(n))
        along = self._em.blocks.costs(self._places, slopes)[self._is_in]
        places = self._places[self._is_in]
        cuts = np.bincount(places, along, n) / self._n
        for _ in range(_MEAN_STEPS):
            is_above = along > cuts[places]
            n_above = np.bincount(places[is_above], minlength=n)
            above = np.bincount(places[is_above], along[is_above], n) / np.maximum(n_above, 1)
            below = np.bincount(places[~is_above], along[~is_above], n) / np.maximum(self._n - n_above, 1)
            cuts = (above + below) / 2
        halves = np.zeros(len(self._places), dtype=np.int32)
        halves[self._is_in] = along > cuts[places]
        return halves

    def settle(self, halves: Int32, max_steps: int = _MAX_STEPS, break_fraction: float = 0.01) -> tuple[Int32, Float64]:
        """Return halves after EM within each cluster, and by how much the score falls (n,) where it is divided so.

        Parameters
        ----------
        halves : ndarray of int32, shape (n_spikes,)
            0 or 1, to begin with.
        max_steps : int
            The most steps.
        break_fraction : float
            A cluster is settled when a smaller part of its spikes changes.
        """
        halves, n = halves.copy(), len(self._clusters)
        is_active = np.ones(n, dtype=np.bool_)
        for _ in range(max_steps):
            active = np.flatnonzero(is_active)
            if not len(active):
                break
            renumbered = np.full(n + 1, -1, dtype=np.int32)  # the last one for spikes in none
            renumbered[active] = np.arange(len(active))
            places = renumbered[self._places]
            rows = np.where(places >= 0, 2 * places + halves, -1).astype(np.int32)
            gaussians = self._fit(rows, 2 * len(active))
            n_halves = np.bincount(rows[rows >= 0], minlength=2 * len(active))
            log_weights = np.log(n_halves + self._em.parameters.prior_point)
            gaussians = gaussians._replace(
                constants=np.where(gaussians.alive, gaussians.constants - log_weights, np.inf),
            )
            firsts = np.where(places >= 0, 2 * places, -1).astype(np.int32)
            is_second = self._em.blocks.costs_less_in_next(firsts, gaussians)
            better = np.where(places >= 0, is_second, halves).astype(np.int32)
            changed = places[better != halves]
            n_changed = np.bincount(changed, minlength=len(active))
            halves = better
            is_active[active] = n_changed > break_fraction * self._n[active]
        return halves, self._gains(halves)

    def _gains(self, halves: Int32) -> Float64:
        em, settings = self._em, self._em.parameters
        n = len(self._clusters)
        rows = np.where(self._is_in, 2 * self._places + halves, -1).astype(np.int32)
        gaussians = self._fit(rows, 2 * n)
        params = np.bincount(rows[self._is_in], em.blocks.n_params[self._is_in], 2 * n)
        n_halves = np.bincount(rows[self._is_in], minlength=2 * n)
        mean_params = params / np.maximum(n_halves, 1)

        def log_shares(n_spikes: npt.NDArray[np.int_]) -> Float64:
            return np.asarray(n_spikes * np.log(n_spikes + settings.prior_point))

        undivided = self._gaussians.own_costs - log_shares(self._n)
        undivided += em.penalty * params.reshape(n, 2).sum(axis=1) / self._n
        divided = gaussians.own_costs - log_shares(n_halves) + em.penalty * mean_params
        dilution = len(em.labels) * math.log1p(settings.prior_point / em.total_points)
        gains = undivided - divided.reshape(n, 2).sum(axis=1) - dilution
        is_whole = gaussians.alive.reshape(n, 2).all(axis=1) & self._gaussians.alive
        return np.where(is_whole, gains, -np.inf)

    def _fit(self, rows: Int32, n_rows: int) -> Gaussians:
        settings = self._em.parameters
        return self._em.blocks.gaussians(rows, n_rows, settings.prior_point, settings.points_for_cluster_mask)[1]


def split_clusters(
    em: MaskedEM, clusters: Int64, n_least: int, n_most: int, rng: np.random.Generator
) -> tuple[Int32, int]:
    """Return labels (n_spikes,) with the clusters divided whose division lowers the score, and how many these are.

    Parameters
    ----------
    em : MaskedEM
        The spikes and their labels.
    clusters : ndarray of int64
        Gaussian clusters to try.
    n_least, n_most : int
        How many Gaussian clusters there are to be afterwards; where there are fewer, the best divisions are made, even
        where they raise the score.
    rng : Generator
        For halves at random, which are tried where those along the longest axis don't hold.
    """
    labels, n_split = em.labels, 0
    next_label = int(labels.max()) + 1
    n_left, n_lacking = n_most - len(em.gaussian_clusters), n_least - len(em.gaussian_clusters)
    for way in ("axis", "random"):
        if not len(clusters) or n_left <= 0:
            break
        splits = Splits(em, clusters)
        start = splits.halves_along_axis() if way == "axis" else rng.integers(0, 2, len(labels), dtype=np.int32)
        halves, gains = splits.settle(start)
        best = np.argsort(-gains, kind="stable")[:n_left]
        is_lacking = (np.arange(len(best)) < n_lacking) & np.isfinite(gains[best])
        best = best[(gains[best] > _LEAST_GAIN) | is_lacking]
        new_labels = np.zeros(int(labels.max()) + 1, dtype=np.int32)
        new_labels[clusters[best]] = next_label + np.arange(len(best), dtype=np.int32)
        labels = np.where((halves == 1) & (new_labels[em.labels] > 0), new_labels[em.labels], labels)
        next_label, n_split = next_label + len(best), n_split + len(best)
        n_left, n_lacking = n_left - len(best), n_lacking - len(best)
        clusters = np.delete(clusters, best)
    return labels, n_split
