"""The clusters of a folder, as whoever keeps their edits sees them: `spike_clusters.npy` and the tables beside it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import distinct_ids
from napari_phy.core.clustering_file import MAIN, StoredClustering
from napari_phy.core.errors import NapariPhyError, SaveError
from napari_phy.formats.phy.arrays import as_integers, open_npy
from napari_phy.formats.phy.pending_tables import put_in_place, read_tables, release_tables, stage_tables
from napari_phy.formats.phy.tables import (
    INFO,
    Column,
    colors_of,
    groups_of,
    labels_of,
    read_columns,
    texts_of,
    write_info,
    write_tables,
)

SPIKE_CLUSTERS, SPIKE_TEMPLATES = "spike_clusters.npy", "spike_templates.npy"


@dataclass(frozen=True, slots=True)
class PhyClusteringFile:
    """Fulfils `ClusteringFile`.

    A save replaces `spike_clusters.npy` if clusters changed; the tables that it changes lie ready beside theirs by
    then, and take their places after it. Whenever the process is killed, either all or none of them count.

    Attributes
    ----------
    path : Path
        `spike_clusters.npy`, links followed; that of templates where there is none and none can be made.
    folder : Path
        The folder.
    channel_group : int, default 0
        The only one.
    clustering : str, default MAIN
        The only one.
    """

    path: Path
    folder: Path
    channel_group: int = 0
    clustering: str = MAIN

    def why_not_saved(self) -> str:
        """Return a sentence that tells why no save can write the clustering; "" where one can."""
        kept = "Edits are kept in the journal; save a copy to keep them in a file."
        if self.path.name == SPIKE_TEMPLATES:
            return f"{self.folder.name} has no {SPIKE_CLUSTERS}, and none can be made there. {kept}"
        places = (self.path, self.path.parent, self.folder)
        if not all(os.access(place, os.W_OK) for place in places):
            return f"{self.folder.name} is read-only. {kept}"
        return ""

    @contextmanager
    def reading(self) -> Iterator[PhyClusteringReader]:
        """Read the folder, once for all that is asked inside; a save that was killed on its way is finished."""
        self._put_in_place()
        yield PhyClusteringReader(self)

    def finish(self) -> None:
        """Put the tables in place that belong to the clusters, also where these did not change."""
        release_tables(self.folder)
        self._put_in_place()

    def _put_in_place(self) -> None:
        with suppress(OSError):  # they are read where they lie
            put_in_place(self.folder, self.path)

    def write(self, copy: Path, clustering: StoredClustering) -> str:
        """Write a clustering into a copy of `spike_clusters.npy`, tables beside theirs, and return the hash of both."""
        put_in_place(self.folder, self.path)  # what an earlier save could not; else it would be lost
        stored = open_npy(copy)
        ids = stored.row("spikes", len(clustering.spike_clusters))
        written = clustering.spike_clusters.astype(ids.dtype)
        if not np.array_equal(written, clustering.spike_clusters):
            raise SaveError(f"{self.path.name} is of {ids.dtype}, which cannot hold cluster {written.max()}")
        clusters, counts = np.unique(clustering.spike_clusters, return_counts=True)
        n_spikes = dict(zip(clusters.tolist(), counts.tolist(), strict=True))
        alive, files = set(n_spikes), read_tables(self.folder, self.path)
        columns, _ = read_columns(files)
        groups = {one: group for one, group in clustering.cluster_groups.items() if group != "unsorted"}
        tables = write_tables(
            columns, alive, groups, clustering.cluster_colors, clustering.cluster_labels, self._first_edited()
        )
        info = write_info(files.get(INFO), n_spikes, groups, clustering.cluster_labels)
        if info != files.get(INFO):
            tables[INFO] = info
        with copy.open("r+b") as file:
            file.seek(stored.offset)
            file.write(np.ascontiguousarray(written).data)
        stage_tables(self.folder, self.path, copy, tables)
        reader = PhyClusteringReader(replace(self, path=copy), with_waiting=True)
        same_ids = np.array_equal(reader.ids, clustering.spike_clusters)
        same_labels = texts_of(reader.labels, alive) == texts_of(clustering.cluster_labels, alive)
        if not (same_ids and same_labels and reader.groups == _of_alive(groups, alive)):
            raise SaveError(f"{self.path.name} came out other than it was written")
        return reader.content_hash()

    def _first_edited(self) -> int | None:
        """Return the first id that is of no template, which merges and splits may have; None if it is not known."""
        with suppress(NapariPhyError, OSError):
            used = as_integers(open_npy(self.folder / SPIKE_TEMPLATES).row("spikes"), SPIKE_TEMPLATES)
            return max(int(used.max(initial=-1)) + 1, open_npy(self.folder / "templates.npy").shape[0])
        return None

    def save_copy(self, target: Path, clustering: StoredClustering, raw_places: Mapping[str, Path]) -> None:
        """Write a `.kwik` that holds a clustering."""
        from napari_phy.formats.conversion.convert import convert_data_set

        names = ("noise", "mua", "good", "unsorted", *(group.name for group in clustering.user_groups))
        shown = replace(clustering, group_names=names)
        convert_data_set(self.folder, target, sorted_now={self.channel_group: shown}, copies_raw=False)


class PhyClusteringReader:
    """Fulfils `ClusteringReader`; `with_waiting` is that of `read_tables`."""

    def __init__(self, place: PhyClusteringFile, *, with_waiting: bool = False) -> None:
        self.clustering = place.clustering
        self._with_waiting = with_waiting
        self._place = place

    @cached_property
    def ids(self) -> npt.NDArray[np.int64]:
        """(n_spikes,) cluster of each spike, in the order of the file."""
        return as_integers(open_npy(self._place.path).row("spikes"), self._place.path.name)

    @property
    def groups(self) -> dict[int, str]:
        """{cluster: group}, unsorted ones left out."""
        return groups_of(self._columns, self._alive)

    @property
    def labels(self) -> dict[str, dict[int, Any]]:
        """{field: {cluster: value}} of the other fields."""
        return labels_of(self._columns, self._alive)

    def content_hash(self) -> str:
        """Return a hash of the clustering: cluster ids, groups, colours and labels."""
        return self._hash

    @cached_property
    def _hash(self) -> str:
        alive, columns = self._alive, self._columns
        digest = hashlib.blake2b(np.ascontiguousarray(self.ids, dtype="<i8").data, digest_size=32)
        labels = {name: sorted(values.items()) for name, values in self.labels.items() if values}
        said = [len(self.ids), sorted(self.groups.items()), sorted(colors_of(columns, alive).items()), labels]
        digest.update(json.dumps(said, sort_keys=True).encode())
        return digest.hexdigest()

    def first_free_id(self) -> int:
        """Return an id above every cluster that the folder knows, those without spikes included."""
        used = [max(column.cells, default=-1) for column in self._columns.values()]
        return max([int(self.ids.max(initial=-1)), *used]) + 1

    def original(self) -> npt.NDArray[np.integer[Any]] | None:
        """Return the template of each spike, which the sorter wrote; None where there are none that fit."""
        with suppress(NapariPhyError, OSError):
            found = open_npy(self._place.folder / SPIKE_TEMPLATES)
            return as_integers(found.row("spikes", len(self.ids)), SPIKE_TEMPLATES)
        return None

    @cached_property
    def _alive(self) -> set[int]:
        return set(distinct_ids(self.ids).tolist())

    @cached_property
    def _columns(self) -> dict[str, Column]:
        return read_columns(read_tables(self._place.folder, self._place.path, with_waiting=self._with_waiting))[0]


def _of_alive(groups: Mapping[int, str], alive: set[int]) -> dict[int, str]:
    return {cluster: group for cluster, group in groups.items() if cluster in alive}
