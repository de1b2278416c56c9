"""What differs between two clusterings of the same spikes, and who changed it since the one that both began with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_manager import ClusteringLike
from napari_phy.core.cluster_meta import UNSORTED
from napari_phy.stats.agreement import SharedSpikes, shared_spikes

Kind = Literal["split", "merged", "regrouped", "group"]
ChangedBy = Literal["theirs", "both", "unknown", "ours"]
ORDER: tuple[ChangedBy, ...] = ("theirs", "both", "unknown", "ours")


@dataclass(frozen=True, slots=True)
class Difference:
    """One set of spikes that two clusterings divide otherwise, or a cluster that they put in other groups.

    Attributes
    ----------
    kind : {'split', 'merged', 'regrouped', 'group'}
        What they did with the clusters of ours: one became several, several became one, several became several others,
        or one has another group.
    ours, theirs : tuple of int
        Ascending ids of the clusters; both have the same spikes.
    n_spikes : int
        Number of these.
    changed_by : {'theirs', 'both', 'unknown', 'ours'}
        Who changed these clusters since the clustering that both began with. "both" is a conflict; without such a
        clustering it is "unknown".
    groups : tuple of str, optional
        The group of ours and that of theirs, where these differ.
    """

    kind: Kind
    ours: tuple[int, ...]
    theirs: tuple[int, ...]
    n_spikes: int
    changed_by: ChangedBy = "unknown"
    groups: tuple[str, str] | None = None


def find_differences(
    ours: ClusteringLike, theirs: ClusteringLike, base: ClusteringLike | None = None, shared: SharedSpikes | None = None
) -> tuple[Difference, ...]:
    """Return what differs, that which only theirs changed first, the most spikes first.

    Differences share no spikes, so that each can be taken over alone, in any order.

    Parameters
    ----------
    ours, theirs : ClusteringLike
        Clusterings of the same spikes.
    base : ClusteringLike, optional
        What both began with, to tell who changed what.
    shared : SharedSpikes, optional
        Spikes that clusters of ours share with those of theirs, where they were counted before.
    """
    shared = shared_spikes(ours.spike_clusters, theirs.spike_clusters) if shared is None else shared
    found = [*_regroupings(shared, ours, theirs, base), *_other_groups(shared, ours, theirs, base)]
    return tuple(sorted(found, key=lambda one: (ORDER.index(one.changed_by), -one.n_spikes, one.ours)))


def _regroupings(
    shared: SharedSpikes, ours: ClusteringLike, theirs: ClusteringLike, base: ClusteringLike | None
) -> Iterator[Difference]:
    """Yield the parts that are not one cluster in both."""
    rows, columns = (_by_part(parts, ~same) for parts, same in zip(shared.parts, _same(shared), strict=True))
    kept = None if base is None else (_is_of(ours, base), _is_of(theirs, base))
    for part, own in rows.items():
        other = columns[part]
        kind: Kind = "split" if len(own) == 1 else "merged" if len(other) == 1 else "regrouped"
        by: ChangedBy = "unknown" if kept is None else _changer(bool(kept[0][own].all()), bool(kept[1][other].all()))
        yield Difference(kind, _ids(shared.ours, own), _ids(shared.theirs, other), int(shared.n_ours[own].sum()), by)


def _other_groups(
    shared: SharedSpikes, ours: ClusteringLike, theirs: ClusteringLike, base: ClusteringLike | None
) -> Iterator[Difference]:
    """Yield the clusters that are the same spikes and have another group."""
    pairs = np.flatnonzero(shared.is_same[shared.rows])
    own_ids, other_ids = shared.ours[shared.rows[pairs]].tolist(), shared.theirs[shared.columns[pairs]].tolist()
    own_groups, other_groups = ours.cluster_groups, theirs.cluster_groups
    before: Mapping[int, str | None] | None = None
    for pair, own, other in zip(pairs.tolist(), own_ids, other_ids, strict=True):
        groups = own_groups.get(own, UNSORTED), other_groups.get(other, UNSORTED)
        if groups[0] == groups[1]:
            continue
        by: ChangedBy = "unknown"
        if base is not None:
            before = _groups_before(ours, base) if before is None else before
            by = _changer(*(group == before[own] for group in groups))
        yield Difference("group", (own,), (other,), int(shared.counts[pair]), by, groups)


def _changer(ours_as_before: bool, theirs_as_before: bool) -> ChangedBy:
    return "theirs" if ours_as_before else "ours" if theirs_as_before else "both"


def _is_of(clustering: ClusteringLike, base: ClusteringLike) -> npt.NDArray[np.bool_]:
    """Return (n_clusters,) which clusters of one, by id, are clusters of the base."""
    return shared_spikes(clustering.spike_clusters, base.spike_clusters).is_same


def _groups_before(clustering: ClusteringLike, base: ClusteringLike) -> dict[int, str | None]:
    """Return {cluster: the group in which its spikes were in the base}, None where they were in several."""
    shared, groups = shared_spikes(clustering.spike_clusters, base.spike_clusters), base.cluster_groups
    found: dict[int, set[str]] = defaultdict(set)
    for row, column in zip(shared.rows.tolist(), shared.columns.tolist(), strict=True):
        found[int(shared.ours[row])].add(groups.get(int(shared.theirs[column]), UNSORTED))
    return {cluster: next(iter(names)) if len(names) == 1 else None for cluster, names in found.items()}


def _same(shared: SharedSpikes) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which clusters of ours are one of theirs, and which of theirs one of ours."""
    theirs = np.zeros(len(shared.theirs), dtype=np.bool_)
    theirs[shared.columns[shared.is_same[shared.rows]]] = True
    return shared.is_same, theirs


def _by_part(parts: npt.NDArray[np.int64], wanted: npt.NDArray[np.bool_]) -> dict[int, list[int]]:
    """Return {part: places of the wanted clusters in it}."""
    found: dict[int, list[int]] = defaultdict(list)
    for place in np.flatnonzero(wanted).tolist():
        found[int(parts[place])].append(place)
    return found


def _ids(ids: npt.NDArray[np.int64], places: Sequence[int]) -> tuple[int, ...]:
    return tuple(ids[list(places)].tolist())
