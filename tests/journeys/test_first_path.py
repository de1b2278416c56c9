"""A first-time user sorts the whole sample with nothing but what the program proposes, and is right."""

import numpy as np
from journeys.first_path import take_first_path, take_path_of_keys
from journeys.sizes import LARGE_FIRST

from napari_phy import open_session
from napari_phy.sample_data import read_truth, truth_path


@LARGE_FIRST
def test_the_whole_sample_is_sorted_as_it_truly_is(person, kwik_copy, sample_kwik):
    pictures = []
    take_first_path(person, kwik_copy, pictures.append)
    assert pictures == ["wizard", "lasso", "split", "saved"]
    n_clusters = len(person.session.manager.cluster_ids)
    progress = person.workspace.panels["Wizard"].page.progress.text()
    assert progress == f"All {n_clusters} clusters are decided."
    is_sorted_as_it_truly_is(person, kwik_copy, sample_kwik)


def test_the_whole_sample_is_sorted_by_keys_alone(person, kwik_copy, sample_kwik):
    take_path_of_keys(person, kwik_copy)
    is_sorted_as_it_truly_is(person, kwik_copy, sample_kwik)


def is_sorted_as_it_truly_is(person, kwik_copy, sample_kwik):
    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    units = read_truth(truth_path(sample_kwik)).spike_units[0]
    with open_session(kwik_copy) as saved:
        manager = saved.manager
        assert "unsorted" not in {manager.group(cluster) for cluster in manager.cluster_ids.tolist()}
        good = [cluster for cluster in manager.cluster_ids.tolist() if manager.group(cluster) == "good"]
        owners = []
        for cluster in good:
            found, counts = np.unique(units[manager.spikes(cluster)], return_counts=True)
            assert counts.max() > 0.9 * counts.sum()
            owners.append(int(found[np.argmax(counts)]))
        assert sorted(owners) == [0, 1, 2, 3, 4, 5, 7]  # one cluster a neuron; 6 is filed as an interneuron
