"""Proposals are gone through by what is selected: no other place remembers which one is looked at."""

import pytest
from widgets.light_session import light_session

from napari_phy.actions import messages
from napari_phy.actions import reviewing as review
from napari_phy.core.cluster_cut import ClusterCut
from napari_phy.core.errors import ClusteringError
from napari_phy.views.proposals import Proposal


@pytest.fixture
def session():
    made = light_session(9, 2000)
    made.move(made.manager.cluster_ids, "unsorted")
    spikes = made.manager.spikes(4)
    cut = ClusterCut(4, spikes[:30], len(spikes) - 30, "amplitude", 3.0)
    made.proposals.add(
        [
            Proposal("merge", (2, 3, 5), 0.9),
            Proposal("noise", (4,), 0.8),
            Proposal("split", (4,), 0.7, cut=cut),
            Proposal("merge", (0, 7), 0.6),
        ]
    )
    yield made
    made.close()


def keys(proposals):
    return [one.key for one in proposals]


def test_steps_look_at_each_in_turn_and_stay_at_the_ends(session):
    rows = review.listed_proposals(session)
    seen = []
    for _ in range(6):
        review.step(session, 1)
        seen.append(review.looked_at(session))
    assert keys(seen) == keys([*rows, rows[-1], rows[-1]])
    for _ in range(6):
        review.step(session, -1)
    assert review.looked_at(session) == rows[0]


def test_a_cluster_that_may_be_noise_and_may_be_split_is_told_apart_by_its_spikes(session):
    _, noise, split, _ = review.listed_proposals(session)
    review.look_at(session, split)
    assert review.looked_at(session) == split
    assert session.selection.spikes.tolist() == split.spikes.tolist()
    review.look_at(session, noise)
    assert review.looked_at(session) == noise
    assert not len(session.selection.spikes)
    session.proposals.reject(noise)
    assert review.looked_at(session) == split  # with no spikes selected, as after undo
    session.selection.select_spikes(session.manager.spikes(4)[5:9])
    assert review.looked_at(session) is None


def test_nothing_is_done_to_what_is_not_looked_at(session):
    session.selection.select([8])
    n_done = session.manager.n_done
    for act in (review.accept, review.reject, review.take_out):
        with pytest.raises(ClusteringError, match="Choose a row"):
            act(session)
    assert session.manager.n_done == n_done
    assert len(session.proposals) == 4
    assert review.needs_proposal(session) == messages.LOOK_AT_PROPOSAL


def test_a_decision_goes_on_to_the_next_one_and_from_the_last_one_back(session):
    rows = review.listed_proposals(session)
    review.look_at(session, rows[1])
    review.reject(session)
    assert review.looked_at(session) == rows[2]
    review.step(session, 1)
    review.accept(session)
    assert review.looked_at(session) == rows[2]
    assert keys(session.proposals.rejected) == [rows[1].key]


def test_the_member_that_is_pointed_at_goes_round_and_begins_with_the_last(session):
    group = review.listed_proposals(session)[0]
    review.look_at(session, group)
    members = [review.member_of(session, group)]
    for _ in range(3):
        review.point_at_member(session, 1)
        members.append(review.member_of(session, group))
    assert members == [5, 2, 3, 5]
    review.point_at_member(session, -1)
    assert review.take_out_caption(session) == "Take out 3"
    assert review.take_out_sentence(session) == "Take 3 out of the proposed merge with 2 and 5"
    review.take_out(session)
    assert review.looked_at(session).clusters == (2, 5)
    assert review.needs_group(session) == messages.NEED_GROUP


def test_words_say_what_would_be_done(session):
    rows = review.listed_proposals(session)
    assert [review.proposal_words(one) for one in rows] == [
        "merge 2, 3 and 5", "move 4 to noise", "split 30 spikes off 4", "merge 0 and 7",
    ]  # fmt: skip
    assert review.left_words(rows) == "4 left: 2 merges, 1 noise, 1 split"
    assert review.left_words(rows[:1], n_new=1) == "1 left: 1 merge · 1 new cluster"
    assert review.left_words(()) == ""
    assert review.accept_sentence(session) == "Accept the proposal"
    review.look_at(session, rows[3])
    assert review.accept_sentence(session) == "Accept: merge 0 and 7"
    review.reject(session)
    session.views["proposals"].shown = "rejected"
    review.step(session, 1)
    assert review.reject_sentence(session) == "Propose it again: merge 0 and 7"
    assert review.reject_caption(session) == "Reconsider"
