"""Writes folders as phy, Kilosort and SpikeInterface do, with known contents."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

RATE = 20_000.0
N_CHANNELS, N_NEAR, N_PCS, N_SAMPLES, N_TEMPLATES = 6, 3, 2, 12, 4


@dataclass(frozen=True)
class Truth:
    """What a folder holds."""

    samples: np.ndarray
    clusters: np.ndarray
    spike_templates: np.ndarray
    amplitudes: np.ndarray
    templates: np.ndarray  # whitened, on all channels
    whitening_inverse: np.ndarray
    features: np.ndarray  # (n_spikes, n_near, n_pcs)
    near: np.ndarray
    positions: np.ndarray
    channel_map: np.ndarray
    raw: np.ndarray


def make_truth(n_spikes=60, seed=0):
    """Return spikes of four templates on six of eight channels of the raw data."""
    rng = np.random.default_rng(seed)
    samples = np.sort(rng.integers(50, 3900, n_spikes))
    spike_templates = rng.integers(0, N_TEMPLATES, n_spikes)
    return Truth(
        samples=samples,
        clusters=spike_templates.copy(),
        spike_templates=spike_templates,
        amplitudes=rng.uniform(1, 2, n_spikes),
        templates=rng.normal(size=(N_TEMPLATES, N_SAMPLES, N_CHANNELS)).astype(np.float32),
        whitening_inverse=np.eye(N_CHANNELS) * 2 + 0.1,
        features=rng.normal(size=(n_spikes, N_NEAR, N_PCS)).astype(np.float32),
        near=np.array([rng.permutation(N_CHANNELS)[:N_NEAR] for _ in range(N_TEMPLATES)]),
        positions=np.column_stack([np.zeros(N_CHANNELS), 20.0 * np.arange(N_CHANNELS)]),
        channel_map=np.array([7, 0, 1, 2, 4, 5]),
        raw=rng.integers(-300, 300, (4000, 8)).astype(np.int16),
    )


def write_folder(folder: Path, truth=None, *, by_column=False, dat="raw.dat", params="", **arrays):
    """Write a folder; `arrays` replace files of the same name, None leaves one out. Return the truth."""
    truth = make_truth() if truth is None else truth
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "spike_times": truth.samples.astype(np.uint64),
        "spike_clusters": truth.clusters.astype(np.int32),
        "spike_templates": truth.spike_templates.astype(np.uint32),
        "amplitudes": truth.amplitudes,
        "templates": truth.templates,
        "whitening_mat_inv": truth.whitening_inverse,
        "pc_features": truth.features.swapaxes(1, 2),
        "pc_feature_ind": truth.near.astype(np.uint32),
        "channel_map": truth.channel_map.astype(np.int32),
        "channel_positions": truth.positions,
        **arrays,
    }
    for name, values in content.items():
        if values is not None:
            values = np.asfortranarray(values) if by_column else np.ascontiguousarray(values)
            np.save(folder / f"{name}.npy", values, allow_pickle=values.dtype == object)
    (folder / "params.py").write_text(
        f"dat_path = {dat!r}\nn_channels_dat = 8\ndtype = 'int16'\noffset = 0\nsample_rate = {RATE}\n"
        f"hp_filtered = True\n{params}"
    )
    if isinstance(dat, str) and dat:
        truth.raw.tofile(folder / dat)
    return truth


def dense_features(truth):
    """Return (n_spikes, n_channels * n_pcs) of what was written on a few channels."""
    dense = np.zeros((len(truth.samples), N_CHANNELS, N_PCS), np.float32)
    for spike, template in enumerate(truth.spike_templates):
        dense[spike, truth.near[template]] = truth.features[spike]
    return dense.reshape(len(dense), -1)
