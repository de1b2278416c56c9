"""Values of some pairs are those of all pairs, and after edits those of a fresh start."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.table.cluster_pairs import DensePairs, SharedPairs

N = 40


def values_of(rows, columns, *, is_likelihood):
    """Return numbers that are a function of the pair; of likelihoods they differ by direction."""
    a, b = np.meshgrid(rows, columns, indexing="ij")
    same = np.cos(a * b + a + b)
    return -20 * (1 - same) + 0.3 * np.sin(a - b) + np.log1p(b) if is_likelihood else same


def near(rows, columns):
    return np.abs(np.subtract.outer(rows, columns)) < 4


def all_near(rows, columns):
    return np.ones((len(rows), len(columns)), dtype=bool)


def compute_of(is_likelihood, asked=None):
    def compute(rows, columns):
        if asked is not None:
            asked.append(len(rows) * len(columns))
        return values_of(rows, columns, is_likelihood=is_likelihood)

    return compute


IDS = st.lists(st.lists(st.integers(0, N), min_size=1, unique=True), min_size=1, max_size=5)


@given(IDS, st.booleans(), st.sampled_from([near, all_near, None]))
def test_through_edits_they_are_those_of_a_fresh_start(steps, is_likelihood, shares):
    def make():
        options = {"is_likelihood": is_likelihood}
        return DensePairs(**options) if shares is None else SharedPairs(shares, **options)

    pairs = make()
    for step in steps:
        ids = np.sort(step)
        pairs.fill(ids, compute_of(is_likelihood))
        assert pairs.has(ids).all()
    fresh = make()
    fresh.fill(ids, compute_of(is_likelihood))
    found, expected = pairs.scores(ids), fresh.scores(ids)
    np.testing.assert_allclose(found.matrix(ids), expected.matrix(ids), rtol=1e-5, atol=1e-5)
    for cluster in ids.tolist():
        np.testing.assert_allclose(found.of(cluster, ids), expected.of(cluster, ids), rtol=1e-5, atol=1e-5)


@given(IDS, st.booleans(), st.sampled_from([near, all_near]))
def test_an_id_and_the_ids_and_the_value_of_each_pair_are_held(steps, is_likelihood, shares):
    pairs = SharedPairs(shares, is_likelihood=is_likelihood)
    assert pairs.nbytes == 0
    for step in steps:
        ids = np.sort(step)
        pairs.fill(ids, compute_of(is_likelihood))
        assert pairs.nbytes == 8 * len(ids) + (8 + 8 + 4) * np.count_nonzero(shares(ids, ids))


@pytest.mark.parametrize("is_likelihood", [True, False])
def test_sparse_is_dense_where_channels_are_shared(is_likelihood):
    ids = np.arange(0, 3 * N, 3)
    dense, sparse, some = (
        DensePairs(is_likelihood=is_likelihood),
        SharedPairs(all_near, is_likelihood=is_likelihood),
        SharedPairs(near, is_likelihood=is_likelihood),
    )
    for pairs in (dense, sparse, some):
        pairs.fill(ids, compute_of(is_likelihood))
    whole = dense.scores(ids).matrix(ids)
    np.testing.assert_allclose(sparse.scores(ids).matrix(ids), whole, rtol=1e-5, atol=1e-6)
    matrix = some.scores(ids).matrix(ids)
    shared = near(ids, ids)
    assert (matrix[~shared] == (-np.inf if is_likelihood else 0)).all()
    if not is_likelihood:
        np.testing.assert_allclose(matrix[shared], whole[shared], rtol=1e-6)
    assert some.nbytes < dense.nbytes


def test_a_likelihood_is_shared_out_over_the_row_and_the_larger_way_counts():
    pairs = DensePairs(is_likelihood=True)
    logs = np.log([[0.3, 0.1], [0.2, 0.6]])
    ids = np.array([4, 9])
    pairs.fill(ids, lambda rows, columns: logs[np.ix_(np.searchsorted(ids, rows), np.searchsorted(ids, columns))])
    expected = [[0.75, 0.25], [0.25, 0.75]]
    np.testing.assert_allclose(np.exp(pairs.scores(ids).matrix(ids)), expected, rtol=1e-6)


def test_an_edit_computes_only_rows_and_columns_that_are_new():
    asked = []
    ids = np.arange(N)
    for pairs, most in ((DensePairs(is_likelihood=True), 2 * N), (SharedPairs(near, is_likelihood=True), 16)):
        pairs.fill(ids, compute_of(True, asked))
        asked.clear()
        pairs.fill(np.append(ids[2:], N), compute_of(True, asked))
        assert sum(asked) <= most
        asked.clear()
        pairs.fill(np.append(ids[2:], N), compute_of(True, asked))
        assert asked == []
