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


def _group(number: int, samples: np.ndarray, clusters: np.ndarray) -> KwikGroup:
    n = len(samples)
    probe = Probe(np.full(1, number), np.zeros((1, 2)), np.zeros((0, 2), np.int64))
    return KwikGroup(probe, samples, clusters, np.ones((n, 1, 1), np.float32), np.ones((n, 1), np.float32))
