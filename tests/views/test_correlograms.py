import numpy as np
import pytest

from napari_phy.stats.correlograms import correlograms, symmetrise
from napari_phy.views.correlograms import CorrelogramRequest, CorrelogramSettings, compute_correlograms


def test_counts_are_of_all_spikes_in_the_order_of_selection(session):
    model = session.model
    data = compute_correlograms(session, CorrelogramRequest((4, 0, 2)))
    wanted = symmetrise(correlograms(model.spike_samples, model.spike_clusters, [4, 0, 2], sample_rate=20_000))
    np.testing.assert_array_equal(data.counts, wanted)
    np.testing.assert_array_equal(data.maxima, wanted.max(axis=-1))
    assert data.cluster_ids.tolist() == [4, 0, 2]


def test_lags_go_both_ways(session):
    data = compute_correlograms(session, CorrelogramRequest((4,), CorrelogramSettings(bin_ms=2, window_ms=100)))
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
    assert "bins of 0.983 ms" in CorrelogramSettings().caption(data)


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


# --- how they look ---


@pytest.fixture
def data(make_session):
    session = make_session(n_spikes=3000, n_clusters=3, duration=10.0)
    session.manager.merge([0, 1])  # clusters of two sizes
    return compute_correlograms(session, CorrelogramRequest((3, 2)))


def test_hz_are_spikes_of_the_column_per_second_around_one_of_the_row(data):
    look = CorrelogramSettings(unit="Hz")
    heights, expected = look.heights(data), look.expected(data)
    for row in range(2):
        for column in range(2):
            np.testing.assert_allclose(heights[row, column], data.counts[row, column] / data.n_spikes[row] / 0.001)
            assert expected[row, column] == pytest.approx(data.n_spikes[column] / 10.0)  # the rate of the column
    np.testing.assert_allclose(look.maxima(data), heights.max(axis=-1))
    np.testing.assert_array_equal(CorrelogramSettings().heights(data), data.counts)


def test_a_box_is_filled_by_its_own_largest_bar_or_all_by_the_largest(data):
    own = CorrelogramSettings().tops(data)
    np.testing.assert_array_equal(own, np.maximum(data.maxima, data.expected))
    assert (CorrelogramSettings(shared=True).tops(data) == own.max()).all()
    np.testing.assert_array_equal(CorrelogramSettings(baseline=False).tops(data), np.maximum(data.maxima, 1))


def test_an_empty_box_has_a_scale_too(make_session):
    session = make_session(n_spikes=2, n_clusters=2, duration=10.0)
    session.model.spike_samples.flags.writeable = True
    session.model.spike_samples[:] = [0, 100_000]
    data = compute_correlograms(session, CorrelogramRequest(tuple(session.manager.cluster_ids.tolist())))
    for look in (CorrelogramSettings(), CorrelogramSettings(unit="Hz", shared=True, baseline=False)):
        assert (look.tops(data) > 0).all()
        assert not look.heights(data).any()


@pytest.mark.parametrize("lags", ["linear", "log"])
def test_lags_go_from_the_left_edge_to_the_right_and_mirror_each_other(data, lags):
    look = CorrelogramSettings(lags=lags)
    edges = look.edges(data)
    assert len(edges) == 52
    assert edges[[0, -1]].tolist() == [0, 1]
    assert (np.diff(edges) > 0).all()
    np.testing.assert_allclose(edges, 1 - edges[::-1])
    assert look.place(data, 0.0) == 0.5
    # the bar of each lag holds its place
    places = look.place(data, data.lags_ms)
    assert (edges[:-1] < places).all()
    assert (places < edges[1:]).all()


def test_logarithmic_lags_give_short_ones_more_room(data):
    linear, log = (np.diff(CorrelogramSettings(lags=lags).edges(data)) for lags in ("linear", "log"))
    np.testing.assert_allclose(linear, 1 / 51)
    assert log[25] > 4 / 51
    assert (np.diff(log[25:]) < 0).all()


def test_the_caption_names_what_is_not_usual(data):
    usual = "counts; dashed: expected at this rate; band: 2 ms refractory; bottom left: all as one"
    assert CorrelogramSettings().caption(data) == usual
    everything = CorrelogramSettings(
        unit="Hz", lags="log", refractory_ms=1.5, baseline=False, shared=True, merged=False
    )
    assert everything.caption(data) == (
        "Hz, around a spike of the row; one scale for all; logarithmic lags; band: 1.5 ms refractory"
    )
