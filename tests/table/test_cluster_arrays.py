"""Arrays by cluster id are, after any edits, what is computed afresh."""

import numpy as np
import pytest
from core.edits import clusterings, do, edit_lists
from hypothesis import given
from hypothesis import strategies as st

from napari_phy import ClusterManager
from napari_phy.core.update_info import UpdateInfo
from napari_phy.stats import correlograms
from napari_phy.table.cluster_arrays import ClusterArrays, families

SHAPES = [(), (3,), (2, 3)]


def fresh(manager, per_spike, clusters):
    """Return the sums over the spikes of clusters."""
    return np.array([per_spike[manager.spikes(cluster)].sum(axis=0) for cluster in clusters])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("forgets", [True, False])
@given(clusterings(), edit_lists)
def test_additive_values_follow_any_edits(shape, forgets, spike_clusters, edits):
    manager = ClusterManager(spike_clusters)
    per_spike = np.arange(len(spike_clusters) * int(np.prod(shape)), dtype=np.int64).reshape(-1, *shape) ** 2 % 1013
    arrays = ClusterArrays(shape, dtype=np.int64, is_additive=True)
    arrays.put(manager.cluster_ids, fresh(manager, per_spike, manager.cluster_ids))

    def follow(update):
        missing = arrays.update(update, forgets=forgets)
        single = {children for _, children in families(update) if len(children) == 1}
        assert not any((cluster,) in single for cluster in missing)  # merged ones are summed, not computed
        arrays.put(missing, fresh(manager, per_spike, missing) if len(missing) else np.empty((0, *shape)))

    manager.changed.connect(follow)
    for edit in edits:
        do(manager, *edit)
        ids = manager.cluster_ids
        np.testing.assert_array_equal(arrays[ids], fresh(manager, per_spike, ids))
        if forgets:
            np.testing.assert_array_equal(arrays.ids, ids)


def all_pairs(manager, samples, ids):
    labels = np.searchsorted(ids, manager.spike_clusters)
    return correlograms(samples, labels, np.arange(len(ids)), sample_rate=1000, bin_ms=1, window_ms=20)


@given(clusterings(), edit_lists)
def test_correlograms_follow_any_edits(spike_clusters, edits):
    samples = np.cumsum(np.arange(len(spike_clusters)) % 4)
    manager = ClusterManager(spike_clusters)
    ids = manager.cluster_ids
    first = all_pairs(manager, samples, ids)
    arrays = ClusterArrays(first.shape[2:], n_axes=2, dtype=first.dtype, is_additive=True)
    arrays.put_pairs(ids, ids, first)

    def follow(update):
        missing = arrays.update(update)
        if len(missing):
            now = manager.cluster_ids
            counts, places = all_pairs(manager, samples, now), np.searchsorted(now, missing)
            arrays.put_pairs(missing, now, counts[places])
            arrays.put_pairs(now, missing, counts[:, places])

    manager.changed.connect(follow)
    for edit in edits:
        do(manager, *edit)
        ids = manager.cluster_ids
        np.testing.assert_array_equal(arrays[ids], all_pairs(manager, samples, ids))


@pytest.mark.parametrize("n_axes", [1, 2])
@given(st.lists(st.tuples(st.booleans(), st.sets(st.integers(0, 60), max_size=12)), max_size=30))
def test_what_was_put_is_found_and_what_was_removed_is_not(n_axes, steps):
    arrays, known = ClusterArrays(n_axes=n_axes), {}
    for number, (puts, ids) in enumerate(steps, 1):
        ids = sorted(ids, key=lambda one: (one * 7) % 61)
        if not puts:
            arrays.remove(ids)
            known = {pair: value for pair, value in known.items() if not set(pair) & set(ids)}
        elif n_axes == 1:
            arrays.put(ids, number + np.array(ids))
            known |= {(one, one): number + one for one in ids}
        else:
            arrays.put_pairs(ids, ids, number + np.add.outer(ids, np.multiply(100, ids)))
            known |= {(a, b): number + a + 100 * b for a in ids for b in ids}
        live = sorted({one for pair in known for one in pair})
        assert arrays.ids.tolist() == live
        assert arrays.has(range(61)).tolist() == [one in live for one in range(61)]
        found = arrays[live]
        for row, a in enumerate(live):
            for column, b in enumerate(live):
                if n_axes == 2:
                    assert found[row, column] == known.get((a, b), 0)
            if n_axes == 1:
                assert found[row] == known[a, a]
        if number % 7 == 0:
            arrays.trim()
            np.testing.assert_array_equal(arrays[live], found)


