"""The one object that edits the clustering: what a merge, a split, a move or a label is, as a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import ClusterIds, as_ids
from napari_phy.core.cluster_groups import ClusterGroup, GroupChange, GroupList, group_name, new_group_name
from napari_phy.core.cluster_meta import COLOR, DISCARDED, GROUP, STANDARD_GROUPS, UNSORTED, ClusterMeta, default_of
from napari_phy.core.colors import is_color
from napari_phy.core.editable_clustering import Commit, EditableClustering
from napari_phy.core.errors import ClusteringError
from napari_phy.core.history import GlobalHistory
from napari_phy.core.label_fields import field_problem, plain_value, value_problem
from napari_phy.core.partition import Partition
from napari_phy.core.regrouping import regrouping, resulting_ids
from napari_phy.core.update_info import MetadataChange, UpdateInfo

Int64 = npt.NDArray[np.int64]


class ClusteringLike(Protocol):
    """A clustering that another one can be made the same as."""

    @property
    def spike_clusters(self) -> ClusterIds:
        """(n_spikes,) cluster of each spike."""
        ...

    @property
    def cluster_groups(self) -> Mapping[int, str]:
        """{cluster: group}, unsorted ones left out."""
        ...

    @property
    def cluster_colors(self) -> Mapping[int, str]:
        """{cluster: "#rrggbb"}."""
        ...

    @property
    def cluster_labels(self) -> Mapping[str, Mapping[int, Any]]:
        """{field: {cluster: value}}."""
        ...


class ClusterManager(EditableClustering):
    """Which spike is in which cluster, and what each cluster is called; with undo.

    Merged and split clusters get new ids above every id ever used. Undo brings the old ids back, redo the same new
    ones; a new edit never reuses an id. A call that can't be done raises ClusteringError and changes nothing.

    Parameters
    ----------
    spike_clusters : array_like, shape (n_spikes,)
        Cluster of each spike, integers from 0.
    cluster_groups : mapping of int to str, optional
        {cluster: "noise", "mua", "good", "unsorted" or a name of the user's own}.
    cluster_colors : mapping of int to str, optional
        {cluster: "#rrggbb"}.
    cluster_labels : mapping of str to mapping of int to object, optional
        {field: {cluster: value}}.
    history_limit : int, optional
        The most edits that can be undone, or None for any number.
    commit : callable, optional
        Called with the record of each edit, undo and redo before `changed` is emitted; if it raises,
        the edit is taken back and the error goes on to the caller.
    user_groups : iterable of ClusterGroup, default ()
        Groups besides the standard ones, in the order of the file.
    """

    def __init__(
        self,
        spike_clusters: npt.ArrayLike,
        cluster_groups: Mapping[int, str] | None = None,
        cluster_colors: Mapping[int, str] | None = None,
        cluster_labels: Mapping[str, Mapping[int, Any]] | None = None,
        history_limit: int | None = None,
        commit: Commit | None = None,
        user_groups: Iterable[ClusterGroup] = (),
    ) -> None:
        self._partition = Partition(spike_clusters)
        self._meta = ClusterMeta(cluster_groups, cluster_colors, cluster_labels)
        self._groups = GroupList(user_groups, self._meta.values(GROUP).values())
        self._history = GlobalHistory(history_limit)
        self._commit = commit
        ids = self._partition.cluster_ids
        self._next_id = int(ids[-1]) + 1 if len(ids) else 0

    # ---- edits

    def merge(self, cluster_ids: Iterable[int]) -> UpdateInfo:
        """Join two or more clusters into a new one."""
        clusters = self._checked_clusters(cluster_ids)
        if len(clusters) < 2:
            raise ClusteringError("Select two or more clusters to merge.")
        new = self._next_id
        pairs = tuple((old, new) for old in clusters)
        return self._do(
            UpdateInfo("merge", added=(new,), deleted=tuple(clusters), descendants=pairs, heirs=pairs), inherit=True
        )

    def split(self, spike_ids: npt.ArrayLike) -> UpdateInfo:
        """Give spikes a new cluster, and what is left of each cluster they came from another."""
        spikes = self._checked_spikes(spike_ids)
        if not len(spikes):
            raise ClusteringError("Choose at least one spike to split off.")
        return self._regroup("split", spikes)

    def assign(self, spike_ids: npt.ArrayLike, labels: npt.ArrayLike) -> UpdateInfo:
        """Put spikes together by label: spikes with the same mark share a cluster.

        Labels are marks, not ids: a set of spikes that is a cluster already keeps its id, the others get new ids in
        ascending label order, then what is left of each touched cluster.
        """
        spikes = self._checked_spikes(spike_ids, ordered=False)
        marks = as_ids(labels)
        if marks is None or len(marks) != len(spikes):
            raise ClusteringError(f"{len(spikes)} spikes need {len(spikes)} integer labels; nothing was changed.")
        if not len(spikes):
            raise ClusteringError("Choose at least one spike to assign.")
        order = np.argsort(spikes, kind="stable")
        spikes, marks = spikes[order], marks[order]
        if (np.diff(spikes) == 0).any():
            raise ClusteringError("A spike is named twice; nothing was changed.")
        return self._regroup("assign", spikes, marks)

    def assign_all(self, labels: npt.ArrayLike) -> UpdateInfo:
        """Put all spikes together by label, as `assign` does for some; `labels` is (n_spikes,)."""
        return self.assign(np.arange(self.total_spikes), labels)

    def reset(self, to: ClusteringLike) -> UpdateInfo:
        """Make the clustering the same as another one of these spikes, with groups, colours and labels, in one edit.

        A set of spikes that is a cluster already keeps its id, the others get new ids. The user's own groups stay.

        Raises
        ------
        ClusteringError
            They are the same already.
        """
        return self._take_over("reset", np.arange(self.total_spikes), to)

    def adopt(self, cluster_ids: Iterable[int], of: ClusteringLike) -> UpdateInfo:
        """Divide the spikes of clusters as another clustering does, with its groups, colours and labels, in one edit.

        Raises
        ------
        ClusteringError
            They are divided like that already.
        """
        clusters = self._checked_clusters(cluster_ids)
        if not clusters:
            raise ClusteringError("Select a cluster first.")
        spikes = np.sort(np.concatenate([self._partition.spikes(cluster) for cluster in clusters]))
        return self._take_over("assign", spikes, of)

    def _take_over(self, description: str, spikes: Int64, of: ClusteringLike) -> UpdateInfo:
        marks = np.asarray(of.spike_clusters).take(spikes).astype(np.int64, copy=False)
        try:
            record = regrouping(description, self._partition, spikes, marks, self._next_id)
        except ClusteringError:  # the sets of spikes are the same
            record = UpdateInfo(description)
        changes = tuple(self._differing(resulting_ids(record, self._partition, spikes, marks), of))
        names = dict.fromkeys(c.new for c in changes if c.field == GROUP and c.new not in STANDARD_GROUPS)
        groups = self._groups.adding_all(name for name in names if self._groups.find(name) is None)
        if not (record.added or changes):
            raise ClusteringError("The clustering is the same already; nothing would change.")
        return self._do(replace(record, metadata_changed=changes, groups_changed=groups))

    def _differing(self, ids: Mapping[int, int], to: ClusteringLike) -> Iterator[MetadataChange]:
        """Yield what is to change of groups, colours and labels; `ids` is {cluster of `to`: its id here}."""
        wanted = ClusterMeta(to.cluster_groups, to.cluster_colors, to.cluster_labels)
        fields = dict.fromkeys((GROUP, COLOR, *self._meta.label_fields, *wanted.label_fields))
        for theirs, own in ids.items():
            for field in fields:
                old = self._meta.get(own, field) if own < self._next_id else default_of(field)
                new = wanted.get(theirs, field)
                if old != new or type(old) is not type(new):
                    yield MetadataChange(own, field, old, new)

    def move(self, cluster_ids: Iterable[int], group: str) -> UpdateInfo:
        """Move clusters to a group: "noise", "mua", "good", "unsorted" or a name of your own."""
        name = self._group_to_move_to(group)
        return self._set("move", cluster_ids, GROUP, name, f"in {name}")

    def move_each(self, groups: Mapping[int, str]) -> UpdateInfo:
        """Move clusters each to a group of its own, {cluster: group}, as one edit.

        Raises
        ------
        ClusteringError
            All of them are there already, a cluster does not exist, or there can be no such group.
        """
        names = {group: self._group_to_move_to(group) for group in groups.values()}
        pairs = [(cluster, names[groups[cluster]]) for cluster in self._checked_clusters(groups)]
        changes = tuple(
            MetadataChange(cluster, GROUP, old, name)
            for cluster, name in pairs
            if (old := self._meta.get(cluster, GROUP)) != name
        )
        if not changes:
            raise ClusteringError("These clusters are in their groups already.")
        own = dict.fromkeys(name for _, name in pairs if name not in STANDARD_GROUPS)
        added = self._groups.adding_all(name for name in own if self._groups.find(name) is None)
        return self._do(UpdateInfo("move", metadata_changed=changes, groups_changed=added))

    def _group_to_move_to(self, group: str) -> str:
        name = group_name(group)
        if name == DISCARDED:
            raise ClusteringError('The group "discarded" is protected: discard the clusters instead.')
        if self._groups.find(name) is None:
            new_group_name(name)
        return name

    def label(self, cluster_ids: Iterable[int], field: str, value: str | float | bool | None) -> UpdateInfo:
        """Set a field of clusters; None or blank text takes the value away.

        A field with the name of a column of the list can only be taken away: files may have one.
        """
        field = _name(field, "A label needs the name of its field.")
        value = None if isinstance(value, str) and not value.strip() else plain_value(value)
        problem = field_problem(field, self.label_fields) or ("" if value is None else value_problem(value))
        if problem and (value is not None or field in (GROUP, COLOR)):
            raise ClusteringError(problem)
        return self._set("label", cluster_ids, field, value, f"without {field}" if value is None else "labelled so")

    def recolor(self, cluster_ids: Iterable[int], color: str | None) -> UpdateInfo:
        """Give clusters a colour "#rrggbb" of their own; None takes it away."""
        return self._set("recolor", cluster_ids, COLOR, _checked_color(color), "of that colour")

    def discard(self, cluster_ids: Iterable[int]) -> UpdateInfo:
        """Move clusters to the protected, hidden group "discarded"."""
        return self._set("discard", cluster_ids, GROUP, DISCARDED, "discarded")

    def add_group(self, name: str, color: str | None = None) -> UpdateInfo:
        """Add a group of the user's own at the end of the list."""
        return self._do(_groups_edit([self._groups.adding(self._free_group_name(name), _checked_color(color))]))

    def rename_group(self, old: str, new: str) -> UpdateInfo:
        """Give a group of the user's own another name; its clusters stay in it."""
        place, group = self._own_group(old)
        name = self._free_group_name(new)
        moved = self._moves(group.name, name)
        return self._do(_groups_edit([GroupChange(place, group, replace(group, name=name))], moved))

    def recolor_group(self, name: str, color: str | None) -> UpdateInfo:
        """Give a group of the user's own a colour "#rrggbb"; None takes it away."""
        place, group = self._own_group(name)
        color = _checked_color(color)
        if color == group.color:
            raise ClusteringError(f'The group "{group.name}" has that colour already.')
        return self._do(_groups_edit([GroupChange(place, group, replace(group, color=color))]))

    def remove_group(self, name: str) -> UpdateInfo:
        """Remove a group of the user's own; its clusters become unsorted."""
        place, group = self._own_group(name)
        return self._do(_groups_edit([GroupChange(place, group, None)], self._moves(group.name, UNSORTED)))

    # ---- how it is done

    def _regroup(self, description: str, spikes: Int64, marks: Int64 | None = None) -> UpdateInfo:
        return self._do(regrouping(description, self._partition, spikes, marks, self._next_id), inherit=True)

    def _set(self, description: str, cluster_ids: Iterable[int], field: str, value: Any, state: str) -> UpdateInfo:
        clusters = self._checked_clusters(cluster_ids)
        if not clusters:
            raise ClusteringError("Select a cluster first.")
        changes = tuple(
            MetadataChange(cluster, field, old, value)
            for cluster in clusters
            if (old := self._meta.get(cluster, field)) != value or type(old) is not type(value)
        )
        if not changes:
            names = ", ".join(map(str, clusters))
            raise ClusteringError(f"{'Cluster' if len(clusters) == 1 else 'Clusters'} {names}: already {state}.")
        is_new_group = field == GROUP and value not in STANDARD_GROUPS and self._groups.find(value) is None
        groups = (self._groups.adding(value),) if is_new_group else ()
        return self._do(UpdateInfo(description, metadata_changed=changes, groups_changed=groups))

    def _moves(self, old: str, new: str) -> tuple[MetadataChange, ...]:
        """Return the changes that move every cluster of one group to another."""
        clusters = (cluster for cluster, group in self._live(GROUP).items() if group == old)
        return tuple(MetadataChange(cluster, GROUP, old, new) for cluster in sorted(clusters))

    def _do(self, record: UpdateInfo, inherit: bool = False) -> UpdateInfo:
        if inherit:
            record = replace(record, metadata_changed=tuple(self._inherited(record)))
        self._perform([record])
        return record

    def _inherited(self, record: UpdateInfo) -> list[MetadataChange]:
        parents: dict[int, list[tuple[int, int]]] = {}
        for old, new in record.descendants:
            parents.setdefault(new, []).append((old, self._partition.n_spikes(old)))
        return [change for new, olds in parents.items() for change in self._meta.inherited(new, olds)]


def _name(text: object, complaint: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ClusteringError(complaint)
    return text.strip()


def _groups_edit(changes: Sequence[GroupChange], moved: tuple[MetadataChange, ...] = ()) -> UpdateInfo:
    return UpdateInfo("groups", metadata_changed=moved, groups_changed=tuple(changes))


def _checked_color(color: str | None) -> str | None:
    if color is not None and not is_color(color):
        raise ClusteringError(f"A colour is written #rrggbb, not {color!r}.")
    return None if color is None else color.lower()
