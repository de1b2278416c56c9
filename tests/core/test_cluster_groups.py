"""The user's own groups: on the undo stack with everything else, with numbers that stay."""

import numpy as np
import pytest

from napari_phy.core.cluster_groups import ClusterGroup
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError
from napari_phy.storage.edit_records import decode_record, encode_record


@pytest.fixture
def manager():
    groups = (ClusterGroup(4, "axons", "#0000ff"), ClusterGroup(7, "far"))
    return ClusterManager(np.arange(60) % 6, {1: "axons", 2: "axons", 3: "good"}, user_groups=groups)


def names(manager):
    return [group.name for group in manager.user_groups]


def test_groups_of_the_file_are_there(manager):
    assert manager.group_names == ("noise", "mua", "good", "unsorted", "axons", "far")
    assert manager.user_groups[0] == ClusterGroup(4, "axons", "#0000ff")
    assert ClusterManager([0, 1], {0: "mine"}).user_groups == (ClusterGroup(4, "mine"),)


def test_a_renamed_group_keeps_number_place_colour_and_clusters(manager):
    update = manager.rename_group("Axons", " Fibres ")
    assert manager.user_groups[0] == ClusterGroup(4, "fibres", "#0000ff")
    assert manager.cluster_groups == {1: "fibres", 2: "fibres", 3: "good"}
    assert [(c.cluster_id, c.field, c.old, c.new) for c in update.metadata_changed] == [
        (1, "group", "axons", "fibres"),
        (2, "group", "axons", "fibres"),
    ]
    manager.undo()
    assert manager.cluster_groups == {1: "axons", 2: "axons", 3: "good"}


def test_the_clusters_of_a_removed_group_are_unsorted(manager):
    manager.remove_group("axons")
    assert names(manager) == ["far"]
    assert manager.cluster_groups == {3: "good"}
    manager.undo()
    assert names(manager) == ["axons", "far"]
    assert manager.group(1) == "axons"
    manager.redo()
    assert manager.group(1) == "unsorted"


def test_a_number_is_never_another_groups(manager):
    manager.remove_group("axons")
    manager.add_group("new", "#FFFFFF")
    assert manager.user_groups[-1] == ClusterGroup(5, "new", "#ffffff")
    manager.undo()
    manager.undo()
    manager.move([0], "Newer")
    assert manager.user_groups[-1] == ClusterGroup(6, "newer")
    manager.undo()
    assert names(manager) == ["axons", "far"]


def test_discarded_is_kept_but_not_shown(manager):
    manager.discard([5])
    assert names(manager) == ["axons", "far"]
    assert manager.stored_groups[-1] == ClusterGroup(5, "discarded")
    assert "discarded" not in manager.group_names


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.add_group("Good"), 'There is a group "good" already.'),
        (lambda m: m.add_group("axons"), 'There is a group "axons" already.'),
        (lambda m: m.add_group("discarded"), 'There is a group "discarded" already.'),
        (lambda m: m.add_group("  "), "A group needs a name."),
        (lambda m: m.add_group("x" * 101), "The name of a group has 100 characters at most; this one has 101."),
        (lambda m: m.add_group("a\nb"), "The name of a group cannot have line breaks"),
        (lambda m: m.rename_group("axons", "x" * 101), "100 characters at most"),
        (lambda m: m.move([1], "x" * 101), "100 characters at most"),
        (lambda m: m.add_group("a\0b"), "a file cannot hold it"),
        (lambda m: m.add_group("\udcff"), "a file cannot hold it"),
        (lambda m: m.add_group("b", "red"), "#rrggbb"),
        (lambda m: m.rename_group("axons", "far"), 'There is a group "far" already.'),
        (lambda m: m.rename_group("good", "b"), 'The group "good" is protected'),
        (lambda m: m.rename_group("nobody", "b"), 'There is no group "nobody".'),
        (lambda m: m.recolor_group("mua", "#000000"), "protected"),
        (lambda m: m.recolor_group("axons", "#0000FF"), "has that colour already"),
        (lambda m: m.remove_group("discarded"), "protected"),
        (lambda m: m.remove_group("unsorted"), "protected"),
    ],
)
def test_bad_calls_say_why_and_change_nothing(manager, call, message):
    before = manager.stored_groups, manager.cluster_groups
    with pytest.raises(ClusteringError, match=message):
        call(manager)
    assert (manager.stored_groups, manager.cluster_groups) == before
    assert manager.n_done == 0


def test_records_of_groups_are_written_and_read(manager):
    for update in (
        manager.add_group("b", "#010203"),
        manager.rename_group("b", "c"),
        manager.recolor_group("c", None),
        manager.remove_group("axons"),
        manager.move([0], "d"),
    ):
        again = decode_record(update.description, encode_record(update), None)
        assert again.groups_changed == update.groups_changed
        assert again.metadata_changed == update.metadata_changed
        assert update.groups_changed


def test_a_group_of_a_file_with_a_long_name_takes_clusters_and_another_name():
    name = "x" * 300
    manager = ClusterManager(np.arange(6), {1: name})
    manager.move([2], name)
    assert manager.cluster_groups == {1: name, 2: name}
    manager.rename_group(name, "short")
    assert manager.cluster_groups == {1: "short", 2: "short"}
