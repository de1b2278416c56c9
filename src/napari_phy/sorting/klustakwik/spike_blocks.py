"""All spikes in fixed blocks, on which threads or processes work; what they add up is added in the order of blocks."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from napari_phy.sorting.blocks import map_blocks
from napari_phy.sorting.klustakwik import spike_part
from napari_phy.sorting.klustakwik.gaussians import ClusterSums, Gaussians
from napari_phy.sorting.klustakwik.masked_features import MaskedFeatures
from napari_phy.sorting.klustakwik.spike_part import Choice, Chosen, SpikePart, StoredPart, Tally

Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

N_BLOCK = 2**15
LEAST_VARIANCE = 1e-3
COST_BYTES = 2**25  # of costs that are kept from step to step


class SpikeBlocks:
    """All spikes in blocks of `N_BLOCK`; a context manager.

    Parameters
    ----------
    features : MaskedFeatures
        The spikes.
    executor : Executor, optional
        Who works on the blocks; None: the thread that asks. Workers in other processes read the spikes from a temporary
        folder, whose place the environment variable TMPDIR tells, and keep costs from step to step.
    original_score : bool, default False
        Whether parameters are counted as klustakwik2 does, which adds those of the last spike to the one before.
    check : callable, optional
        Called after each block; may raise CancelledError.

    Attributes
    ----------
    n_params : ndarray of float64, shape (n_spikes,)
        Weight, mean and covariance of a Gaussian over what a spike has unmasked have so many parameters.
    """

    def __init__(
        self,
        features: MaskedFeatures,
        executor: Executor | None = None,
        original_score: bool = False,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self.features, self._check = features, check
        n_unmasked = features.n_unmasked.copy()
        if original_score and len(n_unmasked) > 1:
            last, before = np.argsort(features.rows)[[-1, -2]]
            n_unmasked[before] += n_unmasked[last]
            n_unmasked[last] = 0
        self.n_params = n_unmasked * (n_unmasked + 1) / 2 + n_unmasked + 1
        self._executor = executor
        starts = range(0, features.n_spikes, N_BLOCK)
        self._slices = [slice(start, min(start + N_BLOCK, features.n_spikes)) for start in starts]
        self._log_volume = features.space.log_volume + features.n_features / 2 * math.log(2 * math.pi)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._parts: list[SpikePart | StoredPart]
        if executor is None or isinstance(executor, ThreadPoolExecutor):
            self._parts = [SpikePart(features.arrays, self.n_params, one.start, one.stop) for one in self._slices]
        else:
            self._folder = tempfile.TemporaryDirectory(prefix="napari-phy-")
            folder = Path(self._folder.name)
            spike_part.save_spikes(folder, features.arrays, self.n_params)
            self._parts = [StoredPart(folder, one.start, one.stop) for one in self._slices]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

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

        sums = self._sums(rows, n_clusters)
        is_core = sums.masks >= least_mask
        if broad is not None:
            is_core[broad] = True
        gaussians = Gaussians.with_cores(is_core, self.features.n_features)
        core, sizes, starts, inverses = gaussians[:4]
        if inverses.size:
            wanted = core, sizes, starts, len(inverses)
            for products in self._map(SpikePart.products, lambda block: (rows[block], *wanted)):
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
        sizes = n_clusters, self.features.n_channels
        parts: Iterator[ClusterSums] = self._map(SpikePart.sums, lambda block: (rows[block], *sizes))
        return _total(parts)

    @cached_property
    def _sums_of_all(self) -> ClusterSums:
        return self._sums(np.zeros(self.features.n_spikes, dtype=np.int32), 1)

    def costs(self, rows: Int32, gaussians: Gaussians) -> Float64:
        """Return the cost of each spike (n_spikes,), weights left out, in the cluster whose place `rows` tells."""
        return np.concatenate(list(self._map(SpikePart.costs, lambda block: (rows[block], gaussians))))

    def costs_less_in_next(self, rows: Int32, gaussians: Gaussians) -> npt.NDArray[np.bool_]:
        """Return which spikes (n_spikes,) cost less in the cluster that comes after theirs, weights left out."""
        return np.concatenate(list(self._map(SpikePart.costs_less_in_next, lambda block: (rows[block], gaussians))))

    def choose(self, choice: Choice, complete: Callable[[], Choice]) -> tuple[Chosen, Tally]:
        """Return the best clusters of all spikes, and what they add up to: the E and the C step.

        Parameters
        ----------
        choice : Choice
            What they choose among.
        complete : callable
            Returns the same with the Gaussians of all clusters, for workers that have no costs of the step before.
        """
        chosen: list[Chosen] = []

        def tallies() -> Iterator[Tally]:
            whole = choice
            for place, part in enumerate(self._map(SpikePart.choose, lambda _: (choice,))):
                if part is None:
                    whole = whole if whole.is_complete else complete()
                    part = self._choose_again(whole, place)
                chosen.append(part[0])
                yield part[1]

        tally = _total(tallies())
        return Chosen(*map(np.concatenate, zip(*chosen, strict=True))), tally

    def _choose_again(self, choice: Choice, place: int) -> tuple[Chosen, Tally]:
        found: tuple[Chosen, Tally] = next(self._map(SpikePart.choose, lambda _: (choice,), [place]))
        return found

    def _map(
        self,
        method: Callable[..., Any],
        arguments: Callable[[slice], tuple[Any, ...]],
        places: list[int] | None = None,
    ) -> Iterator[Any]:
        """Yield what a method of `SpikePart` gives for each block, in order; of some blocks, if places are given."""
        places = list(range(len(self._parts))) if places is None else places
        tasks = ((self._parts[place], method, arguments(self._slices[place])) for place in places)
        return map_blocks(spike_part.do, tasks, len(places), self._executor, lambda _: self._check())


T = TypeVar("T", ClusterSums, Tally)


def _total(parts: Iterator[T]) -> T:
    total: T = next(parts)
    for part in parts:
        for values, more in zip(total, part, strict=True):
            np.add(values, more, out=values)
    return total
