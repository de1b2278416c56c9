"""The same spikes as in `recorded_set`, as the template data set that phy opens, in a folder that goes away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from data_set import RESULTS
from harness import Size
from recorded_set import RATE, Recorded, recorded, write_traces

_N_SAMPLES = 32  # of a waveform, as ours
_N_NEAR = 12  # channels of which phy keeps features: few, as KiloSort writes them; all would be slower
_AMPLITUDE = 300.0


@contextmanager
def template_set(size: Size, *, n_channels: int, n_features: int) -> Iterator[Path]:
    """Give the path of a `params.py` beside the arrays that phy reads."""
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as name:
        folder = Path(name)
        spikes = recorded(size, n_channels, n_features)
        write_traces(folder / "recorded.dat", spikes)
        for key, values in _arrays(spikes).items():
            np.save(folder / f"{key}.npy", values)
        params = folder / "params.py"
        params.write_text(
            f"dat_path = ['recorded.dat']\nn_channels_dat = {n_channels}\ndtype = 'int16'\noffset = 0\n"
            f"sample_rate = {RATE}\nhp_filtered = False\n"
        )
        yield params


def _arrays(spikes: Recorded) -> dict[str, np.ndarray]:
    n_channels = len(spikes.positions_um)
    near = np.argsort(np.abs(np.arange(n_channels) - spikes.best[:, None]), axis=1)[:, :_N_NEAR]
    shape = -_AMPLITUDE * np.exp(-(((np.arange(_N_SAMPLES) - _N_SAMPLES // 2) / 3.0) ** 2))
    unit = spikes.nearness / np.linalg.norm(spikes.nearness, axis=1, keepdims=True)
    features = np.take_along_axis(spikes.features, near[spikes.clusters][:, :, None], axis=1)
    if features.shape[2] == 1:  # phylib takes one feature a channel for one channel
        features = np.repeat(features, 2, axis=2)
    return {
        "spike_times": spikes.samples,
        "spike_clusters": spikes.clusters,
        "spike_templates": spikes.clusters,
        "amplitudes": np.random.default_rng(0).normal(1, 0.1, len(spikes.samples)),
        "templates": (shape[:, None] * spikes.nearness[:, None, :]).astype(np.float32),
        "similar_templates": unit @ unit.T,
        "channel_map": np.arange(n_channels, dtype=np.int32),
        "channel_positions": spikes.positions_um,
        "pc_features": np.ascontiguousarray(features.transpose(0, 2, 1)),
        "pc_feature_ind": near.astype(np.int32),
    }
