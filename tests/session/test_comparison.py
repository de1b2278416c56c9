"""Merging a second curation: as made by hand, one edit each, and no spike is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stats.three_clusterings import by_hand, sets_of, three_clusterings

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.errors import ClusteringError
from napari_phy.session.comparison import Comparison, Curation, compare, take
from napari_phy.stats.differences import find_differences


def stored(manager):
    return StoredClustering(
        manager.spike_clusters, manager.cluster_groups, manager.cluster_colors, manager.cluster_labels, ()
    )


def comparison_of(ours, theirs, base):
    comparison = Comparison(ours)
    comparison.open(Curation("theirs", stored(theirs), None if base is None else stored(base), "base"))
    return comparison


@given(three_clusterings)
def test_taking_what_only_they_changed_is_the_merge_made_by_hand_and_each_is_one_edit(three):
    base, ours, theirs = three
    expected, before = by_hand(base, ours, theirs), sets_of(ours)
    found = find_differences(ours, theirs, base)
    for n_taken, one in enumerate([one for one in found if one.changed_by == "theirs"], 1):
        take(ours, theirs, one)
        assert ours.n_done == n_taken
    assert sets_of(ours) == expected
    left = find_differences(ours, theirs, base)
    assert left == tuple(one for one in found if one.changed_by != "theirs")
    while ours.undo() is not None:
        pass
    assert sets_of(ours) == before


@given(three_clusterings, st.randoms())
def test_taking_all_in_any_order_makes_the_two_the_same(three, random):
    base, ours, theirs = three
    found = list(find_differences(ours, theirs, base))
    random.shuffle(found)
    assert sum(one.n_spikes for one in found) <= ours.total_spikes
    for one in found:
        assert one.n_spikes == sum(map(ours.n_spikes, one.ours)) == sum(map(theirs.n_spikes, one.theirs))
        take(ours, theirs, one)
    assert sets_of(ours) == sets_of(theirs)
    assert find_differences(ours, theirs) == ()


def test_what_is_kept_is_not_taken_with_the_rest_and_conflicts_never_are():
    base = ClusterManager([0, 0, 1, 2, 3, 3, 4, 4])
    ours = ClusterManager([0, 0, 1, 2, 5, 6, 4, 4], {5: "good"})
    theirs = ClusterManager([0, 9, 2, 2, 3, 3, 4, 4], {3: "mua", 9: "noise"}, {9: "#102030"}, {"note": {2: "one"}})
    comparison = comparison_of(ours, theirs, base)
    _, merged, conflict = compare(ours, comparison.curation).differences
    assert conflict.changed_by == "ours"
    heard = []
    comparison.changed.connect(lambda: heard.append(comparison.kept))
    comparison.keep(merged)
    assert comparison.take_all(compare(ours, comparison.curation).differences) == 1
    assert compare(ours, comparison.curation).differences == (merged, conflict)
    new = ours.clusters_of([1])[0]
    assert (ours.group(new), ours.color(new)) == ("noise", "#102030")
    comparison.reconsider(merged)
    assert heard == [{merged}, frozenset()]
    assert comparison.take_all([merged, conflict]) == 1
    assert ours.labels(ours.clusters_of([2])[0]) == {"note": "one"}
    comparison.take(conflict)
    assert sets_of(ours) == sets_of(theirs)
    assert ours.undo().description == "assign"
    assert ours.group(5) == "good"
    comparison.close()
    assert comparison.curation is None
    with pytest.raises(ClusteringError, match="second curation first"):
        comparison.take(conflict)


def test_clusters_that_changed_meanwhile_are_not_taken():
    ours, theirs = ClusterManager([0, 0, 1]), ClusterManager([0, 2, 1])
    (one,) = find_differences(ours, theirs)
    ours.merge([0, 1])
    with pytest.raises(ClusteringError, match="changed since"):
        take(ours, theirs, one)
    assert ours.n_done == 1


def test_groups_of_their_own_and_discarded_clusters_are_taken():
    ours = ClusterManager([0, 1])
    theirs = ClusterManager([0, 1])
    theirs.move([0], "axon")
    theirs.discard([1])
    for one in find_differences(ours, theirs):
        take(ours, theirs, one)
    assert (ours.group(0), ours.group(1)) == ("axon", "discarded")
    assert np.array_equal(ours.spike_clusters, [0, 1])
