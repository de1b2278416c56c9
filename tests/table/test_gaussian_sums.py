"""Sums that follow edits are those of the spikes, read anew; the same for what is made of them."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from support import random_model

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.core.progress import CancelledError
from napari_phy.table import gaussian_sums
from napari_phy.table.gaussian_sums import GaussianSums


class CountedRows:
    """Rows that tell how many of them were read."""

    def __init__(self, rows):
        self._rows, self.shape, self.n_read = rows, rows.shape, 0

    def __getitem__(self, spikes):
        found = self._rows[spikes]
        self.n_read += len(found)
        return found


def sparse_model(n_spikes=400, n_clusters=6, seed=0, **changes):
    """Return a data set with channels of many, few and no spikes in each cluster."""
    model = random_model(n_spikes=n_spikes, n_clusters=n_clusters, **changes)
    rng = np.random.default_rng(seed)
    masks = np.array(model.masks[:])
    masks[rng.random(masks.shape) < 0.5] = 0
    masks[rng.random(masks.shape) < 0.03] = 0.4
    model.masks = masks.astype(np.float32)
    return model


def open_sums(model=None, **options):
    model = sparse_model() if model is None else model
    manager = ClusterManager(model.spike_clusters)
    return manager, GaussianSums(manager, model, **options)


def assert_as_read(manager, sums, model):
    ids = manager.cluster_ids.tolist()
    found, fresh = sums.get(ids), GaussianSums(manager, model).get(ids)
    for cluster in ids:
        one, other = found[cluster], fresh[cluster]
        np.testing.assert_array_equal(one.core, other.core)
        for name in ("n", "first", "second", "unknown", "n_unmasked", "mask_sum", "products"):
            scale = np.abs(getattr(other, name)).max(initial=1)
            assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-9 * scale, err_msg=name)
        if one.outside is not None:
            assert set(other.outside) <= set(one.outside) <= set(manager.spikes(cluster))


EDITS = st.lists(
    st.tuples(st.sampled_from(["merge", "split", "undo", "redo", "ask"]), st.integers(0, 2**20)), max_size=9
)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(EDITS)
def test_through_any_edits_they_are_those_of_the_spikes(edits):
    model = sparse_model(n_spikes=200, n_clusters=5)
    manager, sums = open_sums(model)
    sums.get(manager.cluster_ids.tolist())
    for kind, seed in edits:
        rng = np.random.default_rng(seed)
        ids = manager.cluster_ids
        with suppress(ClusteringError):
            if kind == "merge":
                manager.merge(rng.choice(ids, min(len(ids), int(rng.integers(2, 4))), replace=False).tolist())
            elif kind == "split":
                spikes = np.concatenate([manager.spikes(one) for one in rng.choice(ids, 2).tolist()])
                manager.split(np.unique(rng.choice(spikes, len(spikes) // 3)))
            elif kind == "ask":
                sums.get(ids[:3].tolist())
            else:
                getattr(manager, kind)()
    assert_as_read(manager, sums, model)


def test_a_merge_reads_only_the_few_spikes_that_a_parent_has_outside_its_core_and_undo_none():
    model = sparse_model(n_spikes=3000)
    model.features, model.masks = CountedRows(model.features), CountedRows(model.masks)
    manager, sums = open_sums(model)
    known = sums.get(manager.cluster_ids.tolist())
    outside = [known[cluster].outside for cluster in (1, 2)]
    model.masks.n_read = 0
    merged = manager.merge([1, 2]).added[0]
    assert sums.knows([merged])
    sums.get([merged])
    assert model.masks.n_read <= sum(map(len, outside)) < 0.2 * manager.n_spikes(merged)
    manager.undo()
    model.masks.n_read = 0
    assert sums.knows([1, 2])
    sums.get([1, 2])
    assert model.masks.n_read == 0


def test_of_a_split_only_the_smaller_side_is_read():
    model = sparse_model(n_spikes=3000)
    model.features = CountedRows(model.features)
    manager, sums = open_sums(model)
    sums.get(manager.cluster_ids.tolist())
    model.features.n_read = 0
    spikes = manager.spikes(3)[::5]
    new = manager.split(spikes).added
    assert sums.knows(new)
    sums.get(new)
    assert model.features.n_read == 2 * len(spikes)  # for their cores, and for the sums
    assert_as_read(manager, sums, model)


def test_what_is_not_known_in_a_moment_is_told(monkeypatch):
    manager, sums = open_sums()
    assert not sums.knows([0])
    sums.get([0, 1])
    assert sums.knows([0, 1])
    assert not sums.knows([2])
    assert not sums.knows([77])
    monkeypatch.setattr(gaussian_sums, "N_AT_ONCE", 1)
    assert not sums.knows(manager.split(manager.spikes(0)[:3]).added)


def test_blocks_of_any_size_and_many_spikes_that_stand_for_all(monkeypatch):
    model = sparse_model()
    manager, whole = open_sums(model)
    ids = manager.cluster_ids.tolist()
    monkeypatch.setattr(gaussian_sums, "BLOCK_BYTES", 4000)
    assert_as_read(manager, whole, model)
    row_bytes = 4 * (model.features.shape[1] + model.masks.shape[1])
    _, some = open_sums(sparse_model(n_spikes=6000), max_bytes=1500 * row_bytes)
    found = some.get(ids)
    merged = some._manager.merge([0, 1]).added[0]
    assert some.knows([merged])
    total = some.get([merged])[merged]
    assert total.n == pytest.approx(found[0].n + found[1].n) == some._manager.n_spikes(merged)


def test_spikes_that_nobody_measured_count_for_nothing():
    model = sparse_model()
    features = np.array(model.features[:])
    features[::7] = np.nan
    model.features = features
    manager, sums = open_sums(model)
    ids = manager.cluster_ids.tolist()
    found = sums.get(ids)
    assert sum(found[one].n for one in ids) == len(features) - len(features[::7])
    assert all(np.isfinite(found[one].products).all() for one in ids)


def test_it_tells_how_far_it_is_and_needs_features():
    manager, sums = open_sums()
    told = []
    sums.get(manager.cluster_ids.tolist(), told.append)
    assert told == sorted(told)

    def stop(_):
        raise CancelledError

    with pytest.raises(CancelledError):
        open_sums()[1].get([0], stop)
    with pytest.raises(MissingDataError):
        open_sums(random_model(features=None, masks=None))
