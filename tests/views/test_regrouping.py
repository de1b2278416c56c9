"""A regrouping names its parts, finds where they lie apart, and colours what Features draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from widgets.light_session import light_session

from napari_phy.views.features import FeatureAxis, FeatureRequest, compute_features
from napari_phy.views.regrouping import Regrouping, regrouping_axes


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60))
def test_parts_are_the_labels_by_size_and_noise_is_last(labels):
    labels = np.array(labels, dtype=np.int32)
    found = Regrouping.of(np.arange(len(labels)) * 3, labels)
    assert sum(found.sizes) == len(labels)
    assert found.has_noise == (0 in labels)
    named = found.sizes[: len(found.sizes) - found.has_noise]
    assert list(named) == sorted(named, reverse=True)
    for part, size in enumerate(found.sizes):
        mine = np.unique(labels[found.parts == part])
        assert len(mine) == 1
        assert np.count_nonzero(labels == mine[0]) == size
    if found.has_noise:
        assert (labels[found.parts == len(found.sizes) - 1] == 0).all()
        assert found.names[-1].startswith("noise: ")
    np.testing.assert_array_equal(found.places_of(found.spike_ids), found.parts)
    assert (found.places_of(found.spike_ids + 1) == -1).all()


@pytest.fixture
def session():
    return light_session()


def test_its_axes_are_those_where_the_parts_lie_apart(session):
    features = np.asarray(session.model.features[:])
    n_components = session.model.n_features_per_channel
    column = 2 * n_components + 1
    spikes = np.arange(session.model.n_spikes)
    high = features.reshape(len(features), -1)[:, column] > np.median(features.reshape(len(features), -1)[:, column])
    axes = regrouping_axes(session, Regrouping.of(spikes, high.astype(np.int32) + 2))
    assert FeatureAxis("feature", 2, 1) in axes
    assert axes[0].channel_index < axes[1].channel_index
    assert regrouping_axes(session, Regrouping.of(spikes, np.full(len(spikes), 2))) is None


def test_features_colours_spikes_by_their_parts_and_others_stay_grey(session):
    cluster = int(session.manager.cluster_ids[0])
    spikes = session.manager.spikes(cluster)
    regrouping = Regrouping.of(spikes, (np.arange(len(spikes)) % 3 + 2).astype(np.int32))
    request = FeatureRequest((cluster,), FeatureAxis(), FeatureAxis(channel_index=1), parts=regrouping)
    found = compute_features(session, request)
    assert found.clusters == (0, 1, 2)
    is_ours = np.isin(found.spike_ids, spikes)
    assert is_ours.any()
    assert (found.places[~is_ours] == -1).all()
    np.testing.assert_array_equal(found.places[is_ours], regrouping.places_of(found.spike_ids[is_ours]))


def test_the_second_axis_tells_apart_what_the_first_does_not(session, monkeypatch):
    n_components = session.model.n_features_per_channel
    rng, spikes = np.random.default_rng(0), np.arange(session.model.n_spikes)
    labels = (spikes % 3 + 2).astype(np.int32)
    values = rng.normal(0, 1, (len(spikes), session.model.n_channels * n_components))
    values[labels == 2, 0] += 100
    values[labels == 2, n_components] += 50  # the same again
    values[labels == 3, 2 * n_components] += 5
    monkeypatch.setattr("napari_phy.views.regrouping.feature_points", lambda session, axes, chosen: values[chosen])
    axes = regrouping_axes(session, Regrouping.of(spikes, labels))
    assert FeatureAxis("feature", 2, 0) in axes
