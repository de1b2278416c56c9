"""A data set on disk with random clusters, in a folder that goes away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from harness import Size, random_clusters

from napari_phy.core.base_model import Recording
from napari_phy.core.probe import Probe
from napari_phy.formats.kwik.create import KwikGroup, create_kwik

RESULTS = Path(__file__).parent / "results"  # on the disk of the repository: a folder in memory knows no fdatasync
_IDS_OF_A_GROUP = 100_000  # no id is in two channel groups, also after many edits


@contextmanager
def data_set(size: Size, *, n_groups: int = 1) -> Iterator[Path]:
    """Give the path of a `.kwik` with one channel and one feature a channel group; it is removed afterwards.

    Each channel group has the same spikes, in clusters of its own.
    """
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        path = Path(folder) / "benchmark.kwik"
        samples = np.arange(size.n_spikes, dtype=np.int64) * 10
        clusters = random_clusters(size)
        groups = {number: _group(number, samples, clusters + number * _IDS_OF_A_GROUP) for number in range(n_groups)}
        create_kwik(
            path,
            sample_rate=20_000.0,
            recordings=[Recording(0, "recording 0", 0, size.n_spikes * 10)],
            dat_path="missing.dat",
            dtype="int16",
            n_channels_total=n_groups,
            microvolts_per_unit=None,
            groups=groups,
        )
        yield path


@contextmanager
def masked_set(size: Size, shares: dict[int, float], *, n_channels: int = 16, n_features: int = 2) -> Iterator[Path]:
    """Give the path of a `.kwik` whose spikes have features on four channels each; it is removed afterwards.

    `shares` has the share of the spikes of some clusters; the others are equally large.
    """
    RESULTS.mkdir(exist_ok=True)
    clusters = random_clusters(size, shares)
    probe = Probe(np.arange(n_channels), np.arange(2 * n_channels).reshape(-1, 2) * 1.0, np.zeros((0, 2), np.int64))
    features = _NearRows(clusters, (n_channels, n_features))
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        path = Path(folder) / "benchmark.kwik"
        create_kwik(
            path,
            sample_rate=20_000.0,
            recordings=[Recording(0, "recording 0", 0, size.n_spikes * 10)],
            dat_path="missing.dat",
            dtype="int16",
            n_channels_total=n_channels,
            microvolts_per_unit=None,
            groups={
                0: KwikGroup(
                    probe, np.arange(size.n_spikes) * 10, clusters, features, _NearRows(clusters, (n_channels,))
                )
            },
        )
        yield path


class _NearRows:
    """Rows that are not 0 on four channels, which depend on the cluster; made as they are read."""

    dtype = np.dtype(np.float32)

    def __init__(self, clusters: np.ndarray, row_shape: tuple[int, ...]) -> None:
        self.shape = (len(clusters), *row_shape)
        self._clusters = clusters

    def __len__(self) -> int:
        return len(self._clusters)

    def __getitem__(self, rows: slice) -> np.ndarray:
        clusters = self._clusters[rows]
        made = np.zeros((len(clusters), *self.shape[1:]), np.float32)
        near = (clusters[:, None] + np.arange(4)) % self.shape[1]
        if len(self.shape) == 2:
            made[np.arange(len(clusters))[:, None], near] = 1
        else:
            noise = np.random.default_rng(rows.start).standard_normal((len(clusters), 4, self.shape[2]), np.float32)
            made[np.arange(len(clusters))[:, None], near] = noise + (clusters % 7)[:, None, None]
        return made


def _group(number: int, samples: np.ndarray, clusters: np.ndarray) -> KwikGroup:
    n = len(samples)
    probe = Probe(np.full(1, number), np.zeros((1, 2)), np.zeros((0, 2), np.int64))
    return KwikGroup(probe, samples, clusters, np.ones((n, 1, 1), np.float32), np.ones((n, 1), np.float32))
