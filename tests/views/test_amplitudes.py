"""Amplitude over time against what plain loops over the waveforms say."""

from dataclasses import replace

import numpy as np
import pytest
from stats.quality_data import unsteady

from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.core.progress import CancelledError
from napari_phy.stats.spike_measures import MEASURES
from napari_phy.storage import spike_peaks
from napari_phy.views import amplitudes, spike_amplitudes
from napari_phy.views.amplitudes import (
    AmplitudeRequest,
    amplitude_points,
    compute_amplitude_view,
    quick_request,
    spikes_in_lasso,
)


def peak_to_peak(model, spike):
    """Max − min of the waveform × mask on the largest channel, one channel at a time."""
    waveform, mask = model.waveforms[[spike]][0], model.masks[[spike]][0]
    spans = [(max(column) - min(column)) * weight for column, weight in zip(waveform.T, mask, strict=True)]
    return max(spans)


def first_feature(model, spike):
    features = model.features[[spike]][0].reshape(model.n_channels, -1)
    return max(abs(row[0]) * weight for row, weight in zip(features, model.masks[[spike]][0], strict=True))


@pytest.mark.parametrize(("kind", "oracle"), [("peak to peak", peak_to_peak), ("feature", first_feature)])
def test_every_point_is_a_spike_at_its_time_and_amplitude(session, kind, oracle):
    data = compute_amplitude_view(session, AmplitudeRequest((3, 1), kind, n_background=40))
    model = session.model
    np.testing.assert_allclose(data.x, model.spike_samples[data.spike_ids] / model.sample_rate, rtol=1e-6)
    np.testing.assert_allclose(data.y, [oracle(model, spike) for spike in data.spike_ids], rtol=1e-5)
    clusters = session.manager.clusters_of(data.spike_ids)
    for place, cluster in enumerate((3, 1)):
        assert np.array_equal(np.sort(data.spike_ids[data.places == place]), session.manager.spikes(cluster))
        assert set(clusters[data.places == place]) == {cluster}
    assert not {3, 1} & set(clusters[data.places == -1].tolist())
    assert data.places[-1] == 0  # the best lies on top


def test_the_histogram_counts_the_drawn_spikes_of_each_cluster(session):
    data = compute_amplitude_view(session, AmplitudeRequest((3, 1)))
    for place in (0, 1):
        values = data.y[data.places == place]
        counted = [
            sum(1 for value in values if k * data.bin_width <= value < (k + 1) * data.bin_width)
            for k in range(data.histogram.shape[1])
        ]
        assert data.histogram[place].tolist() == counted
    assert data.histogram.sum() == data.n_shown == data.n_total


def test_sampling_is_even_and_told(session):
    request = AmplitudeRequest((3, 1), n_spikes_max=20, n_background=30)
    data = compute_amplitude_view(session, request)
    n_total = session.manager.n_spikes(3) + session.manager.n_spikes(1)
    assert data.caption == f"40 of {n_total} spikes"
    assert [int(np.count_nonzero(data.places == place)) for place in (0, 1)] == [20, 20]
    ranks = np.searchsorted(session.manager.spikes(3), data.spike_ids[data.places == 0])
    parts = np.arange(20) * session.manager.n_spikes(3) // 20
    np.testing.assert_array_equal(np.searchsorted(parts, ranks, side="right"), np.arange(1, 21))
    again = compute_amplitude_view(session, request)
    np.testing.assert_array_equal(again.spike_ids, data.spike_ids)


def test_axes_begin_at_zero_and_hold_the_recording(session):
    data = compute_amplitude_view(session, AmplitudeRequest((3,)))
    assert data.x_range == (0.0, session.model.duration)
    top = np.quantile(data.y[data.places == 0], 0.998)
    assert data.y_range == pytest.approx((0.0, 1.09 * top))
    assert (data.x_label, data.y_label) == ("time (s)", "amplitude (µV)")
    assert compute_amplitude_view(session, AmplitudeRequest((3,), "feature")).y_label == "amplitude (features)"


@pytest.mark.parametrize("kind", ["peak to peak", "feature"])
def test_the_lasso_takes_all_spikes_of_the_selection_drawn_or_not(session, kind):
    request = AmplitudeRequest((3, 1), kind, n_spikes_max=5)
    every = np.sort(np.concatenate([session.manager.spikes(3), session.manager.spikes(1)]))
    points = amplitude_points(session, request, every)
    middle = float(np.median(points[:, 1]))
    polygon = [[4.0, middle], [15.0, middle], [15.0, 1e5], [4.0, 1e5]]
    oracle = [s for s, (t, a) in zip(every, points, strict=True) if 4.0 <= t < 15.0 and a >= middle]
    assert 20 < len(oracle) < len(every)
    np.testing.assert_array_equal(spikes_in_lasso(session, request, polygon), oracle)
    with pytest.raises(ClusteringError, match="three points or more"):
        spikes_in_lasso(session, request, polygon[:2])


def test_a_lasso_reads_only_the_spikes_at_its_times(session):
    request = AmplitudeRequest((3, 1))
    spikes_in_lasso(session, request, [[5.0, 0], [6.0, 0], [6.0, 1e5]])
    times_s = session.model.spike_times[session.manager.spikes(3)]
    near = np.count_nonzero((times_s >= 5) & (times_s <= 6))
    assert near <= session.model.waveforms.n_rows_read <= 4 * near


