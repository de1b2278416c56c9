"""The record of an edit: its inverse, and what it must not say."""

from dataclasses import fields, replace

import numpy as np
import pytest

from napari_phy.core.cluster_groups import ClusterGroup, GroupChange
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError
from napari_phy.core.update_info import MetadataChange, UpdateInfo, no_spikes

SPLIT = ClusterManager([0] * 5 + [1] * 3, cluster_groups={0: "good"}).split([0, 1, 6])
MERGE = UpdateInfo("merge", added=(7,), deleted=(2, 3), descendants=((2, 7), (3, 7)), heirs=((2, 7), (3, 7)))
GROUPS = UpdateInfo(
    "groups",
    metadata_changed=(MetadataChange(1, "group", "a", "b"), MetadataChange(1, "note", None, 3)),
    groups_changed=(
        GroupChange(0, ClusterGroup(4, "a"), ClusterGroup(4, "b")), GroupChange(1, None, ClusterGroup(5, "c"))
    ),
)  # fmt: skip


def parts(update):
    found = {field.name: getattr(update, field.name) for field in fields(update)}
    return {name: part.tolist() if isinstance(part, np.ndarray) else part for name, part in found.items()}


@pytest.mark.parametrize("update", [SPLIT, MERGE, GROUPS], ids=["split", "merge", "groups"])
def test_the_inverse_of_the_inverse_is_the_edit_again_as_redo(update):
    undone = update.inverse()
    assert (update.cause, undone.cause, undone.inverse().cause, undone.inverse().inverse().cause) == (
        "edit", "undo", "redo", "undo"
    )  # fmt: skip
    assert (undone.added, undone.deleted) == (update.deleted, update.added)
    assert undone.descendants == tuple(sorted((new, old) for old, new in update.descendants))
    assert parts(replace(undone.inverse(), cause="edit")) == parts(update)


def test_the_inverse_takes_back_the_last_change_first():
    assert GROUPS.inverse().metadata_changed == (
        MetadataChange(1, "note", 3, None),
        MetadataChange(1, "group", "b", "a"),
    )
    assert [(change.place, change.new) for change in GROUPS.inverse().groups_changed] == [
        (1, None), (0, ClusterGroup(4, "a"))
    ]  # fmt: skip


@pytest.mark.parametrize("update", [SPLIT, MERGE, GROUPS], ids=["split", "merge", "groups"])
def test_what_was_done_does_not_contradict_itself(update):
    update.check()


@pytest.mark.parametrize(
    "wrong",
    [
        {"description": "swap"},
        {"added": (7, 7)},
        {"deleted": (2, 3, 3)},
        {"added": (7, 8)},
        {"deleted": (2, 3, 4)},
        {"descendants": ((2, 7),), "heirs": ((2, 7),)},
        {"descendants": ((2, 7), (3, 7), (3, 8))},
        {"descendants": ((2, 7), (3, 7), (4, 7))},
        {"heirs": ((2, 7),)},
        {"heirs": ((2, 7), (3, 8))},
        {"spike_ids": np.array([3])},
        {"spike_clusters": np.array([7])},
    ],
    ids=str,
)
def test_a_record_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(ClusteringError, match="contradicts itself"):
        replace(MERGE, **wrong).check()


@pytest.mark.parametrize(
    ("field", "old", "new", "words"),
    [
        ("group", None, "good", "a group without a name"),
        ("group", "good", None, "a group without a name"),
        ("color", None, "red", "a colour that is none"),
        ("color", None, "#12345g", "a colour that is none"),
    ],
)
def test_values_that_no_cluster_can_have_are_refused(field, old, new, words):
    with pytest.raises(ClusteringError, match=words):
        UpdateInfo("label", metadata_changed=(MetadataChange(1, field, old, new),)).check()


def test_a_colour_can_be_taken_away():
    UpdateInfo("recolor", metadata_changed=(MetadataChange(1, "color", "#123456", None),)).check()


def test_records_without_spikes_share_one_array_that_cannot_be_changed():
    assert UpdateInfo("merge").spike_ids is UpdateInfo("move").spike_clusters is no_spikes()
    assert (len(no_spikes()), no_spikes().dtype, no_spikes().flags.writeable) == (0, np.int64, False)
