"""The record of one edit: what it added, deleted and changed, and its inverse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_groups import GroupChange
from napari_phy.core.colors import is_color
from napari_phy.core.errors import ClusteringError
from napari_phy.core.summaries import update_html, update_text

KINDS = ("merge", "split", "assign", "reset", "move", "label", "recolor", "discard", "groups")
Cause = Literal["edit", "undo", "redo"]


_NO_SPIKES = np.empty(0, dtype=np.int64)
_NO_SPIKES.flags.writeable = False


def no_spikes() -> npt.NDArray[np.int64]:
    """Return an empty, read-only array of spike ids, the same each time: most edits hold two."""
    return _NO_SPIKES


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """One field of one cluster went from `old` to `new` (None: the default)."""

    cluster_id: int
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, eq=False)
class UpdateInfo:
    """What one edit did to the clustering; undo and redo emit ordinary ones.

    Attributes
    ----------
    description : str
        "merge", "split", "assign", "reset", "move", "label", "recolor", "discard" or "groups".
    cause : Cause
        "edit" for a new edit, "undo" or "redo".
    added, deleted : tuple of int
        Cluster ids that now exist or no longer exist, ascending.
    descendants : tuple of tuple of int
        (old, new) pairs of clusters that share spikes, by old then new.
    spike_ids : ndarray of int64, shape (n_moved,)
        Ascending int64, the spikes that a split or assignment names one by one.
    spike_clusters : ndarray of int64, shape (n_moved,)
        The added cluster that takes each of them.
    heirs : tuple of tuple of int
        (old, new): the added cluster that takes those spikes of `old` that are not named.
    metadata_changed : tuple of MetadataChange
        Values of single fields, inherited ones of added clusters included.
    groups_changed : tuple of GroupChange
        What became of the user's own groups.
    """

    description: str
    added: tuple[int, ...] = ()
    deleted: tuple[int, ...] = ()
    descendants: tuple[tuple[int, int], ...] = ()
    spike_ids: npt.NDArray[np.int64] = field(default_factory=no_spikes)
    spike_clusters: npt.NDArray[np.int64] = field(default_factory=no_spikes)
    heirs: tuple[tuple[int, int], ...] = ()
    metadata_changed: tuple[MetadataChange, ...] = ()
    groups_changed: tuple[GroupChange, ...] = ()
    cause: Cause = "edit"

    def check(self) -> None:
        """Raise ClusteringError where a record that was read from a file contradicts itself."""
        added, deleted = set(self.added), set(self.deleted)
        pairs = (*self.descendants, *self.heirs)
        if not (
            self.description in KINDS
            and len(added) + len(deleted) == len(self.added) + len(self.deleted)
            and all(old in deleted and new in added for old, new in pairs)
            and added == {new for _, new in self.descendants}
            and deleted == {old for old, _ in self.heirs}
            and len(self.spike_ids) == len(self.spike_clusters)
        ):
            raise ClusteringError("The record contradicts itself.")
        for change in self.metadata_changed:
            if change.field == "group" and not (isinstance(change.old, str) and isinstance(change.new, str)):
                raise ClusteringError("The record gives a cluster a group without a name.")
            if change.field == "color" and not (change.new is None or is_color(change.new)):
                raise ClusteringError("The record gives a cluster a colour that is none.")

    def inverse(self) -> UpdateInfo:
        """Return the record that takes this one back, as undo emits it (and redo, from that one)."""
        return UpdateInfo(
            description=self.description,
            added=self.deleted,
            deleted=self.added,
            descendants=tuple(sorted((new, old) for old, new in self.descendants)),
            spike_ids=self.spike_ids,
            spike_clusters=self.spike_clusters,
            heirs=self.heirs,
            metadata_changed=tuple(
                MetadataChange(change.cluster_id, change.field, change.new, change.old)
                for change in reversed(self.metadata_changed)
            ),
            groups_changed=tuple(
                GroupChange(change.place, change.new, change.old) for change in reversed(self.groups_changed)
            ),
            cause="redo" if self.cause == "undo" else "undo",
        )

    def __repr__(self) -> str:
        return update_text(self)

    def _repr_html_(self) -> str:
        """Return what became of which clusters, for a notebook."""
        return update_html(self)
