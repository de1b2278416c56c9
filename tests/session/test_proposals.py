"""Proposals: accepted, they are the edit made by hand; rejected, they stay so, also after a restart."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import napari_phy
from napari_phy.core.cluster_cut import ClusterCut
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.decisions import Decisions
from napari_phy.core.errors import ClusteringError, KwikFormatError, MissingDataError
from napari_phy.core.progress import CancelledError
from napari_phy.session.proposals import Proposals
from napari_phy.views.proposals import Proposal

SPIKES = np.repeat(np.arange(8), 5)


def proposals_of(manager, *added, decisions=None):
    found = Proposals(manager, Decisions(manager) if decisions is None else decisions)
    found.add(added)
    return found


def merge_of(*clusters, score=0.9):
    return Proposal("merge", clusters, score)


def split_of(manager, cluster, n=2):
    spikes = manager.spikes(cluster)
    return Proposal("split", (cluster,), 0.8, (), ClusterCut(cluster, spikes[:n], len(spikes) - n, "features", 3.0))


partitions = st.lists(st.integers(0, 3), min_size=8, max_size=8)


@given(partitions, st.randoms())
def test_accepting_is_the_merge_made_by_hand_one_edit_each_and_undo_brings_proposals_back(labels, random):
    groups = [tuple(np.flatnonzero(np.array(labels) == label).tolist()) for label in range(4)]
    groups = [group for group in groups if len(group) > 1]
    manager, by_hand = ClusterManager(SPIKES), ClusterManager(SPIKES)
    proposals = proposals_of(manager, *(merge_of(*group) for group in groups))
    before = set(proposals)
    random.shuffle(groups)
    for n_done, group in enumerate(groups, 1):
        proposals.accept(merge_of(*group))
        by_hand.merge(group)
        assert manager.n_done == n_done
        assert len(proposals) == len(groups) - n_done
    assert np.array_equal(manager.spike_clusters, by_hand.spike_clusters)
    assert len(manager.spike_clusters) == len(SPIKES)
    while manager.undo() is not None:
        pass
    assert set(proposals) == before
    assert np.array_equal(manager.spike_clusters, SPIKES)


def test_each_kind_is_accepted_by_the_edit_of_its_name():
    manager = ClusterManager(SPIKES, {6: "mua"})
    noise, split = Proposal("noise", (6,), 0.7), split_of(manager, 3)
    proposals = proposals_of(manager, noise, split)
    assert proposals.accept(noise).description == "move"
    assert manager.group(6) == "noise"
    new = proposals.accept(split).added
    assert sorted(map(manager.n_spikes, new)) == [2, 3]
    assert len(proposals) == 0
    manager.undo()
    manager.undo()
    assert [one.kind for one in proposals] == ["split", "noise"]


def test_an_edit_of_any_cluster_takes_its_proposals_away_until_it_is_undone():
    manager = ClusterManager(SPIKES)
    proposals = proposals_of(manager, merge_of(0, 1, 2), merge_of(3, 4), Proposal("noise", (2,), 0.6))
    heard = []
    proposals.changed.connect(lambda: heard.append(len(proposals)))
    manager.merge([2, 5])
    assert proposals.shown == (merge_of(3, 4),)
    with pytest.raises(ClusteringError, match="changed since"):
        proposals.accept(merge_of(0, 1, 2))
    manager.undo()
    manager.move([1], "noise")
    manager.undo()
    assert heard == [1, 3, 2, 3]
    assert proposals.n_new == 8  # none was computed


def test_rejecting_a_group_rejects_all_that_has_two_of_its_clusters_and_can_be_reconsidered():
    manager = ClusterManager(SPIKES)
    group, other = merge_of(0, 1, 2), merge_of(1, 2, 3, score=0.8)
    decisions = Decisions(manager)
    proposals = proposals_of(manager, group, other, decisions=decisions)
    proposals.reject(group)
    assert len(proposals) == 0
    assert all(decisions.are_different(*pair) for pair in combinations((0, 1, 2), 2))
    assert proposals.rejected == (group,)
    with pytest.raises(ClusteringError):
        proposals.reject(group)
    proposals.reconsider(group)
    assert proposals.shown == (group, other)
    assert proposals.rejected == ()
    assert decisions.kept.different == ()


def test_a_cluster_that_is_taken_out_is_decided_and_the_rest_stays():
    manager = ClusterManager(SPIKES)
    proposals = proposals_of(manager, merge_of(0, 1, 2))
    left = proposals.without(merge_of(0, 1, 2), 1)
    assert left.clusters == (0, 2)
    assert proposals.shown == (left,)
    proposals.accept(left)
    manager.undo()
    assert proposals.shown == (left,)
    for wrong in (left, merge_of(0, 1, 2)):
        with pytest.raises(ClusteringError):
            proposals.without(wrong, 2)
    with pytest.raises(ClusteringError, match="cannot be taken out"):
        proposals_of(manager, merge_of(4, 5, 6)).without(merge_of(4, 5, 6), 7)


def test_a_cluster_that_was_taken_out_is_put_back_with_its_group():
    manager = ClusterManager(SPIKES)
    group, other = merge_of(0, 1, 2, 3), merge_of(0, 1)
    proposals = proposals_of(manager, group, other)
    before = proposals.shown
    proposals.without(proposals.without(group, 3), 2)
    assert [one.clusters for one in proposals.rejected] == [(0, 1, 2, 3), (0, 1, 2)]
    assert proposals.rejected[0].reasons[0] == "3 was taken out"
    proposals.reconsider(proposals.rejected[0])
    assert proposals.rejected == ()
    assert group in proposals
    assert proposals.shown == before


def test_noise_and_splits_are_rejected_for_themselves_alone():
    manager = ClusterManager(SPIKES)
    noise, split = Proposal("noise", (3,), 0.7), split_of(manager, 3)
    proposals = proposals_of(manager, noise, split, merge_of(3, 4))
    proposals.reject(noise)
    assert {one.kind for one in proposals} == {"split", "merge"}
    proposals.reject(split)
    assert proposals.shown == (merge_of(3, 4),)
    proposals.reconsider(noise)
    proposals.reconsider(split)
    assert len(proposals) == 3


def test_what_is_computed_is_found_again_and_rejected_stays_so_after_a_restart(kwik_copy):
    with napari_phy.open_session(kwik_copy) as session:
        found = session.propose()
        merges = [one.clusters for one in found if one.kind == "merge"]
        assert set(merges) == {(5, 12), (7, 15)}
        assert [one.clusters for one in found if one.kind == "split"] == [(9,)]
        assert session.proposals.n_new == 0
        pair = next(one for one in found if one.clusters == (5, 12))
        split = next(one for one in found if one.kind == "split")
        session.proposals.reject(pair)
        session.proposals.reject(split)
        assert {one.clusters for one in session.propose()} == {(7, 15)}
    with napari_phy.open_session(kwik_copy) as session:
        assert {one.clusters for one in session.propose()} == {(7, 15)}
        assert session.wizard.is_one(9)
        parts = [session.manager.n_spikes(one) for one in (3, 7)]
        wrong = session.merge([3, 7]).added
        (split,) = session.propose()  # of what was merged wrongly
        assert (split.kind, split.clusters) == ("split", wrong)
        assert len(split.spikes) == pytest.approx(min(parts), rel=0.02)
        session.undo()
        session.propose()
        new = session.proposals.accept(session.proposals.shown[0]).added
        assert session.selection.clusters[:1] == new
        session.switch(1)
        assert session.proposals.shown == ()
        assert {one.clusters for one in session.propose()} == {(2, 8)}


def test_a_computation_that_is_cancelled_leaves_all_as_it_was(kwik_copy):
    def stop(share):
        if share > 0.2:
            raise CancelledError

    with napari_phy.open_session(kwik_copy) as session:
        found = session.propose()
        session.views["proposals"].merges = False
        with pytest.raises(CancelledError):
            session.propose(stop)
        assert session.proposals.shown == found
        assert {one.kind for one in session.propose()} == {"split"}


def test_lists_of_spikeinterface_are_read_and_written(tmp_path, caplog):
    manager = ClusterManager(SPIKES)
    path = tmp_path / "list.json"
    written = proposals_of(manager, merge_of(0, 1, 2), Proposal("noise", (6,), 0.7), split_of(manager, 3))
    written.write(path)
    assert json.loads(path.read_text()) == [[0, 1, 2]]
    read = proposals_of(manager)
    assert [one.key for one in read.read(path)] == [("merge", (0, 1, 2))]
    written.write_curation(path)
    read = proposals_of(manager)
    assert {one.key for one in read.read(path)} == {one.key for one in written}
    split = next(one for one in read if one.kind == "split")
    assert np.array_equal(split.spikes, manager.spikes(3)[:2])
    assert split.reasons == ("in list.json",)
    path.write_text("[[4, 5], [6, 99]]")
    assert [one.clusters for one in read.read(path)] == [(4, 5)]
    assert "1 of 2 proposals of list.json can be used." in caplog.text
    with pytest.raises(MissingDataError, match="cannot be read"):
        read.read(tmp_path / "none.json")
    path.write_text('{"nothing": 1}')
    with pytest.raises(KwikFormatError, match=r"list\.json is neither a list of merge groups"):
        read.read(path)
    assert len(read) == 4
