"""What is proposed, and why: groups whose clusters agree, clusters that are left out, and the words."""

from dataclasses import replace

import numpy as np
import pytest
from widgets.light_session import light_session

import napari_phy
from napari_phy.core.errors import MissingDataError, SettingsError
from napari_phy.views.merge_preview import PreviewRequest, compute_merge_preview, preview_words
from napari_phy.views.proposals import ProposalsSettings, compute_proposals, propose_merges


@pytest.fixture(scope="module")
def sample(sample_kwik):
    with napari_phy.open_session(sample_kwik, read_only=True) as session:
        yield session


def test_proposals_of_the_sample_are_its_truth_and_say_why(sample):
    found = compute_proposals(sample.opened, ProposalsSettings(), find_cut=sample.opened.cuts)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    proposed = {one.key: one for one in found}
    assert set(proposed) == {("split", (9,)), ("merge", (7, 15)), ("merge", (5, 12))}
    assert all(0.99 < one.score <= 1 for one in found)
    split, merge = proposed["split", (9,)], proposed["merge", (5, 12)]
    assert split.reasons[0].startswith("two clouds by features: ")
    assert merge.reasons[0] == "shapes 1.00 alike"
    assert merge.reasons[1] == "0.0 % violations after, 0.0 % before"
    assert "no gap between their spikes" in merge.reasons
    assert merge.spikes is None
    assert split.cut.n_rest + len(split.spikes) == sample.manager.n_spikes(9)


def test_a_row_and_the_preview_have_the_same_counts(sample):
    merges = propose_merges(sample.opened, sample.manager.cluster_ids.tolist())
    for merge in merges:
        preview = compute_merge_preview(sample.opened, PreviewRequest(merge.clusters))
        found = preview.violations
        assert found.by_chance >= 1
        assert f"{found.n_between} new within 2 ms, {found.chance_words} by chance" in merge.reasons
        assert preview_words(preview)[1].endswith(f"would have {found.chance_words} by chance")
    assert len(merges) == 2


def test_kinds_and_the_least_score_and_size_are_chosen(sample):
    plain = ProposalsSettings(noise=False)
    merges = compute_proposals(sample.opened, plain)
    assert {one.kind for one in merges} == {"merge"}
    assert compute_proposals(sample.opened, replace(plain, merges=False)) == ()
    assert compute_proposals(sample.opened, replace(plain, least_spikes=100_000)) == ()
    assert {one.clusters for one in compute_proposals(sample.opened, plain, may_merge=lambda *pair: 7 not in pair)} == {
        (5, 12)
    }
    with pytest.raises(SettingsError, match="Proposals: least_score cannot be 2"):
        plain.changed(least_score=2)


def test_what_was_decided_is_left_out_and_artefacts_are_noise(kwik_copy):
    with napari_phy.open_session(kwik_copy) as session:
        session.move([5], "mua")
        session.move([9], "noise")
        found = session.propose()
        assert {one.clusters for one in found if one.kind != "noise"} == {(7, 15)}
        session.move([0], "unsorted")  # the artefacts
        noise = next(one for one in session.propose() if one.kind == "noise")
        assert noise.clusters == (0,)
        assert noise.reasons[0] == "on 16 of 16 channels at once"
        session.move([0], "mua")
        assert not any(one.clusters == (0,) for one in session.propose())


def test_a_group_of_four_parts_is_one_proposal_and_no_cluster_is_in_two(kwik_copy):
    with napari_phy.open_session(kwik_copy) as session:
        spikes = session.manager.spikes(3)
        parts = np.random.default_rng(0).integers(0, 4, len(spikes))
        four = session.assign(spikes, parts).added
        ids = session.manager.cluster_ids.tolist()
        groups = [one.clusters for one in propose_merges(session.opened, ids)]
        assert four in groups
        every = [cluster for group in groups for cluster in group]
        assert len(every) == len(set(every))


def test_without_features_there_is_a_sentence():
    session = light_session(features=None, masks=None)
    with session, pytest.raises(MissingDataError, match="features"):
        session.propose()
