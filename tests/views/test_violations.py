"""Violations of the refractory time in scatters, against plain loops."""

from itertools import pairwise

import numpy as np
import pytest

from napari_phy.views.amplitudes import AmplitudeRequest, compute_amplitude_view
from napari_phy.views.feature_grid import FeatureGridRequest, compute_feature_grid
from napari_phy.views.features import FeatureAxis, FeatureRequest, compute_features
from napari_phy.views.violations import violating_spikes


@pytest.fixture
def session(make_session):
    return make_session(duration=2.0)  # 200 spikes a cluster in 2 s: some in 5 come too soon


def oracle(session, clusters):
    found = []
    for cluster in clusters:
        spikes = session.manager.spikes(cluster).tolist()
        for before, spike in pairwise(spikes):
            if session.model.spike_samples[spike] - session.model.spike_samples[before] < 40:
                found.append(spike)
    return sorted(found)


def test_each_cluster_has_its_own(session):
    found = violating_spikes(session, (3, 1))
    assert 20 < len(found) == len(oracle(session, (3, 1)))
    assert found.tolist() == oracle(session, (3, 1))
    assert violating_spikes(session, (3, 1)).tolist() == found.tolist()
    assert violating_spikes(session, ()).tolist() == []


def features(session, clusters, n_max, *, marks):
    axes = FeatureAxis(channel_index=1), FeatureAxis(channel_index=4)
    return compute_features(session, FeatureRequest(clusters, *axes, n_max, 30, marks))


def grid(session, clusters, n_max, *, marks):
    axes = FeatureAxis(channel_index=1), FeatureAxis(channel_index=4)
    return compute_feature_grid(session, FeatureGridRequest(clusters, axes, n_max, 30, marks))


def amplitudes(session, clusters, n_max, *, marks):
    return compute_amplitude_view(session, AmplitudeRequest(clusters, "peak to peak", n_max, 30, marks))


@pytest.mark.parametrize("compute", [features, grid, amplitudes])
def test_all_of_them_are_drawn_and_told_apart(session, compute):
    data = compute(session, (3, 1), 100, marks=True)
    wanted = oracle(session, (3, 1))
    assert np.sort(data.spike_ids[data.violates]).tolist() == wanted
    assert data.n_violations == len(wanted)
    plain = compute(session, (3, 1), 100, marks=False)
    assert not plain.violates.any()
    assert plain.n_violations is None
    assert set(plain.spike_ids.tolist()) <= set(data.spike_ids.tolist())
    assert len(np.unique(data.spike_ids)) == len(data.spike_ids)
    clusters = session.manager.clusters_of(data.spike_ids)
    for place, cluster in enumerate((3, 1)):
        assert set(clusters[data.places == place].tolist()) == {cluster}


@pytest.mark.parametrize("compute", [features, grid, amplitudes])
def test_no_more_of_them_are_drawn_than_of_others(session, compute):
    data = compute(session, (3, 1), 5, marks=True)
    assert 5 <= np.count_nonzero(data.violates & (data.places == 0)) <= 10
    assert data.n_violations == len(oracle(session, (3, 1)))
