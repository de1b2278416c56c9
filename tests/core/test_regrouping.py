"""Putting spikes together anew, against plain sets of spikes."""

import numpy as np
import pytest
from core.edits import clusterings
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError
from napari_phy.core.partition import Partition
from napari_phy.core.regrouping import regrouping, resulting_ids


def sets_of(labels):
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels).tolist()}


@given(clusterings(), st.data())
def test_marked_spikes_are_put_together_and_the_rest_of_each_cluster_stays_together(labels, data):
    n = len(labels)
    spikes = np.array(sorted(data.draw(st.sets(st.integers(0, n - 1), min_size=1))))
    marks = np.array(data.draw(st.lists(st.integers(-2, 2), min_size=len(spikes), max_size=len(spikes))))
    expected = {frozenset(spikes[marks == mark].tolist()) for mark in np.unique(marks).tolist()}
    rest = np.setdiff1d(np.arange(n), spikes)
    expected |= {frozenset(rest[labels[rest] == label].tolist()) for label in np.unique(labels[rest]).tolist()}
    manager = ClusterManager(labels)
    if expected == sets_of(labels):
        with pytest.raises(ClusteringError, match="nothing would change"):
            manager.assign(spikes, marks)
        return
    update = manager.assign(spikes, marks)
    after = manager.spike_clusters
    assert sets_of(after) == expected
    for cluster in np.unique(labels).tolist():  # a set that was a cluster keeps its id
        assert (frozenset(np.flatnonzero(labels == cluster).tolist()) in expected) == (cluster in manager)
    new_of_mark = [int(after[spikes[marks == mark][0]]) for mark in np.unique(marks).tolist()]
    added = [new for new in new_of_mark if new in update.added]
    assert added == sorted(added)  # in the order of the marks, before what is left
    assert tuple(added) == update.added[: len(added)]
    rests = [int(after[rest[labels[rest] == old][0]]) for old in update.deleted if (labels[rest] == old).any()]
    assert (*added, *rests) == update.added  # then what is left, in the order of the clusters it was of


@given(clusterings(), st.data())
def test_where_each_mark_went_is_known_before_it_is_done(labels, data):
    marks = np.array(data.draw(st.lists(st.integers(-3, 3), min_size=len(labels), max_size=len(labels))))
    partition = Partition(labels)
    try:
        record = regrouping("assign", partition, np.arange(len(labels)), marks, 20)
    except ClusteringError:
        return
    ids = resulting_ids(record, partition, np.arange(len(labels)), marks)
    partition.apply(partition.plan(record))
    assert [ids[mark] for mark in marks.tolist()] == partition.spike_clusters.tolist()


@pytest.mark.parametrize(
    ("chosen", "named", "heirs"),
    [
        ([0], [0], ((0, 11),)),
        ([0, 1, 2], [0, 1, 2], ((0, 11),)),  # of equal sides, the chosen one is named
        ([0, 1, 2, 3], [4, 5], ((0, 10),)),
    ],
)
def test_only_the_smaller_side_is_named(chosen, named, heirs):
    update = ClusterManager([0] * 6 + [9]).split(chosen)
    assert (update.added, update.spike_ids.tolist(), update.heirs) == ((10, 11), named, heirs)
    assert set(update.spike_clusters.tolist()) == {10 if named == chosen else 11}


def test_why_nothing_is_split_or_assigned_is_said():
    manager = ClusterManager([0, 0, 1, 2])
    for call, words in (
        (lambda: manager.split([0, 1]), "These are all 2 spikes of cluster 0; nothing would be split."),
        (lambda: manager.assign([2, 3], [4, 5]), "Every labelled set of spikes is a cluster already"),
    ):
        with pytest.raises(ClusteringError, match=words):
            call()
    assert manager.split([0, 1, 2]).deleted == (0, 1)  # two whole clusters become one
    assert manager.spike_clusters.tolist() == [3, 3, 3, 2]
