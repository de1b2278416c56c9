"""Differences of two clusterings: what they name, and who made them."""

from hypothesis import given
from stats.three_clusterings import three_clusterings

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.stats.differences import Difference, find_differences


@given(three_clusterings)
def test_who_changed_it_is_the_same_seen_from_the_other_side(three):
    base, ours, theirs = three
    turned = {"split": "merged", "merged": "split", "theirs": "ours", "ours": "theirs"}
    here, there = (find_differences(*pair, base) for pair in ((ours, theirs), (theirs, ours)))
    seen = {(one.ours, one.theirs): (one.kind, one.changed_by) for one in here}
    assert seen == {
        (one.theirs, one.ours): (turned.get(one.kind, one.kind), turned.get(one.changed_by, one.changed_by))
        for one in there
    }


@given(three_clusterings)
def test_without_changes_of_ours_nothing_is_a_conflict_and_without_those_of_theirs_nothing_is_taken(three):
    base, ours, _ = three
    assert {one.changed_by for one in find_differences(base, ours, base)} <= {"theirs"}
    assert {one.changed_by for one in find_differences(ours, base, base)} <= {"ours"}
    assert {one.changed_by for one in find_differences(ours, base)} <= {"unknown"}


def test_differences_are_named_and_those_of_theirs_come_first():
    base = ClusterManager([0, 0, 1, 2, 3, 3, 4, 5, 5, 6], {6: "mua"})
    ours = ClusterManager([0, 0, 1, 2, 7, 8, 4, 5, 5, 6], {4: "good", 6: "mua"})
    theirs = ClusterManager([0, 9, 2, 2, 3, 3, 4, 5, 5, 6], {4: "noise", 5: "good"})
    assert find_differences(ours, theirs, base) == (
        Difference("split", (0,), (0, 9), 2, "theirs"),
        Difference("merged", (1, 2), (2,), 2, "theirs"),
        Difference("group", (5,), (5,), 2, "theirs", ("unsorted", "good")),
        Difference("group", (6,), (6,), 1, "theirs", ("mua", "unsorted")),
        Difference("group", (4,), (4,), 1, "both", ("good", "noise")),
        Difference("merged", (7, 8), (3,), 2, "ours"),
    )


def test_spikes_that_both_changed_in_different_ways_are_a_conflict():
    base = ClusterManager([0, 0, 0, 0, 1, 1])
    ours, theirs = ClusterManager([0, 0, 2, 2, 1, 1]), ClusterManager([0, 2, 2, 2, 1, 1])
    assert find_differences(ours, theirs, base) == (Difference("regrouped", (0, 2), (0, 2), 4, "both"),)
    further = ClusterManager([0, 0, 2, 3, 1, 1])  # split as ours did, and once more
    assert find_differences(ours, further, base) == (Difference("split", (2,), (2, 3), 2, "both"),)
    same = ClusterManager([5, 5, 9, 9, 1, 1])
    assert find_differences(ours, same, base) == ()
