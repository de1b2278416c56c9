import numpy as np
import pytest

from napari_phy.core.progress import CancelledError
from napari_phy.table.cluster_table import (
    clusters_sentence,
    compute_cluster_table,
    compute_values,
    group_counts,
    groups_sentence,
)


def test_a_row_tells_what_a_cluster_is(session):
    table = compute_cluster_table(session)
    assert table.ids.tolist() == [0, 1, 2, 3, 4]
    assert table.groups == ("good", "noise", "mua", "unsorted", "unsorted")
    assert table["spikes"].tolist() == np.bincount(session.model.spike_clusters).tolist()
    np.testing.assert_allclose(table["rate"], table["spikes"] / 20)
    assert table["channel"].tolist() == [1, 4, 7, 2, 5]
    intervals = np.diff(session.model.spike_samples[session.manager.spikes(3)])
    assert table["refractory"][3] == pytest.approx(100 * (intervals < 40).mean())


def test_depth_lies_at_the_weight_of_the_features(session):
    sums = session.sums.get([4])[4]
    depth = compute_cluster_table(session, [4])["depth"][0]
    assert depth == pytest.approx(np.average(20 * np.arange(8), weights=sums.abs_sum))
    assert depth == pytest.approx(100, abs=10)


def test_a_channel_is_called_by_its_number_in_the_file(make_session):
    table = compute_cluster_table(make_session(channel_ids=np.arange(40, 48)))
    assert table["channel"].tolist() == [41, 44, 47, 42, 45]


def test_a_merge_computes_only_the_new_cluster(session):
    compute_cluster_table(session)
    session.sums.asked_for.clear()
    new = session.manager.merge([3, 4]).added[0]
    assert compute_cluster_table(session).ids.tolist() == [0, 1, 2, new]
    session.manager.undo()
    compute_cluster_table(session)
    assert set(session.sums.asked_for) == {new}


def test_amplitudes_are_known_once_they_are_read(session):
    assert np.isnan(compute_cluster_table(session)["amplitude"]).all()
    amplitudes = compute_values(session, "amplitude", [3, 1])
    table = compute_cluster_table(session)
    assert table["amplitude"][[3, 1]].tolist() == list(amplitudes.values())
    assert np.isnan(table["amplitude"][[0, 2, 4]]).all()


def test_the_amplitude_is_that_of_the_masked_mean_waveform(session):
    ids = session.manager.spikes(2)[:100]
    few = session.manager.split(ids).added[0]
    mean = session.model.waveforms[ids].mean(axis=0) * session.model.masks[ids].mean(axis=0)
    assert compute_values(session, "amplitude", [few])[few] == pytest.approx(np.ptp(mean, axis=0).max(), rel=1e-5)


def test_amplitudes_read_before_the_work_was_stopped_are_kept(make_session):
    session = make_session(n_clusters=20)

    def stop_halfway(share):
        if share > 0.42:
            raise CancelledError

    with pytest.raises(CancelledError):
        compute_values(session, "amplitude", range(20), stop_halfway)
    known = ~np.isnan(compute_cluster_table(session)["amplitude"])
    assert known.tolist() == [True] * 8 + [False] * 12


def test_without_files_what_they_hold_is_unknown(make_session):
    session = make_session(features=None, masks=None, with_raw=False)
    assert compute_values(session, "amplitude", [0, 1]) == {}
    table = compute_cluster_table(session)
    assert np.isnan(table["channel"]).all()
    assert np.isnan(table["depth"]).all()
    assert np.isnan(table["amplitude"]).all()
    assert np.isfinite(table["refractory"]).all()


def test_what_is_known_already_costs_no_reading(session):
    table = compute_cluster_table(session, reads="nothing")
    assert np.isnan(table["channel"]).all()
    assert session.sums.asked_for == []
    compute_cluster_table(session, [2])
    assert compute_cluster_table(session, reads="nothing")["channel"][2] == 7


def test_discarded_clusters_are_not_listed(session):
    session.manager.discard([3])
    assert compute_cluster_table(session).ids.tolist() == [0, 1, 2, 4]


def test_the_count_line(session):
    session.manager.move([4], "axonal")
    table = compute_cluster_table(session)
    assert clusters_sentence(table) == "5 clusters · 1\u2009000 spikes"
    assert clusters_sentence(table, 2) == "2 of 5 clusters"
    assert groups_sentence(table) == "1 good 1 mua 1 noise 1 unsorted 1 axonal"
    assert group_counts(compute_cluster_table(session, [])) == {}
