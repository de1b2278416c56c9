"""Which clustering of which file edits belong to, and where their journal lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from napari_phy.core.base_model import BaseModel
from napari_phy.files.side_folder import clustering_file
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.save import content_hash
from napari_phy.formats.open_ephys import files as open_ephys_files
from napari_phy.storage.replay_base import Base


@dataclass(frozen=True, slots=True)
class ClusteringPlace:
    """One clustering of one file.

    Attributes
    ----------
    path : the file, links followed.
    channel_group, clustering : which of its clusterings; that which a save writes.
    source : clustering that edits begin with as long as the file has none of that name; "" where there is no such.
    """

    path: Path
    channel_group: int
    clustering: str
    source: str = ""

    @classmethod
    def of(cls, model: BaseModel) -> Self:
        """Return where edits of a model belong: those of `original` to `main`, if the file has no `main` yet."""
        path = model.edited_file.resolve()
        if model.clustering == schema.ORIGINAL and schema.MAIN not in model.clusterings:
            return cls(path, model.channel_group, schema.MAIN, schema.ORIGINAL)
        return cls(path, model.channel_group, model.clustering)

    @property
    def holds_clusterings(self) -> bool:
        """Whether the file has a place for clusterings; files of a recording have none."""
        return self.path.suffix.lower() not in open_ephys_files.SUFFIXES

    @property
    def is_writable(self) -> bool:
        """Whether a save can write the clustering."""
        return (
            self.holds_clusterings
            and self.clustering != schema.ORIGINAL
            and os.access(self.path, os.W_OK)
            and os.access(self.path.parent, os.W_OK | os.X_OK)
        )

    def found_in(self, path: Path) -> str:
        """Return which clustering the file, or a copy of it, has: its own, the one that edits begin with, or ""."""
        with open_h5(path) as file:
            names = (self.clustering, self.source)
            has = (name and file.is_dataset(schema.clustering_path(self.channel_group, name)) for name in names)
            return next((name for name, is_there in zip(names, has, strict=True) if is_there), "")

    def content_hash(self) -> str:
        """Return the hash of what the file holds now."""
        if not self.holds_clusterings:
            return open_ephys_files.content_hash(self.path, self.channel_group)
        found = self.found_in(self.path)
        digest = content_hash(self.path, self.channel_group, found) if found else ""
        return digest if found == self.clustering else f"{found or 'none'} {digest}"

    def first_free_id(self, base: Base) -> int:
        """Return an id above every cluster that the file knows, those without spikes included."""
        found = self.found_in(self.path) or self.clustering
        with open_h5(self.path) as file:
            nodes = file.children(schema.clusters_path(self.channel_group, found))
        used = [node for node in nodes if isinstance(node, int)]
        used += [int(base.spike_clusters.max(initial=-1)), *base.cluster_groups, *base.cluster_colors]
        used += [cluster for values in base.cluster_labels.values() for cluster in values]
        return max(used) + 1

    def journal_file(self, folder: Path) -> Path:
        """Return where the journal lies."""
        return clustering_file(folder, "journal", self.channel_group, self.clustering, ".sqlite")

    def labels_file(self, folder: Path) -> Path:
        """Return where the clusters that the edits began with lie, unless the file itself has them."""
        return clustering_file(folder, "base", self.channel_group, self.clustering, ".npy")
