"""One clustering of a `.kwik`, as whoever keeps its edits sees it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.clustering_file import MAIN, ORIGINAL, StoredClustering
from napari_phy.core.errors import NapariPhyError
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.clustering_nodes import has_clustering
from napari_phy.formats.kwik.copying import copy_data_set
from napari_phy.formats.kwik.save import clustering_hash, write_clustering
from napari_phy.formats.kwik.spike_clusters import read_stored_clusters

_ROOM = 1 << 20


@dataclass(frozen=True, slots=True)
class KwikClusteringFile:
    """Fulfils `ClusteringFile`.

    Attributes
    ----------
    path : Path
        The file, links followed.
    channel_group : int
        Channel group of the clustering.
    clustering : str
        Name of the clustering, which a save writes.
    source : str, default ''
        Clustering that edits begin with as long as the file has none of that name; "" where there is no such.
    """

    path: Path
    channel_group: int
    clustering: str
    source: str = ""

    @classmethod
    def of(cls, model: BaseModel) -> Self:
        """Return where edits of a model belong: those of `original` to `main`, if the file has no `main` yet."""
        path = model.path.resolve()
        if model.clustering == ORIGINAL and MAIN not in model.clusterings:
            return cls(path, model.channel_group, MAIN, ORIGINAL)
        return cls(path, model.channel_group, model.clustering)

    def why_not_saved(self) -> str:
        """Return a sentence that tells why no save can write the clustering; "" where one can."""
        if self.clustering == ORIGINAL:
            return (
                f"The clustering original of {self.path.name} stays as the sorter wrote it. Edits are kept in the "
                "journal; copy it as a new clustering, or save a copy, to keep them in a file."
            )
        if not (os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK | os.X_OK)):
            return f"{self.path.name} is read-only. Edits are kept in the journal; save a copy to keep them in a file."
        return ""

    @contextmanager
    def reading(self) -> Iterator[KwikClusteringReader]:
        """Open the file, once for all that is asked inside."""
        with open_h5(self.path) as file:
            yield KwikClusteringReader(self, file)

    def write(self, copy: Path, clustering: StoredClustering) -> str:
        """Write a clustering into a copy of the file, read it back, and return its hash."""
        return write_clustering(
            copy,
            channel_group=self.channel_group,
            clustering=self.clustering,
            spike_clusters=clustering.spike_clusters,
            cluster_groups=clustering.cluster_groups,
            cluster_colors=clustering.cluster_colors,
            cluster_labels=clustering.cluster_labels,
            group_names=clustering.group_names,
            user_groups=clustering.user_groups,
            sources=(self.source,),
        )

    def finish(self) -> None:
        """Do nothing: the file is all there is."""

    def save_copy(self, target: Path, clustering: StoredClustering, raw_places: Mapping[str, Path]) -> None:
        """Write a data set of its own that holds a clustering: what is sorted in `original` is its `main`."""
        written = MAIN if self.clustering == ORIGINAL else self.clustering
        file = type(self)(self.path, self.channel_group, written, self.source)
        room = clustering.spike_clusters.nbytes + _ROOM
        copy_data_set(self.path, target, raw_places, lambda copy: file.write(copy, clustering), room_for=room)


class KwikClusteringReader:
    """Fulfils `ClusteringReader`."""

    def __init__(self, place: KwikClusteringFile, file: H5File) -> None:
        self._place = place
        self._file = file
        self._group = place.channel_group

    @cached_property
    def clustering(self) -> str:
        """Which clustering the file has: its own, the one that its edits begin with, or ""."""
        names = (self._place.clustering, self._place.source)
        return next((name for name in names if name and has_clustering(self._file, self._group, name)), "")

    def content_hash(self) -> str:
        """Return a hash of the clustering: cluster ids, groups, colours and labels."""
        return self._hash

    @cached_property
    def _hash(self) -> str:
        found = self.clustering
        digest = clustering_hash(self._file, self._group, found) if found else ""
        return digest if found == self._place.clustering else f"{found or 'none'} {digest}"

    def first_free_id(self) -> int:
        """Return an id above every cluster that the file has a node for."""
        nodes = self._file.children(schema.clusters_path(self._group, self.clustering or self._place.clustering))
        return max((node for node in nodes if isinstance(node, int)), default=-1) + 1

    def original(self) -> npt.NDArray[np.integer[Any]] | None:
        """Return the cluster ids of `original`; None where there is none that can be read."""
        try:
            if not self._file.has(schema.clustering_path(self._group, ORIGINAL)):
                return None
            return read_stored_clusters(self._file, self._group, ORIGINAL)
        except NapariPhyError:
            return None
