"""Masked EM on a cluster of dask: the same result as here, also when a worker is killed in the middle."""

import os
import signal

import h5py
import pytest
from numpy.testing import assert_array_equal

from napari_phy.sorting.blocks import executor_of
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.klustakwik import spike_blocks
from napari_phy.sorting.klustakwik.klustakwik2 import KlustaKwik2
from napari_phy.sorting.klustakwik.masked_features import MaskedFeatures

pytestmark = pytest.mark.soak
distributed = pytest.importorskip("distributed")


class Killing(Reporter):
    """Kills a worker after the second step."""

    def __init__(self, client):
        super().__init__()
        self._client = client
        self.n_killed = 0

    def stage(self, name, stop):
        if name.startswith("Step 2:"):
            os.kill(min(self._client.run(os.getpid).values()), signal.SIGKILL)
            self.n_killed += 1
        return super().stage(name, stop)


@pytest.mark.real_data
def test_a_worker_that_is_killed_changes_no_bit(data_folder, monkeypatch):
    monkeypatch.setattr(spike_blocks, "N_BLOCK", 1000)
    with h5py.File(data_folder / "klusta_synth32/synth32.kwx") as file:
        table = file["channel_groups/0/features_masks"][:]
    data = MaskedFeatures.of(table[..., 0], table[:, ::3, 1])
    alone = KlustaKwik2(num_starting_clusters=100).fit(data)
    assert alone.n_iter_ > 3
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as machines,
        distributed.Client(machines) as client,
    ):
        reporter = Killing(client)
        together = KlustaKwik2(num_starting_clusters=100).fit(data, None, reporter, executor_of(client))
    assert reporter.n_killed == 1
    assert together.n_iter_ == alone.n_iter_
    assert together.score_ == alone.score_
    assert_array_equal(together.labels_, alone.labels_)
