"""Clustering as a job: of a model, of its file, of some of its spikes."""

import shutil

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sorting.masked_clusters import draw_spikes
from support import ArrayModel, random_model

import napari_phy
from napari_phy.core.errors import MissingDataError, SettingsError, SortingError
from napari_phy.sorting import cluster


@pytest.fixture(scope="module")
def spikes():
    return draw_spikes(100, 5, seed=1)


@pytest.fixture(scope="module")
def model(spikes):
    features, masks, labels = spikes
    return ArrayModel(labels, features=features, masks=masks)


def n_found(labels):
    return len(np.unique(labels[labels > 1]))


def test_all_spikes_are_clustered_and_it_is_said_what_came_of_it(model, spikes):
    job = cluster.run(model, points_for_cluster_mask=20)
    result = job.result(60)
    assert job.status == "done"
    assert_array_equal(result.spike_ids, np.arange(model.n_spikes))
    assert n_found(result.labels) == 5
    assert job.log == (f"5 clusters of {model.n_spikes} spikes, score {result.score:.1f}.",)
    assert result.algorithm.get_params()["points_for_cluster_mask"] == 20
    again = cluster.run(model, points_for_cluster_mask=20, labels=result.labels).result(60)
    assert_array_equal(again.labels, result.labels)


def test_some_spikes_are_clustered_as_what_they_are_among_all(model, spikes):
    labels = spikes[2]
    chosen = np.flatnonzero((labels == 3) | (labels == 5))
    result = cluster.run(model, spike_ids=chosen[::-1], points_for_cluster_mask=20).result(60)
    assert_array_equal(result.spike_ids, chosen)
    assert_array_equal(result.labels, np.where(labels[chosen] == 3, *sorted_pair(result.labels, labels[chosen])))


def sorted_pair(found, truth):
    return [np.bincount(found[truth == one]).argmax() for one in (3, 5)]


def test_spikes_without_features_are_noise(spikes):
    features, masks, labels = spikes
    features = features.copy()
    features[7] = np.nan
    job = cluster.run(ArrayModel(labels, features=features, masks=masks))
    assert job.result(60).labels[7] == 0
    assert job.log[0] == f"1 of {len(labels)} spikes have features that are no numbers; they count as noise."


def test_what_cannot_be_is_said_before_anything_runs(model):
    with pytest.raises(SortingError, match="There is no algorithm kmeans to cluster spikes; there is klustakwik2"):
        cluster.run(model, algorithm="kmeans")
    with pytest.raises(SettingsError, match=r"KlustaKwik2 has no setting sede\. Did you mean seed\?"):
        cluster.run(model, sede=1)
    with pytest.raises(SortingError, match="has spikes 0 to 539; spike_ids has others"):
        cluster.run(model, spike_ids=[540])
    with pytest.raises(SortingError, match="There is no algorithm peel to refine spikes"):
        cluster.run(model, refine="peel")
    with pytest.raises(MissingDataError, match="features"):
        cluster.run(random_model(20, features=None))


def test_no_spikes_are_said_by_the_job(model):
    job = cluster.run(model, spike_ids=[])
    with pytest.raises(SortingError, match="There are no spikes to cluster"):
        job.result(60)
    assert job.status == "failed"


def test_a_file_is_opened_and_closed(sample_kwik, tmp_path):
    with napari_phy.open_session(sample_kwik, read_only=True) as session:
        n_spikes = session.model.n_spikes
    result = cluster.run(sample_kwik, num_starting_clusters=20, max_iterations=2).result(60)
    assert len(result.labels) == n_spikes


@pytest.mark.real_data
def test_a_parameter_file_names_the_data_and_its_settings(data_folder, tmp_path):
    for suffix in (".kwik", ".kwx", ".prm"):
        shutil.copy(data_folder / f"hybrid_10sec/hybrid_10sec{suffix}", tmp_path)
    job = cluster.run(tmp_path / "hybrid_10sec.prm", max_iterations=2)
    assert job.result(60).algorithm.get_params()["num_starting_clusters"] == 100
