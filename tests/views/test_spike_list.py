"""Rows of spikes against plain loops."""

import math

import numpy as np
import pytest

from napari_phy.actions.navigation import next_violation
from napari_phy.core.errors import ClusteringError
from napari_phy.storage.spike_peaks import spike_peaks
from napari_phy.views.spike_amplitudes import spike_amplitudes
from napari_phy.views.spike_list import SpikeListRequest, compute_spike_list
from napari_phy.views.violations import violating_spikes


def plain_rows(session, clusters):
    """Return (spike, cluster, interval in ms) in the order of time."""
    rows = []
    for cluster in clusters:
        before = None
        for spike in session.manager.spikes(cluster).tolist():
            sample = int(session.model.spike_samples[spike])
            interval = math.nan if before is None else (sample - before) / session.model.sample_rate * 1000
            rows.append((spike, cluster, interval))
            before = sample
    return sorted(rows)


def test_every_spike_of_the_selection_is_a_row_in_the_order_of_time(session):
    data = compute_spike_list(session, SpikeListRequest((3, 1)))
    rows = plain_rows(session, (3, 1))
    assert data.rows.tolist() == list(range(len(rows)))
    assert data.spike_ids.tolist() == [spike for spike, _, _ in rows]
    assert [(3, 1)[place] for place in data.places] == [cluster for _, cluster, _ in rows]
    np.testing.assert_allclose(data.intervals_ms, [interval for _, _, interval in rows])
    np.testing.assert_array_equal(data.times_s, session.model.spike_times[data.spike_ids])
    columns = session.columns.get()
    np.testing.assert_array_equal(data.channels, session.model.probe.channel_ids[columns.channels[data.spike_ids]])
    np.testing.assert_array_equal(data.depths, columns.depths[data.spike_ids])
    np.testing.assert_array_equal(data.amplitudes, spike_amplitudes(session, "peak to peak", data.spike_ids))
    assert data.amplitude_unit == "µV"


def test_without_raw_data_and_for_many_spikes_amplitudes_are_those_of_features(make_session, session, monkeypatch):
    monkeypatch.setattr("napari_phy.views.spike_list.N_READ_MOST", session.manager.n_spikes(3))
    assert compute_spike_list(session, SpikeListRequest((3,))).amplitude_unit == "µV"
    for one, clusters in ((session, (3, 1)), (make_session(with_raw=False), (3,))):
        data = compute_spike_list(one, SpikeListRequest(clusters))
        np.testing.assert_array_equal(data.amplitudes, one.columns.get().amplitudes[data.spike_ids])
        assert data.amplitude_unit == "features"
    spike_peaks(session.model).build()
    assert compute_spike_list(session, SpikeListRequest((3, 1))).amplitude_unit == "µV"


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("key", "name"), [("amplitude", "amplitudes"), ("interval", "intervals_ms"), ("channel", "channels")]
)
def test_rows_follow_a_column_and_among_equals_time(session, key, name, descending):
    data = compute_spike_list(session, SpikeListRequest((3, 1), key, descending))
    values = getattr(data, name)
    sign = -1 if descending else 1
    oracle = sorted(
        range(len(values)), key=lambda i: (math.isnan(values[i]), sign * np.nan_to_num(values[i]), data.spike_ids[i])
    )
    assert data.rows.tolist() == oracle
    assert data.ranks[data.rows].tolist() == list(range(len(values)))


def test_a_spike_is_found_in_its_row(session):
    data = compute_spike_list(session, SpikeListRequest((3,), "amplitude", True))
    for row in (0, 7, len(data.rows) - 1):
        assert data.row_of(int(data.spike_ids[data.rows[row]])) == row
    assert data.row_of(int(session.manager.spikes(1)[0])) is None
    assert data.row_of(10**9) is None


def test_only_those_that_come_too_soon(make_session):
    samples = np.array([0, 39, 500, 530, 569, 5000])
    session = make_session(n_spikes=6, n_clusters=1, duration=1.0, spike_samples=samples)
    data = compute_spike_list(session, SpikeListRequest((0,), only_violations=True))
    assert data.spike_ids.tolist() == [1, 3, 4]
    assert data.caption == "3 of 6 spikes: within 2 ms"
    assert compute_spike_list(session, SpikeListRequest((0,))).caption == "6 spikes, 3 within 2 ms"
    assert violating_spikes(session, (0,)).tolist() == [1, 3, 4]
    assert [next_violation(session, (0,), time_s) for time_s in (0.0, 0.01, 0.0266, 0.03)] == [1, 3, 4, None]


def test_without_features_the_rest_is_listed(make_session):
    session = make_session(features=None, masks=None)
    data = compute_spike_list(session, SpikeListRequest((2,)))
    assert set(data.channels.tolist()) == {-1}
    assert np.isnan(data.depths).all()
    assert (data.amplitudes > 0).all()
    without_raw = make_session(features=None, masks=None, with_raw=False)
    assert np.isnan(compute_spike_list(without_raw, SpikeListRequest((2,))).amplitudes).all()
    assert len(data.rows) == session.manager.n_spikes(2)


def test_a_cluster_that_is_gone_is_refused(session):
    session.manager.merge([1, 3])
    with pytest.raises(ClusteringError):
        compute_spike_list(session, SpikeListRequest((3,)))


def test_what_is_handed_out_cannot_be_changed(session):
    data = compute_spike_list(session, SpikeListRequest((3, 1)))
    for name in ("spike_ids", "places", "times_s", "intervals_ms", "channels", "depths", "amplitudes", "rows", "ranks"):
        assert not getattr(data, name).flags.writeable


def test_who_does_not_wait_gets_the_rows_without_what_is_read_from_features(session):
    rows = compute_spike_list(session, SpikeListRequest((3,)), wait=False)
    assert not rows.is_complete
    assert set(rows.channels.tolist()) == {-1}
    assert np.isnan(rows.amplitudes).all()
    assert session.model.features.n_reads == session.model.waveforms.n_reads == 0
    assert compute_spike_list(session, SpikeListRequest((3,), "depth"), wait=False).is_complete
    known = compute_spike_list(session, SpikeListRequest((3,)), wait=False)
    assert known.is_complete
    assert (known.channels >= 0).all()
    assert (known.amplitudes > 0).all()
