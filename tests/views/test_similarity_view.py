import numpy as np
import pytest

from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.stats.similarity import cosine_matrix, cosine_similarity
from napari_phy.views.similarity import SimilarityRequest, compute_similarity


def wanted(session, ids):
    """Return the matrix as the list of similar clusters has its values, one pair at a time."""
    values = {cluster: dict(session.similar_to(cluster)) | {cluster: 1.0} for cluster in ids}
    return np.array([[values[one][other] for other in ids] for one in ids])


def all_of(session, order="list"):
    return SimilarityRequest(tuple(session.manager.cluster_ids.tolist()), order)


def test_every_pair_is_as_alike_as_in_the_list_of_similar_clusters(session):
    data = compute_similarity(session, all_of(session))
    assert data.cluster_ids.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(data.similarities, wanted(session, range(5)), atol=1e-6)
    np.testing.assert_array_equal(data.similarities, data.similarities.T)
    np.testing.assert_allclose(data.levels, 255 * np.clip(data.similarities, 0, 1), atol=0.5)
    assert data.caption == "cosine of the mean masked features of 5 clusters"


def test_an_edit_reads_the_new_clusters_only_and_gives_the_same_as_a_fresh_start(make_session):
    session = make_session(n_clusters=9)
    compute_similarity(session, all_of(session))
    asked = session.sums.asked_for
    for edit in (
        lambda: session.manager.merge([1, 4]),
        lambda: session.manager.split(session.manager.spikes(3)[::2]),
        lambda: session.manager.undo(),
        lambda: session.manager.undo(),
        lambda: session.manager.merge([0, 1, 2]),
    ):
        before = set(session.manager.cluster_ids.tolist())
        edit()
        asked.clear()
        data = compute_similarity(session, all_of(session))
        assert set(asked) == set(session.manager.cluster_ids.tolist()) - before
        np.testing.assert_allclose(data.similarities, wanted(session, data.cluster_ids.tolist()), atol=1e-6)


def test_rows_are_in_order_of_depth_size_id_or_as_given(session):
    depth = compute_similarity(session, all_of(session, "depth")).cluster_ids
    # cluster c is largest on channel (3 c + 1) modulo 8, 20 µm apart: 1, 4, 7, 2, 5
    assert depth.tolist() == [2, 4, 1, 3, 0]
    sizes = [
        session.manager.n_spikes(cluster)
        for cluster in compute_similarity(session, all_of(session, "size")).cluster_ids
    ]
    assert sizes == sorted(sizes, reverse=True)
    given = compute_similarity(session, SimilarityRequest((3, 0, 4), "list"))
    assert given.cluster_ids.tolist() == [3, 0, 4]
    np.testing.assert_allclose(given.similarities, wanted(session, [3, 0, 4]), atol=1e-6)
    assert compute_similarity(session, SimilarityRequest((3, 0, 4), "id")).cluster_ids.tolist() == [0, 3, 4]


def test_without_features_it_says_which_file_is_missing(make_session):
    session = make_session(features=None, masks=None)
    with pytest.raises(MissingDataError, match=r"memory\.kwx is missing: features and similarity"):
        compute_similarity(session, all_of(session))


def test_a_cluster_that_is_gone_is_refused(session):
    request = all_of(session)
    session.manager.merge([0, 1])
    with pytest.raises(ClusteringError):
        compute_similarity(session, request)


def test_no_clusters_have_an_empty_matrix(session):
    assert compute_similarity(session, SimilarityRequest(())).similarities.shape == (0, 0)


def test_what_is_handed_out_cannot_be_changed(session):
    data = compute_similarity(session, all_of(session))
    assert not any(array.flags.writeable for array in (data.similarities, data.levels, data.cluster_ids))


def test_a_matrix_of_cosines_is_that_of_its_rows_and_0_without_length():
    rng = np.random.default_rng(0)
    some, others = rng.normal(size=(4, 6)), rng.normal(size=(5, 6))
    some[2] = 0
    matrix = cosine_matrix(some, others)
    for row, vector in zip(matrix, some, strict=True):
        np.testing.assert_allclose(row, cosine_similarity(others, vector), atol=1e-12)
    assert not matrix[2].any()
