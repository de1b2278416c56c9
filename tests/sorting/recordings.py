"""Recordings to detect spikes in, made from a seed."""

import numpy as np

from napari_phy.core.probe import Probe

RATE = 20_000.0


def line_probe(n_channels, first=0):
    """Return a probe of channels in a row, each a neighbour of the next two."""
    ids = np.arange(first, first + n_channels)
    edges = [(one, one + step) for one in ids.tolist() for step in (1, 2) if one + step < first + n_channels]
    return Probe(ids, np.column_stack([np.zeros(n_channels), 20 * ids]), np.array(edges).reshape(-1, 2))


def spike_shape(n_samples=24):
    """Return a trough with a slower peak behind it, of height 1."""
    time = np.arange(n_samples) - 8.0
    return -np.exp(-((time / 2.0) ** 2)) + 0.4 * np.exp(-(((time - 7) / 4.0) ** 2))


def recording(n_samples=40_000, n_channels=6, n_spikes=60, seed=0, noise=20.0, height=400.0, apart=200, dtype=np.int16):
    """Return `(n_samples, n_channels)` with spikes, and the samples of their troughs, ascending."""
    rng = np.random.default_rng(seed)
    traces = rng.normal(0, noise, (n_samples, n_channels))
    steps = rng.integers(apart, 2 * apart, n_spikes)
    samples = (50 + np.cumsum(steps))[: max(0, n_spikes)]
    samples = samples[samples < n_samples - 50]
    shape = spike_shape()
    for sample in samples.tolist():
        channel = int(rng.integers(n_channels))
        for other in range(n_channels):
            share = np.exp(-abs(other - channel)) * height * rng.uniform(0.8, 1.2)
            traces[sample - 8 : sample - 8 + len(shape), other] += share * shape
    return np.rint(traces).astype(dtype), samples
