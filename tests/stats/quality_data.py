"""The data of which the tests carry SpikeInterface's numbers."""

import numpy as np

RATE = 20_000.0
N_SAMPLES = 9_700_000


def train():
    """Return samples of a neuron that keeps 3 ms, with spikes of others."""
    rng = np.random.default_rng(5)
    own = np.cumsum(rng.integers(60, 4000, 3000))
    return np.unique(np.concatenate([own, rng.integers(0, 6_000_000, 200)]))


def amplitudes():
    """Return amplitudes of which those below 75 are missing."""
    every = np.random.default_rng(7).normal(100, 20, 4000)
    return every[every > 75]


def clouds():
    """Return features of a cluster, those of two others, and the labels of these."""
    rng = np.random.default_rng(3)
    own = rng.normal(0, 1, (300, 4)) @ rng.normal(0, 1, (4, 4)) + 2.0
    others = rng.normal(0, 1.5, (800, 4))
    others[400:] += (3, 1, 0, -2)
    return own, others, np.repeat([5, 9], 400)


def wave():
    """Return a waveform with a peak before and one after its trough."""
    ms = (np.arange(60) - 20) / RATE * 1000
    parts = ((0, 0.15, -100), (0.55, 0.3, 35), (-0.45, 0.12, 12))
    return sum(height * np.exp(-(((ms - middle) / width) ** 2)) for middle, width, height in parts)


def depths(samples):
    """Return depths that drift with time."""
    return 200 + samples / 1e5 + np.random.default_rng(9).normal(0, 5, len(samples))


def unsteady():
    """Return samples and amplitudes of 1 000 s: small spikes are missing in some, others come in some later ones."""
    rng = np.random.default_rng(11)
    samples = np.cumsum(rng.integers(80, 2900, 13_000))
    samples = samples[samples < 20_000_000]
    sizes = rng.normal(100, 15, len(samples))
    missing = (samples > 8_000_000) & (samples < 11_500_000) & (sizes < 105)
    others = rng.integers(15_000_000, 16_500_000, 1000)
    samples = np.concatenate([samples[~missing], others])
    sizes = np.concatenate([sizes[~missing], rng.normal(100, 15, 1000)])
    order = np.argsort(samples, kind="stable")
    return samples[order], sizes[order]
