"""The state that edits replay on, kept once the file itself is saved over."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import compact_ids
from napari_phy.core.base_model import BaseModel
from napari_phy.core.cluster_groups import ClusterGroup, numbered
from napari_phy.core.clustering_file import ClusteringReader, StoredClustering
from napari_phy.core.errors import NapariPhyError
from napari_phy.files.atomic import write_file
from napari_phy.storage.edit_records import decode_group, decode_id, decode_text, decode_value, encode_value
from napari_phy.storage.journal_contents import BaseNote

_LABELS = ("<i4", "<i8")


class UnreadableBaseError(NapariPhyError):
    """What edits replay on is gone, damaged or changed."""


def base_of(model: BaseModel) -> StoredClustering:
    """Return what a model read from its file."""
    return StoredClustering(
        model.spike_clusters,
        model.cluster_groups,
        model.cluster_colors,
        model.cluster_labels,
        tuple(model.group_names),
        model.user_groups,
    )


def is_original(base: StoredClustering, reader: ClusteringReader) -> bool:
    """Tell whether the clusters of a base are those that the sorter wrote into the file."""
    original = reader.original()
    return original is not None and labels_hash(original) == labels_hash(base.spike_clusters)


def keep_base(base: StoredClustering, labels_file: Path, *, is_in_file: bool) -> BaseNote:
    """Keep a base where a save does not touch it, on the disk on return.

    Its clusters are written to `labels_file`, unless the file has them as `is_original` tells.
    """
    if not is_in_file:
        labels = _little_endian(base.spike_clusters)
        write_file(labels_file, lambda file: np.save(file, labels, allow_pickle=False))
    source = "original" if is_in_file else "labels"
    return BaseNote(source, labels_hash(base.spike_clusters), _encode_metadata(base))


def read_base(note: BaseNote, reader: ClusteringReader, labels_file: Path, n_spikes: int) -> StoredClustering:
    """Return the base that `keep_base` kept.

    Raises
    ------
    UnreadableBaseError
        It is gone or not the same any more.
    """
    try:
        if note.source == "original":
            read = [reader.original()]
        else:
            read = [_read_labels(labels_file, n_spikes, dtype) for dtype in _LABELS]
        labels = next((one for one in read if one is not None and labels_hash(one) == note.labels_hash), None)
        if labels is None:
            raise UnreadableBaseError("The state that the edits began with has changed.")
        groups, colors, fields, group_names, user_groups = _decode_metadata(note.metadata)
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnreadableBaseError("The state that the edits began with cannot be read.") from error
    labels = compact_ids(labels)
    labels.flags.writeable = False
    return StoredClustering(labels, groups, colors, fields, group_names, user_groups)


def first_free_id(base: StoredClustering, reader: ClusteringReader) -> int:
    """Return an id above every cluster that the file or a base knows, those without spikes included."""
    used = [int(base.spike_clusters.max(initial=-1)), *base.cluster_groups, *base.cluster_colors]
    used += [cluster for values in base.cluster_labels.values() for cluster in values]
    return max(reader.first_free_id(), max(used) + 1)


def labels_hash(labels: npt.NDArray[Any]) -> str:
    """Return a hash of cluster ids `(n_spikes,)`, whatever the integer type they are stored in."""
    return hashlib.blake2b(_little_endian(labels).data, digest_size=32).hexdigest()


def _read_labels(path: Path, n_spikes: int, dtype: str) -> npt.NDArray[Any] | None:
    """Return the last numbers of the file: a hash tells whether they are right, so that its header need not be."""
    n_bytes = n_spikes * np.dtype(dtype).itemsize
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) < n_bytes:
            return None
        file.seek(-n_bytes, os.SEEK_END)
        return np.frombuffer(file.read(n_bytes), dtype=dtype)


def _little_endian(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    compact = compact_ids(labels)
    return np.ascontiguousarray(compact, dtype=compact.dtype.newbyteorder("<"))


def _decode_metadata(
    text: str,
) -> tuple[dict[int, str], dict[int, str], dict[str, dict[int, Any]], tuple[str, ...], tuple[ClusterGroup, ...]]:
    """Return groups, colours, labels, names of groups and the user's groups.

    Raises
    ------
    ValueError, TypeError, KeyError, RecursionError
        That is not what `_encode_metadata` made.
    """
    metadata = json.loads(text)
    names = tuple(decode_text(name) for name in metadata["group_names"])
    own = metadata.get("user_groups")
    return (
        {decode_id(cluster): decode_text(group) for cluster, group in metadata["groups"]},
        {decode_id(cluster): decode_text(color) for cluster, color in metadata["colors"]},
        {
            decode_text(field): {decode_id(cluster): decode_value(value) for cluster, value in values}
            for field, values in metadata["labels"]
        },
        names,
        numbered(names) if own is None else tuple(decode_group(group) for group in own),
    )


def _encode_metadata(base: StoredClustering) -> str:
    return json.dumps(
        {
            "groups": [[int(cluster), str(group)] for cluster, group in base.cluster_groups.items()],
            "colors": [[int(cluster), str(color)] for cluster, color in base.cluster_colors.items()],
            "labels": [
                [str(field), [[int(cluster), encode_value(value)] for cluster, value in values.items()]]
                for field, values in base.cluster_labels.items()
            ],
            "group_names": list(base.group_names),
            "user_groups": [[group.group_id, group.name, group.color] for group in base.user_groups],
        },
        separators=(",", ":"),
    )
