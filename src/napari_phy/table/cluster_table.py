"""The columns of clusters as arrays: what was computed of a cluster once is kept."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.table.cluster_arrays import ClusterArrays
from napari_phy.table.column import Column
from napari_phy.table.columns import all_columns, column_named, find_column
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_cache import PerSession
from napari_phy.table.session_like import SessionLike
from napari_phy.table.valid_periods import periods_of, valid_time

Float64 = npt.NDArray[np.float64]
Reads = Literal["all", "times", "nothing"]

HIDDEN_GROUP = "discarded"
_GROUP_ORDER = ("good", "mua", "noise", "unsorted")
CLUSTERS_AT_ONCE = 8
_NO_IDS = read_only(np.empty(0, dtype=np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class ClusterTable:
    """One row a cluster, ascending ids; discarded clusters are left out.

    Attributes
    ----------
    ids : ndarray of int64, shape (n,)
        Cluster of each row.
    groups : tuple of str
        Group of each row, in lower case.
    values : mapping of str to ndarray of float64
        {key of the column: (n,) its values}; nan where one is not known.
    """

    ids: npt.NDArray[np.int64]
    groups: tuple[str, ...]
    values: Mapping[str, Float64]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, key: str) -> Float64:
        return self.values[key]


_Key = tuple[Column, Hashable, bool]  # its state, and whether it is that of valid periods only


class _ColumnCache:
    """What was computed of the clusters of one clustering, by column."""

    def __init__(self) -> None:
        self._arrays: dict[_Key, ClusterArrays] = {}
        self._clusters: dict[_Key, npt.NDArray[np.int64]] = {}  # that there were: what is relative holds for them
        self._lock = threading.Lock()

    def get(
        self, key: _Key, ids: Sequence[int], clusters: npt.NDArray[np.int64]
    ) -> tuple[Float64, npt.NDArray[np.bool_]]:
        """Return (n,) values, nan where one is not known, and which were computed; `clusters` are all there are."""
        with self._lock:
            if key[0].is_relative and not np.array_equal(self._clusters.get(key, clusters), clusters):
                self._arrays.pop(key, None)
            arrays = self._arrays.get(key)
            if arrays is None:
                return np.full(len(ids), np.nan), np.zeros(len(ids), dtype=np.bool_)
            return arrays.get(ids), arrays.has(ids)

    def put(self, key: _Key, ids: Sequence[int], values: npt.ArrayLike, clusters: npt.NDArray[np.int64]) -> None:
        with self._lock:
            self._clusters[key] = clusters
            self._arrays.setdefault(key, ClusterArrays()).put(ids, values)


_caches: PerSession[_ColumnCache] = PerSession(_ColumnCache)


def compute_cluster_table(
    session: SessionLike,
    cluster_ids: Iterable[int] | None = None,
    keys: Iterable[str] | None = None,
    *,
    reads: Reads = "all",
) -> ClusterTable:
    """Return some columns (None: all) of some clusters (None: all that are not discarded, ascending).

    What was computed for a cluster once is kept, so after an edit only the new clusters cost something. Of clusters
    not seen before, columns that are computed in the background stay unknown until `compute_values` was asked for them,
    those that are made of features unless they may be read ("all"), and all that are computed with "nothing".
    Where the session has only the spikes of a stretch of time, numbers of spikes, rates and intervals are those of the
    stretch; the other columns are those of whole clusters.
    """
    manager = session.manager
    ids = manager.cluster_ids.tolist() if cluster_ids is None else [int(cluster) for cluster in cluster_ids]
    groups = manager.groups_of(ids)
    if cluster_ids is None:
        ids = [cluster for cluster, group in zip(ids, groups, strict=True) if group != HIDDEN_GROUP]
        groups = [group for group in groups if group != HIDDEN_GROUP]
    columns = all_columns() if keys is None else tuple(find_column(key) for key in dict.fromkeys(keys))
    values = {
        column.key: read_only(_values(session, column, ids, is_asked=_may_compute(column, reads))) for column in columns
    }
    return ClusterTable(read_only(np.array(ids, dtype=np.int64)), tuple(groups), MappingProxyType(values))


def compute_values(
    session: SessionLike, key: str, cluster_ids: Iterable[int], on_progress: OnProgress = no_progress
) -> dict[int, float]:
    """Return a column of some clusters by id, reading what is needed; may be slow, for a worker thread.

    Tables made later hold them, also those that were computed before `on_progress` ended the work. {} where the data
    set lacks what the column needs.
    """
    column, ids = find_column(key), [int(cluster) for cluster in cluster_ids]
    if not column.is_in(session):
        return {}
    values: dict[int, float] = {}
    for start in range(0, len(ids), CLUSTERS_AT_ONCE):
        some = ids[start : start + CLUSTERS_AT_ONCE]
        of_some = part_of(on_progress, start / len(ids), (start + len(some)) / len(ids))
        values.update(zip(some, _values(session, column, some, of_some).tolist(), strict=True))
    return values


class Table:
    """The columns of an open data set: `session.table["rate"]` is {cluster id: value}."""

    def __init__(self, session: SessionLike) -> None:
        self._session = session

    @property
    def columns(self) -> tuple[Column, ...]:
        """What there is, with `key`, `title`, `unit` and more of each."""
        return all_columns()

    @property
    def valid_only(self) -> bool:
        """Whether metrics of times and amplitudes are made of the valid periods of each cluster only."""
        return valid_time(self._session).is_used

    @valid_only.setter
    def valid_only(self, valid_only: bool) -> None:
        valid_time(self._session).use(bool(valid_only))

    def valid_periods(self, cluster: int) -> Float64:
        """Return (n, 2) start and stop in seconds of the times in which a cluster is steady.

        Raises
        ------
        MissingDataError
            There are no features, by which amplitudes are told.
        ClusteringError
            There is no such cluster.
        """
        return periods_of(self._session, cluster) / self._session.model.sample_rate

    def __getitem__(self, name: str) -> dict[int, Any]:
        """Return {cluster id: value} of all clusters, also discarded ones; nan where a number is not known.

        "group" and the fields of labels in use are read in the same way; a cluster without the label has None. What
        was not computed before is computed now, which may take a while where raw data are read.

        Raises
        ------
        ClusteringError
            There is no such column.
        """
        session, manager = self._session, self._session.manager
        ids = manager.cluster_ids.tolist()
        if name == "group":
            return dict(zip(ids, manager.groups_of(ids), strict=True))
        found_column = column_named(name)
        is_usual = found_column is not None and found_column.is_usual
        if not is_usual and (labels := manager.cluster_labels.get(name)) is not None:
            return {cluster: labels.get(cluster) for cluster in ids}
        column = find_column(name)
        found = compute_values(session, column.key, ids)
        return {cluster: column.plain(found.get(cluster, np.nan)) for cluster in ids}

    def __repr__(self) -> str:
        keys = [column.key for column in self.columns if column.is_usual]
        return f"<Table: {', '.join((*keys, 'group', *self._session.manager.cluster_labels))}>"


def group_counts(table: ClusterTable) -> dict[str, int]:
    """Return the number of clusters of each group that has any: good, mua, noise, unsorted, then the user's own."""
    counts = Counter(table.groups)
    own = sorted(group for group in counts if group not in _GROUP_ORDER)
    return {group: counts[group] for group in (*_GROUP_ORDER, *own) if counts[group]}


