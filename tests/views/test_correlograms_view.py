import numpy as np
import pytest

from napari_phy.stats.correlograms import correlograms, symmetrise
from napari_phy.views.correlogram_look import CorrelogramLook
from napari_phy.views.correlograms import CorrelogramRequest, compute_correlograms


def test_counts_are_of_all_spikes_in_the_order_of_selection(session):
    model = session.model
    data = compute_correlograms(session, CorrelogramRequest((4, 0, 2)))
    wanted = symmetrise(correlograms(model.spike_samples, model.spike_clusters, [4, 0, 2], sample_rate=20_000))
    np.testing.assert_array_equal(data.counts, wanted)
    np.testing.assert_array_equal(data.maxima, wanted.max(axis=-1))
    assert data.cluster_ids.tolist() == [4, 0, 2]


def test_lags_go_both_ways(session):
    data = compute_correlograms(session, CorrelogramRequest((4,), bin_ms=2, window_ms=100))
    np.testing.assert_allclose(data.lags_ms, np.arange(-50, 51, 2))
    assert data.counts.shape == (1, 1, 51)
    assert data.n_spikes.tolist() == [session.manager.n_spikes(4)]


def test_independent_trains_reach_the_expected_count(make_session):
    session = make_session(n_spikes=40_000, n_clusters=2, duration=100.0)
    data = compute_correlograms(session, CorrelogramRequest((0, 1)))
    counts = np.delete(data.counts, 25, axis=-1)
    np.testing.assert_allclose(counts.mean(axis=-1), data.expected, rtol=0.02)


def test_a_bin_that_is_no_whole_number_of_samples_is_told(make_session):
    data = compute_correlograms(make_session(sample_rate=24_414.0625), CorrelogramRequest((0,)))
    assert data.bin_ms == pytest.approx(0.98304)
    assert data.lags_ms[-1] == pytest.approx(25 * 0.98304)
    assert "bins of 0.983 ms" in CorrelogramLook().caption(data)


def test_spikes_after_a_merge_are_in_order_of_time(session):
    new = session.manager.merge([0, 3]).added[0]
    joined = np.where(np.isin(session.model.spike_clusters, (0, 3)), new, -1)
    data = compute_correlograms(session, CorrelogramRequest((new,)))
    wanted = symmetrise(correlograms(session.model.spike_samples, joined, [new], sample_rate=20_000))
    np.testing.assert_array_equal(data.counts, wanted)


def test_no_selection_has_no_correlograms(session):
    data = compute_correlograms(session, CorrelogramRequest(()))
    assert (data.counts.shape, data.maxima.shape, data.expected.shape) == ((0, 0, 51), (0, 0), (0, 0))


def test_what_is_handed_out_cannot_be_changed(session):
    data = compute_correlograms(session, CorrelogramRequest((3,)))
    arrays = (data.counts, data.lags_ms, data.expected, data.maxima, data.cluster_ids, data.n_spikes)
    assert not any(array.flags.writeable for array in arrays)
