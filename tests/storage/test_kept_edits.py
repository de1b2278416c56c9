"""The edits of a journal that is not held lead to what the session shows, wherever it stands."""

from contextlib import closing

import numpy as np
import pytest
from core.edits import KINDS, do
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import make_truth

from napari_phy import open_session
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.formats.opening import open_model
from napari_phy.storage.kept_edits import read_kept_edits

pytestmark = pytest.mark.usefixtures("quick_disk")


def seen(manager):
    fields = manager.cluster_groups, manager.cluster_colors, manager.cluster_labels
    return manager.spike_clusters.tolist(), *fields


def replayed(path):
    with closing(open_model(path)) as model:
        edits, n_spikes = read_kept_edits(model), model.n_spikes
    assert edits.problem == ""
    base = edits.base
    assert len(base.spike_clusters) == n_spikes
    manager = ClusterManager(base.spike_clusters, base.cluster_groups, base.cluster_colors, base.cluster_labels)
    manager.restore(edits.records, len(edits.records))
    return seen(manager)


@pytest.mark.parametrize("numbering", ["text", "number"])
def test_at_every_step_the_same_is_read_while_it_is_edited_saved_and_undone(tmp_path, numbering):
    truth = make_truth(lengths=[500 + 40 * n for n in range(12)], groups=((0, (0, 1)),), n_spikes=60)
    path = write_klusta(tmp_path, truth, numbering=numbering)
    rng = np.random.default_rng(1)
    with open_session(path) as session:
        assert replayed(path) == seen(session.manager)
        for step in range(12):
            do(session.manager, str(rng.choice(KINDS)), int(rng.integers(2**32)))
            if step == 6:
                session.save()
            assert replayed(path) == seen(session.manager)
        expected = seen(session.manager)
    assert replayed(path) == expected
