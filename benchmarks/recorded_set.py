"""A data set with raw traces and features on the channels of a probe, in a folder that goes away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from data_set import RESULTS
from harness import SEED, Size

from napari_phy.core.base_model import Recording
from napari_phy.core.probe import Probe
from napari_phy.formats.kwik.create import KwikGroup, create_kwik

RATE, DURATION_S, GAIN_UV = 20_000.0, 120.0, 0.195
_REACH = 4  # channels at each side of the best one of a cluster
_NOISE, _PEAK = 40, 800  # standard deviation and height of a spike on its best channel, in raw units
_SHAPE = -np.exp(-0.5 * (np.arange(-6, 7) / 2.0) ** 2)  # of a spike, ±0.3 ms
_N_SAMPLES = round(DURATION_S * RATE)
_AT_ONCE = 2**18  # spikes


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Spikes of clusters along a probe.

    Attributes
    ----------
    samples, clusters : (n_spikes,) ascending int64 and int32.
    best : (n_clusters,) the channel of each cluster; nearness : (n_clusters, n_channels) 0…1, also the masks.
    features : (n_spikes, n_channels, n_features) float32.
    positions_um : (n_channels, 2).
    """

    samples: npt.NDArray[np.int64]
    clusters: npt.NDArray[np.int32]
    best: npt.NDArray[np.int64]
    nearness: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]
    positions_um: npt.NDArray[np.float64]


def recorded(size: Size, n_channels: int, n_features: int) -> Recorded:
    """Return `size.n_spikes` spikes in two minutes, the same ones each time."""
    rng = np.random.default_rng(SEED)
    samples = np.sort(rng.integers(100, _N_SAMPLES - 100, size.n_spikes))
    clusters = rng.integers(0, size.n_clusters, size.n_spikes, dtype=np.int32)
    best = rng.integers(0, n_channels, size.n_clusters)
    nearness = np.clip(1 - np.abs(np.arange(n_channels) - best[:, None]) / _REACH, 0, 1).astype(np.float32)
    centres = rng.normal(0, 100, (size.n_clusters, n_channels, n_features)).astype(np.float32)
    features = np.empty((size.n_spikes, n_channels, n_features), np.float32)
    for start in range(0, size.n_spikes, _AT_ONCE):
        piece = features[start : start + _AT_ONCE]
        rng.standard_normal(out=piece, dtype=np.float32)
        piece *= 30
        piece += centres[clusters[start : start + _AT_ONCE]]
    ids = np.arange(n_channels)
    return Recorded(samples, clusters, best, nearness, features, np.column_stack([ids % 2 * 20.0, ids // 2 * 20.0]))


@contextmanager
def recorded_set(size: Size, *, n_channels: int = 32, n_features: int = 1) -> Iterator[Path]:
    """Give the path of a `.kwik`: two minutes of noise with `size.n_spikes` spikes of clusters along a probe."""
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        path = Path(folder) / "recorded.kwik"
        spikes = recorded(size, n_channels, n_features)
        write_traces(path.with_suffix(".dat"), spikes)
        _create(path, spikes)
        yield path


def write_traces(path: Path, spikes: Recorded) -> None:
    """Write the raw traces, int16: noise, and a spike of its size on each channel of its cluster."""
    n_channels = len(spikes.positions_um)
    noise = np.random.default_rng(SEED).normal(0, _NOISE, (20_011, n_channels)).astype(np.int16)
    traces = np.tile(noise, (-(-_N_SAMPLES // len(noise)), 1))[:_N_SAMPLES]
    for cluster, nearness in enumerate(spikes.nearness):
        samples, channels = spikes.samples[spikes.clusters == cluster], np.flatnonzero(nearness)
        for step, height in enumerate(_SHAPE, -(len(_SHAPE) // 2)):
            traces[samples[:, None] + step, channels] += (_PEAK * height * nearness[channels]).astype(np.int16)
    traces.tofile(path)


def _create(path: Path, spikes: Recorded) -> None:
    n_channels = len(spikes.positions_um)
    probe = Probe(np.arange(n_channels), spikes.positions_um, np.empty((0, 2), np.int64))
    masks = spikes.nearness[spikes.clusters]
    create_kwik(
        path,
        sample_rate=RATE,
        recordings=[Recording(0, "recording 0", 0, _N_SAMPLES)],
        dat_path=path.with_suffix(".dat").name,
        dtype="int16",
        n_channels_total=n_channels,
        microvolts_per_unit=GAIN_UV,
        groups={0: KwikGroup(probe, spikes.samples, spikes.clusters, spikes.features, masks)},
    )
