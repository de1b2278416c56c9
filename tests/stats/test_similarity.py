import numpy as np
import pytest

from napari_phy.stats.similarity import cosine_matrix, cosine_similarity, unit_vectors


def test_direction_counts_and_length_does_not():
    vectors = [[2, 0], [0, 3], [-1, 0], [1, 1]]
    np.testing.assert_allclose(cosine_similarity(vectors, [5, 0]), [1, 0, -1, np.sqrt(0.5)])


def test_without_length_there_is_no_likeness():
    assert cosine_similarity([[0, 0], [1, 0]], [1, 0]).tolist() == [0, 1]
    assert cosine_similarity([[0, 0], [1, 0]], [0, 0]).tolist() == [0, 0]
    assert cosine_similarity(np.empty((0, 3)), np.ones(3)).shape == (0,)


def test_rounding_never_leads_out_of_range():
    vectors = np.random.default_rng(0).normal(size=(200, 96)).astype(np.float32)
    for vector in vectors[:20]:
        assert np.abs(cosine_similarity(vectors, vector)).max() <= 1


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="cannot be compared"):
        cosine_similarity([[1, 2]], [1, 2, 3])


def test_short_vectors_have_a_direction_and_those_without_length_have_none():
    vectors = np.array([[3e-9, 4e-9], [0.0, 0.0], [0.0, -0.5], [1e9, 0.0]])
    units = [[0.6, 0.8], [0, 0], [0, -1], [1, 0]]
    np.testing.assert_allclose(unit_vectors(vectors), units)
    np.testing.assert_allclose(cosine_matrix(vectors, vectors[:2]), np.dot(units, np.transpose(units[:2])), atol=1e-15)
    np.testing.assert_allclose(cosine_similarity(vectors, vectors[0]), np.dot(units, units[0]))


def test_shapes_of_one_vector_or_of_none_do_not_fit():
    for vectors, vector in (([1, 2], [1, 2]), ([[1, 2]], [[1, 2]]), ([[[1, 2]]], [1, 2])):
        with pytest.raises(ValueError, match="cannot be compared"):
            cosine_similarity(vectors, vector)
    assert np.abs(cosine_matrix(*[np.random.default_rng(1).normal(size=(50, 96)).astype(np.float32)] * 2)).max() <= 1
