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
from napari_phy.io.kwik.create import KwikGroup, create_kwik

RESULTS = Path(__file__).parent / "results"  # on the disk of the repository: a folder in memory knows no fdatasync


@contextmanager
def data_set(size: Size) -> Iterator[Path]:
    """Give the path of a `.kwik` with one channel and one feature; it is removed afterwards."""
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        path = Path(folder) / "benchmark.kwik"
        samples = np.arange(size.n_spikes, dtype=np.int64) * 10
        group = KwikGroup(
            Probe(np.zeros(1, np.int64), np.zeros((1, 2)), np.zeros((0, 2), np.int64)),
            samples,
            random_clusters(size),
            np.ones((size.n_spikes, 1, 1), np.float32),
            np.ones((size.n_spikes, 1), np.float32),
        )
        create_kwik(
            path,
            sample_rate=20_000.0,
            recordings=[Recording(0, "recording 0", 0, size.n_spikes * 10)],
            dat_path="missing.dat",
            dtype="int16",
            n_channels_total=1,
            microvolts_per_unit=None,
            groups={0: group},
        )
        yield path
