"""A folder as Kilosort writes it, of ten million spikes on 384 channels; half of them are of one cluster."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from data_set import RESULTS
from harness import SEED, Size, random_clusters

RATE, DURATION_S, N_CHANNELS = 30_000.0, 600.0, 384
LARGE = 7  # the cluster of half of all spikes
BEFORE, N_SAMPLES = 30, 61
_N_NEAR, _N_PCS = 12, 3
_N_WRITTEN = 2_000  # spikes of the large cluster that the raw file has; the rest of it is a hole
_AT_ONCE = 2**18


@contextmanager
def large_folder(size: Size) -> Iterator[Path]:
    """Give the path of a `params.py`; the raw file is sparse: 14 GB that take some MB of the disk."""
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as name:
        yield write_large_folder(Path(name), size)


def write_large_folder(folder: Path, size: Size) -> Path:
    """Write the folder and return its `params.py`."""
    rng = np.random.default_rng(SEED)
    n_samples = round(RATE * DURATION_S)
    samples = rng.integers(100, n_samples - 100, size.n_spikes)
    samples.sort()
    clusters = random_clusters(size, {LARGE: 0.5})
    best = rng.integers(0, N_CHANNELS, size.n_clusters)
    near = np.argsort(np.abs(np.arange(N_CHANNELS) - best[:, None]), axis=1, kind="stable")[:, :_N_NEAR]
    shape = -np.exp(-0.5 * ((np.arange(N_SAMPLES) - BEFORE) / 4.0) ** 2)
    heights = np.clip(1 - np.abs(np.arange(N_CHANNELS) - best[:, None]) / _N_NEAR, 0, 1)
    ids = np.arange(N_CHANNELS)
    for key, values in {
        "spike_times": samples.astype(np.uint64),
        "spike_clusters": clusters,
        "spike_templates": clusters.astype(np.uint32),
        "amplitudes": rng.normal(20, 3, size.n_spikes).astype(np.float32),
        "templates": (shape[:, None] * heights[:, None, :]).astype(np.float32),
        "whitening_mat_inv": np.eye(N_CHANNELS),
        "channel_map": ids.astype(np.int32),
        "channel_positions": np.column_stack([ids % 4 * 16.0, ids // 2 * 20.0]),
        "pc_feature_ind": near.astype(np.uint32),
        "similar_templates": np.eye(size.n_clusters, dtype=np.float32),
    }.items():
        np.save(folder / f"{key}.npy", values)
    centres = rng.normal(0, 5, (size.n_clusters, _N_PCS, _N_NEAR)).astype(np.float32)
    features = np.lib.format.open_memmap(
        folder / "pc_features.npy", "w+", np.float32, (size.n_spikes, _N_PCS, _N_NEAR)
    )  # fmt: skip
    for start in range(0, size.n_spikes, _AT_ONCE):
        some = clusters[start : start + _AT_ONCE]
        features[start : start + _AT_ONCE] = centres[some] + rng.standard_normal(
            (len(some), _N_PCS, _N_NEAR), np.float32
        )
    features.flush()
    del features
    _write_raw(folder / "raw.bin", samples[_written(clusters)], n_samples)
    params = folder / "params.py"
    params.write_text(
        f"dat_path = 'raw.bin'\nn_channels_dat = {N_CHANNELS}\ndtype = 'int16'\noffset = 0\nsample_rate = {RATE}\n"
        "hp_filtered = True\n"
    )
    return params


def _written(clusters: np.ndarray) -> np.ndarray:
    """Return spikes of the large cluster, evenly spaced over the recording."""
    spikes = np.flatnonzero(clusters == LARGE)
    return spikes[:: max(1, len(spikes) // _N_WRITTEN)]


def _write_raw(path: Path, samples: np.ndarray, n_samples: int) -> None:
    rng = np.random.default_rng(SEED)
    with path.open("wb") as file:
        file.truncate(n_samples * N_CHANNELS * 2)
        for sample in samples.tolist():
            file.seek((sample - BEFORE) * N_CHANNELS * 2)
            file.write(rng.integers(-500, 500, (N_SAMPLES, N_CHANNELS), dtype=np.int16).data)
