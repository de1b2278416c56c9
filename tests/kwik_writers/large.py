"""Writes a data set of many spikes whose features are declared and not on the disk (a sparse file)."""

from pathlib import Path

import h5py
import numpy as np
from kwik_writers.klusta import text

RATE = 20000.0
_BLOCK = 2**22


def write_large(path: Path, n_spikes: int, n_features: int, *, n_recordings: int = 1) -> None:
    """Write real times, recordings and clusters, one clustering; `.kwx` rows are 8 * n_features bytes, all holes."""
    with h5py.File(path, "w") as kwik, h5py.File(path.with_suffix(".kwx"), "w") as kwx:
        for file in (kwik, kwx):
            file.attrs["kwik_version"] = 2
        parameters = kwik.create_group("application_data/spikedetekt")
        parameters.attrs["sample_rate"] = RATE
        parameters.attrs["n_channels"] = n_features // 5
        parameters.attrs["n_features_per_channel"] = 5
        per_recording = -(-n_spikes // n_recordings)
        for number in range(n_recordings):
            node = kwik.create_group(f"recordings/{number}")
            node.attrs["name"] = text(f"recording_{number}")
            node.attrs["start_sample"] = 10 * per_recording * number
            node.create_group("raw").attrs["dat_path"] = text("gone.dat")
        group = kwik.create_group("channel_groups/0")
        group.attrs["channel_order"] = np.arange(n_features // 5, dtype=np.int32)
        samples = group.create_dataset("spikes/time_samples", (n_spikes,), np.uint64)
        recording = group.create_dataset("spikes/recording", (n_spikes,), np.int32)
        clusters = group.create_dataset("spikes/clusters/main", (n_spikes,), np.int32)
        rng = np.random.default_rng(0)
        for start in range(0, n_spikes, _BLOCK):
            spikes = np.arange(start, min(start + _BLOCK, n_spikes))
            samples[start : start + _BLOCK] = spikes % per_recording * 10
            recording[start : start + _BLOCK] = spikes // per_recording
            clusters[start : start + _BLOCK] = rng.integers(0, 500, len(spikes))
        table = kwx.create_dataset("channel_groups/0/features_masks", (n_spikes, n_features, 2), np.float32)
        if n_spikes:
            table[n_spikes - 1, n_features - 1] = 1.0
