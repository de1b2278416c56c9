import numpy as np
import pytest

from napari_phy.core.errors import ClusteringError
from napari_phy.stats.sampling import evenly_spread
from napari_phy.table.cluster_channels import cluster_channels
from napari_phy.views.probe import ProbeRequest, compute_probe, probe_words


def test_amplitudes_are_those_of_the_mean_waveforms(session):
    data = compute_probe(session, ProbeRequest((3, 0)))
    for place, cluster in enumerate((3, 0)):
        ids = session.manager.spikes(cluster)
        some = evenly_spread(ids, 100)
        mean, mask = session.model.waveforms[some].mean(axis=0), session.model.masks[some].mean(axis=0)
        is_own = np.isin(np.arange(8), cluster_channels(session, [cluster])[cluster])
        expected = np.where(is_own, np.ptp(mean * mask, axis=0), 0)
        np.testing.assert_allclose(data.amplitudes[place], expected, rtol=1e-5)
    n_spikes = session.manager.n_spikes(3) + session.manager.n_spikes(0)
    assert data.caption == f"amplitude of the mean of 200 of {n_spikes} spikes"
    assert data.unit == "µV"


def test_shares_are_of_the_largest_on_the_channels_of_the_cluster(session):
    data = compute_probe(session, ProbeRequest((1, 4)))
    shares = data.amplitudes / data.amplitudes.max(axis=1, keepdims=True)
    for place, channels in enumerate(cluster_channels(session, (1, 4)).values()):
        np.testing.assert_array_equal(np.flatnonzero(data.shares[place]), np.sort(channels))
        np.testing.assert_array_equal(data.shares[place, channels], shares[place, channels])
    assert (data.shares.max(axis=1) == 1).all()
    assert 0 < (data.shares == 0).sum() < data.shares.size


def test_without_raw_data_the_features_tell(make_session):
    session = make_session(with_raw=False)
    data = compute_probe(session, ProbeRequest((2,)))
    sums = session.sums.get([2])[2]
    np.testing.assert_allclose(data.amplitudes[0], sums.abs_sum / sums.n_spikes)
    best = int(np.argmax(data.amplitudes[0]))
    assert probe_words(data, best).endswith("; cluster 2: 100 % of its largest")
    assert data.caption == f"size of the features of all {session.manager.n_spikes(2)} spikes"


def test_without_both_there_are_channels_and_no_amplitudes(make_session):
    data = compute_probe(make_session(with_raw=False, features=None, masks=None), ProbeRequest((2,)))
    assert np.isnan(data.amplitudes).all()
    assert not data.shares.any()
    assert data.caption == "without raw data and features, amplitudes are not known"
    assert probe_words(data, 3) == "channel 3, 0 µm, 60 µm"


def test_the_read_out_tells_the_channel_its_place_and_the_clusters_there(make_session):
    session = make_session(channel_ids=np.arange(20, 28), positions=[[12.5 * (i % 2), 20 * i] for i in range(8)])
    data = compute_probe(session, ProbeRequest((1, 4)))
    best = int(np.argmax(data.amplitudes[0]))
    told = f"cluster 1: {round(data.amplitudes[0, best])} µV"
    assert probe_words(data, best).startswith(f"channel {20 + best}, ")
    assert told in probe_words(data, best)
    nowhere = int(np.flatnonzero((data.shares == 0).all(axis=0))[0])
    assert probe_words(data, nowhere).count("cluster") == 1
    assert "12.5 µm, 20 µm" in probe_words(data, 1)


def test_a_channel_without_a_position_is_told_without_one(make_session):
    positions = np.array([[0.0, 20.0 * i] for i in range(8)])
    positions[5] = np.nan
    data = compute_probe(make_session(positions=positions), ProbeRequest(()))
    assert probe_words(data, 5) == "channel 5"
    assert probe_words(data, 4) == "channel 4, 0 µm, 80 µm"
    assert data.caption == ""


def test_a_cluster_that_is_gone_is_refused(session):
    session.manager.merge([0, 1])
    with pytest.raises(ClusteringError):
        compute_probe(session, ProbeRequest((0,)))


def test_what_is_handed_out_cannot_be_changed(session):
    data = compute_probe(session, ProbeRequest((1,)))
    arrays = (data.amplitudes, data.shares, data.positions, data.geometry.places, data.geometry.shanks)
    assert not any(array.flags.writeable for array in arrays)