def test_ids_may_be_anything_and_growth_is_cheap():
    arrays = ClusterArrays((2,))
    ids = [10**15, -4, 7, 0]
    arrays.put(ids, np.arange(8).reshape(4, 2))
    assert arrays[[7, 10**15]].tolist() == [[4, 5], [0, 1]]
    assert arrays.get([7, 8]).tolist()[0] == [4, 5]
    assert np.isnan(arrays.get([8])).all()
    with pytest.raises(KeyError, match="8"):
        arrays[[7, 8]]
    arrays.put(np.arange(1000), np.ones((1000, 2)))
    assert arrays.nbytes < 1.4 * (1003 * 2 * 8 + 1003 * 16)


@pytest.mark.parametrize("n_axes", [1, 2])
def test_relabelling_moves_values(n_axes):
    arrays = ClusterArrays(n_axes=n_axes)
    if n_axes == 1:
        arrays.put([3, 5, 9], [1.0, 2.0, 3.0])
    else:
        arrays.put_pairs([3, 5, 9], [3, 5, 9], np.diag([1.0, 2.0, 3.0]))
    arrays.relabel({9: 3, 3: 20})
    assert arrays.ids.tolist() == [3, 5, 20]
    values = arrays[[20, 5, 3]]
    assert (values if n_axes == 1 else np.diagonal(values)).tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match="Two clusters cannot have the same id"):
        arrays.relabel({3: 5})


@given(st.sets(st.tuples(st.integers(0, 12), st.integers(20, 32)), max_size=25))
def test_families_are_the_connected_parts(descendants):
    update = UpdateInfo("", added=(), deleted=(), descendants=tuple(sorted(descendants)))
    found = families(update)
    for parents, children in found:  # no pair leads out of a family
        for old, new in descendants:
            assert (old in parents) == (new in children)
    ids = [one for family in found for part in family for one in part]
    assert len(ids) == len(set(ids))
    assert set(ids) == {one for pair in descendants for one in pair}
    for parents, children in found:  # and none could be smaller
        reached = {parents[0]}
        while True:
            more = {one for pair in descendants if reached.intersection(pair) for one in pair}
            if more <= reached:
                break
            reached |= more
        assert reached == set(parents) | set(children)


def test_what_is_handed_out_is_read_only_and_rows_say_where():
    arrays = ClusterArrays((2,))
    assert (len(arrays), arrays.nbytes, arrays.rows([3]).tolist(), arrays.has([3]).tolist()) == (0, 0, [-1], [False])
    arrays.put([7, 3], [[1, 2], [3, 4]])
    assert (len(arrays), arrays.ids.tolist()) == (2, [3, 7])
    assert arrays.values[arrays.rows([3, 7])].tolist() == [[3, 4], [1, 2]]
    assert arrays.rows([5]).tolist() == [-1]
    for array in (arrays.values, arrays.ids):
        assert not array.flags.writeable
    assert arrays.nbytes == 2 * 2 * 8 + 2 * 8 + 2 * 8
    arrays.put([3], [[9, 9]])
    assert arrays[[7, 3]].tolist() == [[1, 2], [9, 9]]
    assert arrays.get([3, 4], -1).tolist() == [[9, 9], [-1, -1]]


def test_room_that_was_let_go_serves_those_that_come_and_can_be_given_back():
    arrays = ClusterArrays(dtype=np.int64)
    arrays.put(range(8), range(8))
    full = arrays.nbytes
    arrays.keep_only([2, 5, 99])
    arrays.put([20, 21], [20, 21])
    assert arrays.ids.tolist() == [2, 5, 20, 21]
    assert arrays.values.nbytes == 64
    arrays.trim()
    assert arrays.nbytes == full // 2
    assert arrays[[2, 5, 20, 21]].tolist() == [2, 5, 20, 21]
    arrays.put([22], [22])
    assert arrays.values.nbytes == 8 * 5  # a quarter more, and one at least


def test_values_that_are_not_additive_are_to_be_computed_and_forgotten_only_if_asked():
    manager = ClusterManager([0, 0, 1, 2])
    update = manager.merge([0, 1])
    for forgets in (True, False):
        arrays = ClusterArrays()
        arrays.put([0, 1, 2], [1.0, 2.0, 3.0])
        assert arrays.update(update, forgets=forgets).tolist() == [3]
        assert arrays.ids.tolist() == ([2] if forgets else [0, 1, 2])


def test_a_sum_that_is_known_is_not_made_again_and_needs_all_its_parents():
    update = ClusterManager([0, 0, 1, 2]).merge([0, 1])
    arrays = ClusterArrays(is_additive=True)
    arrays.put([0, 2], [1.0, 3.0])
    assert arrays.update(update, forgets=False).tolist() == [3]
    arrays.put([1, 3], [2.0, 50.0])
    assert arrays.update(update, forgets=False).tolist() == []
    assert arrays[[3]].tolist() == [50]
