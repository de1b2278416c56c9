"""Some of the spikes, and what one worker does with them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from napari_phy.sorting.klustakwik.gaussians import ClusterSums, Gaussians
from napari_phy.sorting.klustakwik.masked_features import SpikeArrays

Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

_MOST_HELD = 2**8  # parts that a process holds for other ones
_SPIKES_AT_ONCE = 2**11  # whose costs are not kept


class Chosen(NamedTuple):
    """The best and the second best cluster of each spike, −1 where there is none, and its costs there.

    Other processes send no costs, but only their sums.
    """

    best: Int32
    second: Int32
    best_costs: Float64
    second_costs: Float64

    @classmethod
    def empty(cls, n_spikes: int) -> Chosen:
        """Return arrays to be filled in."""
        best, second = np.empty(n_spikes, dtype=np.int32), np.empty(n_spikes, dtype=np.int32)
        return cls(best, second, np.empty(n_spikes), np.empty(n_spikes))


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


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What spikes choose among.

    Attributes
    ----------
    gaussians : Gaussians
        Those whose costs are not kept from the step before.
    columns : ndarray of int64
        Their columns among the costs.
    clusters : ndarray of int64, shape (n_clusters,)
        All clusters but noise, ascending.
    cluster_columns : ndarray of int64, shape (n_clusters,)
        Their columns.
    constants : ndarray of float64, shape (n_clusters,)
        What is to be added to their costs, for their weights.
    noise_cost : float
        The same for all spikes in cluster 0; infinite where there is no such cluster.
    width : int
        How many columns of costs there are.
    moved : ndarray of int64, optional
        Columns of the step before that come first now; None where all stay where they are.
    step : int
        Number of the step.
    is_complete : bool
        Whether the Gaussians are those of all clusters: no costs are kept from the step before.
    keeps : bool
        Whether costs are kept for the next step.
    """

    gaussians: Gaussians
    columns: Int64
    clusters: Int64
    cluster_columns: Int64
    constants: Float64
    noise_cost: float
    width: int
    moved: Int64 | None
    step: int
    is_complete: bool
    keeps: bool


