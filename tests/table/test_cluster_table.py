import numpy as np
import pytest

from napari_phy.core.errors import ClusteringError
from napari_phy.core.progress import CancelledError
from napari_phy.table.cluster_table import (
    Table,
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


def test_only_the_columns_asked_for_are_in_it_by_any_name(session):
    table = compute_cluster_table(session, [4, 1, 1], ["fr", "id", "rate"])
    assert (len(table), table.ids.tolist(), table.groups) == (3, [4, 1, 1], ("unsorted", "noise", "noise"))
    assert list(table.values) == ["rate", "id"]
    assert table["id"].tolist() == [4, 1, 1]
    session.manager.discard([1])
    assert compute_cluster_table(session, [1], ["id"]).groups == ("discarded",)
    with pytest.raises(ClusteringError):
        compute_cluster_table(session, keys=["nothing"])
    for array in (table.ids, table["id"]):
        assert not array.flags.writeable


def test_what_is_read_is_what_may_be(session):
    for reads, known in (("nothing", "id spikes rate"), ("times", "id spikes rate refractory")):
        table = compute_cluster_table(session, reads=reads)
        finite = {key for key, values in table.values.items() if np.isfinite(values).all()}
        assert finite == set(known.split())
    everything = compute_cluster_table(session, reads="all")
    assert np.isnan(everything["amplitude"]).all()
    assert np.isfinite(everything["depth"]).all()


def test_values_are_computed_eight_clusters_at_a_time_and_progress_goes_to_the_end(make_session):
    session, shares = make_session(n_clusters=20), []
    values = compute_values(session, "refractory", range(20), shares.append)
    assert list(values) == list(range(20))
    shares.clear()
    compute_values(session, "amplitude", range(20), shares.append)
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert all(0 <= share <= 1 for share in shares)
    assert compute_values(session, "amplitude", []) == {}


def test_one_cluster_asked_for_twice_is_computed_once(session):
    session.sums.asked_for.clear()
    table = compute_cluster_table(session, [3, 3], ["channel"])
    assert table["channel"].tolist() == [2, 2]
    assert session.sums.asked_for == [3]


def test_a_table_of_a_session_has_plain_values_by_cluster(session):
    table = Table(session)
    assert table["channel"] == {0: 1, 1: 4, 2: 7, 3: 2, 4: 5}
    assert all(isinstance(value, int) for value in table["channel"].values())
    session.manager.discard([4])
    session.manager.label([2], "note", "axon")
    assert (table["group"][4], table["note"]) == ("discarded", {0: None, 1: None, 2: "axon", 3: None, 4: None})
    assert repr(table) == "<Table: id, channel, depth, spikes, rate, amplitude, refractory, group, note>"
    assert table.columns[0].key == "id"


def test_sentences_count_groups_in_their_order_and_singular(make_session):
    session = make_session(n_spikes=1, n_clusters=1)
    assert clusters_sentence(compute_cluster_table(session)) == "1 cluster · 1 spike"
    assert clusters_sentence(compute_cluster_table(session), 0) == "0 of 1 cluster"
    session = make_session(cluster_groups={0: "zebra", 1: "ant", 2: "unsorted", 3: "noise", 4: "good"})
    assert list(group_counts(compute_cluster_table(session)).items()) == [
        ("good", 1), ("noise", 1), ("unsorted", 1), ("ant", 1), ("zebra", 1)
    ]  # fmt: skip
