"""What a filter lets through is told once, and the wizard keeps to it."""

import pytest

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.listed_clusters import ListedClusters
from napari_phy.core.wizard import Wizard


@pytest.fixture
def listed():
    return ListedClusters()


def test_the_same_again_tells_nothing(listed):
    told = []
    listed.changed.connect(lambda: told.append((listed.text, listed.clusters)))
    listed.show_all()
    listed.show("id < 3", [1, 2])
    listed.show("id < 3", (2, 1))
    listed.show_all()
    assert told == [("id < 3", frozenset({1, 2})), ("", None)]


def test_all_are_listed_without_a_filter(listed):
    assert 7 in listed
    listed.show("id < 3", [1, 2])
    assert (1 in listed, 7 in listed) == (True, False)


def test_the_wizard_goes_through_listed_clusters_only(listed):
    manager = ClusterManager([0] * 5 + [1] * 4 + [2] * 3 + [3] * 2)
    wizard = Wizard(
        manager, lambda cluster: [(other, 1.0) for other in manager.cluster_ids if other != cluster], listed
    )
    listed.show("id in (1, 3)", [1, 3])
    wizard.start()
    assert wizard.best == 1
    assert wizard.next_best() == 3
    assert wizard.next_best() == 3
    assert not wizard.is_finished
    wizard.review_skipped()
    assert wizard.best == 1
    manager.move([1], "good")
    listed.show('group == "unsorted" and id in (1, 3)', [3])
    wizard.move([1], "good")
    assert wizard.best == 3
    listed.show_all()
    assert wizard.next_best() == 0
