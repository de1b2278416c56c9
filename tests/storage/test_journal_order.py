"""Edits and clusterings in the order of the journal are those of the program again, whatever the order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.update_info import UpdateInfo
from napari_phy.storage.journal_order import JournalOrder


@st.composite
def orders_and_edits(draw):
    places = np.array(draw(st.permutations(range(draw(st.integers(1, 40))))))
    ids = sorted(draw(st.sets(st.integers(0, len(places) - 1))))
    clusters = draw(st.lists(st.integers(0, 5), min_size=len(ids), max_size=len(ids)))
    return places, UpdateInfo("split", spike_ids=np.array(ids, dtype=np.int64), spike_clusters=np.array(clusters, int))


@given(orders_and_edits())
def test_an_edit_names_the_same_spikes(case):
    places, update = case
    order = JournalOrder(places)
    kept = order.record_to_journal(update)
    assert kept.spike_ids.tolist() == sorted(places[update.spike_ids].tolist())
    of_place = dict(zip(places[update.spike_ids].tolist(), update.spike_clusters.tolist(), strict=True))
    assert [of_place[place] for place in kept.spike_ids.tolist()] == kept.spike_clusters.tolist()
    found = order.record_from_journal(kept)
    assert found.spike_ids.tolist() == update.spike_ids.tolist()
    assert found.spike_clusters.tolist() == update.spike_clusters.tolist()
    assert JournalOrder(None).record_to_journal(update) is JournalOrder(None).record_from_journal(update) is update


@given(orders_and_edits())
def test_a_clustering_comes_back(case):
    places, _ = case
    order, clusters = JournalOrder(places), np.arange(len(places), dtype=np.int32) * 3
    kept = order.to_journal(StoredClustering(clusters, {}, {}, {}, ()))
    np.testing.assert_array_equal(kept.spike_clusters[places], clusters)
    np.testing.assert_array_equal(order.from_journal(kept).spike_clusters, clusters)


def test_without_another_order_nothing_is_copied_and_what_is_made_is_read_only():
    clustering, update = StoredClustering(np.arange(3), {}, {}, {}, ()), UpdateInfo("merge", added=(3,), deleted=(1, 2))
    same = JournalOrder(None)
    assert same.to_journal(clustering) is same.from_journal(clustering) is clustering
    order = JournalOrder(np.array([2, 0, 1]))
    assert order.record_from_journal(update) is update
    assert order.to_journal(clustering).spike_clusters.tolist() == [1, 2, 0]
    moved = order.record_to_journal(UpdateInfo("split", spike_ids=np.array([0, 1]), spike_clusters=np.array([5, 6])))
    assert (moved.spike_ids.tolist(), moved.spike_clusters.tolist()) == ([0, 2], [6, 5])
    assert not any(part.flags.writeable for part in (moved.spike_ids, moved.spike_clusters))
