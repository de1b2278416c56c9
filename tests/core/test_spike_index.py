"""Spikes ordered by cluster, against the plain way, wherever another way is taken for many or for sparse ids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core import arrays, spike_index
from napari_phy.core.arrays import MAX_ID
from napari_phy.core.errors import ClusteringError
from napari_phy.core.spike_index import SpikeIndex

ids = st.one_of(st.integers(0, 9), st.integers(0, 3000), st.integers(0, MAX_ID))


def check(labels):
    index, cluster_ids, numbers = SpikeIndex.build(labels)
    expected, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    assert (cluster_ids.tolist(), numbers.tolist()) == (expected.tolist(), inverse.tolist())
    assert (cluster_ids.dtype, numbers.dtype, index.order.dtype, index.starts.dtype) == ("i8", "i4", "i4", "i8")
    for number, cluster in enumerate(expected.tolist()):
        assert index.size(number) == counts[number]
        assert index.members(number).tolist() == np.flatnonzero(labels == cluster).tolist()


@given(st.lists(ids, max_size=30), st.sampled_from(["i8", "u8"]), st.integers(1, 40))
def test_it_is_what_unique_finds_for_any_ids(labels, dtype, n_block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "N_BLOCK", n_block)
        check(np.array(labels, dtype=dtype))


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_it_is_the_same_on_both_sides_of_where_compiled_code_counts(monkeypatch, more):
    monkeypatch.setattr(spike_index, "N_SPIKES_NUMBA", 500 + more)
    check(np.random.default_rng(0).integers(0, 30, 500))


@pytest.mark.parametrize("n_clusters", [2**16 - 2, 2**16 - 1, 2**16, 2**16 + 1])
def test_as_many_clusters_as_sixteen_bits_count_and_more_are_told_apart(n_clusters):
    index, cluster_ids, _ = SpikeIndex.build(np.arange(n_clusters)[::-1])
    assert len(cluster_ids) == n_clusters
    assert np.array_equal(index.order, np.arange(n_clusters)[::-1])


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([[1, 2]], r"a flat array, not one of shape \(1, 2\)"),
        ([0.5], "integers, not float64"),
        ([-1, 3], "from 0 to 9007199254740991, but there is -1"),
        ([3, 2**53], "but there is 9007199254740992"),
    ],
)
def test_what_are_no_ids_is_said(labels, words):
    with pytest.raises(ClusteringError, match=words):
        SpikeIndex.build(labels)


def test_the_largest_id_there_can_be_is_one():
    assert SpikeIndex.build([MAX_ID, 0])[1].tolist() == [0, MAX_ID]
