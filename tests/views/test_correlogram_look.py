"""What correlograms look like: units, axes, scales; and the words for it."""

import numpy as np
import pytest

from napari_phy.views.correlogram_look import CorrelogramLook
from napari_phy.views.correlograms import CorrelogramRequest, compute_correlograms


@pytest.fixture
def data(make_session):
    session = make_session(n_spikes=3000, n_clusters=3, duration=10.0)
    session.manager.merge([0, 1])  # clusters of two sizes
    return compute_correlograms(session, CorrelogramRequest((3, 2)))


def test_hz_are_spikes_of_the_column_per_second_around_one_of_the_row(data):
    look = CorrelogramLook(unit="Hz")
    heights, expected = look.heights(data), look.expected(data)
    for row in range(2):
        for column in range(2):
            np.testing.assert_allclose(heights[row, column], data.counts[row, column] / data.n_spikes[row] / 0.001)
            assert expected[row, column] == pytest.approx(data.n_spikes[column] / 10.0)  # the rate of the column
    np.testing.assert_allclose(look.maxima(data), heights.max(axis=-1))
    np.testing.assert_array_equal(CorrelogramLook().heights(data), data.counts)


def test_a_box_is_filled_by_its_own_largest_bar_or_all_by_the_largest(data):
    own = CorrelogramLook().tops(data)
    np.testing.assert_array_equal(own, np.maximum(data.maxima, data.expected))
    assert (CorrelogramLook(shared=True).tops(data) == own.max()).all()
    np.testing.assert_array_equal(CorrelogramLook(baseline=False).tops(data), np.maximum(data.maxima, 1))


def test_an_empty_box_has_a_scale_too(make_session):
    session = make_session(n_spikes=2, n_clusters=2, duration=10.0)
    session.model.spike_samples.flags.writeable = True
    session.model.spike_samples[:] = [0, 100_000]
    data = compute_correlograms(session, CorrelogramRequest(tuple(session.manager.cluster_ids.tolist())))
    for look in (CorrelogramLook(), CorrelogramLook("Hz", shared=True, baseline=False)):
        assert (look.tops(data) > 0).all()
        assert not look.heights(data).any()


@pytest.mark.parametrize("lags", ["linear", "log"])
def test_lags_go_from_the_left_edge_to_the_right_and_mirror_each_other(data, lags):
    look = CorrelogramLook(lags=lags)
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
    linear, log = (np.diff(CorrelogramLook(lags=lags).edges(data)) for lags in ("linear", "log"))
    np.testing.assert_allclose(linear, 1 / 51)
    assert log[25] > 4 / 51
    assert (np.diff(log[25:]) < 0).all()


def test_the_caption_names_what_is_not_usual(data):
    assert CorrelogramLook().caption(data) == "counts; dashed: expected at this rate; band: 2 ms refractory"
    everything = CorrelogramLook("Hz", "log", 1.5, baseline=False, shared=True)
    assert everything.caption(data) == (
        "Hz, around a spike of the row; one scale for all; logarithmic lags; band: 1.5 ms refractory"
    )
