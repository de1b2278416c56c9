"""The rows of a raster, and the counts it is drawn from."""

import numpy as np
import pytest
from core.edits import do
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import NapariPhyError
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.views import raster
from napari_phy.views.raster import (
    RasterCounts,
    RasterRequest,
    SpikeTrains,
    compute_raster,
    trains_of,
    trains_of_arrays,
)


def request_of(session, order, **changes):
    ids = session.manager.cluster_ids.tolist()
    groups = tuple(session.manager.group(cluster) for cluster in ids)
    return RasterRequest(order, tuple(ids), groups, **changes)


@pytest.mark.parametrize("order", ["depth", "rate"])
def test_rows_are_ordered_from_the_highest_down(session, order):
    rows = compute_raster(session, request_of(session, order)).cluster_ids
    table = compute_cluster_table(session, rows.tolist())
    values = table[order]
    assert sorted(rows.tolist()) == session.manager.cluster_ids.tolist()
    assert (np.diff(values) <= 0).all()


def test_good_ones_come_before_unsorted_ones_before_noise(session):
    session.manager.move([4], "my own")
    assert compute_raster(session, request_of(session, "group")).cluster_ids.tolist() == [4, 0, 2, 3, 1]


def test_the_order_of_the_list_is_kept(session):
    request = RasterRequest("list", (3, 1, 4), ())
    assert compute_raster(session, request).cluster_ids.tolist() == [3, 1, 4]


def test_depths_that_may_not_be_read_are_not(session):
    rows = compute_raster(session, request_of(session, "depth", reads_features=False)).cluster_ids
    assert rows.tolist() == session.manager.cluster_ids.tolist()
    assert session.sums.asked_for == []


@given(st.integers(0, 2**32 - 1), st.lists(st.sampled_from(["merge", "split", "undo", "redo"]), max_size=12))
def test_the_counts_of_rows_are_those_of_the_clusters_whatever_was_edited(seed, kinds):
    rng = np.random.default_rng(seed)
    samples = np.sort(rng.integers(0, 1000, 80))
    manager = ClusterManager(rng.integers(0, 6, 80))
    counts = RasterCounts()
    for kind in [*kinds, "none"]:
        trains = SpikeTrains(samples, 100.0, 10.0, manager.spike_slots, manager.slot_clusters, manager.n_cuts)
        ids = rng.permutation(manager.cluster_ids)
        found = counts.get(trains, 2.0, 8.0, 12)
        rows = trains.rows_of_slots(ids)
        for row, cluster in enumerate(ids.tolist()):
            expected = np.histogram(samples[manager.spikes(cluster)], np.append(200 + 50 * np.arange(12), 799.5))[0]
            assert found[:, rows == row].sum(axis=1).tolist() == expected.tolist()
        if kind != "none":
            do(manager, kind, int(rng.integers(2**32)))


def test_a_merge_counts_nothing_again_and_a_split_does(session, monkeypatch):
    counted = []
    plain = raster.count_labels
    monkeypatch.setattr(raster, "count_labels", lambda *some: counted.append(1) or plain(*some))
    counts = RasterCounts()
    counts.get(trains_of(session), 0.0, 10.0, 50)
    session.manager.merge([0, 1])
    counts.get(trains_of(session), 0.0, 10.0, 50)
    assert len(counted) == 1
    session.manager.split(session.manager.spikes(2)[:10])
    counts.get(trains_of(session), 0.0, 10.0, 50)
    assert len(counted) == 2


def test_clusters_that_are_not_shown_have_no_row(session):
    trains = trains_of(session)
    rows = trains.rows_of_slots(np.array([3, 1]))
    assert [rows[slot] for slot in np.argsort(trains.slot_clusters)] == [-1, 1, -1, 0, -1]


def test_arrays_may_come_in_any_order():
    trains = trains_of_arrays([3.0, 1.0, 2.0], [7, 9, 7])
    assert (trains.samples / trains.sample_rate).tolist() == [1, 2, 3]
    assert trains.slot_clusters[trains.slots].tolist() == [9, 7, 7]
    assert trains.duration_s == pytest.approx(3, abs=1e-5)
    assert trains.duration_s > 3


@pytest.mark.parametrize(
    ("times", "ids", "message"),
    [
        ([1.0], [1, 2], "one neuron a spike"),
        ([1.0, 2.0], [0.5, 1.5], "are integers"),
        ([np.nan], [1], "finite"),
        ([-1.0], [1], "from 0 on"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(times, ids, message):
    with pytest.raises(NapariPhyError, match=message):
        trains_of_arrays(times, ids)
