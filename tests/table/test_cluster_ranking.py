"""Ranking by similarity: the cosines of the sums as they are, with the vector of each cluster made once."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from widgets.light_session import light_session

from napari_phy.stats.similarity import cosine_similarity
from napari_phy.table.cluster_ranking import ClusterRanking


class CountedSums:
    """Sums that keep which clusters were asked for."""

    is_held = False

    def __init__(self, sums):
        self._sums = sums
        self.asked = []

    def prepare(self, on_progress):
        self._sums.prepare(on_progress)

    def get(self, clusters):
        self.asked.append(sorted(clusters))
        return self._sums.get(clusters)


@pytest.fixture
def session():
    return light_session(12, 1500, with_raw=False)


def expected(session, cluster):
    others = [other for other in session.manager.cluster_ids.tolist() if other != cluster]
    sums = session.sums.get([cluster, *others])
    values = cosine_similarity([sums[other].feature_mask_sum for other in others], sums[cluster].feature_mask_sum)
    return dict(zip(others, values.tolist(), strict=True))


def check(session, ranking, cluster):
    found = ranking(cluster)
    wanted = expected(session, cluster)
    assert [value for _, value in found] == sorted((value for _, value in found), reverse=True)
    assert {other for other, _ in found} == set(wanted)
    assert_allclose([value for _, value in found], [wanted[other] for other, _ in found], atol=1e-12)


def test_it_ranks_by_the_cosine_through_any_edits_and_their_undo(session):
    rng = np.random.default_rng(0)
    for _ in range(40):
        clusters = rng.choice(session.manager.cluster_ids, 2, replace=False).tolist()
        kind = rng.integers(4)
        if kind == 0 and len(session.manager.cluster_ids) > 4:
            session.merge(clusters)
        elif kind == 1 and session.manager.n_spikes(clusters[0]) > 1:
            spikes = session.manager.spikes(clusters[0])
            session.split(spikes[: len(spikes) // 2])
        elif kind == 2:
            session.undo()
        else:
            session.redo()
        check(session, session.similar_to, int(rng.choice(session.manager.cluster_ids)))


def test_each_vector_is_made_once_and_is_there_again_after_undo(session):
    sums = CountedSums(session.sums)
    ranking = ClusterRanking(session.manager, sums)
    check(session, ranking, 3)
    ranking(4)
    assert sums.asked == [list(range(12))]
    merged = session.merge([3, 4]).added[0]
    check(session, ranking, merged)
    session.undo()
    check(session, ranking, 3)
    session.redo()
    ranking(merged)
    assert sums.asked == [list(range(12)), [merged]]


def test_vectors_of_former_clusters_go_once_they_are_the_more(session):
    sums = CountedSums(session.sums)
    ranking = ClusterRanking(session.manager, sums)
    ranking(0)
    while len(session.manager.cluster_ids) > 5:
        ranking(session.merge(session.manager.cluster_ids[:2]).added[0])
    check(session, ranking, int(session.manager.cluster_ids[0]))
    assert set(map(len, sums.asked[1:])) == {1}  # each is made once
    assert len(ranking._cache.get("vectors")) <= 2 * 5


def test_without_features_and_for_a_cluster_that_is_gone_there_is_nothing(session):
    session.merge([3, 4])
    assert session.similar_to(3) == []
    assert light_session(features=None, masks=None).similar_to(0) == []
    session.sums.is_held = True
    assert session.similar_to(5) == []


def test_what_was_asked_for_is_the_asker_s(session):
    session.similar_to(3).clear()
    assert len(session.similar_to(3)) == 11


def test_once_prepared_the_first_question_makes_no_vector(session):
    sums = CountedSums(session.sums)
    ranking = ClusterRanking(session.manager, sums)
    ranking.prepare()
    assert sums.asked == [session.manager.cluster_ids.tolist()]
    check(session, ranking, int(session.manager.cluster_ids[3]))
    assert len(sums.asked) == 1
    ClusterRanking(session.manager, None).prepare()
