"""What is changed through a Kwik model, and the names that scripts for the legacy class use."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel, SpikeRows
from napari_phy.core.cluster_groups import UNSORTED, ClusterGroup
from napari_phy.core.clustering_file import ClusteringSummary, StoredClustering
from napari_phy.core.errors import ClusteringError
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.kwik import clusterings, group_edits, spikes
from napari_phy.formats.kwik.cluster_data import ClusterExtras, ClusterMetadata
from napari_phy.formats.kwik.legacy_names import LegacyNames


class ClusterGroups(dict[int, str]):
    """{cluster: group}; a cluster that is not in it is unsorted."""

    def __missing__(self, cluster: int) -> str:
        return UNSORTED


class EditableModel(LegacyNames):
    """A model whose channel group and clustering can be switched, and whose file can be edited.

    Everything is written in one step: a copy is edited, read back and put in the place of the file, which stays as
    `x.kwik.bak`. `clusters/original`, the `.kwx` and raw data are never written. A call that fails leaves the file and
    the model as they were. Clusterings that are being edited in a session refuse to be written, renamed or deleted.

    Attributes
    ----------
    metadata : mapping of str to object
        Parameters of SpikeDetekt and KlustaKwik2, as the file has them.
    clustering_metadata : mapping of str to object
        Attributes of the clustering.
    cluster_ids : ndarray of int64
        Ascending int64, clusters that have spikes.
    """

    metadata: Mapping[str, Any]
    clustering_metadata: Mapping[str, Any]
    cluster_ids: npt.NDArray[np.int64]
    features_masks: SpikeRows | None
    _channel_group: int
    _clustering: str
    _cluster_groups: dict[int, str]
    _user_groups: tuple[ClusterGroup, ...]
    _owner: str | None = None
    holds_clusterings = True

    @abstractmethod
    def opened_at(self, channel_group: int | None, clustering: str | None) -> Self:
        """Return another channel group or clustering of the same file as a model of its own."""

    @abstractmethod
    def _list_clusterings(self, file: H5File) -> None: ...

    @abstractmethod
    def _read_spike_clusters(self, file: H5File, clustering: str | None) -> None: ...

    @abstractmethod
    def _read_clusters(self, file: H5File) -> None: ...

    # ---- which part of the file

    @property
    def channel_group(self) -> int:
        """Which channels; assigning another one reads it, with its main clustering."""
        return self._channel_group

    @channel_group.setter
    def channel_group(self, channel_group: int) -> None:
        self._check_free()
        other = self.opened_at(channel_group, None)
        self.close()
        self.__dict__.update(other.__dict__)

    @property
    def clustering(self) -> str:
        """Which clustering; assigning another one reads it."""
        return self._clustering

    @clustering.setter
    def clustering(self, clustering: str) -> None:
        self._check_free()
        self._read_again(clustering)

    def with_clustering(self, clustering: str) -> Self:
        """Return another clustering of this channel group as a model that shares everything else.

        The two share their open files too: closing one of them closes both.
        """
        other = copy.copy(self)
        with open_h5(self.path) as file:
            other._list_clusterings(file)
            other._read_spike_clusters(file, clustering)
            other._read_clusters(file)
        return other

    def sibling(self, channel_group: int, clustering: str | None) -> Self:
        """Return another channel group or clustering; one of this channel group shares all else with this one."""
        if clustering is not None and channel_group == self.channel_group:
            return self.with_clustering(clustering)
        return self.opened_at(channel_group, clustering)

    def shares_files(self, other: BaseModel) -> bool:
        """Tell whether closing a model that `sibling` returned closes this one too."""
        return self.channel_group == other.channel_group

    def read_summaries(self) -> list[ClusteringSummary]:
        """Return how far each clustering of the file is, as saved."""
        return clusterings.read_summaries(self)

    def reserve(self, owner: str) -> None:
        """Refuse to be switched or written by its own methods from now on: somebody keeps edits for it."""
        self._owner = owner

    def saved_as(self, clustering: str) -> bool:
        """Take the name of the clustering that this one was saved as; return whether it is another name."""
        if clustering == self._clustering:
            return False
        self.refresh()
        self._clustering = clustering
        return True

    # ---- clusters

    @property
    def cluster_groups(self) -> ClusterGroups:  # type: ignore[override]  # the caller's own, to change and to save
        """{cluster: group} of the clusters that are not unsorted; asked for any other it says "unsorted"."""
        return ClusterGroups(self._cluster_groups)

    @property
    def cluster_metadata(self) -> ClusterMetadata:
        """{cluster: what the file says of it}, read when asked for; `.group(cluster)` is its group."""
        return ClusterMetadata(self, self.cluster_ids)

    @property
    def user_groups(self) -> tuple[ClusterGroup, ...]:
        """Groups besides the standard ones, in the order of the file."""
        return self._user_groups

    def save(
        self,
        spike_clusters: npt.ArrayLike | None = None,
        cluster_groups: Mapping[int, str | int | None] | None = None,
        clustering_metadata: Mapping[str, Any] | None = None,
        *,
        cluster_colors: Mapping[int, str | None] | None = None,
        cluster_labels: Mapping[str, Mapping[int, Any]] | None = None,
        cluster_data: Mapping[int, ClusterExtras] | None = None,
    ) -> None:
        """Write the clustering into the file.

        Parameters
        ----------
        spike_clusters : array_like, shape (n_spikes,), optional
            Integers of any type; None leaves them as they are.
        cluster_groups : mapping of int to str or int or None, optional
            {cluster: name, number or None}; None is unsorted, new names become groups, and clusters that are not named
            keep their group.
        clustering_metadata : mapping of str to object, optional
            Attributes of the clustering to add or change.
        cluster_colors : mapping of int to str or None, optional
            {cluster: '#rrggbb'}, None takes the colour away; the others keep theirs.
        cluster_labels : mapping of str to mapping of int to object, optional
            {field: {cluster: value}}, None takes the value away; what is not named stays.
        cluster_data : mapping of int to ClusterExtras, optional
            {cluster: user fields, quality measures and mean waveforms}; what is None in it stays.

        Raises
        ------
        ReadOnlyError
            The clustering is "original", is being edited, or the file cannot be written to.
        SaveError
            What is given does not fit the file, or it could not be written; it is as before.
        """
        self._check_free()
        clusterings.save_clustering(
            self.path,
            self.channel_group,
            self.clustering,
            clusterings.Changes(
                spike_clusters=None if spike_clusters is None else self.in_stored_order(spike_clusters),
                cluster_groups=cluster_groups or {},
                clustering_metadata=clustering_metadata or {},
                cluster_colors=cluster_colors or {},
                cluster_labels=cluster_labels or {},
                cluster_data=cluster_data or {},
            ),
        )
        self._read_again(self.clustering)

    def in_stored_order(self, spike_clusters: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the cluster of each spike in time in the order in which clusterings are written."""
        clusters, places = np.asarray(spike_clusters), self.journal_places
        return clusters if places is None or clusters.shape != places.shape else spikes.to_file(clusters, places)

    # ---- clusterings of the file

    def add_clustering(self, name: str, spike_clusters: npt.ArrayLike) -> None:
        """Add a clustering of this channel group; its clusters are unsorted. `spike_clusters` is (n_spikes,)."""
        changes = clusterings.Changes(spike_clusters=self.in_stored_order(spike_clusters))
        clusterings.add_clustering(self.path, self.channel_group, name, changes)
        self.refresh()

    def copy_clustering(self, name: str, new_name: str, shown: StoredClustering | None = None) -> None:
        """Add a copy of a clustering with all that the file says of its clusters, as saved or as `shown`."""
        changes = None
        if shown is not None:
            changes = clusterings.Changes(
                spike_clusters=self.in_stored_order(shown.spike_clusters),
                cluster_groups=shown.cluster_groups,
                cluster_colors=shown.cluster_colors,
                cluster_labels=shown.cluster_labels,
                user_groups=shown.user_groups,
                keeps_the_rest=False,
            )
        clusterings.copy_clustering(self.path, self.channel_group, name, new_name, changes)
        self.refresh()

    def rename_clustering(self, name: str, new_name: str) -> None:
        """Rename a clustering that is not the one in use; the edits kept for it go along."""
        self._check_not_current(name, "renamed")
        clusterings.rename_clustering(self.path, self.channel_group, name, new_name)
        self.refresh()

    def rename_to(self, new_name: str) -> None:
        """Rename the clustering in use, for which no edits are kept now; the model is to be opened again then."""
        clusterings.rename_clustering(self.path, self.channel_group, self.clustering, new_name)

    def delete_clustering(self, name: str) -> None:
        """Delete a clustering that is not the one in use; edits kept for it are set aside."""
        self._check_not_current(name, "deleted")
        clusterings.delete_clustering(self.path, self.channel_group, name)
        self.refresh()

    def reset_clustering(self, name: str | None = None) -> None:
        """Make a clustering (None: the one in use) what "original" is; edits kept for it are set aside."""
        name = self.clustering if name is None else name
        if name == self.clustering:
            self._check_free()
        clusterings.reset_clustering(self.path, self.channel_group, name)
        if name == self.clustering:
            self._read_again(name)
        else:
            self.refresh()

    # ---- groups of clusters

    def add_cluster_group(self, group: int | str, name: str | None = None, color: str | None = None) -> int:
        """Add a group: `add_cluster_group(4, "axons")`, or `add_cluster_group("axons")`; return its number."""
        self._check_free()
        wanted, name = (group, name) if isinstance(group, int) else (None, group if name is None else name)
        number = group_edits.add_group(self.path, self.channel_group, self.clustering, wanted, name, color)
        self._read_again(self.clustering)
        return number

    def rename_cluster_group(self, group: int | str, name: str) -> None:
        """Rename a group, given by number or name; its clusters stay in it."""
        self._check_free()
        group_edits.rename_group(self.path, self.channel_group, self.clustering, group, name)
        self._read_again(self.clustering)

    def recolor_cluster_group(self, group: int | str, color: str | None) -> None:
        """Give a group, given by number or name, a colour '#rrggbb'; None takes it away."""
        self._check_free()
        group_edits.recolor_group(self.path, self.channel_group, self.clustering, group, color)
        self._read_again(self.clustering)

    def delete_cluster_group(self, group: int | str) -> None:
        """Delete a group, given by number or name; its clusters become unsorted."""
        self._check_free()
        group_edits.delete_group(self.path, self.channel_group, self.clustering, group)
        self._read_again(self.clustering)

    # ---- following the file

    def _read_again(self, clustering: str) -> None:
        """Read what the file says of a clustering; if that fails nothing changes."""
        self.__dict__.update(self.with_clustering(clustering).__dict__)

    def refresh(self) -> None:
        """Read again which clusterings the file has."""
        with open_h5(self.path) as file:
            self._list_clusterings(file)

    def _check_free(self) -> None:
        if self._owner is not None:
            raise ClusteringError(f"{self.name} is open in a session; switch with {self._owner}.")

    def _check_not_current(self, name: str, what: str) -> None:
        if name == self.clustering:
            raise ClusteringError(
                f"{self.name}: the clustering {name} is in use and cannot be {what}; switch to another one first."
            )
