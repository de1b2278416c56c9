"""Values of pairs of clusters that follow edits: of all pairs, or only of those that share channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.stats.masked_gaussian import log_totals
from napari_phy.table.cluster_arrays import ClusterArrays

Float32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.floating]
Int64 = npt.NDArray[np.int64]

Compute = Callable[[Int64, Int64], Floats]  # (rows, columns) -> (n, m) values
N_AT_ONCE = 500  # clusters whose neighbours are found together

Shares = Callable[[Int64, Int64], npt.NDArray[np.bool_]]


class Scores(Protocol):
    """How alike clusters are, once all pairs are known; larger is more alike."""

    def of(self, cluster: int, ids: Int64) -> Floats:
        """Return (n,) scores of a cluster with others."""
        ...

    def matrix(self, ids: Int64) -> Floats:
        """Return (n, n) scores."""
        ...


class DensePairs:
    """A value of every pair.

    Parameters
    ----------
    is_likelihood : bool
        Whether values are log likelihoods of the row under the column; else they are the same both ways.
    """

    def __init__(self, *, is_likelihood: bool) -> None:
        self._is_likelihood = is_likelihood
        self._values = ClusterArrays(n_axes=2, dtype=np.float32)

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self._values.nbytes

    def has(self, ids: Int64) -> npt.NDArray[np.bool_]:
        """Return (n,) which clusters have values with all others."""
        return self._values.has(ids)

    def fill(self, ids: Int64, compute: Compute) -> None:
        """Compute the rows and columns of those of `ids` that have no values; clusters that are gone are forgotten."""
        new = ids[~self.has(ids)]
        if not len(new):
            return
        columns = compute(ids, new)
        is_both_ways = self._is_likelihood and len(new) < len(ids)
        rows = compute(new, ids) if is_both_ways else columns.T
        self._values.keep_only(ids)
        if is_both_ways or not self._is_likelihood:
            self._values.put_pairs(new, ids, rows)
        self._values.put_pairs(ids, new, columns)

    def scores(self, ids: Int64) -> Scores:
        """Return the scores of clusters that have values; of likelihoods the larger log of both ways."""
        values = self._values[ids]
        return _DenseScores(ids, values, log_totals(values) if self._is_likelihood else None)


class _DenseScores:
    def __init__(self, ids: Int64, values: Float32, totals: Floats | None) -> None:
        self._ids, self._values, self._totals = ids, values, totals

    def of(self, cluster: int, ids: Int64) -> Floats:
        place, places = np.searchsorted(self._ids, cluster), np.searchsorted(self._ids, ids)
        found: Floats = self._values[place, places]
        if self._totals is None:
            return found
        back = self._values[places, place] - self._totals[places]
        return np.asarray(np.maximum(found - self._totals[place], back))

    def matrix(self, ids: Int64) -> Floats:
        places = np.searchsorted(self._ids, ids)
        found: Floats = self._values[np.ix_(places, places)]
        if self._totals is None:
            return found
        found -= self._totals[places, None]
        return np.asarray(np.maximum(found, found.T))


class SharedPairs:
    """A value of every pair of clusters that share a channel; the others are as little alike as can be.

    Parameters
    ----------
    shares : callable
        Returns (n, m) which of n clusters share a channel with which of m.
    is_likelihood : bool
        As of `DensePairs`.
    """

    def __init__(self, shares: Shares, *, is_likelihood: bool) -> None:
        self._shares = shares
        self._is_likelihood = is_likelihood
        self._ids = np.empty(0, dtype=np.int64)  # ascending
        self._rows, self._columns = np.empty((2, 0), dtype=np.int64)  # ids, by row, then by column
        self._values = np.empty(0, dtype=np.float32)

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self._ids.nbytes + self._rows.nbytes + self._columns.nbytes + self._values.nbytes

    def has(self, ids: Int64) -> npt.NDArray[np.bool_]:
        """Return (n,) which clusters have values with all that share a channel."""
        return np.isin(ids, self._ids)

    def fill(self, ids: Int64, compute: Compute) -> None:
        """Compute the pairs of those of `ids` that have no values; clusters that are gone are forgotten."""
        new = ids[~self.has(ids)]
        if not len(new) and len(ids) == len(self._ids):
            return
        stay = np.isin(self._rows, ids) & np.isin(self._columns, ids)
        parts = [(self._rows[stay], self._columns[stay], self._values[stay])]
        known = ids[self.has(ids)]
        for start in range(0, len(new), N_AT_ONCE):
            some = new[start : start + N_AT_ONCE]
            shared = self._shares(ids, some)
            shared[np.searchsorted(ids, some), np.arange(len(some))] = True
            for place, cluster in enumerate(some.tolist()):
                near = ids[shared[:, place]]
                own = np.full(len(near), cluster)
                values = compute(near, own[:1])[:, 0]
                parts.append((near, own, values))
                others = np.isin(near, known)
                if others.any():
                    back = compute(own[:1], near[others])[0] if self._is_likelihood else values[others]
                    parts.append((own[others], near[others], back))
        rows, columns, values = (np.concatenate(each) for each in zip(*parts, strict=True))
        order = np.lexsort((columns, rows))
        self._ids = np.sort(ids)
        self._rows, self._columns, self._values = rows[order], columns[order], values[order].astype(np.float32)

    def scores(self, ids: Int64) -> Scores:
        """Return the scores of clusters, of likelihoods the larger log of both ways."""
        values = self._values
        if self._is_likelihood and len(values):
            starts = np.flatnonzero(np.diff(self._rows, prepend=-1))
            sizes = np.diff(np.append(starts, len(values)))
            largest = np.maximum.reduceat(values, starts)
            largest[~np.isfinite(largest)] = 0
            with np.errstate(divide="ignore", under="ignore"):
                totals = np.log(np.add.reduceat(np.exp(values - np.repeat(largest, sizes)), starts))
            totals[~np.isfinite(totals)] = 0
            values = values - np.repeat(largest + totals, sizes)
            back = np.empty_like(values)  # the pairs the other way round are the same pairs in another order
            back[np.lexsort((self._rows, self._columns))] = values
            values = np.maximum(values, back)
        least = -np.inf if self._is_likelihood else 0
        return _SharedScores(self._rows, self._columns, values, least)


class _SharedScores:
    def __init__(self, rows: Int64, columns: Int64, values: Float32, least: float) -> None:
        self._rows, self._columns, self._values, self._least = rows, columns, values, least

    def of(self, cluster: int, ids: Int64) -> Float32:
        start, stop = np.searchsorted(self._rows, [cluster, cluster + 1])
        columns, values = self._columns[start:stop], self._values[start:stop]
        found = np.full(len(ids), self._least, dtype=np.float32)
        places = np.minimum(np.searchsorted(columns, ids), max(len(columns) - 1, 0))
        if len(columns):
            is_known = columns[places] == ids
            found[is_known] = values[places[is_known]]
        return found

    def matrix(self, ids: Int64) -> Float32:
        return np.array([self.of(cluster, ids) for cluster in ids.tolist()], dtype=np.float32).reshape((len(ids),) * 2)
