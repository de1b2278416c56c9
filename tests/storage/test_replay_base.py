"""What edits replay on comes back as it was, whatever integers it is stored in, or is said to be lost."""

import json

import numpy as np
import pytest

from napari_phy.core.cluster_groups import ClusterGroup
from napari_phy.core.clustering_file import StoredClustering
from napari_phy.storage.journal_contents import BaseNote
from napari_phy.storage.replay_base import (
    UnreadableBaseError,
    first_free_id,
    is_original,
    keep_base,
    labels_hash,
    read_base,
)


class Reader:
    def __init__(self, original=None, free=0):
        self._original, self._free = original, free

    def original(self):
        return self._original

    def first_free_id(self):
        return self._free


def base_of(labels, **fields):
    return StoredClustering(np.array(labels), **{
        "cluster_groups": {1: "good"}, "cluster_colors": {2: "#010203"}, "cluster_labels": {"note": {1: 0.5, 3: "x"}},
        "group_names": ("noise", "mine"), "user_groups": (ClusterGroup(7, "mine", "#040506"),), **fields,
    })  # fmt: skip


@pytest.mark.parametrize("labels", [[1, 2, 3, 3], [5, 2**31, 1, 0], [0], []])
@pytest.mark.parametrize("is_in_file", [False, True])
def test_a_base_comes_back(tmp_path, labels, is_in_file):
    base, file = base_of(np.array(labels, dtype=np.int64)), tmp_path / "labels.npy"
    note = keep_base(base, file, is_in_file=is_in_file)
    assert note.source == ("original" if is_in_file else "labels")
    assert file.exists() is not is_in_file
    back = read_base(note, Reader(base.spike_clusters.astype(np.uint32) if is_in_file else None), file, len(labels))
    assert back.spike_clusters.tolist() == labels
    assert not back.spike_clusters.flags.writeable
    for field in ("cluster_groups", "cluster_colors", "cluster_labels", "group_names", "user_groups"):
        assert getattr(back, field) == getattr(base, field)


def test_a_hash_is_of_the_ids_and_not_of_their_type():
    ids = np.array([3, 1, 2])
    assert len({labels_hash(ids.astype(dtype)) for dtype in ("<i4", ">i4", "i8", "u2", "u8")}) == 1
    assert labels_hash(ids) != labels_hash(ids[::-1])
    assert len(labels_hash(ids)) == 64
    assert is_original(base_of(ids), Reader(ids.astype("u4")))
    assert not is_original(base_of(ids), Reader(ids + 1))
    assert not is_original(base_of(ids), Reader())


def test_ids_that_a_damaged_header_stands_before_are_read(tmp_path):
    base, file = base_of([4, 5, 6]), tmp_path / "labels.npy"
    note = keep_base(base, file, is_in_file=False)
    data = file.read_bytes()
    file.write_bytes(b"\0" * 40 + data[40:])
    assert read_base(note, Reader(), file, 3).spike_clusters.tolist() == [4, 5, 6]
    file.write_bytes(data[-12:])
    assert read_base(note, Reader(), file, 3).spike_clusters.tolist() == [4, 5, 6]


@pytest.mark.parametrize("damage", ["gone", "cut", "changed", "metadata", "other original"])
def test_a_base_that_is_not_the_same_is_lost(tmp_path, damage):
    base, file = base_of([4, 5, 6]), tmp_path / "labels.npy"
    note = keep_base(base, file, is_in_file=False)
    data = file.read_bytes()
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(data[-11:])
    elif damage == "changed":
        file.write_bytes(data[:-1] + b"\1")
    elif damage == "metadata":
        note = BaseNote(note.source, note.labels_hash, '{"groups": 3}')
    else:
        note = BaseNote("original", note.labels_hash, note.metadata)
    words = "has changed" if damage in ("cut", "changed", "other original") else "cannot be read"
    with pytest.raises(UnreadableBaseError, match=f"^The state that the edits began with {words}"):
        read_base(note, Reader(), file, 3)


def test_groups_that_were_kept_without_numbers_are_numbered(tmp_path):
    base, file = base_of([4], group_names=("noise", "mine", "yours")), tmp_path / "labels.npy"
    note = keep_base(base, file, is_in_file=False)
    metadata = json.loads(note.metadata)
    del metadata["user_groups"]
    back = read_base(BaseNote(note.source, note.labels_hash, json.dumps(metadata)), Reader(), file, 1)
    assert back.user_groups == (ClusterGroup(4, "mine"), ClusterGroup(5, "yours"))


@pytest.mark.parametrize(
    ("base", "free", "expected"),
    [
        (base_of([1, 9, 3]), 4, 10),
        (base_of([1, 2]), 20, 20),
        (base_of([0], cluster_groups={30: "good"}), 4, 31),
        (base_of([0], cluster_colors={30: "#000000"}), 4, 31),
        (base_of([0], cluster_labels={"note": {30: 1}}), 4, 31),
        (base_of([], cluster_groups={}, cluster_colors={}, cluster_labels={}), 0, 0),
    ],
)
def test_a_free_id_is_above_all_that_are_known(base, free, expected):
    assert first_free_id(base, Reader(free=free)) == expected
