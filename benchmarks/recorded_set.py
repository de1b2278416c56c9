"""A data set with raw traces and features on the channels of a probe, in a folder that goes away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from data_set import RESULTS
from harness import SEED, Size

from napari_phy.core.base_model import Recording
from napari_phy.core.probe import Probe
from napari_phy.io.kwik.create import KwikGroup, create_kwik

RATE, DURATION_S, GAIN_UV = 20_000.0, 120.0, 0.195
_REACH = 4  # channels at each side of the best one of a cluster
_NOISE = 40  # standard deviation, in raw units


@contextmanager
def recorded_set(size: Size, *, n_channels: int = 32, n_features: int = 1) -> Iterator[Path]:
    """Give the path of a `.kwik`: two minutes of noise, `size.n_spikes` spikes of clusters along a probe."""
    RESULTS.mkdir(exist_ok=True)
    rng = np.random.default_rng(SEED)
    n_samples = round(DURATION_S * RATE)
    samples = np.sort(rng.integers(100, n_samples - 100, size.n_spikes))
    clusters = rng.integers(0, size.n_clusters, size.n_spikes, dtype=np.int32)
    best = rng.integers(0, n_channels, size.n_clusters)
    nearness = np.clip(1 - np.abs(np.arange(n_channels) - best[:, None]) / _REACH, 0, 1).astype(np.float32)
    centres = rng.normal(0, 100, (size.n_clusters, n_channels, n_features)).astype(np.float32)
    features = centres[clusters] + rng.standard_normal((size.n_spikes, n_channels, n_features), np.float32) * 30
    ids = np.arange(n_channels)
    probe = Probe(ids, np.column_stack([ids % 2 * 20.0, ids // 2 * 20.0]), np.empty((0, 2), np.int64))
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        path = Path(folder) / "recorded.kwik"
        _write_noise(path.with_suffix(".dat"), n_samples, n_channels, rng)
        create_kwik(
            path,
            sample_rate=RATE,
            recordings=[Recording(0, "recording 0", 0, n_samples)],
            dat_path="recorded.dat",
            dtype="int16",
            n_channels_total=n_channels,
            microvolts_per_unit=GAIN_UV,
            groups={0: KwikGroup(probe, samples, clusters, features, nearness[clusters])},
        )
        yield path


def _write_noise(path: Path, n_samples: int, n_channels: int, rng: np.random.Generator) -> None:
    noise = rng.normal(0, _NOISE, (20_011, n_channels)).astype(np.int16)
    with path.open("wb") as file:
        for start in range(0, n_samples, len(noise)):
            file.write(noise[: n_samples - start].data)
