"""Cuts of clusters that hold two clouds, and none of clusters that hold one."""

import numpy as np
import pytest
from support import ArrayModel, random_model

from napari_phy import ClusterManager
from napari_phy.table.cluster_cuts import ClusterCuts

RATE, SECONDS, N_CHANNELS = 20_000.0, 60.0, 4


def model_of(features, masks, samples):
    """Return a model of one cluster, 7."""
    return ArrayModel(
        np.full(len(features), 7),
        spike_samples=samples,
        features=features.reshape(len(features), -1).astype(np.float32),
        masks=masks.astype(np.float32),
        waveforms=None,
        n_channels=N_CHANNELS,
        duration=SECONDS,
        sample_rate=RATE,
    )


def neuron(rng, n, sizes):
    """Return features of spikes of some size on each channel, with noise of 10."""
    features = rng.normal(0, 10, (n, N_CHANNELS, 3))
    features[..., 0] += sizes
    return features


def cut_of(model):
    return ClusterCuts(ClusterManager(model.spike_clusters), model)(7)


def masks_of(features):
    return np.clip((np.abs(features[..., 0]) - 20) / 20, 0, 1)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def spread(rng, n):
    return np.sort(rng.integers(0, round(SECONDS * RATE), n))


@pytest.mark.parametrize(
    ("sizes", "measures"), [((160, 100, 40, 0), ("amplitude", "features")), ((20, 100, 0, 20), ("features",))]
)
def test_two_neurons_in_one_cluster_are_told_apart(rng, sizes, measures):
    is_second = rng.random(900) < 0.4
    features = np.where(is_second[:, None, None], neuron(rng, 900, sizes), neuron(rng, 900, (100, 60, 20, 0)))
    cut = cut_of(model_of(features, masks_of(features), spread(rng, 900)))
    assert cut.cluster == 7
    assert cut.measure in measures
    assert len(cut) + cut.n_rest == 900
    found = np.isin(np.arange(900), cut.spikes)
    assert np.mean(found == is_second) > 0.97
    assert cut.separation > 3


def test_two_neurons_that_differ_little_are_told_apart_by_their_times(rng):
    is_second = np.arange(600) >= 350
    samples = np.append(np.sort(rng.integers(0, 400_000, 350)), np.sort(rng.integers(800_000, 1_200_000, 250)))
    features = neuron(rng, 600, np.where(is_second[:, None], (113, 60, 20, 0), (100, 60, 20, 0)))
    cut = cut_of(model_of(features, masks_of(features), samples))
    assert cut.measure == "time"
    assert cut.spikes.tolist() == np.flatnonzero(is_second).tolist()
    same = neuron(rng, 600, (100, 60, 20, 0))
    assert cut_of(model_of(same, masks_of(same), samples)) is None  # it is silent for a while


def test_single_neurons_have_no_cut_also_around_the_threshold_of_a_channel(rng):
    for size in (30, 60, 200):
        features = neuron(rng, 800, (size, size / 2, size / 4, 0)) * rng.normal(1, 0.1, (800, 1, 1))
        assert cut_of(model_of(features, masks_of(features), spread(rng, 800))) is None


def test_what_is_not_there_few_or_silent_has_no_cut(rng):
    features = neuron(rng, 300, (100, 0, 0, 0))
    model = model_of(features, np.zeros((300, N_CHANNELS)), spread(rng, 300))
    assert cut_of(model) is None
    manager = ClusterManager(model.spike_clusters)
    assert ClusterCuts(manager, model)(8) is None
    bare = random_model(features=None)
    assert ClusterCuts(ClusterManager(bare.spike_clusters), bare)(0) is None
    few = random_model(30, 5)
    assert ClusterCuts(ClusterManager(few.spike_clusters), few)(0) is None


def test_a_cut_is_made_once_for_a_cluster_and_spikes_that_cannot_be_measured_count_as_nothing(rng):
    is_second = rng.random(400) < 0.5
    features = np.where(is_second[:, None, None], neuron(rng, 400, (200, 100, 0, 0)), neuron(rng, 400, (90, 60, 0, 0)))
    features[3, 0, 0] = np.nan
    masks = np.nan_to_num(masks_of(features), nan=1.0)
    model = model_of(features, masks, spread(rng, 400))
    cuts, found = ClusterCuts(ClusterManager(model.spike_clusters), model), []
    cuts.found.connect(lambda: found.append(cuts.knows(7)))
    assert not cuts.knows(7)
    assert cuts(7) is cuts(7) is not None
    assert found == [True]
