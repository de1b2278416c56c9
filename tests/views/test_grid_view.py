import numpy as np
import pytest

from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.stats.correlograms import correlograms, symmetrise
from napari_phy.table.waveform_samples import waveform_samples
from napari_phy.views.grid import N_RATE_BINS, GridRequest, compute_grid


def asked(session, content, start=0, stop=5, order="id"):
    return GridRequest(tuple(session.manager.cluster_ids.tolist()), order, content, start, stop)


def test_waveforms_are_the_means_on_the_largest_channel(session):
    data = compute_grid(session, asked(session, "waveform"))
    for cluster, sample in waveform_samples(session, range(5)).items():
        best = int(np.argmax(sample.amplitudes))
        assert best == (3 * cluster + 1) % 8
        tile = data.tiles[cluster]
        np.testing.assert_allclose(tile.values, sample.mean[:, best])
        assert (tile.low, tile.high) == (tile.values.min(), tile.values.max())
        assert tile.label == f"{sample.amplitudes[best]:.0f} µV"


def test_autocorrelograms_are_those_of_all_spikes(session):
    data = compute_grid(session, asked(session, "autocorrelogram"))
    model = session.model
    wanted = symmetrise(correlograms(model.spike_samples, model.spike_clusters, [3], sample_rate=20_000))[0, 0]
    np.testing.assert_array_equal(data.tiles[3].values, wanted)
    assert data.tiles[3].label == str(wanted.max())


def test_rates_keep_every_spike(session):
    data = compute_grid(session, asked(session, "rate"))
    for cluster in range(5):
        n = session.manager.n_spikes(cluster)
        assert len(data.tiles[cluster].values) == N_RATE_BINS
        assert data.tiles[cluster].values.sum() * session.model.duration / N_RATE_BINS == pytest.approx(n, rel=1e-4)
        assert data.tiles[cluster].label == f"{n / 20:.1f} Hz"


def test_only_tiles_in_sight_are_computed_and_each_one_once(session):
    rows = session.model.waveforms
    data = compute_grid(session, asked(session, "waveform", 1, 3))
    assert list(data.tiles) == [1, 2]
    assert rows.n_rows_read == 200
    assert data.cluster_ids.tolist() == [0, 1, 2, 3, 4]
    compute_grid(session, asked(session, "waveform", 2, 4))
    assert rows.n_rows_read == 300
    new = session.manager.merge([0, 4]).added[0]
    data = compute_grid(session, asked(session, "waveform", 0, 4))
    assert set(data.tiles) == {1, 2, 3, new}
    assert rows.n_rows_read == 400


def test_tiles_are_in_order(session):
    n_spikes = session.manager.n_spikes
    by_size = compute_grid(session, asked(session, "rate", order="size")).cluster_ids.tolist()
    assert by_size == sorted(range(5), key=lambda cluster: (-n_spikes(cluster), cluster))
    assert list(compute_grid(session, asked(session, "rate", 0, 2, "size")).tiles) == by_size[:2]
    assert compute_grid(session, asked(session, "rate", order="depth")).cluster_ids.tolist() == [2, 4, 1, 3, 0]


def test_without_raw_data_other_tiles_can_be_seen(make_session):
    session = make_session(with_raw=False)
    with pytest.raises(MissingDataError, match=r"Waveforms and traces need memory\.dat"):
        compute_grid(session, asked(session, "waveform"))
    assert len(compute_grid(session, asked(session, "autocorrelogram")).tiles) == 5


def test_a_cluster_that_is_gone_is_refused(session):
    request = asked(session, "rate")
    session.manager.merge([0, 1])
    with pytest.raises(ClusteringError):
        compute_grid(session, request)


def test_what_is_handed_out_cannot_be_changed(session):
    for content in ("waveform", "autocorrelogram", "rate"):
        data = compute_grid(session, asked(session, content))
        assert not any(tile.values.flags.writeable for tile in data.tiles.values())
        assert not data.cluster_ids.flags.writeable
        with pytest.raises(TypeError):
            data.tiles[0] = None
