"""Group, colour and labels of each cluster, and how new clusters inherit them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from napari_phy.core.cluster_groups import DISCARDED, STANDARD_GROUPS, UNSORTED
from napari_phy.core.update_info import MetadataChange

GROUP = "group"
COLOR = "color"
__all__ = ["COLOR", "DISCARDED", "GROUP", "STANDARD_GROUPS", "UNSORTED", "ClusterMeta", "default_of"]


class ClusterMeta:
    """Values of any field by cluster; what equals the default is not stored.

    Values of clusters that were deleted stay: their ids come back with undo.
    """

    def __init__(
        self,
        groups: Mapping[int, str] | None = None,
        colors: Mapping[int, str] | None = None,
        labels: Mapping[str, Mapping[int, Any]] | None = None,
    ) -> None:
        self._values: dict[str, dict[int, Any]] = {
            GROUP: {cluster: group for cluster, group in (groups or {}).items() if group != UNSORTED},
            COLOR: dict(colors or {}),
        }
        for field, values in (labels or {}).items():
            self._values[field] = {cluster: value for cluster, value in values.items() if value is not None}

    @property
    def label_fields(self) -> tuple[str, ...]:
        """Names of the fields besides group and colour, in the order they came."""
        return tuple(field for field in self._values if field not in (GROUP, COLOR))

    def group(self, cluster_id: int) -> str:
        """Return the group; asked for each cluster by every list after an edit."""
        return str(self._values[GROUP].get(cluster_id, UNSORTED))

    def get(self, cluster_id: int, field: str) -> Any:
        """Return the value of a field; the default of a group is "unsorted", of anything else None."""
        return self._values.get(field, {}).get(cluster_id, default_of(field))

    def values(self, field: str) -> Mapping[int, Any]:
        """Return {cluster: value} of the values that are not the default, of deleted clusters too."""
        return self._values.get(field, {})

    def apply(self, changes: Iterable[MetadataChange]) -> None:
        """Set the new value of each change."""
        for change in changes:
            values = self._values.setdefault(change.field, {})
            if change.new == default_of(change.field):
                values.pop(change.cluster_id, None)
            else:
                values[change.cluster_id] = change.new

    def inherited(self, cluster_id: int, parents: list[tuple[int, int]]) -> list[MetadataChange]:
        """Return the values that a new cluster takes over from `parents`, as (cluster, number of spikes).

        A value is inherited when it is the only one among the parents that is not the default; else the value of the
        largest parent.
        """
        changes = []
        for field, values in self._values.items():
            own = [values[parent] for parent, _ in parents if parent in values]
            if not own:
                continue
            if any(value != own[0] for value in own):
                largest = max(parents, key=lambda parent: (parent[1], -parent[0]))[0]
                value = self.get(largest, field)
            else:
                value = own[0]
            if value != default_of(field):
                changes.append(MetadataChange(cluster_id, field, default_of(field), value))
        return changes


def default_of(field: str) -> str | None:
    """Return the value of a field that is not set."""
    return UNSORTED if field == GROUP else None
