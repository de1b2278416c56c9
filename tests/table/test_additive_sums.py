"""Sums kept through edits equal sums computed afresh."""

import numpy as np
import pytest
from core.edits import clusterings, do, edit_lists
from hypothesis import given
from support import CountedRows

from napari_phy import ClusterManager
from napari_phy.core.update_info import UpdateInfo
from napari_phy.table.additive_sums import AdditiveSums
from napari_phy.table.cluster_arrays import families
from napari_phy.table.feature_sums import FeatureSums


@given(clusterings(), edit_lists)
def test_sums_equal_fresh_ones(labels, sequence):
    rng = np.random.default_rng(len(labels))
    values = np.column_stack([np.ones(len(labels)), rng.random((len(labels), 2)) * 10.0 ** rng.integers(-6, 6, 2)])
    manager = ClusterManager(labels)
    sums = AdditiveSums(manager, lambda sets, _: [values[spikes].sum(axis=0) for spikes in sets])
    sums.get(manager.cluster_ids)
    for i, (kind, seed) in enumerate(sequence):
        do(manager, kind, seed)
        if i % 3:  # some edits meet parents that nobody asked for
            for cluster, total in sums.get(manager.cluster_ids).items():
                fresh = values[manager.spikes(cluster)].sum(axis=0)
                assert total[0] == fresh[0]
                np.testing.assert_allclose(total, fresh, rtol=1e-9)


def test_a_merge_reads_nothing_and_a_split_only_the_smaller_side():
    manager = ClusterManager(np.repeat([0, 1, 2], [50, 30, 20]))
    read = []

    def compute(sets, _on_progress):
        read.extend(map(len, sets))
        return [np.array([float(len(spikes))]) for spikes in sets]

    sums = AdditiveSums(manager, compute)
    sums.get([0, 1, 2])
    read.clear()
    assert sums.get(manager.merge([0, 1]).added)[3] == 80
    assert read == []
    assert {k: v.item() for k, v in sums.get(manager.split(np.arange(15)).added).items()} == {4: 15, 5: 65}
    assert read == [15]
    manager.undo()
    manager.undo()
    sums.get(manager.cluster_ids)
    assert read == [15]


def test_a_tiny_rest_is_computed_rather_than_subtracted():
    manager = ClusterManager(np.zeros(1000, int))
    read = []
    sums = AdditiveSums(manager, lambda sets, _: [read.append(len(ids)) or np.array([float(len(ids))]) for ids in sets])
    sums.get([0])
    _, rest = manager.split(np.arange(997)).added
    read.clear()
    assert sums.get([rest])[rest] == 3
    assert read == [3]


def test_a_rest_whose_siblings_are_gone_is_computed():
    manager = ClusterManager(np.zeros(100, int))
    read = []
    sums = AdditiveSums(manager, lambda sets, _: [read.append(len(ids)) or np.array([float(len(ids))]) for ids in sets])
    sums.get([0])
    *siblings, rest = manager.assign(np.arange(40), np.repeat([0, 1, 2], [20, 10, 10])).added
    assert manager.n_spikes(rest) == 60
    manager.merge(siblings)
    read.clear()
    assert sums.get([rest])[rest] == 60
    assert read == [60]


def test_families_are_as_small_as_they_can_be():
    update = UpdateInfo("assign", descendants=((1, 10), (2, 10), (3, 11), (4, 12), (4, 13)))
    assert sorted(families(update)) == [((1, 2), (10,)), ((3,), (11,)), ((4,), (12, 13))]


