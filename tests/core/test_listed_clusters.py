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


def test_where_nothing_is_listed_a_start_proposes_nothing(listed):
    manager = ClusterManager([0] * 5 + [1] * 4 + [2] * 3)
    wizard = Wizard(manager, lambda one: [(other, 0.5) for other in range(3) if other != one], listed)
    listed.show("id > 9", [])
    for start in (wizard.start, wizard.reset):
        start()
        assert (wizard.place, wizard.best) == ((), None)
    listed.show("id > 0", [1, 2])
    wizard.start()
    assert wizard.place == (1, 2)
    wizard.pause()
    listed.show("id > 1", [2])
    wizard.start()
    assert wizard.place == (2,)
    listed.show("id > 9", [])
    wizard.pause()
    wizard.start()
    assert wizard.place == ()


@pytest.fixture
def manager():
    return ClusterManager([0] * 5 + [1] * 4 + [2] * 3 + [3] * 2, cluster_groups={0: "good", 2: "good", 3: "good"})


@pytest.fixture
def wizard(manager, listed):
    """A wizard for which the next higher numbers are the most alike: 1, 2, 3 for 0, then 2, 3, 0 for 1."""
    return Wizard(manager, lambda one: [((one + step) % 4, 1 - 0.2 * step) for step in (1, 2, 3)], listed)


def move(manager, wizard, listed, cluster, group, order):
    """Move a cluster out of a list of one group."""
    manager.move([cluster], group)
    listed.show(listed.text, [one for one in order if one != cluster])
    wizard.move([cluster], group, order)


def test_a_best_cluster_that_leaves_a_list_of_decided_ones_is_followed_by_the_next_of_the_list(manager, wizard, listed):
    order = (2, 0, 3)
    listed.show('group == "good"', order)
    wizard.start()
    wizard.look_at(2)
    move(manager, wizard, listed, 2, "mua", order)
    assert wizard.place == (0, 3)  # 1 is more like it, but hidden
    wizard.look_at(3)
    move(manager, wizard, listed, 3, "mua", (0, 3))
    assert wizard.place == (0,)  # from the end to the top
    move(manager, wizard, listed, 0, "mua", (0,))
    assert wizard.place == (0,)  # none is left


def test_without_an_order_of_the_list_the_next_smaller_one_follows(manager, wizard, listed):
    listed.show('group == "good"', (0, 2, 3))
    wizard.start()
    wizard.look_at(2)
    listed.show(listed.text, (0, 3))
    wizard.move([2], "mua")
    assert wizard.best == 3


def test_an_undecided_cluster_of_the_list_goes_first_in_its_order(manager, wizard, listed):
    manager.move([3], "unsorted")
    order = (3, 0, 2, 1)
    listed.show('group != "mua"', order)
    wizard.start()
    wizard.look_at(0)
    move(manager, wizard, listed, 0, "mua", order)
    assert wizard.best == 1
    manager.move([2], "unsorted")
    move(manager, wizard, listed, 1, "mua", (3, 2, 1))
    assert wizard.best == 3


def test_candidates_are_listed_ones(manager, wizard, listed):
    listed.show("id != 1", (0, 2, 3))
    wizard.look_at(0, 1)  # chosen by hand
    wizard.start()
    assert wizard.next() == (0, 2)
    assert wizard.next() == (0, 3)
    listed.show("id < 2", (0, 1))
    wizard.look_at(1)
    assert wizard.next() == (1, None)  # 0 was compared with it


def test_from_a_hidden_cluster_it_goes_on_to_a_listed_one_and_skips_nothing(manager, wizard, listed):
    manager.move([3], "unsorted")
    wizard.start()
    assert wizard.best == 1
    listed.show("id in (0, 3)", (0, 3))
    assert wizard.next() == (3, 0)
    assert wizard.skipped == ()
