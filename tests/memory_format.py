"""The smallest format that can be sorted: a data set in memory whose clustering is kept in a small text file."""

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from napari_phy.core.cluster_groups import ClusterGroup
from napari_phy.core.clustering_file import StoredClustering


@dataclass(frozen=True)
class MemoryClusteringFile:
    """Fulfils `ClusteringFile`; `write_first` makes the file."""

    path: Path
    channel_group: int = 0
    clustering: str = "main"

    def write_first(self, clustering, *, keeps_original=True):
        """Write the file as a sorter would."""
        content = _as_json(clustering)
        self.path.write_text(json.dumps({"original": content["spike_clusters"] if keeps_original else None, **content}))

    def read(self):
        """Return what the file holds."""
        return _from_json(json.loads(self.path.read_text()))

    def why_not_saved(self):
        return ""

    @contextmanager
    def reading(self):
        yield MemoryReader(self, json.loads(self.path.read_text()))

    def write(self, copy, clustering):
        content = json.loads(copy.read_text()) | _as_json(clustering)
        copy.write_text(json.dumps(content))
        with replace(self, path=copy).reading() as reader:
            return reader.content_hash()

    def finish(self):
        pass

    def save_copy(self, target, clustering, raw_places):
        target.write_text(self.path.read_text())
        self.write(target, clustering)


class MemoryReader:
    """Fulfils `ClusteringReader`."""

    def __init__(self, place, content):
        self.clustering = place.clustering
        self._content = content

    def content_hash(self):
        without = {name: value for name, value in self._content.items() if name != "original"}
        return hashlib.blake2b(json.dumps(without, sort_keys=True).encode()).hexdigest()

    def first_free_id(self):
        return max(self._content["spike_clusters"], default=-1) + 1

    def original(self):
        original = self._content["original"]
        return None if original is None else np.array(original)


def _as_json(clustering):
    return {
        "spike_clusters": clustering.spike_clusters.tolist(),
        "cluster_groups": sorted(clustering.cluster_groups.items()),
        "cluster_colors": sorted(clustering.cluster_colors.items()),
        "cluster_labels": {field: sorted(values.items()) for field, values in clustering.cluster_labels.items()},
        "user_groups": [(group.group_id, group.name, group.color) for group in clustering.user_groups],
    }


def _from_json(content):
    return StoredClustering(
        np.array(content["spike_clusters"], dtype=np.int32),
        dict(content["cluster_groups"]),
        dict(content["cluster_colors"]),
        {field: dict(values) for field, values in content["cluster_labels"].items()},
        ("noise", "mua", "good", "unsorted"),
        tuple(ClusterGroup(*group) for group in content["user_groups"]),
    )
