"""How far the spikes of a cluster stand out from the noise."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from napari_phy.stats.isolation import N_NEIGHBORS, neighbor_rates

Floats = npt.NDArray[np.floating]

N_COMPONENTS = 10
FEWEST_SPIKES = 10
_NORMAL = 0.6744897501960817  # median of |x| of a normal distribution of deviation 1


def noise_level(voltage: npt.ArrayLike) -> float:
    """Return the robust standard deviation of samples, in their unit; nan of none.

    1.4826 times the median distance from the median, as SpikeInterface's `get_noise_levels`.
    """
    values = np.asarray(voltage, dtype=np.float64).reshape(-1)
    values = values[np.isfinite(values)]
    return float(np.median(np.abs(values - np.median(values))) / _NORMAL) if len(values) else math.nan


def signal_to_noise(template: npt.ArrayLike, noise: float) -> float:
    """Return the largest distance of a mean waveform from 0 over the level of the noise; nan where there is none.

    SpikeInterface's `compute_snrs`.
    """
    values = np.asarray(template, dtype=np.float64)
    height = float(np.abs(values).max(initial=0))
    return height / noise if noise > 0 and math.isfinite(height) and height > 0 else math.nan


def noise_overlap(waveforms: Floats, noise: Floats, n_neighbors: int = N_NEIGHBORS) -> float:
    """Return the share (0…1) of the neighbours of spikes that are noise, and of those of noise that are spikes.

    Chung et al., Neuron 95 (2017), as SpikeInterface's `nearest_neighbors_noise_overlap` does with the same snippets:
    the mean snippet of noise, weighted by its voltage where the median waveform is largest, is projected out of all,
    and neighbours are looked for along the first ten principal components. nan of less than ten spikes, and without
    noise.

    Parameters
    ----------
    waveforms, noise : ndarray of float, shape (n, n_samples, n_channels)
        Waveforms of spikes, and as many snippets of voltage from elsewhere.
    n_neighbors : int
        How many neighbours of each count.
    """
    n = len(waveforms)
    if n < FEWEST_SPIKES or len(noise) != n or not waveforms[0].size:
        return math.nan
    median = np.median(waveforms, axis=0)
    moment, channel = np.unravel_index(int(np.argmax(np.abs(median))), median.shape)
    weights = noise[:, moment, channel].astype(np.float64)
    every = np.concatenate([waveforms, noise]).reshape(2 * n, -1).astype(np.float64)
    if not weights.sum() or not np.isfinite(every).all():
        return math.nan
    from scipy.linalg import eigh

    mean_noise = weights / weights.sum() @ every[n:]
    size = float(mean_noise @ mean_noise)
    if not size > 0:
        return math.nan
    every -= np.outer(every @ mean_noise / size, mean_noise)
    every -= every.mean(axis=0)
    last = 2 * n - 1
    squares, places = eigh(every @ every.T, subset_by_index=[max(0, last + 1 - N_COMPONENTS), last])
    places *= np.sqrt(np.maximum(squares, 0))
    hits, misses = neighbor_rates(places[:n], places[n:], n_neighbors)
    return ((1 - hits) + misses) / 2
