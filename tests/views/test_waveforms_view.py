import numpy as np
import pytest

from napari_phy.core.errors import MissingDataError
from napari_phy.views.cluster_table import compute_amplitudes
from napari_phy.views.waveforms import WaveformRequest, compute_waveforms


def test_waveforms_are_those_of_their_spikes(session):
    data = compute_waveforms(session, WaveformRequest((3, 1)))
    np.testing.assert_array_equal(data.waveforms, session.model.waveforms[data.spike_ids])
    np.testing.assert_array_equal(data.masks, session.model.masks[data.spike_ids])
    assert set(session.manager.clusters_of(data.spike_ids[data.places == 1])) == {1}
    assert data.caption == f"200 of {session.manager.n_spikes(3) + session.manager.n_spikes(1)} spikes"


def test_means_are_over_the_sample_however_many_are_drawn(session):
    full = compute_waveforms(session, WaveformRequest((3, 1)))
    few = compute_waveforms(session, WaveformRequest((3, 1), n_max=30))
    np.testing.assert_allclose(full.means[0], full.waveforms[full.places == 0].mean(axis=0), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(full.mean_masks[1], full.masks[full.places == 1].mean(axis=0), rtol=1e-5)
    np.testing.assert_array_equal(few.means, full.means)
    assert few.n_shown == len(few.waveforms) == 30
    assert set(few.spike_ids) <= set(full.spike_ids)


def test_a_cluster_seen_before_is_not_read_again(session):
    compute_waveforms(session, WaveformRequest((3, 1)))
    n_reads, n_rows = session.model.waveforms.n_reads, session.model.waveforms.n_rows_read
    compute_waveforms(session, WaveformRequest((1, 3, 4)))
    assert session.model.waveforms.n_reads == n_reads + 1
    assert session.model.waveforms.n_rows_read == n_rows + 100


def test_the_probe_and_time_come_with_it(session):
    data = compute_waveforms(session, WaveformRequest((3,)))
    assert data.channel_ids.tolist() == list(range(8))
    assert data.positions.shape == (8, 2)
    assert data.times_ms[12] == 0
    assert np.diff(data.times_ms) == pytest.approx(0.05)
    assert data.unit == "µV"


def test_a_small_cluster_is_shown_whole(make_session):
    session = make_session(n_spikes=7, n_clusters=1, microvolts_per_unit=None)
    data = compute_waveforms(session, WaveformRequest((0,)))
    assert (data.caption, data.unit) == ("all 7 spikes", "a.u.")


def test_every_cluster_keeps_a_spike_under_the_ceiling(session):
    data = compute_waveforms(session, WaveformRequest((0, 1, 2, 3, 4), n_max=5))
    assert data.places.tolist() == [0, 1, 2, 3, 4]


def test_no_selection_has_no_waveforms(session):
    data = compute_waveforms(session, WaveformRequest(()))
    assert (data.waveforms.shape, data.means.shape, data.mean_masks.shape) == ((0, 24, 8), (0, 24, 8), (0, 8))


def test_without_masks_every_channel_counts(make_session):
    data = compute_waveforms(make_session(features=None, masks=None), WaveformRequest((2,)))
    assert (data.masks == 1).all()


def test_missing_raw_data_is_told_in_the_words_of_the_model(make_session):
    with pytest.raises(MissingDataError, match=r"Waveforms and traces need memory\.dat"):
        compute_waveforms(make_session(with_raw=False), WaveformRequest((2,)))


def test_what_is_handed_out_cannot_be_changed(session):
    data = compute_waveforms(session, WaveformRequest((3,)))
    arrays = (data.waveforms, data.masks, data.places, data.spike_ids, data.means, data.mean_masks, data.times_ms)
    assert not any(array.flags.writeable for array in arrays)


def test_spikes_without_raw_data_are_left_out(session):
    rows, last = session.model.waveforms, session.model.n_spikes // 2
    rows.with_data = lambda ids: ids[(ids < last) & (session.manager.clusters_of(ids) != 4)]
    data = compute_waveforms(session, WaveformRequest((3, 4)))
    assert data.spike_ids.max() < last
    assert set(data.places.tolist()) == {0}
    expected = rows[data.spike_ids[data.places == 0]].mean(axis=0)
    np.testing.assert_allclose(data.means[0], expected, rtol=1e-4, atol=1e-3)
    assert not data.means[1].any()
    amplitudes = compute_amplitudes(session, [3, 4])
    assert amplitudes[3] > 0
    assert np.isnan(amplitudes[4])
