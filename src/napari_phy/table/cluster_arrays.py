"""Arrays with one row a cluster, found by cluster id, that grow and follow edits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.update_info import UpdateInfo

Ids = npt.ArrayLike
Int64 = npt.NDArray[np.int64]
Values = npt.NDArray[Any]


class ClusterArrays:
    """Values of clusters with any ids, on one cluster axis or on two, as correlograms and similarities have them.

    A cluster id means the same spikes for ever, so what is known of a cluster stays right through edits. `update`
    follows an edit: where values are additive, those of a merged cluster are the sums over its parents.

    Parameters
    ----------
    shape : tuple of int
        Shape of the values of one cluster, or of one pair of clusters; () for a number.
    n_axes : {1, 2}
        How many of the first axes are clusters.
    dtype : dtype
        Type of the values.
    is_additive : bool
        Whether the values of several clusters together are the sum of theirs.
    """

    def __init__(
        self,
        shape: tuple[int, ...] = (),
        *,
        n_axes: Literal[1, 2] = 1,
        dtype: npt.DTypeLike = np.float64,
        is_additive: bool = False,
    ) -> None:
        self._n_axes = n_axes
        self._is_additive = is_additive
        self._values: Values = np.zeros((0,) * n_axes + shape, dtype=dtype)
        self._ids: Int64 = np.empty(0, dtype=np.int64)  # ascending
        self._rows: Int64 = np.empty(0, dtype=np.int64)  # the row of each of them

    @property
    def ids(self) -> Int64:
        """(n,) ascending ids of the clusters that have values."""
        return read_only(self._ids.view())

    @property
    def nbytes(self) -> int:
        """Bytes that are held, the room for more clusters included."""
        return self._values.nbytes + self._ids.nbytes + self._rows.nbytes

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def values(self) -> Values:
        """What is held, where `rows` says; the other rows are for clusters that come, and hold anything."""
        return read_only(self._values.view())

    def rows(self, cluster_ids: Ids) -> Int64:
        """Return (n,) the row of each of some clusters in `values`, −1 where it has none."""
        return self._find(cluster_ids)

    def has(self, cluster_ids: Ids) -> npt.NDArray[np.bool_]:
        """Return (n,) bool: which of some clusters have values."""
        return self._find(cluster_ids) >= 0

    def __getitem__(self, cluster_ids: Ids) -> Values:
        """Return (n, …) values of some clusters, with two cluster axes (n, n, …), in their order.

        Raises
        ------
        KeyError
            One of them has none.
        """
        rows = self._known(cluster_ids)
        return self._values[rows] if self._n_axes == 1 else self._values[np.ix_(rows, rows)]

    def get(self, cluster_ids: Ids, default: float = np.nan) -> Values:
        """Return (n, …) values of some clusters, `default` for those that have none; for one cluster axis."""
        rows = self._find(cluster_ids)
        if not len(self._values):
            return np.full((len(rows), *self._values.shape[1:]), default, dtype=self._values.dtype)
        values = self._values[rows]
        values[rows < 0] = default
        return values

    def put(self, cluster_ids: Ids, values: npt.ArrayLike) -> None:
        """Set (n, …) values of distinct clusters, new or known ones; for one cluster axis."""
        rows = self._rows_for(cluster_ids)  # first, since the array may grow
        self._values[rows] = values

    def put_pairs(self, cluster_ids: Ids, others: Ids, values: npt.ArrayLike) -> None:
        """Set (n, m, …) values of pairs of distinct clusters; for two cluster axes.

        The pairs of a new cluster that were not set yet are 0.
        """
        rows, columns = self._rows_for(cluster_ids), self._rows_for(others)
        self._values[np.ix_(rows, columns)] = values

    def remove(self, cluster_ids: Ids) -> None:
        """Forget some clusters, known or not."""
        self.keep_only(self._ids[~np.isin(self._ids, np.asarray(cluster_ids, dtype=np.int64))])

    def keep_only(self, cluster_ids: Ids) -> None:
        """Forget all clusters but some; their room serves those that come."""
        kept = np.isin(self._ids, np.asarray(cluster_ids, dtype=np.int64))
        self._ids, self._rows = self._ids[kept], self._rows[kept]

    def trim(self) -> None:
        """Give the room of clusters that were forgotten back."""
        index = np.ix_(*(self._rows,) * self._n_axes)
        self._values, self._rows = self._values[index], np.arange(len(self._ids), dtype=np.int64)

    def relabel(self, new_ids: Mapping[int, int]) -> None:
        """Give clusters other ids, {old: new}; their values stay.

        Raises
        ------
        ValueError
            Two clusters would have the same id.
        """
        ids = np.array([new_ids.get(cluster, cluster) for cluster in self._ids.tolist()], dtype=np.int64)
        order = np.argsort(ids, kind="stable")
        if (np.diff(ids[order]) == 0).any():
            raise ValueError("Two clusters cannot have the same id.")
        self._ids, self._rows = ids[order], self._rows[order]

    def update(self, update: UpdateInfo, *, forgets: bool = True) -> Int64:
        """Follow an edit and return (n,) ids of the clusters that it added and whose values are to be computed.

        Parameters
        ----------
        update : UpdateInfo
            What was done; undo and redo, too.
        forgets : bool
            Whether clusters that are gone are forgotten. Else undo finds them again; on two cluster axes, pairs with
            clusters that came since are not known of them.
        """
        if self._is_additive:
            for parents, children in families(update):
                if len(children) == 1 and not self.has(children)[0] and self.has(parents).all():
                    self._add_sum(children[0], parents)
        if forgets:
            self.remove(update.deleted)
        added = np.array(update.added, dtype=np.int64)
        return added[~self.has(added)]

    def _add_sum(self, child: int, parents: tuple[int, ...]) -> None:
        rows = self._known(parents)
        if self._n_axes == 1:
            self.put([child], self._values[rows].sum(axis=0, dtype=self._values.dtype)[None])
            return
        used = self._rows
        of_child = self._values[np.ix_(rows, used)].sum(axis=0, dtype=self._values.dtype)
        to_child = self._values[np.ix_(used, rows)].sum(axis=1, dtype=self._values.dtype)
        own = self._values[np.ix_(rows, rows)].sum(axis=(0, 1), dtype=self._values.dtype)
        row = self._rows_for([child])[0]
        self._values[row, used], self._values[used, row], self._values[row, row] = of_child, to_child, own

    def _find(self, cluster_ids: Ids) -> Int64:
        """Return (n,) row of each cluster, −1 where it has none."""
        ids = np.asarray(cluster_ids, dtype=np.int64).reshape(-1)
        if not len(self._ids):
            return np.full(len(ids), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        return np.where(self._ids[places] == ids, self._rows[places], -1)

    def _known(self, cluster_ids: Ids) -> Int64:
        rows = self._find(cluster_ids)
        if (rows < 0).any():
            raise KeyError(int(np.asarray(cluster_ids, dtype=np.int64).reshape(-1)[rows < 0][0]))
        return rows

    def _rows_for(self, cluster_ids: Ids) -> Int64:
        """Return (n,) row of each cluster; new ones get one."""
        ids = np.asarray(cluster_ids, dtype=np.int64).reshape(-1)
        rows = self._find(ids)
        new = np.flatnonzero(rows < 0)
        if len(new):
            rows[new] = self._new_rows(len(new))
            every_id, every_row = np.append(self._ids, ids[new]), np.append(self._rows, rows[new])
            order = np.argsort(every_id, kind="stable")
            self._ids, self._rows = every_id[order], every_row[order]
        return rows

    def _new_rows(self, n: int) -> Int64:
        """Return free rows, all 0; there is more room afterwards where there was too little."""
        free = np.setdiff1d(np.arange(len(self._values)), self._rows, assume_unique=True)[:n]
        if len(free) < n:
            have = len(self._values)
            needed = have + n - len(free)
            room = needed if not have else max(needed, have + have // 4)
            grown = np.zeros((room,) * self._n_axes + self._values.shape[self._n_axes :], dtype=self._values.dtype)
            grown[(slice(have),) * self._n_axes] = self._values
            self._values = grown
            free = np.append(free, np.arange(have, needed))
        self._values[free] = 0
        if self._n_axes == 2:
            self._values[:, free] = 0
        return free


def families(update: UpdateInfo) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return (deleted clusters, added clusters) that hold the same spikes, each as small as it can be."""
    joined: dict[tuple[bool, int], tuple[set[int], set[int]]] = {}  # the family of each parent and of each child
    for old, new in update.descendants:
        of_old = joined.setdefault((False, old), ({old}, set()))
        of_new = joined.setdefault((True, new), (set(), {new}))
        if of_old is not of_new:
            of_old, of_new = sorted((of_old, of_new), key=lambda family: -len(family[0]) - len(family[1]))
            of_old[0].update(of_new[0])
            of_old[1].update(of_new[1])
            joined.update(dict.fromkeys(((False, parent) for parent in of_new[0]), of_old))
            joined.update(dict.fromkeys(((True, child) for child in of_new[1]), of_old))
    found = {id(family): family for family in joined.values()}
    return [(tuple(sorted(parents)), tuple(sorted(children))) for parents, children in found.values()]
