"""Which pairs of clusters are compared, and that each pair is compared in the same way whatever others there are."""

import numpy as np
import pytest
from widgets.light_session import light_session

from napari_phy.table import pair_evidence as module
from napari_phy.table.pair_evidence import candidate_pairs, pair_evidence, parts_evidence


@pytest.fixture
def halves():
    """Return a session of eight clusters, each of them cut into two at random, and the pairs of halves."""
    with light_session(n_clusters=8, n_spikes=2400) as session:
        rng, pairs = np.random.default_rng(0), []
        for cluster in session.manager.cluster_ids.tolist():
            spikes = session.manager.spikes(cluster)
            pairs.append(session.assign(spikes, rng.integers(0, 2, len(spikes))).added)
        yield session, pairs


def test_candidates_share_a_channel_and_halves_are_among_them(halves):
    session, pairs = halves
    ids = session.manager.cluster_ids.tolist()
    found = candidate_pairs(session.opened, ids)
    assert found == sorted(set(found))
    assert all(one < other for one, other in found)
    assert set(found) >= set(pairs)
    masks = {one: session.sums.get([one])[one].mask_sum > 0 for one in ids}
    assert all((masks[one] & masks[other]).any() for one, other in found)
    assert candidate_pairs(session.opened, ids[:1]) == []
    only = [cluster for pair in pairs[:2] for cluster in pair]
    assert set(candidate_pairs(session.opened, only)) == {pair for pair in found if set(pair) <= set(only)}


def test_evidence_does_not_depend_on_what_is_read_together(halves, monkeypatch):
    session, _ = halves
    pairs = candidate_pairs(session.opened, session.manager.cluster_ids.tolist())
    together = pair_evidence(session.opened, pairs)
    assert [one.clusters for one in together] == pairs
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", 3)
    told = []
    apart = pair_evidence(session.opened, pairs, told.append)
    assert [one.terms for one in apart] == [one.terms for one in together]
    assert told == sorted(told)
    assert 0 <= told[0] < told[-1] <= 1


def test_halves_of_a_cluster_are_one_whether_they_are_cut_or_not(halves):
    session, pairs = halves
    for one, other in pairs:
        apart = pair_evidence(session.opened, [(one, other)])[0]
        parts = parts_evidence(session.model, one, session.manager.spikes(one), session.manager.spikes(other))
        assert apart.shape.cosine > 0.99
        assert parts.shape.cosine > 0.99
        assert parts.time == apart.time
