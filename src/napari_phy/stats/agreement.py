"""How far two clusterings of the same spikes agree: the spikes that clusters share, matched clusters, κ, Rand index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only

Int64 = npt.NDArray[np.int64]

N_CELLS_COUNTED = 2**24  # of a table that is counted whole
N_IDS_LISTED = 2**22


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two clusterings agree.

    Attributes
    ----------
    n_spikes : int
        Number of spikes.
    n_same : int
        Clusters that are the same set of spikes in both.
    share : float
        Part of the spikes that are in matched clusters, 0 … 1.
    kappa : float
        Cohen's κ of the matched clusters: 1 where all agree, 0 where they do by chance alone.
    adjusted_rand : float
        Adjusted Rand index, of pairs of spikes: 1 where all agree, 0 by chance.
    """

    n_spikes: int
    n_same: int
    share: float
    kappa: float
    adjusted_rand: float


@dataclass(frozen=True, eq=False)
class SharedSpikes:
    """How many spikes each cluster of one clustering shares with each of another; pairs that share none are left out.

    Attributes
    ----------
    ours, theirs : ndarray of int64, shape (n_ours,) and (n_theirs,)
        Ascending ids of the clusters.
    rows, columns : ndarray of int64, shape (n_pairs,)
        Places of each pair in `ours` and `theirs`, in the order of rows, then columns.
    counts : ndarray of int64, shape (n_pairs,)
        Spikes that it shares, at least one.
    """

    ours: Int64
    theirs: Int64
    rows: Int64
    columns: Int64
    counts: Int64

    @cached_property
    def n_ours(self) -> Int64:
        """(n_ours,) spikes of each cluster of ours."""
        return _sums(self.rows, self.counts, len(self.ours))

    @cached_property
    def n_theirs(self) -> Int64:
        """(n_theirs,) spikes of each cluster of theirs."""
        return _sums(self.columns, self.counts, len(self.theirs))

    @cached_property
    def n_spikes(self) -> int:
        """Number of spikes."""
        return int(self.counts.sum())

    @cached_property
    def parts(self) -> tuple[Int64, Int64]:
        """((n_ours,), (n_theirs,)) number of the part that each cluster is in, from 0.

        Clusters that share spikes are in the same part: parts are the smallest sets of spikes that both clusterings
        divide into whole clusters.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        n, m = len(self.ours), len(self.theirs)
        pairs = coo_array((np.ones(len(self.rows), np.int8), (self.rows, n + self.columns)), shape=(n + m, n + m))
        _, found = connected_components(pairs, directed=False)
        labels = np.asarray(found, dtype=np.int64)
        return read_only(labels[:n]), read_only(labels[n:])

    @cached_property
    def is_same(self) -> npt.NDArray[np.bool_]:
        """(n_ours,) whether a cluster of ours is one of theirs: the same spikes, whatever its id."""
        n_partners = np.bincount(self.rows, minlength=len(self.ours))
        alone = np.bincount(self.columns, minlength=len(self.theirs))[self.columns] == 1
        same = np.zeros(len(self.ours), dtype=np.bool_)
        same[self.rows[alone]] = True
        return read_only(same & (n_partners == 1))

    @cached_property
    def partners(self) -> Int64:
        """(n_ours,) place in `theirs` of the cluster that each is matched with, −1 where it has none.

        Each cluster is matched at most once, such that matched clusters share as many spikes as can be.
        """
        from scipy.optimize import linear_sum_assignment

        found = np.full(len(self.ours), -1, dtype=np.int64)
        part_of_pair = self.parts[0][self.rows]
        order = np.argsort(part_of_pair, kind="stable")
        for pairs in np.split(order, np.flatnonzero(np.diff(part_of_pair[order])) + 1):
            rows, row_places = np.unique(self.rows[pairs], return_inverse=True)
            columns, column_places = np.unique(self.columns[pairs], return_inverse=True)
            table = np.zeros((len(rows), len(columns)), dtype=np.int64)
            table[row_places, column_places] = self.counts[pairs]
            chosen = linear_sum_assignment(table, maximize=True)
            shares = table[chosen] > 0
            found[rows[chosen[0][shares]]] = columns[chosen[1][shares]]
        return read_only(found)


def shared_spikes(ours: npt.ArrayLike, theirs: npt.ArrayLike) -> SharedSpikes:
    """Count the spikes that clusters of two clusterings share.

    Parameters
    ----------
    ours, theirs : array_like, shape (n_spikes,)
        Cluster of each spike, integers from 0.

    Raises
    ------
    ValueError
        They are not of the same spikes.
    """
    first, second = np.asarray(ours), np.asarray(theirs)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"Clusterings of shape {first.shape} and {second.shape} cannot be compared.")
    row_ids, rows = _ids_and_places(first)
    column_ids, columns = _ids_and_places(second)
    width = max(len(column_ids), 1)
    cells = rows * width + columns
    if len(row_ids) * width <= max(N_CELLS_COUNTED, len(cells)):
        table = np.bincount(cells, minlength=1)
        found = np.flatnonzero(table)
        counts = table[found].astype(np.int64)
    else:
        found, counts = np.unique(cells, return_counts=True)
    return SharedSpikes(row_ids, column_ids, *map(read_only, (found // width, found % width, counts)))


def agreement(shared: SharedSpikes) -> Agreement:
    """Return how far two clusterings agree; of no spikes all agree.

    κ is that of J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement
    20 (1960) 37-46, where a cluster and the one that it is matched with count as one category. The adjusted Rand index
    is that of L. Hubert and P. Arabie, "Comparing partitions", Journal of Classification 2 (1985) 193-218.
    """
    n = shared.n_spikes
    n_same = int(shared.is_same.sum())
    if not n:
        return Agreement(0, n_same, 1.0, 1.0, 1.0)
    matched = np.flatnonzero(shared.partners >= 0)
    partners = shared.partners[matched]
    is_matched = shared.partners[shared.rows] == shared.columns
    share = int(shared.counts[is_matched].sum()) / n
    by_chance = float(((shared.n_ours[matched] / n) * (shared.n_theirs[partners] / n)).sum())
    kappa = 1.0 if share == 1 else (share - by_chance) / (1 - by_chance)
    return Agreement(n, n_same, share, kappa, _adjusted_rand(shared))


def _adjusted_rand(shared: SharedSpikes) -> float:
    both, ours, theirs = (_n_pairs(counts) for counts in (shared.counts, shared.n_ours, shared.n_theirs))
    everything = _n_pairs(np.array([shared.n_spikes]))
    expected = ours * theirs / everything if everything else 0.0
    most = (ours + theirs) / 2
    return 1.0 if both == ours == theirs else (both - expected) / (most - expected)


def _n_pairs(counts: npt.NDArray[np.int64]) -> float:
    """Return how many pairs of spikes are in the same one of sets of so many."""
    sizes = counts.astype(np.float64)
    return float((sizes * (sizes - 1) / 2).sum())


def _ids_and_places(clusters: npt.NDArray[np.integer]) -> tuple[Int64, Int64]:
    """Return the ascending ids that there are, and the place of each spike's among them."""
    if len(clusters) and int(clusters.min()) >= 0 and int(clusters.max()) < max(N_IDS_LISTED, len(clusters)):
        ids = np.flatnonzero(np.bincount(clusters))
        place_of = np.zeros(int(ids[-1]) + 1, dtype=np.int64)
        place_of[ids] = np.arange(len(ids))
        return read_only(ids.astype(np.int64)), place_of[clusters]
    ids, places = np.unique(clusters, return_inverse=True)
    return read_only(ids.astype(np.int64)), places.astype(np.int64)


def _sums(places: Int64, counts: Int64, n: int) -> Int64:
    """Return (n,) sums of counts by place; exact."""
    sums = np.zeros(n, dtype=np.int64)
    np.add.at(sums, places, counts)
    return read_only(sums)
