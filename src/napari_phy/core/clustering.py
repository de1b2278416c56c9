"""The clustering as it is read: which spike is in which cluster, and what each cluster is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import ClusterIds, as_ids, read_only
from napari_phy.core.cluster_groups import ClusterGroup, GroupList, group_name, new_group_name
from napari_phy.core.cluster_meta import COLOR, DISCARDED, GROUP, STANDARD_GROUPS, UNSORTED, ClusterMeta
from napari_phy.core.errors import ClusteringError
from napari_phy.core.partition import Partition, unknown_cluster
from napari_phy.core.summaries import clustering_html, count

Int64 = npt.NDArray[np.int64]


class Clustering:
    """Answers questions about clusters and spikes; a wrong one raises ClusteringError. Made by ClusterManager."""

    _partition: Partition
    _meta: ClusterMeta
    _groups: GroupList

    @property
    def spike_spans(self) -> tuple[tuple[int, int], ...]:
        """First spike, and the one after the last: all of them."""
        return ((0, self.total_spikes),)

    @property
    def total_spikes(self) -> int:
        """Number of spikes of all clusters."""
        return len(self._partition)

    @property
    def cluster_ids(self) -> Int64:
        """(n_clusters,) ascending ids of the clusters that exist."""
        return self._partition.cluster_ids

    @property
    def spike_clusters(self) -> ClusterIds:
        """(n_spikes,) read-only cluster of each spike; derived, so ask for it only when you need them all."""
        return self._partition.spike_clusters

    def __contains__(self, cluster_id: object) -> bool:
        return cluster_id in self._partition

    def n_spikes(self, cluster_id: int) -> int:
        """Return the number of spikes of a cluster."""
        return self._partition.n_spikes(cluster_id)

    def spikes(self, cluster_id: int) -> Int64:
        """Return the ascending, read-only spike ids of a cluster."""
        return self._partition.spikes(cluster_id)

    def clusters_of(self, spike_ids: npt.ArrayLike) -> Int64:
        """Return the cluster of each of the spikes; raises ClusteringError for ids that are not spikes."""
        return self._partition.clusters_of(self._checked_spikes(spike_ids, ordered=False))

    def group(self, cluster_id: int) -> str:
        """Return the group of a cluster; "unsorted" where that was not decided."""
        if cluster_id not in self._partition:
            raise unknown_cluster(cluster_id)
        return self._meta.group(cluster_id)

    def groups_of(self, cluster_ids: Iterable[int]) -> list[str]:
        """Return the group of each of many clusters that exist; much faster than one by one."""
        decided = self._meta.values(GROUP)
        return [decided.get(cluster, UNSORTED) for cluster in cluster_ids]

    def last_group(self, cluster_id: int) -> str:
        """Return the group of a cluster; of one that an edit took away, that which it had then."""
        return self._meta.group(cluster_id)

    def color(self, cluster_id: int) -> str | None:
        """Return the colour of a cluster as "#rrggbb", or None when it has none of its own."""
        color = self._get(cluster_id, COLOR)
        return None if color is None else str(color)

    def labels(self, cluster_id: int) -> dict[str, Any]:
        """Return {field: value} of the labels that a cluster has."""
        values = {field: self._get(cluster_id, field) for field in self._meta.label_fields}
        return {field: value for field, value in values.items() if value is not None}

    @property
    def cluster_groups(self) -> dict[int, str]:
        """{cluster: group} of the clusters that are not unsorted."""
        return self._live(GROUP)

    @property
    def cluster_colors(self) -> dict[int, str]:
        """{cluster: "#rrggbb"} of the clusters that have a colour of their own."""
        return self._live(COLOR)

    @property
    def cluster_labels(self) -> dict[str, dict[int, Any]]:
        """{field: {cluster: value}} of all labels."""
        return {field: values for field in self._meta.label_fields if (values := self._live(field))}

    @property
    def label_fields(self) -> tuple[str, ...]:
        """Fields that any cluster has or had a label of."""
        return self._meta.label_fields

    @property
    def group_names(self) -> tuple[str, ...]:
        """Every group that a cluster can be moved to: noise, mua, good, unsorted, then the user's own."""
        return (*STANDARD_GROUPS, *(group.name for group in self.user_groups))

    @property
    def user_groups(self) -> tuple[ClusterGroup, ...]:
        """The groups of the user's own, in their order; not the hidden "discarded"."""
        return tuple(group for group in self._groups.groups if group.name != DISCARDED)

    @property
    def stored_groups(self) -> tuple[ClusterGroup, ...]:
        """What a file must hold besides the standard groups: the user's own and "discarded"."""
        return self._groups.groups

    # ---- what an edit asks for

    def __repr__(self) -> str:
        what = f"{count(len(self.cluster_ids), 'cluster')}, {count(self.total_spikes, 'spike')}"
        return f"<{type(self).__name__}: {what}>"

    def _repr_html_(self) -> str:
        """Return its groups and its largest clusters, for a notebook."""
        return clustering_html(self)

    def _get(self, cluster_id: int, field: str) -> Any:
        if cluster_id not in self._partition:
            raise unknown_cluster(cluster_id)
        return self._meta.get(cluster_id, field)

    def _live(self, field: str) -> dict[int, Any]:
        return {cluster: value for cluster, value in self._meta.values(field).items() if cluster in self._partition}

    def _checked_clusters(self, cluster_ids: Iterable[int]) -> list[int]:
        """Return the ids, each once, ascending."""
        if not isinstance(cluster_ids, Iterable):
            raise ClusteringError(f"Clusters come as a list, such as [{cluster_ids}]; nothing was changed.")
        ids = as_ids(list(cluster_ids) if not isinstance(cluster_ids, np.ndarray) else cluster_ids)
        if ids is None:
            raise ClusteringError("Cluster ids are integers; nothing was changed.")
        clusters = sorted(set(ids.tolist()))
        for cluster in clusters:
            if cluster not in self._partition:
                raise unknown_cluster(cluster)
        return clusters

    def _checked_spikes(self, spike_ids: npt.ArrayLike, ordered: bool = True) -> Int64:
        """Return the spike ids, ascending and each once if `ordered`."""
        ids = as_ids(spike_ids)
        if ids is None:
            raise ClusteringError("Spike ids are integers; nothing was changed.")
        low, high = (int(ids.min()), int(ids.max())) if len(ids) else (0, -1)
        if low < 0 or high >= self.total_spikes:
            worst = low if low < 0 else high
            raise ClusteringError(f"There is no spike {worst}: there are {self.total_spikes} spikes, from 0.")
        if ordered and len(ids) > 1 and not (np.diff(ids) > 0).all():
            ids = np.unique(ids)
        return read_only(ids)

    def _own_group(self, name: str) -> tuple[int, ClusterGroup]:
        """Return the place of a group of the user's own, and the group."""
        name = group_name(name)
        if name in (*STANDARD_GROUPS, DISCARDED):
            raise ClusteringError(f'The group "{name}" is protected: it can be neither renamed, coloured nor removed.')
        place = self._groups.find(name)
        if place is None:
            raise ClusteringError(f'There is no group "{name}".')
        return place, self._groups.groups[place]

    def _free_group_name(self, name: str) -> str:
        name = new_group_name(name)
        if name in (*STANDARD_GROUPS, DISCARDED) or self._groups.find(name) is not None:
            raise ClusteringError(f'There is a group "{name}" already.')
        return name
