"""A small Kwik data set on disk, and what a store or a session on it holds."""

from contextlib import closing

import numpy as np

from napari_phy.core.base_model import Recording
from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.probe import Probe
from napari_phy.formats.kwik.create import KwikGroup, create_kwik
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.storage.store import Snapshot

N_SPIKES = 300


def make_kwik(folder, name="small.kwik", *, spike_clusters=None, groups=(0,)):
    """Write a data set of 4 channels and 300 spikes in clusters 0 … 5; return the path of its .kwik."""
    rng = np.random.default_rng(3)
    if spike_clusters is None:
        spike_clusters = rng.integers(0, 6, N_SPIKES)
    n = len(spike_clusters)
    channels = np.arange(4)
    group = KwikGroup(
        probe=Probe(
            channels, np.stack([0 * channels, 20.0 * channels], axis=1), np.stack([channels[:-1], channels[1:]], 1)
        ),
        spike_samples=np.sort(rng.integers(0, 200_000, n)),
        spike_clusters=np.asarray(spike_clusters),
        features=rng.normal(size=(n, 4, 3)).astype(np.float32),
        masks=np.ones((n, 4), dtype=np.float32),
        cluster_groups={1: "good", 2: "noise"},
        cluster_colors={3: "#102030"},
    )
    path = folder / name
    create_kwik(
        path,
        sample_rate=20_000.0,
        recordings=(Recording(0, "recording 0", 0, 200_000),),
        dat_path="small.dat",
        dtype="int16",
        n_channels_total=4,
        microvolts_per_unit=0.195,
        groups=dict.fromkeys(groups, group),
    )
    return path


def write_raw(path):
    """Write the raw data of a data set that `make_kwik` made: noise, and a trough at each spike of its first group."""
    raw = np.random.default_rng(0).normal(0, 30, (200_000, 4))
    with closing(KwikModel(path)) as model:
        raw[model.spike_samples] -= 2000
    raw.astype(np.int16).tofile(path.with_name("small.dat"))


def snapshot_of(manager, group_names, store=None):
    """Return what a session gives its store to save."""
    clustering = StoredClustering(
        spike_clusters=manager.spike_clusters,
        cluster_groups=manager.cluster_groups,
        cluster_colors=manager.cluster_colors,
        cluster_labels=manager.cluster_labels,
        group_names=group_names,
        user_groups=manager.stored_groups,
    )
    return Snapshot(clustering, manager.n_done, None if store is None else store.n_committed)
