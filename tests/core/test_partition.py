"""Records that do not fit are refused before anything is changed, and slots that are free are used again."""

import numpy as np
import pytest
from core.edits import clusterings, do, edit_lists
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core import arrays, partition
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError
from napari_phy.core.partition import Partition
from napari_phy.core.update_info import UpdateInfo

LABELS = np.array([3, 2, 2, 5, 3, 2, 5, 9])
ALL_OF_2, TO = {"added": (10,), "deleted": (2,)}, np.array([10, 10, 10])


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (UpdateInfo("merge", added=(10,), deleted=(4,)), "There is no cluster 4"),
        (UpdateInfo("merge", added=(9,), deleted=(2, 3), heirs=((2, 9), (3, 9))), "Cluster 9 exists already"),
        (UpdateInfo("merge", added=(10, 11), deleted=(2,), heirs=((2, 10),)), "Cluster 11 would have no spikes"),
        (UpdateInfo("merge", added=(10,), deleted=(2, 3), heirs=((2, 10),)), "leaves spikes without a cluster"),
        (UpdateInfo("merge", added=(10,), deleted=(2,), heirs=((2, 11),)), "leaves spikes without a cluster"),
        (UpdateInfo("split", **ALL_OF_2, spike_ids=np.array([-1, 1, 2]), spike_clusters=TO), "do not exist"),
        (UpdateInfo("split", **ALL_OF_2, spike_ids=np.array([1, 2, 8]), spike_clusters=TO), "do not exist"),
        (UpdateInfo("split", **ALL_OF_2, spike_ids=np.array([2, 1, 5]), spike_clusters=TO), "in another order"),
        (UpdateInfo("split", **ALL_OF_2, spike_ids=np.array([1, 1, 5]), spike_clusters=TO), "in another order"),
        (UpdateInfo("split", **ALL_OF_2, spike_ids=np.array([1, 2, 3]), spike_clusters=TO, heirs=((2, 10),)),
         "names spikes of clusters that it does not delete"),
        (UpdateInfo("split", **ALL_OF_2, spike_ids=np.array([1]), spike_clusters=np.array([7]), heirs=((2, 10),)),
         "gives spikes to a cluster that it does not add"),
    ],
)  # fmt: skip
def test_a_record_that_does_not_fit_changes_nothing(record, words):
    parts = Partition(LABELS)
    with pytest.raises(ClusteringError, match=words):
        parts.plan(record)
    assert parts.spike_clusters.tolist() == LABELS.tolist()


def test_the_first_and_the_last_spike_can_be_named():
    parts = Partition(LABELS)
    record = UpdateInfo(
        "assign", added=(10, 11, 12), deleted=(3, 9), spike_ids=np.array([0, 7]), spike_clusters=np.array([10, 11]),
        heirs=((3, 12),),
    )  # fmt: skip
    edit = parts.plan(record)
    parts.apply(edit)
    assert parts.spike_clusters.tolist() == [10, 2, 2, 5, 12, 2, 5, 11]
    parts.revert(edit)
    assert parts.spike_clusters.tolist() == LABELS.tolist()


@given(clusterings(), st.data())
def test_the_clusters_that_spikes_touch_are_those_that_hold_them(labels, data):
    spikes = np.array(sorted(data.draw(st.sets(st.integers(0, len(labels) - 1)))), dtype=np.int64)
    assert Partition(labels).clusters_touched(spikes) == np.unique(labels[spikes]).tolist()


@given(clusterings(), edit_lists, st.integers(1, 3), st.integers(0, 40), st.integers(1, 9))
def test_lists_of_spikes_are_the_same_whichever_way_they_are_made(labels, sequence, n_atoms, fraction, n_block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partition, "N_ATOMS_SORTED", n_atoms)
        patch.setattr(partition, "SCAN_FRACTION", fraction)
        patch.setattr(arrays, "N_BLOCK", n_block)
        manager = ClusterManager(labels)
        for kind, seed in sequence:
            do(manager, kind, seed)
            for cluster in manager.cluster_ids.tolist():
                expected = np.flatnonzero(manager.spike_clusters == cluster)
                assert np.array_equal(manager.spikes(cluster), expected)


def test_slots_of_edits_that_cannot_be_done_again_are_used_again():
    manager = ClusterManager(np.zeros(10, dtype=int))
    manager.split([0])
    n_slots = len(manager.slot_clusters)
    for spike in range(1, 6):
        manager.undo()
        manager.split([spike])
        assert len(manager.slot_clusters) <= n_slots + 1  # the new one is planned before the old one is let go


def test_slots_of_an_edit_that_was_not_stored_are_free():
    def refuse(_):
        raise OSError("disk full")

    manager = ClusterManager(np.zeros(10, dtype=int), commit=refuse)
    for spike in range(5):
        with pytest.raises(OSError, match="disk full"):
            manager.split([spike])
    assert manager.slot_clusters.tolist() == [0, -1]