class SpikePart:
    """Spikes start…stop, and the costs that are kept of them from step to step.

    Parameters
    ----------
    spikes : SpikeArrays
        All spikes.
    n_params : ndarray of float64, shape (n_spikes,)
        Free parameters of a Gaussian over what each of them has unmasked.
    start, stop : int
        Which of them.
    """

    def __init__(self, spikes: SpikeArrays, n_params: Float64, start: int, stop: int) -> None:
        self._spikes, self._start, self._stop = spikes, start, stop
        self._n_params = n_params[start:stop]
        self._costs, self._step = np.empty((0, 0)), -1

    def sums(self, rows: Int32, n_clusters: int, n_channels: int) -> ClusterSums:
        """Return the sums of clusters, whose places `rows` tells for each spike."""
        from napari_phy.sorting.klustakwik import _loops

        sums = ClusterSums.zeros(n_clusters, n_channels, len(self._spikes.mean))
        _loops.add_sums(self._spikes, self._start, self._stop, rows, sums)
        return sums

    def products(self, rows: Int32, core: Int32, sizes: Int64, starts: Int64, n_products: int) -> Float64:
        """Return the products over the cores of clusters."""
        from napari_phy.sorting.klustakwik import _loops

        products = np.zeros(n_products)
        _loops.add_products(self._spikes, self._start, self._stop, rows, core, sizes, starts, products)
        return products

    def costs(self, rows: Int32, gaussians: Gaussians) -> Float64:
        """Return the cost of each spike, weights left out, in the cluster whose place `rows` tells."""
        from napari_phy.sorting.klustakwik import _loops

        costs = np.full(len(rows), np.inf)
        _loops.own_costs(self._spikes, self._start, self._stop, rows, gaussians, costs)
        return costs

    def costs_less_in_next(self, rows: Int32, gaussians: Gaussians) -> npt.NDArray[np.bool_]:
        """Return which spikes cost less in the cluster that comes after theirs, whose place `rows` tells."""
        return self.costs(np.where(rows >= 0, rows + 1, -1).astype(np.int32), gaussians) < self.costs(rows, gaussians)

    def choose(self, choice: Choice) -> tuple[Chosen, Tally] | None:
        """Return the best clusters of the spikes; None where costs of the step before are needed, and not here."""
        from napari_phy.sorting.klustakwik import _loops

        n, clusters = self._stop - self._start, choice.clusters
        if not choice.is_complete and self._step != choice.step - 1:
            return None
        if choice.is_complete:
            step = n if choice.keeps else min(n, _SPIKES_AT_ONCE)
            self._costs, self._step = np.empty((0, 0)), -1  # before there is room for others
            costs = np.empty((step, choice.width))
        elif choice.moved is not None:
            step, costs = n, np.empty((n, choice.width))
            costs[:, : len(choice.moved)] = self._costs[:, choice.moved]
        else:
            step, costs = n, self._costs
        linear = np.ascontiguousarray(choice.gaussians.linear.T)
        chosen, tally = Chosen.empty(n), Tally.zeros(len(clusters) + 1)
        best, second, best_costs, second_costs = chosen
        for first in range(0, n, step):
            rows = slice(first, min(first + step, n))
            start, stop = self._start + rows.start, self._start + rows.stop
            _loops.fill_costs(self._spikes, start, stop, choice.gaussians, linear, choice.columns, costs)
            some = Chosen(best[rows], second[rows], best_costs[rows], second_costs[rows])
            _loops.choose(costs, choice.cluster_columns, choice.constants, clusters, choice.noise_cost, some)
        places = np.zeros(int(clusters[-1]) + 1 if len(clusters) else 1, dtype=np.int64)
        places[clusters] = np.arange(1, len(clusters) + 1)
        _loops.add_tally(places, chosen, self._n_params, tally)
        self._costs, self._step = (costs, choice.step) if choice.keeps else (np.empty((0, 0)), -1)
        return chosen, tally


@dataclass(frozen=True, slots=True)
class StoredPart:
    """Spikes start…stop of those in a folder, for workers in other processes, which read them there."""

    folder: Path
    start: int
    stop: int

    def opened(self) -> SpikePart:
        """Return the part, with what this process keeps of it."""
        part = held.pop(self, None)
        if part is None:
            spikes, n_params = load_spikes(self.folder)
            part = SpikePart(spikes, n_params, self.start, self.stop)
        held[self] = part
        while len(held) > _MOST_HELD:
            held.popitem(last=False)
        return part


held: OrderedDict[StoredPart, SpikePart] = OrderedDict()

Task = tuple[SpikePart | StoredPart, Callable[..., Any], tuple[Any, ...]]


def do(task: Task) -> Any:
    """Return what a method of `SpikePart` gives, of a part and with arguments of its own."""
    part, method, arguments = task
    if isinstance(part, SpikePart):
        return method(part, *arguments)
    found = method(part.opened(), *arguments)
    if method is SpikePart.choose and found is not None:
        chosen, tally = found
        return Chosen(chosen.best, chosen.second, *np.empty((2, 0))), tally
    return found


def save_spikes(folder: Path, spikes: SpikeArrays, n_params: Float64) -> None:
    """Write spikes into a folder, one file an array."""
    for name, values in (spikes._asdict() | {"n_params": n_params}).items():
        np.save(folder / f"{name}.npy", values)


def load_spikes(folder: Path) -> tuple[SpikeArrays, Float64]:
    """Return spikes that are in a folder; only what is used is read."""
    *spikes, n_params = (
        np.asarray(np.load(folder / f"{name}.npy", mmap_mode="c")) for name in (*SpikeArrays._fields, "n_params")
    )
    return SpikeArrays(*spikes), n_params
