"""Samples of waveforms are those of the model, and their means those of a hundred spikes."""

import numpy as np
import pytest

from napari_phy.table.cluster_channels import cluster_channels
from napari_phy.table.waveform_samples import best_channels, waveform_samples, waveforms_of


@pytest.mark.parametrize("held", [False, True])
def test_they_are_evenly_spread_waveforms_on_the_channels_of_the_cluster(session, held):
    ids, model = session.manager.cluster_ids.tolist(), session.model
    own = cluster_channels(session, ids)
    session.sums.is_held = held
    for cluster, sample in waveform_samples(session, ids, n_per_cluster=20).items():
        assert len(sample.spike_ids) == 20
        assert set(sample.spike_ids.tolist()) <= set(session.manager.spikes(cluster).tolist())
        assert sample.channels.tolist() == sorted(own[cluster].tolist())
        waveforms, masks = model.waveforms[sample.spike_ids], model.masks[sample.spike_ids]
        np.testing.assert_array_equal(sample.waveforms, waveforms[:, :, sample.channels])
        np.testing.assert_array_equal(sample.masks, masks)
        takes_part = np.isin(np.arange(model.n_channels), sample.channels)
        mean, mean_mask = waveforms.mean(axis=0) * takes_part, masks.mean(axis=0)
        np.testing.assert_allclose(sample.mean, mean, rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(sample.std, waveforms.std(axis=0) * takes_part, rtol=1e-4)
        np.testing.assert_allclose(sample.amplitudes, np.ptp(mean, axis=0) * mean_mask, rtol=1e-5)


def test_channels_are_those_of_all_spikes_rather_than_of_the_sample(make_session):
    masks = np.zeros((1000, 8), np.float32)
    masks[:, 2] = masks[1:200, 5] = 1  # the sample is a later spike
    session = make_session(n_clusters=1, masks=masks)
    sample = waveform_samples(session, [0], n_per_cluster=1)[0]
    assert sample.masks[0, 5] == 0
    assert sample.channels.tolist() == [2, 5]


def test_the_best_channel_is_the_first_of_the_list_and_without_features_where_the_mean_is_largest(make_session):
    session = make_session()
    samples = waveform_samples(session, [0, 1, 2])
    own = cluster_channels(session, [0, 1, 2])
    assert best_channels(session, samples) == {cluster: own[cluster][0] for cluster in (0, 1, 2)}
    without = make_session(features=None, masks=None)
    samples = waveform_samples(without, [0, 1, 2])
    assert best_channels(without, samples) == {
        cluster: np.ptp(sample.mean, axis=0).argmax() for cluster, sample in samples.items()
    }


def test_of_a_sample_and_of_other_spikes_the_waveforms_are_those_of_the_model(session):
    sample = waveform_samples(session, [0], n_per_cluster=10)[0]
    spike_ids = np.union1d(sample.spike_ids[::2], np.arange(0, 100, 7))
    found = waveforms_of(session, spike_ids, sample)
    np.testing.assert_array_equal(found, session.model.waveforms[spike_ids][:, :, sample.channels])
    n_read = session.model.waveforms.n_reads
    np.testing.assert_array_equal(waveforms_of(session, sample.spike_ids[2:7], sample), sample.waveforms[2:7])
    assert session.model.waveforms.n_reads == n_read  # what a sample has is not read again
    for beyond in (np.arange(sample.spike_ids[-1] + 1, 1000), np.arange(sample.spike_ids[0]), np.empty(0, np.int64)):
        others = waveforms_of(session, beyond, sample)
        np.testing.assert_array_equal(others, session.model.waveforms[beyond][:, :, sample.channels])


def test_a_hundred_of_each_are_read_once_and_a_merged_cluster_shares_some_of_them(session):
    samples = waveform_samples(session, [3, 1])
    assert list(samples) == [3, 1]
    assert [len(sample.spike_ids) for sample in samples.values()] == [100, 100]
    assert waveform_samples(session, [1])[1] is samples[1]
    assert samples[1].nbytes == samples[1].waveforms.nbytes + samples[1].masks.nbytes
    new = session.manager.merge([1, 3]).added[0]
    merged = waveform_samples(session, [new])[new]
    known = np.union1d(samples[1].spike_ids, samples[3].spike_ids)
    assert np.isin(merged.spike_ids, known).any()
    np.testing.assert_array_equal(merged.waveforms, session.model.waveforms[merged.spike_ids][:, :, merged.channels])
    for array in (merged.waveforms, merged.masks, merged.spike_ids, merged.channels, merged.mean, merged.amplitudes):
        assert not array.flags.writeable


def test_progress_goes_on_over_features_masks_and_waveforms(session):
    shares = []
    waveform_samples(session, [0, 1, 2], on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert all(0 <= share <= 1 for share in shares)
    assert [share for share in shares if 0 < share < 0.1]
    assert [share for share in shares if 0.19 <= share]


def test_where_spikes_have_no_waveform_nothing_is_known(make_session):
    session = make_session(n_clusters=2)

    class Lost(type(session.model.waveforms)):
        def with_data(self, ids):
            return ids[:0]

    session.model.waveforms = Lost(session.model.waveforms[:])
    sample = waveform_samples(session, [0])[0]
    assert (len(sample.spike_ids), sample.waveforms.shape[0], sample.channels.tolist()) == (0, 0, [])
    assert np.isnan(sample.amplitudes).all()
    assert not sample.mean.any()
    assert not sample.std.any()
    assert not sample.mean_mask.any()
    assert best_channels(session, {0: sample}) == {}


def test_without_masks_the_mean_mask_is_one_and_one_channel_is_shown_where_nobody_takes_part(make_session):
    without = make_session(features=None, masks=None)
    sample = waveform_samples(without, [2])[2]
    assert (sample.masks == 1).all()
    assert len(sample.channels) == 8
    silent = make_session(masks=np.zeros((1000, 8), np.float32))
    alone = waveform_samples(silent, [2])[2]
    assert alone.channels.tolist() == [int(np.argmax(np.ptp(sample.mean, axis=0)))]