def test_what_was_read_is_not_read_again_whatever_becomes_of_the_clusters(session):
    compute_amplitude_view(session, AmplitudeRequest((3, 1), n_background=10))
    n_read = session.model.waveforms.n_rows_read
    merged = int(session.manager.merge([3, 1]).added[0])
    compute_amplitude_view(session, AmplitudeRequest((merged,), n_background=10))
    assert session.model.waveforms.n_rows_read == n_read


def test_what_was_read_before_it_was_stopped_stays_known(session, monkeypatch):
    monkeypatch.setattr(spike_peaks, "STEP_BYTES", 10 * 24 * 8 * 4)

    def stop(share):
        if share > 0.3:
            raise CancelledError

    request = AmplitudeRequest((3,), n_background=0)
    with pytest.raises(CancelledError):
        compute_amplitude_view(session, request, stop)
    n_read = session.model.waveforms.n_rows_read
    assert 0 < n_read < session.manager.n_spikes(3)
    compute_amplitude_view(session, request)
    assert session.model.waveforms.n_rows_read == session.manager.n_spikes(3)


def test_at_first_a_few_where_many_have_to_be_read(session, monkeypatch):
    monkeypatch.setattr(amplitudes, "N_FIRST", 20)
    monkeypatch.setattr(amplitudes, "SMALL_BYTES", 0)
    request = AmplitudeRequest((3, 1), n_background=50)
    assert quick_request(session, request) == replace(request, n_spikes_max=20, n_background=20)
    assert quick_request(session, replace(request, kind="feature")) == replace(request, kind="feature")
    compute_amplitude_view(session, request)
    assert quick_request(session, request) == request


def test_all_at_once_where_the_raw_data_are_small(session, monkeypatch):
    monkeypatch.setattr(amplitudes, "N_FIRST", 20)
    request = AmplitudeRequest((3, 1), n_background=50)
    monkeypatch.setattr(session.model, "traces", np.zeros((1000, 4), dtype=np.int16))
    assert quick_request(session, request) == request
    monkeypatch.setattr(amplitudes, "SMALL_BYTES", 7999)
    assert quick_request(session, request).n_spikes_max == 20


def test_spikes_whose_raw_data_are_missing_are_left_out(session, monkeypatch):
    rows = session.model.waveforms
    monkeypatch.setattr(type(rows), "with_data", lambda _, ids: ids[ids >= 500], raising=False)
    data = compute_amplitude_view(session, AmplitudeRequest((3,), n_background=50))
    spikes = session.manager.spikes(3)
    assert data.spike_ids.min() >= 500
    assert data.caption == f"{np.count_nonzero(spikes >= 500)} of {len(spikes)} spikes"


def test_a_spike_on_no_channel_has_the_amplitude_of_its_waveform(make_session):
    masks = np.ones((1000, 8))
    masks[7] = 0
    session = make_session(masks=masks)
    values = spike_amplitudes.spike_amplitudes(session, "peak to peak", np.array([7]))
    assert values == pytest.approx(np.ptp(session.model.waveforms[[7]][0], axis=0).max())


def test_without_raw_data_or_features_the_rest_is_offered(make_session):
    kinds = spike_amplitudes.amplitude_kinds
    assert kinds(make_session()) == ("peak to peak", "feature", *MEASURES)
    assert kinds(make_session(with_raw=False)) == ("feature",)
    assert kinds(make_session(features=None, masks=None)) == ("peak to peak",)
    bare = make_session(features=None, masks=None, with_raw=False)
    assert kinds(bare) == ()
    why = str(spike_amplitudes.no_amplitudes(bare))
    assert why.startswith("Amplitudes need raw data or features. ")
    assert all(sentence in why for sentence in bare.model.missing)
    with pytest.raises(MissingDataError):
        compute_amplitude_view(bare, AmplitudeRequest((1,)))


def test_a_cluster_that_is_gone_is_refused(session):
    session.manager.merge([1, 3])
    with pytest.raises(ClusteringError):
        compute_amplitude_view(session, AmplitudeRequest((3,)))


def test_what_is_handed_out_cannot_be_changed(session):
    data = compute_amplitude_view(session, AmplitudeRequest((3,)))
    arrays = (data.x, data.y, data.spike_ids, data.places, data.histogram)
    assert not any(array.flags.writeable for array in arrays)


def test_valid_periods_are_found_where_they_are_asked_for(make_session):
    samples, sizes = unsteady()
    features = np.column_stack([sizes, 0 * sizes, 0 * sizes])
    steady = make_session(
        n_spikes=len(samples), n_clusters=1, n_channels=1, spike_samples=samples, features=features,
        masks=np.ones((len(samples), 1)), with_raw=False, duration=1000.0,
    )  # fmt: skip
    request = AmplitudeRequest((0,), "feature", find_valid=True)
    data = compute_amplitude_view(steady, request)
    assert [periods.tolist() for periods in data.valid_s] == [[[0, 450], [540, 720]]]
    assert data.caption.endswith("; valid 63 % of the time")
    assert compute_amplitude_view(steady, AmplitudeRequest((0,), "feature")).valid_s == ()
    short = compute_amplitude_view(make_session(), AmplitudeRequest((0, 1), "feature", find_valid=True))
    assert [periods.shape for periods in short.valid_s] == [(0, 2), (0, 2)]
    assert short.caption.endswith("; no valid period of 3 minutes or more")
    bare = make_session(features=None, masks=None)
    assert compute_amplitude_view(bare, AmplitudeRequest((0,), find_valid=True)).valid_s == ()
