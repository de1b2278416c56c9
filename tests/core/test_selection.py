"""The selection changes once an act, and only when it differs."""

import numpy as np
import pytest

from napari_phy import ClusterManager
from napari_phy.core.errors import ClusteringError
from napari_phy.core.selection import Selection


@pytest.fixture
def selection():
    return Selection(ClusterManager([1, 1, 2, 3, 3]))


def test_order_and_places(selection):
    heard = []
    selection.changed.connect(lambda: heard.append(selection.clusters))
    selection.select([3, 1, 2])
    selection.select([3, 1, 2])
    assert heard == [(3, 1, 2)]
    assert (selection.best, selection.similar) == ((3,), (1, 2))
    selection.select([3, 1, 2], n_best=2)
    assert (selection.best, selection.similar) == ((3, 1), (2,))
    selection.select([])
    assert selection.best == selection.clusters == ()
    assert len(heard) == 3


def test_spikes_go_when_the_clusters_change(selection):
    selection.select([1])
    heard = []
    selection.changed.connect(lambda: heard.append(selection.spikes.tolist()))
    selection.select_spikes([1, 0, 1])
    selection.select_spikes(np.array([0, 1]))
    selection.select([2])
    assert heard == [[0, 1], []]


def test_unknown_clusters_and_spikes_are_refused(selection):
    selection.select([1])
    for call in (
        lambda: selection.select([7]),
        lambda: selection.select_spikes([5]),
        lambda: selection.select_spikes([0.5]),
        lambda: selection.select([2.0]),
        lambda: selection.select([True]),
        lambda: selection.select("2"),
    ):
        with pytest.raises(ClusteringError):
            call()
    assert selection.clusters == (1,)


def test_a_toggle_adds_a_similar_cluster_or_drops_one():
    selection = Selection(ClusterManager([0, 1, 2, 3]))
    selection.select([1, 2, 0], n_best=2)
    selection.toggle(3)
    assert (selection.best, selection.similar) == ((1, 2), (0, 3))
    selection.toggle(1)
    assert (selection.best, selection.similar) == ((2,), (0, 3))
    selection.toggle(0)
    assert (selection.best, selection.similar) == ((2,), (3,))
    selection.toggle(2)
    assert (selection.best, selection.similar) == ((3,), ())
    selection.toggle(3)
    assert selection.clusters == ()
    selection.toggle(1)
    assert selection.best == (1,)
    with pytest.raises(ClusteringError):
        selection.toggle(99)


def test_a_spike_is_added_with_its_cluster_and_dropped_without_in_one_change():
    selection = Selection(ClusterManager([0, 1, 2, 1]))
    selection.select([1, 0], n_best=1)
    heard = []
    selection.changed.connect(lambda: heard.append((selection.clusters, selection.spikes.tolist())))
    for spike in (3, 2, 3):
        selection.toggle_spike(spike)
    assert heard == [((1, 0), [3]), ((1, 0, 2), [2, 3]), ((1, 0, 2), [2])]
    assert selection.best == (1,)
    with pytest.raises(ClusteringError):
        selection.toggle_spike(99)


def test_the_number_of_best_ones_is_one_at_least_and_all_at_most(selection):
    assert (selection.n_best, selection.clusters, len(selection.spikes)) == (0, (), 0)
    selection.select([3, 1])
    assert selection.n_best == 1
    for wanted, n_best in ((0, 1), (-3, 1), (2, 2), (5, 2)):
        selection.select([3, 1], n_best=wanted)
        assert (selection.n_best, selection.clusters) == (n_best, (3, 1))
    selection.select([])
    assert selection.n_best == 0


def test_clusters_are_added_behind_the_others_once(selection):
    selection.select([3])
    selection.add([1, 3, 2])
    assert (selection.best, selection.similar) == ((3,), (1, 2))
    selection.select([2, 2, 1])
    assert selection.clusters == (2, 1)


@pytest.mark.parametrize("spikes", [[-1], [5], [0, 5]])
def test_the_spikes_there_are_are_told(selection, spikes):
    with pytest.raises(ClusteringError, match=r"^Spikes go from 0 to 4\.$"):
        selection.select_spikes(spikes)
    selection.select_spikes([4, 0])
    assert selection.spikes.tolist() == [0, 4]
    assert not selection.spikes.flags.writeable
    selection.select_spikes([])
    assert len(selection.spikes) == 0


def test_a_spike_that_is_added_to_nothing_is_the_best_clusters(selection):
    selection.toggle_spike(2)
    assert (selection.clusters, selection.best, selection.spikes.tolist()) == ((2,), (2,), [2])
