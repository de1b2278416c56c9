"""Where the voltage of each channel rests and how far it wanders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced
from napari_phy.core.base_model import Samples
from napari_phy.core.errors import NapariPhyError

Float32 = npt.NDArray[np.float32]

N_EXCERPTS, N_SAMPLES_EXCERPT = 20, 2000
MAX_VALUES = 2_000_000  # of many channels fewer samples are looked at
N_SAMPLES_WAVE = 64  # of which slow waves are the mean: a spike is shorter
WAVES_PERCENTILE = 99
_NORMAL = 0.6745  # median of |x| of a normal distribution of deviation 1


@dataclass(frozen=True, slots=True, eq=False)
class TraceLevels:
    """Of each channel, in the units of the traces.

    Attributes
    ----------
    baseline : ndarray of float32, shape (n_channels,)
        Median of each channel.
    noise : ndarray of float32, shape (n_channels,)
        Robust standard deviation of white noise, of steps from sample to sample: slow waves don't count.
    waves : ndarray of float32, shape (n_channels,)
        How far slow waves take it from the baseline; it is further away 1 % of the time.
    """

    baseline: Float32
    noise: Float32
    waves: Float32

    def scaled(self, unit_scale: float) -> TraceLevels:
        """Return the same in a unit of which `unit_scale` are one of the traces."""
        return TraceLevels(self.baseline * unit_scale, self.noise * unit_scale, self.waves * unit_scale)

    def ordered(self, order: npt.NDArray[np.int64]) -> TraceLevels:
        """Return the same with the channels in another order, given by their places here."""
        return TraceLevels(self.baseline[order], self.noise[order], self.waves[order])


def measure_levels(traces: Samples, columns: npt.NDArray[np.int64]) -> TraceLevels:
    """Return where each channel rests and how far it wanders, from those evenly spaced excerpts that can be read.

    Samples that are 0 in all channels don't count: a gap, or a raw file that ends too early, is no quiet recording.
    Nor does what is not a finite number.

    Parameters
    ----------
    traces : Samples, shape (n_samples, n_channels_of_file)
        The raw data, as the file has them.
    columns : ndarray of int64, shape (n_channels,)
        Columns of the channels that are wanted.

    Raises
    ------
    NapariPhyError, OSError
        None of them can be read.
    """
    excerpts = _read_excerpts(traces, columns)
    recorded = [excerpt[excerpt.any(axis=1)].astype(np.float32) for excerpt in excerpts]
    draw_batch = np.concatenate(recorded) if recorded else np.empty((0, len(columns)), np.float32)
    nothing = np.zeros(len(columns), np.float32)
    if not len(draw_batch):
        return TraceLevels(nothing, nothing, nothing)
    baseline = _medians(draw_batch)
    steps = np.concatenate([np.diff(excerpt, axis=0) for excerpt in recorded])
    noise = _medians(np.abs(steps)) / np.float32(_NORMAL * np.sqrt(2)) if len(steps) else nothing
    return TraceLevels(baseline, noise, _waves(draw_batch - baseline))


def _read_excerpts(traces: Samples, columns: npt.NDArray[np.int64]) -> list[npt.NDArray[Any]]:
    """Return stretches (n_samples, n_channels); a raw file that was cut short has fewer."""
    length = max(100, min(N_SAMPLES_EXCERPT, MAX_VALUES // N_EXCERPTS // max(1, len(columns))))
    n_samples = traces.shape[0]
    is_short = n_samples <= N_EXCERPTS * length
    starts = range(0, n_samples, length) if is_short else evenly_spaced(n_samples - length, N_EXCERPTS).tolist()
    found: list[npt.NDArray[Any]] = []
    trouble: Exception | None = None
    for start in starts:
        try:
            found.append(traces[start : start + length][:, columns])
        except (NapariPhyError, OSError) as error:
            trouble = error
    if trouble is not None and not found:
        raise trouble
    return found


def _waves(distances: Float32) -> Float32:
    """Return (n_channels,) how far means of short stretches are from the baseline; what is not finite is 0 away."""
    n_stretches, n_channels = len(distances) // N_SAMPLES_WAVE, distances.shape[1]
    if not n_stretches:
        return np.zeros(n_channels, np.float32)
    stretches = np.where(np.isfinite(distances), distances, 0)[: n_stretches * N_SAMPLES_WAVE]
    means = stretches.reshape(n_stretches, N_SAMPLES_WAVE, n_channels).mean(axis=1)
    return np.asarray(np.percentile(np.abs(means), WAVES_PERCENTILE, axis=0), dtype=np.float32)


def _medians(values: npt.NDArray[Any]) -> Float32:
    """Return the median of each column; 0 where it holds no finite number."""
    known = np.isfinite(values)
    if known.all():
        return np.asarray(np.median(values, axis=0), dtype=np.float32)
    columns = zip(values.T, known.T, strict=True)
    return np.array([np.median(column[fine]) if fine.any() else 0.0 for column, fine in columns], np.float32)
