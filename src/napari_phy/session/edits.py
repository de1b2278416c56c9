"""The edits of a session: each goes to the manager of the clustering that is open."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import numpy.typing as npt

from napari_phy.core.cluster_groups import ClusterGroup
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.update_info import UpdateInfo


class Edits(ABC):
    """What a session passes on to its `manager`; a call that can't be done raises ClusteringError, changes nothing."""

    @property
    @abstractmethod
    def manager(self) -> ClusterManager:
        """The clustering; another one after a switch."""

    def merge(self, clusters: Iterable[int]) -> UpdateInfo:
        """Join two or more clusters into a new one."""
        return self.manager.merge(clusters)

    def split(self, spikes: npt.ArrayLike) -> UpdateInfo:
        """Give spikes a new cluster, and what is left of each cluster they came from another."""
        return self.manager.split(spikes)

    def assign(self, spikes: npt.ArrayLike, labels: npt.ArrayLike) -> UpdateInfo:
        """Put spikes together by label."""
        return self.manager.assign(spikes, labels)

    def move(self, clusters: Iterable[int], group: str) -> UpdateInfo:
        """Move clusters to a group."""
        return self.manager.move(clusters, group)

    def move_each(self, groups: Mapping[int, str]) -> UpdateInfo:
        """Move clusters each to a group of its own, {cluster: group}, as one edit."""
        return self.manager.move_each(groups)

    def label(self, clusters: Iterable[int], field: str, value: str | float | bool | None) -> UpdateInfo:
        """Set a field of clusters; None or blank text takes the value away."""
        return self.manager.label(clusters, field, value)

    def recolor(self, clusters: Iterable[int], color: str | None) -> UpdateInfo:
        """Give clusters a colour "#rrggbb" of their own."""
        return self.manager.recolor(clusters, color)

    def discard(self, clusters: Iterable[int]) -> UpdateInfo:
        """Hide clusters in the group "discarded"."""
        return self.manager.discard(clusters)

    def undo(self) -> UpdateInfo | None:
        """Take back the last edit; None when there is nothing to undo."""
        return self.manager.undo()

    def redo(self) -> UpdateInfo | None:
        """Do the last undone edit again; None when there is nothing to redo."""
        return self.manager.redo()

    # ---- groups of the user's own

    @property
    def groups(self) -> tuple[ClusterGroup, ...]:
        """The groups of the user's own, in their order."""
        return self.manager.user_groups

    def add_group(self, name: str, color: str | None = None) -> UpdateInfo:
        """Add a group at the end of the list."""
        return self.manager.add_group(name, color)

    def rename_group(self, old: str, new: str) -> UpdateInfo:
        """Rename a group; its clusters stay in it."""
        return self.manager.rename_group(old, new)

    def recolor_group(self, name: str, color: str | None) -> UpdateInfo:
        """Give a group a colour "#rrggbb"; None takes it away."""
        return self.manager.recolor_group(name, color)

    def remove_group(self, name: str) -> UpdateInfo:
        """Remove a group; its clusters become unsorted."""
        return self.manager.remove_group(name)
