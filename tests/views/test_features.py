import numpy as np
import pytest

from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.table import spike_rows
from napari_phy.views.features import (
    TIME_AXIS,
    FeatureAxis,
    FeatureRequest,
    compute_features,
    default_axes,
    spikes_in_lasso,
)

X, Y = FeatureAxis(channel_index=1), FeatureAxis(channel_index=4, component=1)


def test_points_are_the_features_of_their_spikes(session):
    data = compute_features(session, FeatureRequest((3, 1), X, Y, n_background=50))
    rows = session.model.features[data.spike_ids]
    np.testing.assert_array_equal(data.x, rows[:, 3])
    np.testing.assert_array_equal(data.y, rows[:, 13])
    assert (data.x_label, data.y_label) == ("channel 1 · PC1", "channel 4 · PC2")


def test_places_tell_the_cluster_and_the_best_is_drawn_last(session):
    data = compute_features(session, FeatureRequest((3, 1), X, Y, n_background=50))
    clusters = session.manager.clusters_of(data.spike_ids)
    assert set(clusters[data.places == 0]) == {3}
    assert set(clusters[data.places == 1]) == {1}
    assert set(clusters[data.places == -1]) == {0, 2, 4}
    assert [place for i, place in enumerate(data.places) if i == 0 or data.places[i - 1] != place] == [-1, 1, 0]
    assert len(np.unique(data.spike_ids)) == len(data.spike_ids)


def test_the_caption_counts_what_is_drawn(session):
    n = session.manager.n_spikes(3) + session.manager.n_spikes(1)
    everything = compute_features(session, FeatureRequest((3, 1), X, Y, n_background=50))
    assert everything.caption == f"all {n} spikes of the selection, 50 others"
    assert (everything.n_shown, everything.n_total, everything.n_background) == (n, n, 50)
    some = compute_features(session, FeatureRequest((3, 1), X, Y, n_spikes_max=20, n_background=0))
    assert some.caption == f"40 of {n} spikes of the selection, 0 others"
    assert (some.n_shown, some.n_total, some.n_background) == (40, n, 0)


def test_the_same_request_gives_the_same_spikes(session):
    request = FeatureRequest((3,), X, Y, n_spikes_max=30, n_background=30)
    assert request == FeatureRequest((3,), X, Y, n_spikes_max=30, n_background=30)
    np.testing.assert_array_equal(
        compute_features(session, request).spike_ids, compute_features(session, request).spike_ids
    )


def test_the_range_holds_nearly_all_of_the_selection_and_a_margin(session):
    data = compute_features(session, FeatureRequest((3,), X, Y))
    low, high = np.quantile(data.x[data.places == 0].astype(float), (0.004, 0.998))
    assert data.x_range == pytest.approx((low - 0.09 * (high - low), high + 0.09 * (high - low)))


def test_one_spike_has_a_range_too(make_session):
    session = make_session(n_spikes=1, n_clusters=1)
    data = compute_features(session, FeatureRequest((0,), X, Y))
    assert data.x_range[0] < data.x[0] < data.x_range[1]
    assert data.caption == "1 spike of the selection, 0 others"


def test_without_a_selection_the_rest_is_shown(session):
    data = compute_features(session, FeatureRequest((), X, Y))
    assert (data.n_total, data.n_background) == (0, 1000)
    assert set(data.places) == {-1}


def test_time_is_in_seconds_from_start_to_end(make_session):
    session = make_session(features=None, masks=None)
    data = compute_features(session, FeatureRequest((2,), TIME_AXIS, TIME_AXIS))
    np.testing.assert_allclose(data.x, session.model.spike_times[data.spike_ids], rtol=1e-6)
    assert (data.x_label, data.x_range) == ("time (s)", (0, 20))


def test_missing_features_are_told_in_the_words_of_the_model(make_session):
    session = make_session(features=None, masks=None)
    with pytest.raises(MissingDataError, match=r"memory\.kwx is missing"):
        compute_features(session, FeatureRequest((2,), TIME_AXIS, X))


def test_features_of_another_sorting_are_told_in_the_words_of_the_model(make_session):
    sentence = "a.kwik: channel group 0 has 9 spikes but a.kwx has 8 feature rows; the .kwx belongs to another sorting."
    session = make_session(features=None, masks=None, missing=[sentence])
    with pytest.raises(MissingDataError, match="belongs to another sorting"):
        compute_features(session, FeatureRequest((2,), X, Y))


def test_a_cluster_that_is_gone_is_refused(session):
    session.manager.merge([1, 3])
    with pytest.raises(ClusteringError):
        compute_features(session, FeatureRequest((3,), X, Y))


def test_what_is_handed_out_cannot_be_changed(session):
    data = compute_features(session, FeatureRequest((3,), X, Y))
    assert not any(array.flags.writeable for array in (data.x, data.y, data.spike_ids, data.places))


def test_axes_start_where_the_best_cluster_is_large(session):
    for cluster in range(5):
        x, y = default_axes(session, (cluster,))
        assert FeatureAxis(channel_index=(3 * cluster + 1) % 8) in (x, y)
        assert y.channel_index - x.channel_index == 1


def test_the_second_axis_tells_two_clusters_apart(session):
    x, y = default_axes(session, (2, 4))
    assert (x.channel_index, y.channel_index) == (5, 7)


def test_axes_without_features_or_clusters_or_with_one_channel(make_session):
    assert default_axes(make_session(), ()) == (FeatureAxis(), FeatureAxis(channel_index=1))
    assert default_axes(make_session(features=None, masks=None), (1,)) == (FeatureAxis(), FeatureAxis(channel_index=1))
    assert default_axes(make_session(n_channels=1), (1,)) == (FeatureAxis(), FeatureAxis(component=1))


def test_the_lasso_finds_drawn_and_undrawn_spikes_of_the_selection(session, monkeypatch):
    monkeypatch.setattr(spike_rows, "BLOCK_BYTES", 64 * 24 * 4)
    request = FeatureRequest((3, 1), X, Y, n_spikes_max=5)
    every = np.sort(np.concatenate([session.manager.spikes(3), session.manager.spikes(1)]))
    rows = session.model.features[every]
    middle = np.median(rows[:, 3])
    polygon = [[middle, -1e4], [1e4, -1e4], [1e4, 1e4], [middle, 1e4]]
    np.testing.assert_array_equal(spikes_in_lasso(session, request, polygon), every[rows[:, 3] >= middle])


def test_a_lasso_far_away_finds_nothing(session):
    found = spikes_in_lasso(session, FeatureRequest((3,), X, TIME_AXIS), [[0, -9], [1, -9], [1, -8]])
    assert found.shape == (0,)
    assert found.dtype == np.int64


def test_a_lasso_of_two_points_is_refused(session):
    with pytest.raises(ClusteringError, match="needs three points or more"):
        spikes_in_lasso(session, FeatureRequest((3,), X, Y), [[0, 0], [1, 1]])


def test_background_spikes_hardly_change_with_the_selection_and_are_as_many_as_asked_for(session):
    some = [compute_features(session, FeatureRequest(clusters, X, Y, n_background=200)) for clusters in ((3,), (1, 2))]
    backgrounds = [set(data.spike_ids[data.places < 0].tolist()) for data in some]
    assert [len(spikes) for spikes in backgrounds] == [200, 200]
    for data, spikes in zip(some, backgrounds, strict=True):
        chosen = np.concatenate([session.manager.spikes(cluster) for cluster in data.clusters])
        assert not spikes & set(chosen.tolist())
    assert len(backgrounds[0] & backgrounds[1]) > 0.35 * 200  # those that are in neither selection
