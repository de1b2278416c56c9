"""KlustaKwik2: masked EM until nothing changes, with clusters deleted and divided where that lowers the score."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import blake2b
from typing import Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import SortingError
from napari_phy.core.progress import CancelledError
from napari_phy.sorting.algorithms import Estimator, register
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.klustakwik.deletion import delete_clusters
from napari_phy.sorting.klustakwik.masked_em import FIRST, NOISE, MaskedEM, Step
from napari_phy.sorting.klustakwik.masked_features import MaskedFeatures
from napari_phy.sorting.klustakwik.parameters import KlustaKwik2Parameters
from napari_phy.sorting.klustakwik.spike_blocks import N_BLOCK, SpikeBlocks
from napari_phy.sorting.klustakwik.splitting import split_clusters

Int32 = npt.NDArray[np.int32]

_LEAST_TO_SPLIT = 20  # spikes
_LEAST_GAIN = 1e-3  # of the score, for which clusters are divided again
_PATTERNS_AT_ONCE = 2**8
_SHARE_LEFT = 0.85  # of what is left of the bar, after each step


@register
class KlustaKwik2(Estimator):
    """Cluster spikes by masked EM.

    Each cluster is a Gaussian over the features that its spikes have unmasked; noise is spread evenly. The score is the
    cost of all spikes, −log of their likelihood, and a penalty for the parameters of each cluster.

    Parameters
    ----------
    **parameters : object
        Those of `KlustaKwik2Parameters`.

    Attributes
    ----------
    labels_ : ndarray of int32, shape (n_rows,)
        Cluster of each spike: 0 is noise, and what has no features, 1 multi-unit activity, those from 2 have Gaussians.
    score_ : float
        Lower is better.
    n_clusters_ : int
        Clusters that have Gaussians.
    n_iter_ : int
        Steps that were made.
    """

    key = "klustakwik2"
    title = "KlustaKwik2"
    task = "cluster"
    parameters_type = KlustaKwik2Parameters
    parameters: KlustaKwik2Parameters

    labels_: Int32
    score_: float
    n_clusters_: int
    n_iter_: int

    def fit(
        self,
        features: MaskedFeatures,
        labels: npt.ArrayLike | None = None,
        reporter: Reporter | None = None,
        executor: Executor | None = None,
    ) -> Self:
        """Cluster spikes; the result depends on the seed, and not on who computes it.

        Parameters
        ----------
        features : MaskedFeatures
            The spikes.
        labels : array_like of int, shape (n_rows,), optional
            The clustering to begin with; if None, it is made from the masks.
        reporter : Reporter, optional
            What is told how far it is; where it cancels, the best that was found so far is the result.
        executor : Executor, optional
            Who does the work; if None, as many threads as there are processors, where there is enough to do.

        Raises
        ------
        SortingError
            The labels don't fit the spikes.
        CancelledError
            It was cancelled in the first step.
        """
        reporter = reporter or Reporter()
        rng = np.random.default_rng(self.parameters.seed)
        start = self._start(features, labels, rng)
        with (
            _threads(features, executor) as threads,
            SpikeBlocks(features, threads, self.parameters.original_score, reporter.check) as blocks,
        ):
            em = MaskedEM(blocks, start, self.parameters)
            self.n_iter_ = 0
            best: list[tuple[bool, float, Int32]] = []  # at most one
            try:
                for step in self._steps(em, rng):
                    self.n_iter_ += 1
                    n_clusters = len(em.gaussian_clusters)
                    fits = self.parameters.n_clusters_min <= n_clusters <= self.parameters.n_clusters_max
                    if not best or not best[0][0] or (fits and step.score < best[0][1]):
                        best = [(fits, step.score, step.chosen.best)]
                    reporter.stage(f"Step {self.n_iter_}: {n_clusters} clusters", 1 - _SHARE_LEFT**self.n_iter_)(1)
            except CancelledError:
                if not best:
                    raise
        _, self.score_, chosen = best[0]
        self.labels_ = read_only(features.in_rows(_renumbered(chosen)))
        self.n_clusters_ = max(0, int(self.labels_.max(initial=0)) - FIRST + 1)
        return self

    def _start(self, features: MaskedFeatures, labels: npt.ArrayLike | None, rng: np.random.Generator) -> Int32:
        if labels is None:
            n_most = min(self.parameters.num_starting_clusters, self.parameters.n_clusters_max)
            return _labels_from_masks(features, n_most, rng)
        given = np.asarray(labels)
        if given.shape != (features.n_rows,) or given.dtype.kind not in "iu" or given.min() < 0:
            raise SortingError(f"The clustering to begin with needs an id for each of {features.n_rows} spikes.")
        return _renumbered(given[features.rows])

    def _steps(self, em: MaskedEM, rng: np.random.Generator) -> Iterator[Step]:
        """Make steps, and between them delete and divide clusters, until nothing is to be done."""
        settings, n_spikes = self.parameters, em.blocks.features.n_spikes
        seen: set[bytes] = set()
        settled_score = np.inf
        for _ in range(settings.max_iterations):
            step = em.step()
            yield step
            labels = step.chosen.best
            if settings.consider_cluster_deletion or len(em.gaussian_clusters) > settings.n_clusters_max:
                labels = delete_clusters(
                    step,
                    em.penalty if settings.consider_cluster_deletion else -np.inf,
                    n_least=settings.n_clusters_min,
                    n_most=settings.n_clusters_max,
                    one=settings.one_deletion,
                )
            if labels is not step.chosen.best:
                em.relabel(labels)
                continue
            digest = blake2b(labels.tobytes(), digest_size=16).digest()
            if step.n_changed > settings.break_fraction * n_spikes and digest not in seen:
                seen.add(digest)
                continue
            too_few = len(em.gaussian_clusters) < settings.n_clusters_min
            if not settings.consider_cluster_splits or not (step.score < settled_score - _LEAST_GAIN or too_few):
                return
            settled_score = step.score
            sizes = em.n_spikes_of
            untried = np.flatnonzero(em.is_untried[FIRST:] & (sizes[FIRST:] >= _LEAST_TO_SPLIT)) + FIRST
            labels, n_split = split_clusters(em, untried, settings.n_clusters_min, settings.n_clusters_max, rng)
            em.is_untried[:] = False
            if not n_split:
                return
            em.relabel(labels)


@contextmanager
def _threads(features: MaskedFeatures, executor: Executor | None) -> Iterator[Executor | None]:
    """Give the executor, or threads of our own where there is more than one block."""
    if executor is not None or features.n_spikes <= N_BLOCK:
        yield executor
    else:
        with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="napari-phy masked EM") as threads:
            yield threads


def _renumbered(labels: npt.NDArray[np.integer]) -> Int32:
    """Return labels whose Gaussian clusters are numbered from 2 on, in the same order."""
    ids, places = np.unique(labels, return_inverse=True)
    numbers = np.where(ids < FIRST, ids, np.cumsum(ids >= FIRST) + FIRST - 1)
    return np.asarray(numbers.astype(np.int32)[places])


def _labels_from_masks(features: MaskedFeatures, n_clusters: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Return labels (n_spikes,): spikes with nearly the same unmasked channels have the same.

    In random order, what a spike has unmasked becomes a cluster where no spike before it had the same, until there are
    enough; what comes later joins the cluster that differs in the fewest channels. Spikes that are masked throughout
    are noise.

    Parameters
    ----------
    features : MaskedFeatures
        The spikes.
    n_clusters : int
        The most clusters to begin with, beside noise.
    rng : Generator
        For the order, and for clusters that are as near as others.
    """
    patterns, channels, offsets = features.arrays.patterns, features.arrays.channels, features.arrays.offsets
    firsts = np.flatnonzero(np.diff(patterns, prepend=-1))
    n_unmasked = np.diff(offsets)[firsts]
    is_unmasked = np.zeros((len(firsts), features.n_channels), dtype=np.float32)
    places = np.repeat(offsets[firsts] - np.cumsum(n_unmasked) + n_unmasked, n_unmasked) + np.arange(n_unmasked.sum())
    is_unmasked[np.repeat(np.arange(len(firsts)), n_unmasked), channels[places]] = 1

    _, first_seen = np.unique(patterns[rng.permutation(len(patterns))], return_index=True)
    in_order = np.argsort(first_seen)
    founders = in_order[n_unmasked[in_order] > 0][:n_clusters]
    nearest = np.empty(len(firsts), dtype=np.int32)
    for start in range(0, len(firsts), _PATTERNS_AT_ONCE):
        some = slice(start, start + _PATTERNS_AT_ONCE)
        n_common = is_unmasked[some] @ is_unmasked[founders].T  # whole numbers, exact in any order
        n_differing = n_unmasked[some, None] + n_unmasked[founders] - 2 * n_common
        nearest[some] = np.argmin(n_differing + rng.random(n_differing.shape, dtype=np.float32) / 2, axis=1)
    nearest[founders] = np.arange(len(founders))
    labels = np.where(n_unmasked > 0, nearest + FIRST, NOISE).astype(np.int32)
    return labels[patterns]