def test_feature_sums_of_all_clusters_at_once_equal_those_one_by_one():
    rng = np.random.default_rng(1)
    n, n_channels = 500, 4
    labels = rng.integers(0, 5, n)
    features = rng.normal(size=(n, n_channels * 3)).astype(np.float32)
    masks = rng.random((n, n_channels)).astype(np.float32)
    manager = ClusterManager(labels)
    at_once, one_by_one = FeatureSums(manager, features, masks), FeatureSums(manager, features, masks)
    at_once._block = 64
    at_once.prepare()
    expected = one_by_one.get(manager.cluster_ids)
    for cluster, found in at_once.get(manager.cluster_ids).items():
        mine = labels == cluster
        weighted = features[mine].astype(float) * np.repeat(masks[mine].astype(float), 3, axis=1)
        assert found.n_spikes == expected[cluster].n_spikes == mine.sum()
        np.testing.assert_allclose(found.mask_sum, masks[mine].sum(axis=0, dtype=float), rtol=1e-9)
        np.testing.assert_allclose(found.feature_mask_sum, weighted.sum(axis=0), rtol=1e-9)
        np.testing.assert_allclose(found.abs_sum, np.abs(weighted).reshape(-1, 4, 3).sum(axis=(0, 2)), rtol=1e-9)
        np.testing.assert_allclose(found.abs_sum, expected[cluster].abs_sum, rtol=1e-9)


def test_the_sums_of_a_cluster_of_one_spike_are_its_own_features_whether_all_are_read_or_a_sample():
    features, masks = np.array([[1.0, -2.0], [5.0, -7.0], [3.0, 4.0]]), np.array([[0.5], [0.25], [1.0]])
    for max_bytes in (2**31, 1):
        sums = FeatureSums(ClusterManager([0, 1, 0]), features, masks, max_bytes=max_bytes)
        assert sums.is_sampled == (max_bytes == 1)
        found = sums.get([1])[1]
        assert found.n_spikes == 1
        assert (found.mask_sum, found.abs_sum) == (0.25, 3.0)
        assert found.feature_mask_sum.tolist() == [1.25, -1.75]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("where", ["feature", "mask"])
def test_a_value_that_cannot_have_been_measured_costs_that_spike_alone(bad, where):
    rng = np.random.default_rng(3)
    features, masks = rng.normal(size=(300, 12)).astype(np.float32), rng.random((300, 4)).astype(np.float32)
    labels = rng.integers(0, 3, 300)
    labels[7] = 1
    without = ClusterManager(np.where(np.arange(300) == 7, 3, labels))
    expected = FeatureSums(without, features, masks).get([0, 1, 2])
    (features if where == "feature" else masks)[7, 2] = bad
    for prepares in (True, False):
        manager = ClusterManager(labels)
        sums = FeatureSums(manager, features, masks)
        if prepares:
            sums.prepare()
        for cluster, found in sums.get([0, 1, 2]).items():
            assert found.n_spikes == expected[cluster].n_spikes
            np.testing.assert_allclose(found.mask_sum, expected[cluster].mask_sum)
            np.testing.assert_allclose(found.feature_mask_sum, expected[cluster].feature_mask_sum)
            np.testing.assert_allclose(found.abs_sum, expected[cluster].abs_sum)
        assert sums.n_unmeasured == 1
        merged = manager.merge([1, 2]).added[0]
        draw_batch = expected[1].abs_sum + expected[2].abs_sum
        np.testing.assert_allclose(sums.get([merged])[merged].abs_sum, draw_batch)


def test_many_clusters_are_read_once_in_the_order_of_the_file():
    rng = np.random.default_rng(4)
    features, masks = rng.normal(size=(3000, 6)).astype(np.float32), np.ones((3000, 2), np.float32)
    counted = CountedRows(features)
    manager = ClusterManager(rng.integers(0, 1000, 3000))
    sums = FeatureSums(manager, counted, masks)
    sums._block = 500
    found = sums.get(manager.cluster_ids)
    assert (counted.n_reads, counted.n_rows_read) == (6, 3000)
    assert sum(one.n_spikes for one in found.values()) == 3000


def test_all_rows_of_a_small_data_set_are_read_at_once():
    counted = CountedRows(np.ones((3000, 6), np.float32))
    sums = FeatureSums(ClusterManager(np.arange(3000) % 7), counted, np.ones((3000, 2), np.float32))
    assert sums.is_small
    sums.prepare()
    assert (counted.n_reads, counted.n_rows_read) == (1, 3000)