def clusters_sentence(table: ClusterTable, n_shown: int | None = None) -> str:
    """Return "22 clusters · 7 444 spikes", or with a filter "8 of 22 clusters"."""
    clusters = format_count(len(table), "cluster")
    if n_shown is not None:
        return f"{format_number(n_shown)} of {clusters}"
    return f"{clusters} · {format_count(int(table['spikes'].sum()), 'spike')}"


def groups_sentence(table: ClusterTable) -> str:
    """Return "8 good 3 mua 4 noise 7 unsorted"."""
    return " ".join(f"{format_number(n)} {group}" for group, n in group_counts(table).items())


def _may_compute(column: Column, reads: Reads) -> bool:
    if column.in_background:
        return False
    return column.kind == "plain" or reads == "all" or (reads == "times" and not column.needs)


def _values(
    session: SessionLike,
    column: Column,
    ids: list[int],
    on_progress: OnProgress = no_progress,
    *,
    is_asked: bool = True,
) -> Float64:
    """Return (n,) values of a column; those that are not kept are computed if that is asked for."""
    asked = session if column.follows_time else session.whole
    if column.kind == "plain":
        return np.asarray(column.compute(asked, ids, on_progress), dtype=np.float64)
    manager, model = asked.manager, asked.model
    cache = _caches.of(manager, model)
    key, clusters = _key(asked, column), manager.cluster_ids if column.is_relative else _NO_IDS
    values, is_known = cache.get(key, ids, clusters)
    places = np.flatnonzero(~is_known)
    if is_asked and len(places):
        wanted = list(dict.fromkeys(ids[place] for place in places.tolist()))
        computed = np.asarray(column.compute(asked, wanted, on_progress), dtype=np.float64)
        is_same = not column.is_relative or np.array_equal(manager.cluster_ids, clusters)
        is_same = is_same and key == _key(asked, column)
        if is_same and asked.manager is manager and asked.model is model:  # else it is not known what was computed
            cache.put(key, wanted, computed, clusters)
        of = dict(zip(wanted, computed.tolist(), strict=True))
        values[places] = [of[ids[place]] for place in places.tolist()]
    return values


def _key(session: SessionLike, column: Column) -> _Key:
    state = None if column.state is None else column.state(session)
    return column, state, column.uses_periods and valid_time(session).is_used
