"""Depth over time: cells against plain histograms, points against plain loops."""

import numpy as np
import pytest

from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.core.spike_columns import spike_columns
from napari_phy.storage.spike_peaks import spike_peaks
from napari_phy.views import drift
from napari_phy.views.drift import DriftRequest, compute_drift, drift_cells, drift_colors, drift_points
from napari_phy.views.spike_amplitudes import spike_amplitudes

REQUEST = DriftRequest(0)


def test_all_channels_are_in_sight_and_the_columns_are_those_of_the_features(session):
    data, model = compute_drift(session, REQUEST), session.model
    expected = spike_columns(model.features[:], model.masks[:], model.probe.positions[:, 1])
    np.testing.assert_array_equal(data.columns.depths, expected.depths)
    assert data.depth_range[0] < 0
    assert data.depth_range[1] > 140
    low, high = data.amplitude_range
    assert 0.9 < ((data.columns.amplitudes >= low) & (data.columns.amplitudes <= high)).mean() < 0.97


def test_amplitudes_are_those_of_raw_data_or_estimated_from_some_of_them(make_session, monkeypatch):
    session = make_session()
    real = spike_amplitudes(session, "peak to peak", np.arange(session.model.n_spikes))
    whole = compute_drift(session, REQUEST)
    np.testing.assert_array_equal(whole.columns.amplitudes, real)
    assert (whole.unit, whole.is_estimated) == ("µV", False)
    monkeypatch.setattr(drift, "N_READ", 50)
    other = make_session()
    part = compute_drift(other, REQUEST)
    assert (part.unit, part.is_estimated) == ("µV", True)
    assert other.model.waveforms.n_rows_read <= 50
    assert np.corrcoef(part.columns.amplitudes, real)[0, 1] > 0.9
    assert np.median(part.columns.amplitudes / real) == pytest.approx(1, abs=0.15)
    spike_peaks(other.model).build()
    later = compute_drift(other, REQUEST)
    np.testing.assert_array_equal(later.columns.amplitudes, real)
    assert not later.is_estimated
    without = make_session(with_raw=False)
    by_features = compute_drift(without, REQUEST)
    assert (by_features.unit, by_features.is_estimated) == ("features", False)
    np.testing.assert_array_equal(by_features.columns.amplitudes, without.columns.get().amplitudes)


def test_cells_hold_counts_and_mean_amplitudes(session):
    data = compute_drift(session, REQUEST)
    cells = drift_cells(data, (2.0, 12.0), (20.0, 100.0), 50, 16)
    times, columns = session.model.spike_times, data.columns
    edges = [np.linspace(2, 12, 51), np.linspace(20, 100, 17)]
    inside = (times < 12) & (columns.depths < 100)
    counts = np.histogram2d(times[inside], columns.depths[inside], edges)[0]
    sums = np.histogram2d(times[inside], columns.depths[inside], edges, weights=columns.amplitudes[inside])[0]
    np.testing.assert_array_equal(cells.counts, counts)
    low, high = data.amplitude_range
    means = np.clip((sums / np.maximum(counts, 1) - low) / (high - low), 0, 1) * (counts > 0)
    np.testing.assert_allclose(cells.amplitudes, means, atol=1e-5)


def test_points_are_the_spikes_of_the_clusters_in_the_window_the_best_ones_last(session):
    data = compute_drift(session, REQUEST)
    points = drift_points(session, data, (2, 0), (3.0, 15.0), (10.0, 90.0))
    times, depths = session.model.spike_times, data.columns.depths
    for place, cluster in enumerate((2, 0)):
        spikes = session.manager.spikes(cluster)
        inside = (times[spikes] >= 3) & (times[spikes] < 15) & (depths[spikes] >= 10) & (depths[spikes] <= 90)
        assert points.spike_ids[points.places == place].tolist() == spikes[inside].tolist()
    assert (np.diff(points.places) <= 0).all()
    assert points.n_total == len(points.spike_ids) > 0
    np.testing.assert_array_equal(points.times_s, times[points.spike_ids])


def test_the_cap_is_for_the_window_and_told(session, monkeypatch):
    monkeypatch.setattr(drift, "N_POINTS_MAX", 40)
    data = compute_drift(session, REQUEST)
    everything = drift_points(session, data, (0, 1), (0.0, 20.0), (-100.0, 300.0))
    assert 30 <= len(everything.spike_ids) <= 40
    assert everything.n_total == session.manager.n_spikes(0) + session.manager.n_spikes(1)
    window = drift_points(session, data, (0,), (0.0, 1.0), (-100.0, 300.0))
    assert len(window.spike_ids) == window.n_total <= 40


def test_no_clusters_have_no_points_and_unknown_ones_are_refused(session):
    data = compute_drift(session, REQUEST)
    assert drift_points(session, data, (), (0.0, 20.0), (0.0, 100.0)).n_total == 0
    with pytest.raises(ClusteringError):
        drift_points(session, data, (99,), (0.0, 20.0), (0.0, 100.0))


def test_without_features_it_says_which_file_is_missing(make_session):
    with pytest.raises(MissingDataError, match=r"memory\.kwx is missing"):
        compute_drift(make_session(features=None), REQUEST)


def test_cells_have_the_mean_colour_of_the_clusters_in_them(session):
    data = compute_drift(session, DriftRequest(0))
    colors = {0: (250, 0, 0), 1: (0, 250, 0)}
    times, depths = (0.0, session.model.duration), data.depth_range
    found = drift_colors(session, data, times, depths, (6, 4), colors, (9, 9, 9))
    columns = (session.model.spike_times / session.model.duration * 6).astype(int)
    rows = ((data.columns.depths - depths[0]) / (depths[1] - depths[0]) * 4).astype(int)
    of_spikes = np.array([colors.get(c, (9, 9, 9)) for c in session.manager.spike_clusters.tolist()])
    for column in range(6):
        for row in range(4):
            inside = (columns == column) & (rows == row)
            expected = of_spikes[inside].mean(axis=0) if inside.any() else 0
            np.testing.assert_allclose(found[column, row], expected, rtol=1e-4)
