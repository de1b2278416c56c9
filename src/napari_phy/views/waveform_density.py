"""How many waveforms of each cluster pass where: a picture a channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.table.waveform_samples import WaveformSample

N_ROWS = 128
STEPS = 4  # columns a sample
DENSITY_ALPHA = 0.95  # of the cell that most waveforms pass
FAINTEST = 0.12  # of the opacity, for a cell that a single waveform passes
_REACH = 4.0  # standard deviations from each mean: what lies beyond is not counted


@dataclass(frozen=True, slots=True, eq=False)
class WaveformDensity:
    """Counts on a grid of voltage and time.

    Attributes
    ----------
    counts : ndarray of uint16, shape (n_clusters, k, N_ROWS, n_columns)
        Number of waveforms in each cell, the highest voltage in the first row.
    low, high : float
        Voltages at the lower edge of the last row and the upper edge of the first.
    """

    counts: npt.NDArray[np.uint16]
    low: float
    high: float


def waveform_density(samples: Sequence[WaveformSample], channels: npt.NDArray[np.int64]) -> WaveformDensity:
    """Count the waveforms, straight between samples, that pass each cell at the middle of its column.

    Parameters
    ----------
    samples : sequence of WaveformSample
        The waveforms that were read of each cluster.
    channels : ndarray of int64, shape (k,)
        Ascending; those of all samples. Counts are 0 where a cluster was not read.
    """
    bands = [sample.mean + sign * _REACH * sample.std for sample in samples for sign in (-1, 1)]
    low = min((float(band.min(initial=0)) for band in bands), default=0.0)
    high = max((float(band.max(initial=0)) for band in bands), default=0.0)
    low, high = (low, high) if high > low else (-1.0, 1.0)
    n_columns = STEPS * (samples[0].waveforms.shape[1] - 1) + 1 if samples else 0
    counts = np.zeros((len(samples), len(channels), N_ROWS, n_columns), dtype=np.uint16)
    for place, sample in enumerate(samples):
        for column, channel in enumerate(np.searchsorted(channels, sample.channels).tolist()):
            counts[place, channel] = _count(sample.waveforms[:, :, column], low, high)
    return WaveformDensity(read_only(counts), low, high)


def _count(waveforms: npt.NDArray[np.float32], low: float, high: float) -> npt.NDArray[np.int64]:
    shares = np.arange(STEPS, dtype=np.float32) / STEPS
    between = waveforms[:, :-1, None] * (1 - shares) + waveforms[:, 1:, None] * shares
    lines = np.concatenate([between.reshape(len(waveforms), -1), waveforms[:, -1:]], axis=1)
    rows = np.floor(np.clip((high - lines) * (N_ROWS / (high - low)), -1, N_ROWS)).astype(np.int64)
    n_columns = lines.shape[1]
    cells = rows * n_columns + np.arange(n_columns)
    inside = (rows >= 0) & (rows < N_ROWS)
    return np.bincount(cells[inside], minlength=N_ROWS * n_columns).reshape(N_ROWS, n_columns)


def density_opacity(counts: npt.NDArray[Any], most: float) -> npt.NDArray[np.float64]:
    """Return how opaque cells are that so many waveforms pass, where `most` is the largest number: by its logarithm."""
    share = np.log1p(counts) / max(np.log1p(most), 1e-9)
    return np.where(counts > 0, FAINTEST + (1 - FAINTEST) * share, 0) * DENSITY_ALPHA
