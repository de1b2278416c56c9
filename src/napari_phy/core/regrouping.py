"""The record of an edit that puts spikes together anew: a split or an assignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import ClusteringError
from napari_phy.core.partition import Partition
from napari_phy.core.update_info import UpdateInfo

Int64 = npt.NDArray[np.int64]
Parts = dict[tuple[int, int], Int64]  # {(cluster, mark): spikes}


def regrouping(description: str, partition: Partition, spikes: Int64, marks: Int64 | None, next_id: int) -> UpdateInfo:
    """Return the record that gives marked sets of spikes clusters of their own; nothing is changed.

    What is left of each touched cluster gets a new id too. A set that is a cluster already keeps its id.

    Parameters
    ----------
    description : str
        "split", "assign" or "reset".
    partition : Partition
        The clusters that exist.
    spikes : ndarray of int64, shape (n,)
        Ascending spike ids.
    marks : ndarray of int64, shape (n,) or None
        Spikes with the same mark go together; None: all of them.
    next_id : int
        Id of the first new cluster.

    Raises
    ------
    ClusteringError
        Nothing would change.
    """
    touched = partition.clusters_touched(spikes)
    sizes = {cluster: partition.n_spikes(cluster) for cluster in touched}
    if marks is None and len(touched) == 1:
        parts = {(touched[0], 0): spikes}
    else:
        marks = np.zeros(len(spikes), dtype=np.int64) if marks is None else marks
        parts = _by_source_and_mark(spikes, partition.clusters_of(spikes), marks)
    for source, mark in [key for key, part in parts.items() if len(part) == sizes[key[0]]]:
        if sum(key[1] == mark for key in parts) == 1:  # a cluster as it is keeps its id
            del parts[source, mark]
            touched.remove(source)
    if not parts:
        raise ClusteringError(_nothing_to_do(description, sizes))
    return _record(description, partition, touched, parts, next_id)


def resulting_ids(record: UpdateInfo, partition: Partition, spikes: Int64, marks: Int64) -> dict[int, int]:
    """Return {mark: the cluster that its spikes are in after a record that puts spikes (n,) together by marks (n,)}."""
    values, firsts = np.unique(marks, return_index=True)
    before, added, deleted = partition.clusters_of(spikes[firsts]), iter(record.added), set(record.deleted)
    pairs = zip(values.tolist(), before.tolist(), strict=True)
    return {mark: next(added) if cluster in deleted else cluster for mark, cluster in pairs}


def _record(description: str, partition: Partition, touched: Sequence[int], parts: Parts, next_id: int) -> UpdateInfo:
    """Return the record: of each touched cluster all sides but the largest are named spike by spike."""
    new_of_mark = {mark: next_id + i for i, mark in enumerate(sorted({mark for _, mark in parts}))}
    added = list(new_of_mark.values())
    descendants, heirs = [], []
    named: list[tuple[Int64, int]] = []
    for source in touched:
        sides = {new_of_mark[mark]: part for (cluster, mark), part in parts.items() if cluster == source}
        n_rest = partition.n_spikes(source) - sum(len(side) for side in sides.values())
        descendants += [(source, new) for new in sides]
        largest = max(sides, key=lambda new: len(sides[new]))
        if n_rest:
            rest = next_id + len(added)
            added.append(rest)
            descendants.append((source, rest))
            if n_rest >= len(sides[largest]):
                largest = rest
            else:
                sides[rest] = _without(partition.spikes(source), list(sides.values()))
        heirs.append((source, largest))
        named += [(side, new) for new, side in sides.items() if new != largest]
    spike_ids, spike_clusters = _joined(named)
    return UpdateInfo(
        description,
        added=tuple(added),
        deleted=tuple(touched),
        descendants=tuple(sorted(descendants)),
        spike_ids=spike_ids,
        spike_clusters=spike_clusters,
        heirs=tuple(heirs),
    )


def _by_source_and_mark(spikes: Int64, sources: Int64, marks: Int64) -> Parts:
    """Return {(source, mark): spikes}, each ascending like `spikes`."""
    order = np.lexsort((marks, sources))  # stable
    spikes, sources, marks = spikes[order], sources[order], marks[order]
    starts = np.flatnonzero((np.diff(sources) != 0) | (np.diff(marks) != 0)) + 1
    firsts = [0, *starts.tolist()]
    keys = zip(sources[firsts].tolist(), marks[firsts].tolist(), strict=True)
    return dict(zip(keys, np.split(spikes, starts), strict=True))


def _without(spikes: Int64, sides: Sequence[Int64]) -> Int64:
    """Return the ascending spikes that are in none of the sides; merging sorted runs beats looking each one up."""
    both = np.concatenate([spikes, *sides])
    both.sort(kind="stable")
    twice = both[1:] == both[:-1]
    alone = np.ones(len(both), dtype=bool)
    alone[1:][twice] = False
    alone[:-1][twice] = False
    return both[alone]


def _joined(named: Sequence[tuple[Int64, int]]) -> tuple[Int64, Int64]:
    """Return the spikes of all sides, ascending, and the cluster each goes to."""
    if not named:
        return read_only(np.empty(0, np.int64)), read_only(np.empty(0, np.int64))
    if len(named) == 1:
        spike_ids, targets = named[0][0], np.broadcast_to(np.int64(named[0][1]), len(named[0][0]))
    else:
        spike_ids = np.concatenate([side for side, _ in named])
        targets = np.repeat([new for _, new in named], [len(side) for side, _ in named])
        order = np.argsort(spike_ids, kind="stable")
        spike_ids, targets = spike_ids[order], targets[order]
    return read_only(spike_ids), read_only(targets)


def _nothing_to_do(description: str, sizes: Mapping[int, int]) -> str:
    if description == "split":
        return f"These are all {sum(sizes.values())} spikes of cluster {min(sizes)}; nothing would be split."
    return "Every labelled set of spikes is a cluster already; nothing would change."
