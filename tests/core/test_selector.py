"""Which spikes a selector gives, and how often it reads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy import ClusterManager, Selector
from napari_phy.core.errors import ClusteringError

LABELS = np.repeat([4, 7, 9], [50, 30, 20])


class Reader:
    def __init__(self):
        self.reads = 0

    def __getitem__(self, spikes):
        self.reads += 1
        return np.asarray(spikes) * 10


@given(st.integers(1, 120), st.integers(1, 60), st.lists(st.sampled_from([4, 7, 9]), unique=True, min_size=1))
def test_ceilings_hold_and_choices_repeat(n_max, n_per_cluster, clusters):
    selector = Selector(LABELS, n_spikes_max=n_max, n_per_cluster=n_per_cluster)
    selector.selected_clusters = clusters
    spikes = selector.selected_spikes
    assert (np.diff(spikes) > 0).all()
    assert set(LABELS[spikes].tolist()) <= set(clusters)
    wanted = sum(min(n_per_cluster, int((LABELS == cluster).sum())) for cluster in clusters)
    assert len(spikes) == min(n_max, wanted)
    again = Selector(LABELS, n_spikes_max=n_max, n_per_cluster=n_per_cluster)
    again.selected_clusters = clusters
    assert np.array_equal(again.selected_spikes, spikes)


def test_spikes_are_evenly_spaced_within_each_cluster():
    selector = Selector(LABELS, n_per_cluster=5)
    selector.selected_clusters = [4, 9]
    assert len(selector.selected_spikes) == 10
    for cluster, step in ((4, 10), (9, 4)):
        chosen = selector.selected_spikes[LABELS[selector.selected_spikes] == cluster]
        assert set(np.diff(chosen)) == {step}


def test_data_is_read_once_per_selection():
    reader = Reader()
    selector = Selector(LABELS, n_per_cluster=3, reader=reader)
    selector.selected_clusters = [4]
    first = selector.data
    assert selector.data is first
    assert first.tolist() == (selector.selected_spikes * 10).tolist()
    assert reader.reads == 1
    selector.selected_clusters = [7]
    assert reader.reads == 1
    assert selector.data.tolist() == (selector.selected_spikes * 10).tolist()
    assert reader.reads == 2
    selector.selected_clusters = [4]
    assert selector.data.tolist() == first.tolist()
    assert reader.reads == 2  # from the cache


def test_a_reader_may_be_a_function():
    selector = Selector(LABELS, reader=lambda spikes: spikes + 1)
    selector.selected_spikes = [5, 3]
    assert selector.data.tolist() == [4, 6]
    assert selector.selected_clusters == (4,)


def test_changed_is_emitted_once_and_only_for_other_spikes():
    selector = Selector(LABELS)
    heard = []
    selector.changed.connect(lambda: heard.append(len(selector.selected_spikes)))
    selector.selected_clusters = [9]
    selector.selected_clusters = [9]
    selector.selected_spikes = np.flatnonzero(LABELS == 9)
    selector.n_spikes_max = 7
    assert heard == [20, 7]


def test_a_selection_of_clusters_follows_edits():
    manager = ClusterManager(LABELS)
    selector = Selector(manager)
    selector.selected_clusters = [9, 4]
    new = manager.merge([4, 7]).added[0]
    assert selector.selected_clusters == (9, new)
    assert len(selector.selected_spikes) == 100
    manager.undo()
    assert set(selector.selected_clusters) == {9, 4, 7}


def test_bad_selections_are_refused_and_change_nothing():
    selector = Selector(LABELS)
    selector.selected_clusters = [7]
    for name, value in (
        ("selected_clusters", [5]),
        ("selected_clusters", [4.0]),
        ("selected_spikes", [100]),
        ("selected_spikes", ["a"]),
    ):
        with pytest.raises(ClusteringError):
            setattr(selector, name, value)
    with pytest.raises(ValueError, match="at least 1"):
        selector.n_spikes_max = 0
    assert selector.selected_clusters == (7,)
    assert len(selector.selected_spikes) == 30
    with pytest.raises(ValueError, match="no reader"):
        _ = selector.data


def test_ceilings_of_one_spike_are_ceilings_and_can_be_taken_away():
    selector = Selector(LABELS, n_spikes_max=1)
    assert (selector.n_spikes_max, selector.n_per_cluster) == (1, None)
    selector.selected_clusters = [4, 9]
    assert selector.selected_spikes.tolist() == [35]  # in the middle of 70
    selector.n_spikes_max = None
    assert len(selector.selected_spikes) == 70
    selector.n_per_cluster = 1
    assert selector.selected_spikes.tolist() == [25, 90]
    selector.n_per_cluster = 20
    assert len(selector.selected_spikes) == 40
    for name in ("n_spikes_max", "n_per_cluster"):
        with pytest.raises(ValueError, match="at least 1, not 0"):
            setattr(selector, name, 0)
    assert (selector.n_spikes_max, selector.n_per_cluster) == (None, 20)


def test_clusters_stay_in_the_order_they_were_chosen_in_and_their_spikes_ascend():
    selector = Selector(LABELS, n_per_cluster=2)
    selector.selected_clusters = [9, 4, 9]
    assert selector.selected_clusters == (9, 4)
    assert (np.diff(selector.selected_spikes) > 0).all()
    assert not selector.selected_spikes.flags.writeable


def test_of_spikes_that_were_chosen_the_clusters_follow_and_moves_change_nothing():
    manager = ClusterManager(LABELS)
    selector = Selector(manager)
    heard = []
    selector.selected_spikes = [3, 60, 3]
    selector.changed.connect(lambda: heard.append(1))
    assert (selector.selected_spikes.tolist(), selector.selected_clusters) == ([3, 60], (4, 7))
    manager.move([4], "good")
    new = manager.merge([4, 7]).added[0]
    assert (selector.selected_spikes.tolist(), selector.selected_clusters, heard) == ([3, 60], (new,), [])
    selector.n_spikes_max = 1
    assert len(selector.selected_spikes) == 1


def test_both_parts_of_a_split_cluster_take_its_place():
    manager = ClusterManager(LABELS)
    selector = Selector(manager)
    selector.selected_clusters = [9, 4, 7]
    one, rest = manager.split([0, 1, 2]).added
    assert selector.selected_clusters == (9, one, rest, 7)
