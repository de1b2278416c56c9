"""Clusters are clustered anew: one edit, of their spikes alone, that undo takes back."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sorting.masked_clusters import draw_spikes
from support import ArrayModel

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError, SettingsError
from napari_phy.core.progress import CancelledError
from napari_phy.session.reclustering import recluster

FEATURES, MASKS, TRUTH = draw_spikes(100, 5, seed=1)


@pytest.fixture
def model():
    """Return a data set whose true clusters 3 and 5 are one, 3."""
    return ArrayModel(np.where(TRUTH == 5, 3, TRUTH), features=FEATURES, masks=MASKS)


@pytest.fixture
def manager(model):
    return ClusterManager(model.spike_clusters)


def test_a_cluster_of_two_is_divided_by_one_edit_and_undone(model, manager):
    before = manager.spike_clusters.copy()
    record = recluster(model, manager, [3], points_for_cluster_mask=20)
    assert len(record.added) == 2
    assert record.deleted == (3,)
    sets = {tuple(manager.spikes(cluster)) for cluster in record.added}
    assert sets == {tuple(np.flatnonzero(TRUTH == one)) for one in (3, 5)}
    others = np.flatnonzero(before != 3)
    assert_array_equal(manager.spike_clusters[others], before[others])
    manager.undo()
    assert_array_equal(manager.spike_clusters, before)


def test_clusters_that_are_found_as_they_are_stay(model, manager):
    with pytest.raises(ClusteringError, match="nothing would change"):
        recluster(model, manager, [2], points_for_cluster_mask=20)
    with pytest.raises(ClusteringError, match="Select clusters to cluster anew"):
        recluster(model, manager, [])
    with pytest.raises(ClusteringError, match="There is no cluster 99"):
        recluster(model, manager, [2, 99])
    with pytest.raises(SettingsError, match="no setting n_cluster"):
        recluster(model, manager, [2], n_cluster=3)
    assert manager.n_done == 0


def test_who_cancels_finds_nothing_changed(model, manager):
    def cancel(share):
        raise CancelledError

    with pytest.raises(CancelledError):
        recluster(model, manager, [2, 3, 4, 6], cancel, num_starting_clusters=400, points_for_cluster_mask=1)
    assert manager.n_done == 0