def test_a_large_data_set_is_sampled_and_scaled():
    n, n_channels = 20_000, 2
    features, masks = np.ones((n, 6), np.float32), np.ones((n, n_channels), np.float32)
    manager = ClusterManager(np.arange(n) % 2)
    sums = FeatureSums(manager, features, masks, max_bytes=8 * 4 * 1000)
    assert sums.is_sampled
    sums.prepare()
    assert sums.get([0])[0].n_spikes == 10_000
    np.testing.assert_allclose(sums.get([0])[0].mask_sum, 10_000)


@pytest.mark.parametrize(("n_rest", "n_read"), [(9, 1), (10, 0), (11, 0)])
def test_a_rest_of_a_hundredth_of_the_spikes_is_subtracted(n_rest, n_read):
    manager = ClusterManager(np.zeros(1000, int))
    read = []
    sums = AdditiveSums(manager, lambda sets, _: [read.append(len(ids)) or np.array([float(len(ids))]) for ids in sets])
    sums.get([0])
    n_parts = 1 + -(-990 // n_rest)  # the rest is the largest
    marks = np.arange(1000 - n_rest) // (n_rest - 1 if n_rest > 1 else 1)
    *siblings, rest = manager.assign(np.arange(1000 - n_rest), marks).added
    assert len(siblings) + 1 >= n_parts
    sums.get(siblings)
    read.clear()
    assert sums.get([rest])[rest] == n_rest
    assert len(read) == n_read


def test_what_was_put_is_found_and_a_sum_is_known_only_then():
    manager = ClusterManager([0, 0, 1])
    sums = AdditiveSums(manager, lambda sets, _: [np.array([float(len(ids))]) for ids in sets])
    assert 0 not in sums
    sums.put(0, np.array([7.0]))
    assert (0 in sums, 1 in sums, sums.get([0])[0].item()) == (True, False, 7)
    assert list(sums.get([1, 0])) == [1, 0]


@pytest.mark.parametrize(
    ("n_spikes", "max_bytes", "is_sampled"), [(100, 3200, False), (101, 3200, True), (10, 0, True), (0, 0, False)]
)
def test_features_are_sampled_where_all_rows_hold_more_than_they_may(n_spikes, max_bytes, is_sampled):
    features, masks = np.ones((n_spikes, 6), np.float32), np.ones((n_spikes, 2), np.float32)
    sums = FeatureSums(ClusterManager(np.zeros(n_spikes, int)), features, masks, max_bytes)
    assert sums.is_sampled is is_sampled
    assert (sums.is_prepared, sums.is_held, sums.n_unmeasured) == (False, False, 0)
    sums.prepare()
    assert sums.is_prepared


@pytest.mark.parametrize(("max_bytes", "n_read"), [(32 * 1000, 500), (32 * 300, 200), (32 * 600, 300)])
def test_of_each_cluster_its_share_is_read_and_two_hundred_spikes_at_least(max_bytes, n_read):
    counted = CountedRows(np.ones((4000, 6), np.float32))
    sums = FeatureSums(ClusterManager(np.arange(4000) % 2), counted, np.ones((4000, 2), np.float32), max_bytes)
    found = sums.get([1])[1]
    assert counted.n_rows_read == n_read
    assert (found.n_spikes, found.mask_sum.tolist(), found.abs_sum.tolist()) == (2000, [2000, 2000], [6000, 6000])


def test_progress_goes_from_nothing_on_and_a_cluster_that_was_not_measured_has_nothing():
    features, masks = np.ones((100, 6), np.float32), np.ones((100, 2), np.float32)
    features[:50, 0] = np.nan
    manager = ClusterManager(np.arange(100) // 50)
    sums, shares = FeatureSums(manager, features, masks), []
    sums._block = 25
    assert not sums.is_small
    sums.prepare(shares.append)
    assert shares == [0, 0.25, 0.5, 0.75]
    assert sums.n_unmeasured == 50
    one, other = sums.get([0, 1]).values()
    assert (one.n_spikes, one.abs_sum.tolist(), other.n_spikes, other.abs_sum.tolist()) == (0, [0, 0], 50, [150, 150])
    sums._block = 100
    assert sums.is_small
