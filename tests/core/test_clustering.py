"""What can be asked of a clustering, of clusters that are gone too."""

import numpy as np
import pytest

from napari_phy.core.cluster_groups import ClusterGroup, GroupChange, GroupList, group_name, numbered
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError

LABELS = [3, 2, 2, 5, 3, 2, 5, 9]


@pytest.fixture
def manager():
    return ClusterManager(LABELS, {2: "good", 5: "noise"}, {2: "#010203"}, {"note": {3: "axon"}, "rank": {3: 0}})


def test_all_spikes_are_one_span(manager):
    assert manager.spike_spans == ((0, 8),)
    assert manager.total_spikes == 8


def test_groups_of_many_are_those_of_each(manager):
    ids = manager.cluster_ids.tolist()
    assert manager.groups_of(ids) == [manager.group(cluster) for cluster in ids] == [
        "good", "unsorted", "noise", "unsorted"
    ]  # fmt: skip


def test_the_group_that_a_cluster_had_is_known_after_it_is_gone(manager):
    manager.merge([2, 3])
    assert manager.last_group(2) == "good"
    assert (2 in manager, 10 in manager) == (False, True)
    for ask in (manager.group, manager.color, manager.labels, manager.n_spikes, manager.spikes):
        with pytest.raises(ClusteringError, match=r"^There is no cluster 2; it was merged, split or never existed\.$"):
            ask(2)


def test_labels_and_colours_are_those_that_were_given(manager):
    assert (manager.color(2), manager.color(3)) == ("#010203", None)
    assert (manager.labels(3), manager.labels(2)) == ({"note": "axon", "rank": 0}, {})
    assert manager.label_fields == ("note", "rank")
    manager.label([3], "note", None)
    assert manager.cluster_labels == {"rank": {3: 0}}
    assert manager.label_fields == ("note", "rank")


def test_clusters_of_spikes_come_in_the_order_asked_for(manager):
    assert manager.clusters_of([7, 0, 0]).tolist() == [9, 3, 3]
    assert manager.clusters_of([]).tolist() == []
    for spike in (-1, 8):
        with pytest.raises(ClusteringError, match=f"^There is no spike {spike}: there are 8 spikes, from 0"):
            manager.clusters_of([0, spike])


def test_the_edit_that_undo_or_redo_would_do_is_known(manager):
    assert (manager.undo_record, manager.redo_record) == (None, None)
    update = manager.merge([2, 3])
    assert (manager.undo_record, manager.redo_record) == (update, None)
    manager.undo()
    assert (manager.undo_record, manager.redo_record) == (None, update)


def test_edits_that_are_too_old_still_hold():
    manager = ClusterManager(LABELS, history_limit=2)
    for group in ("good", "mua", "noise"):
        manager.move([2], group)
    assert (manager.n_done, manager.n_dropped, len(manager.history)) == (3, 1, 2)
    manager.undo()
    assert (manager.n_done, manager.n_dropped) == (2, 1)


def test_slots_are_copied_only_where_they_changed(manager):
    n_cuts, slots, clusters = manager.slots_since(None)
    assert clusters[slots].tolist() == LABELS
    new = manager.merge([2, 3]).added[0]
    again, same, clusters = manager.slots_since(n_cuts)
    assert (again, same) == (n_cuts, None)
    assert clusters[slots].tolist() == [new, new, new, 5, new, new, 5, 9]
    manager.split([0])
    later, slots, clusters = manager.slots_since(n_cuts)
    assert later == n_cuts + 1
    assert clusters[slots].tolist() == manager.spike_clusters.tolist()
    slots_before = slots.copy()
    manager.undo()
    assert np.array_equal(slots, slots_before)
    assert manager.n_cuts == later + 1


def test_a_group_of_the_file_that_is_named_twice_is_the_first_and_unknown_ones_get_free_numbers():
    groups = GroupList([ClusterGroup(6, "a"), ClusterGroup(9, "a"), ClusterGroup(5, "b")], ["c", "good", "a", "0"])
    assert groups.groups == (
        ClusterGroup(6, "a"), ClusterGroup(5, "b"), ClusterGroup(4, "0"), ClusterGroup(7, "c")
    )  # fmt: skip
    assert (groups.find("b"), groups.find("d")) == (1, None)
    with pytest.raises(ClusteringError, match='no group "b" at place 0'):
        groups.apply([GroupChange(0, ClusterGroup(5, "b"), None)])
    assert numbered(["noise", "x", "good", "y"]) == (ClusterGroup(4, "x"), ClusterGroup(5, "y"))


@pytest.mark.parametrize(("n", "fits"), [(4095, True), (4096, False)])
def test_a_name_of_a_group_has_less_than_4096_bytes(n, fits):
    name = "é" * ((n - 1) // 2) + "x" * (n - 2 * ((n - 1) // 2))
    if fits:
        assert group_name(f" {name.upper()} ") == name
    else:
        with pytest.raises(ClusteringError, match=r"^'(é{40})' cannot be the name of a group: a file cannot hold it"):
            group_name(name)
