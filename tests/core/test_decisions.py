"""What is remembered of a review."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy import ClusterManager
from napari_phy.core.decisions import Decisions, KeptDecisions, fingerprint


@pytest.fixture
def manager():
    return ClusterManager([1] * 4 + [2] * 3 + [3] * 2)


def test_a_pair_is_decided_in_either_order_until_it_is_taken_back(manager):
    decisions = Decisions(manager)
    decisions.decide(2, 1)
    assert decisions.are_different(1, 2)
    assert decisions.are_different(2, 1)
    assert not decisions.are_different(1, 3)
    assert decisions.has_any(1)
    assert decisions.take_back(1, 2)
    assert not decisions.take_back(1, 2)
    assert not decisions.are_different(2, 1)
    assert not decisions.has_any(1)


def test_a_cluster_that_is_not_two_is_no_pair(manager):
    decisions = Decisions(manager)
    decisions.decide(3, 3)
    assert decisions.are_different(3, 3)
    assert not decisions.has_any(3)


def test_a_cluster_that_is_no_noise_stays_so_in_the_next_session_until_it_is_doubted(manager):
    kept = []
    decisions = Decisions(manager, keep=kept.append)
    decisions.trust(2)
    assert decisions.is_sound(2)
    assert not decisions.is_sound(1)
    decisions.flush()
    assert Decisions(manager, kept[0]).is_sound(2)
    assert not Decisions(ClusterManager([1] * 3 + [2] * 4 + [3] * 2), kept[0]).is_sound(2)
    assert Decisions(manager, KeptDecisions(sound=(2,))).kept == KeptDecisions()  # its fingerprint was lost
    decisions.doubt(2)
    decisions.doubt(2)
    assert not decisions.is_sound(2)
    decisions.flush()
    assert kept[1] == KeptDecisions()


def test_it_holds_for_the_same_spikes_also_after_undo_and_in_the_next_session(manager):
    kept = []
    decisions = Decisions(manager, keep=kept.append)
    decisions.decide(1, 2)
    decisions.skip(3)
    decisions.skip(1)
    decisions.flush()
    decisions.flush()
    assert len(kept) == 1
    manager.merge([1, 2])
    assert decisions.skipped == (3,)
    assert not decisions.has_any(1)
    again = Decisions(manager, kept[0])
    manager.undo()
    for one in (decisions, again):
        assert one.are_different(1, 2)
        assert one.skipped == (3, 1)
        assert one.kept == kept[0]


def test_it_does_not_hold_for_other_spikes_under_the_same_ids(manager):
    decisions = Decisions(manager)
    decisions.decide(1, 2)
    decisions.decide(2, 3)
    decisions.skip(1)
    other = Decisions(ClusterManager([1] * 3 + [2] * 4 + [3] * 2), decisions.kept)
    assert not other.are_different(1, 2)
    assert not other.are_different(2, 3)
    assert other.skipped == ()
    other.decide(1, 2)
    assert other.are_different(1, 2)
    assert other.kept.different == ((1, 2),)


def test_what_was_reviewed_or_cleared_is_forgotten(manager):
    kept = []
    decisions = Decisions(manager, keep=kept.append)
    decisions.skip(1)
    decisions.skip(2)
    decisions.review(1)
    assert decisions.skipped == (2,)
    decisions.review_all()
    assert decisions.skipped == ()
    decisions.decide(1, 3)
    decisions.clear()
    decisions.flush()
    assert kept == [KeptDecisions()]


def test_clusters_that_do_not_exist_are_not_decided(manager):
    decisions = Decisions(manager)
    decisions.decide(1, 9)
    decisions.skip(9)
    assert decisions.kept == KeptDecisions()
    assert Decisions(manager, KeptDecisions(((1, 2),), (3,), {})).kept == KeptDecisions()  # fingerprints were lost


def test_a_fingerprint_is_that_of_the_spikes(manager):
    spikes = np.array([5, 0, 1, 5, 0, 5])
    same = ClusterManager(np.where(spikes == 5, 8, spikes))
    assert fingerprint(ClusterManager(spikes), 5) == fingerprint(same, 8)
    assert fingerprint(manager, 1) != fingerprint(manager, 2)


CLUSTERS = st.integers(1, 4)  # of which the last does not exist
STEPS = st.one_of(
    st.tuples(st.sampled_from(["decide", "take_back"]), CLUSTERS, CLUSTERS),
    st.tuples(st.sampled_from(["skip", "review", "trust", "doubt"]), CLUSTERS),
    st.tuples(st.sampled_from(["review_all", "clear"])),
)


@given(st.lists(STEPS, max_size=12))
def test_they_are_kept_whenever_they_changed_and_only_then(steps):
    manager, kept = ClusterManager([1] * 4 + [2] * 3 + [3] * 2), [KeptDecisions()]
    decisions = Decisions(manager, keep=kept.append)
    for name, *clusters in steps:
        before = len(kept)
        getattr(decisions, name)(*clusters)
        decisions.flush()
        assert (len(kept) > before) is (decisions.kept != kept[before - 1])
        assert kept[-1] == decisions.kept == Decisions(manager, kept[-1]).kept


@given(st.lists(STEPS, max_size=12))
def test_they_are_those_of_a_list_of_what_was_said(steps):
    manager = ClusterManager([1] * 4 + [2] * 3 + [3] * 2)
    decisions, different, skipped, sound = Decisions(manager), set(), [], set()
    for name, *clusters in steps:
        getattr(decisions, name)(*clusters)
        pair, cluster = tuple(sorted(clusters)), clusters[0] if clusters else 0
        exist = 4 not in clusters
        if name == "decide" and exist:
            different.add(pair)
        elif name == "take_back":
            different.discard(pair)
        elif name == "skip" and exist and cluster not in skipped:
            skipped.append(cluster)
        elif name == "review" and cluster in skipped:
            skipped.remove(cluster)
        elif name == "trust" and exist:
            sound.add(cluster)
        elif name == "doubt":
            sound.discard(cluster)
        elif name in ("review_all", "clear"):
            skipped = []
            different, sound = (set(), set()) if name == "clear" else (different, sound)
    kept = decisions.kept
    assert (kept.different, kept.skipped, kept.sound) == (
        tuple(sorted(different)),
        tuple(skipped),
        tuple(sorted(sound)),
    )
    assert decisions.skipped == tuple(skipped)
    for cluster in range(1, 5):
        assert decisions.is_sound(cluster) is (cluster in sound)
        assert decisions.is_skipped(cluster) is (cluster in skipped)
        assert decisions.has_any(cluster) is any(cluster in pair and pair[0] != pair[1] for pair in different)
