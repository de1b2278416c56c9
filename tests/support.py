"""A data set in memory, for tests that need a model and no file."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from memory_format import MemoryClusteringFile

from napari_phy.core.base_model import BaseModel, Recording
from napari_phy.core.probe import Probe


class CountedRows:
    """Per-spike rows that count how often and how many of them are read."""

    def __init__(self, rows):
        self._rows = rows
        self.n_reads = 0
        self.n_rows_read = 0

    @property
    def shape(self):
        return self._rows.shape

    def __getitem__(self, spike_ids):
        rows = self._rows[spike_ids]
        self.n_reads += 1
        self.n_rows_read += len(rows)
        return rows


class ArrayModel(BaseModel):
    """Arrays that fulfil `BaseModel`; what is not given is made up or missing.

    Parameters
    ----------
    spike_samples : (n_spikes,) ascending; made one every 10 ms when None.
    spike_clusters : (n_spikes,) cluster of each spike.
    features : (n_spikes, n_channels * n_features_per_channel), or None: missing.
    masks : (n_spikes, n_channels); ones when features are given and masks are not.
    waveforms : (n_spikes, n_samples, n_channels), or None: missing.
    traces : (n_samples, n_channels of the file), or None: missing.
    positions : (n_channels, 2) in µm; a column 20 µm apart when None.
    knows_positions : whether these are not only assumed.
    missing : sentences; made up for what is None when not given.
    """

    def __init__(
        self,
        spike_clusters,
        spike_samples=None,
        *,
        features=None,
        masks=None,
        waveforms=None,
        traces=None,
        n_channels=None,
        n_features_per_channel=3,
        channel_ids=None,
        positions=None,
        knows_positions=True,
        sample_rate=20_000.0,
        duration=None,
        microvolts_per_unit=0.195,
        cluster_groups: Mapping[int, str] | None = None,
        cluster_colors: Mapping[int, str] | None = None,
        cluster_labels=None,
        group_names=("noise", "mua", "good", "unsorted"),
        path="/nowhere/memory.kwik",
        channel_group=0,
        clustering="main",
        missing=None,
    ):
        n_spikes = len(spike_clusters)
        if spike_samples is None:
            spike_samples = np.arange(n_spikes) * round(sample_rate / 100)
        if n_channels is None:
            n_channels = _count_channels(masks, waveforms, positions, features, n_features_per_channel)
        if masks is None and features is not None:
            masks = np.ones((n_spikes, n_channels), dtype=np.float32)
        if channel_ids is None:
            channel_ids = np.arange(n_channels)
        if positions is None:
            positions = np.stack([np.zeros(n_channels), 20.0 * np.arange(n_channels)], axis=1)
        if duration is None:
            duration = (int(spike_samples[-1]) + 1) / sample_rate if n_spikes else 1.0
        if missing is None:
            missing = []
            if waveforms is None:
                missing.append("Waveforms and traces need memory.dat, which is not beside memory.kwik.")
            if features is None:
                missing.append("memory.kwx is missing: features and similarity are not available.")
        edges = np.stack([channel_ids[:-1], channel_ids[1:]], axis=1)

        self.path = Path(path)
        self.channel_group = channel_group
        self.clustering = clustering
        self.channel_groups = (channel_group,)
        self.clusterings = (clustering,)
        self.sample_rate = float(sample_rate)
        self.duration = float(duration)
        self.recordings = (Recording(0, "recording 0", 0, round(duration * sample_rate)),)
        self.probe = Probe(_frozen(channel_ids, np.int64), _frozen(positions, np.float64), _frozen(edges, np.int64))
        if not knows_positions:
            probe = self.probe
            self.probe = Probe(probe.channel_ids, probe.positions, probe.edges, np.zeros(n_channels, dtype=bool))
        self.n_features_per_channel = n_features_per_channel
        self.microvolts_per_unit = microvolts_per_unit
        self.spike_samples = _frozen(spike_samples, np.int64)
        self.spike_recordings = _frozen(np.zeros(n_spikes), np.int64)
        self.spike_clusters = _frozen(spike_clusters, np.int32)
        self.cluster_groups = dict(cluster_groups or {})
        self.cluster_colors = dict(cluster_colors or {})
        self.cluster_labels = dict(cluster_labels or {})
        self.group_names = tuple(group_names)
        self.features = None if features is None else CountedRows(_frozen(features, np.float32))
        self.masks = None if masks is None else CountedRows(_frozen(masks, np.float32))
        self.waveforms = None if waveforms is None else CountedRows(_frozen(waveforms, np.float32))
        self.traces = traces
        self.missing = tuple(missing)
        self.is_closed = False

    @property
    def clustering_file(self):
        return MemoryClusteringFile(self.path, self.channel_group, self.clustering)

    def describe(self):
        return f"{self.name}: {self.n_spikes} spikes in memory"

    def close(self):
        self.is_closed = True


def random_model(
    n_spikes=1000, n_clusters=5, *, n_channels=8, n_samples=24, duration=20.0, seed=0, with_raw=True, **changes
):
    """Return an `ArrayModel` whose clusters, 0 … n_clusters − 1, differ in place, size and shape.

    Cluster c is largest on channel (3 c + 1) modulo n_channels. `changes` goes to `ArrayModel`; features=None takes the
    features away, with_raw=False waveforms.
    """
    rng = np.random.default_rng(seed)
    sample_rate = changes.get("sample_rate", 20_000.0)
    samples = np.sort(rng.integers(0, round(duration * sample_rate), n_spikes))
    clusters = rng.integers(0, n_clusters, n_spikes)
    clusters[:n_clusters] = np.arange(n_clusters)[:n_spikes]

    best = (3 * clusters + 1) % n_channels
    distance = np.abs(np.arange(n_channels) - best[:, None])
    sizes = (100 + 20 * clusters)[:, None] * np.exp(-distance / 1.5) * rng.normal(1, 0.1, (n_spikes, 1))
    masks = np.clip((sizes - 15) / 30, 0, 1)
    features = rng.normal(0, 5, (n_spikes, n_channels, 3))
    features[..., 0] += sizes
    features[..., 1] += 0.2 * sizes * np.cos(clusters)[:, None]
    phase = (np.arange(n_samples) - n_samples // 2) / 3
    waveforms = -sizes[:, None, :] * np.exp(-(phase**2))[None, :, None] + rng.normal(0, 5, (n_spikes, n_samples, 1))
    arguments = {
        "spike_samples": samples,
        "features": features.reshape(n_spikes, -1),
        "masks": masks,
        "waveforms": waveforms if with_raw else None,
        "n_channels": n_channels,
        "duration": duration,
        **changes,
    }
    return ArrayModel(clusters, **arguments)


def _count_channels(masks, waveforms, positions, features, n_features_per_channel):
    for rows in (masks, waveforms):
        if rows is not None:
            return np.shape(rows)[-1]
    if positions is not None:
        return len(positions)
    return 4 if features is None else np.shape(features)[1] // n_features_per_channel


def _frozen(values, dtype):
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array
