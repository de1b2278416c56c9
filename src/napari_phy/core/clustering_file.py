"""The file that holds a clustering, as whoever keeps its edits sees it, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import ClusterIds
from napari_phy.core.cluster_groups import ClusterGroup
from napari_phy.core.errors import ReadOnlyError

MAIN, ORIGINAL = "main", "original"  # the clustering that is sorted, and that which the sorter wrote


@dataclass(frozen=True, slots=True, eq=False)
class StoredClustering:
    """A clustering with all that is said of its clusters.

    Attributes
    ----------
    spike_clusters : ClusterIds, shape (n_spikes,)
        Cluster of each spike.
    cluster_groups : mapping of int to str
        {cluster: group}, unsorted ones left out.
    cluster_colors : mapping of int to str
        {cluster: "#rrggbb"}.
    cluster_labels : mapping of str to mapping of int to object
        {field: {cluster: value}}.
    group_names : tuple of str
        Group names of all groups, in the file's order.
    user_groups : tuple of ClusterGroup
        Those besides the standard ones.
    """

    spike_clusters: ClusterIds
    cluster_groups: Mapping[int, str]
    cluster_colors: Mapping[int, str]
    cluster_labels: Mapping[str, Mapping[int, Any]]
    group_names: tuple[str, ...]
    user_groups: tuple[ClusterGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusteringSummary:
    """One clustering of a file.

    Attributes
    ----------
    channel_group : int
        Channel group of the clustering.
    clustering : str
        Name of the clustering.
    n_spikes : int
        Number of spikes of the channel group.
    n_decided, n_clusters : int or None
        Clusters in a group, of all but the discarded ones; None where that is not known.
    n_unsaved : int
        Edits that wait in its journal.
    reason : str
        Why it cannot be opened, a sentence; "" where it can.
    """

    channel_group: int
    clustering: str
    n_spikes: int
    n_decided: int | None = None
    n_clusters: int | None = None
    n_unsaved: int = 0
    reason: str = ""


class ClusteringReader(Protocol):
    """A file that is open, for all that is asked of it at one time.

    Spikes are in the order of the file's own numbers, which `BaseModel.journal_places` tells.
    """

    @property
    def clustering(self) -> str:
        """Which clustering the file has: that which a save writes, the one that its edits begin with, or ""."""
        ...

    def content_hash(self) -> str:
        """Return a hash of the clustering: cluster ids, groups, colours and labels."""
        ...

    def first_free_id(self) -> int:
        """Return an id above every cluster that the file knows, those without spikes included."""
        ...

    def original(self) -> npt.NDArray[np.integer[Any]] | None:
        """Return `(n_spikes,)` cluster ids that the sorter wrote and no save changes; None if the file has none."""
        ...


class ClusteringFile(Protocol):
    """One clustering of one file; a class for each format.

    Every method raises NapariPhyError or OSError with a sentence for what goes wrong, nothing else.
    """

    @property
    def path(self) -> Path:
        """The file that a save replaces, links followed."""
        ...

    @property
    def channel_group(self) -> int:
        """The channel group that the clustering belongs to."""
        ...

    @property
    def clustering(self) -> str:
        """The clustering that a save writes; the file may not have it yet."""
        ...

    def why_not_saved(self) -> str:
        """Return a sentence that tells why no save can write the clustering; "" where one can."""
        ...

    def reading(self) -> AbstractContextManager[ClusteringReader]:
        """Open the file, once for all that is asked inside."""
        ...

    def write(self, copy: Path, clustering: StoredClustering) -> str:
        """Write a clustering into a copy of the file, read it back, and return its hash.

        Parameters
        ----------
        copy : Path
            Path of the copy; only that is written.
        clustering : StoredClustering
            What the copy gets, spikes in the order of `ClusteringReader`.
        """
        ...

    def finish(self) -> None:
        """Do what is left once the copy is in place, as with files beside it; what a crash left, `reading` does."""
        ...

    def save_copy(self, target: Path, clustering: StoredClustering, raw_places: Mapping[str, Path]) -> None:
        """Write a data set of its own that holds a clustering; this one stays as it is.

        Parameters
        ----------
        target : Path
            Main file of the copy.
        clustering : StoredClustering
            What the data set gets, spikes in the order of `ClusteringReader`.
        raw_places : mapping of str to Path
            {name of a raw file in the file: where it is}.
        """
        ...


def check_not_original(path: Path, clustering: str) -> None:
    """Raise ReadOnlyError for the clustering that the sorter wrote."""
    if clustering == ORIGINAL:
        raise ReadOnlyError(
            f"{Path(path).name}: the clustering original is kept as the sorter wrote it; copy it and work on the copy."
        )
