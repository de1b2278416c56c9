"""Where the voltage of each channel rests and how far it wanders."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced
from napari_phy.core.base_model import Samples

Float32 = npt.NDArray[np.float32]

N_EXCERPTS, N_SAMPLES_EXCERPT = 20, 2000
MAX_VALUES = 2_000_000  # of many channels fewer samples are looked at
_NORMAL = 0.6745  # median of |x| of a normal distribution of deviation 1


def baseline_and_noise(traces: Samples, columns: npt.NDArray[np.int64]) -> tuple[Float32, Float32]:
    """Return the median and a robust standard deviation of each channel, from evenly spaced excerpts.

    The deviation is that of steps from sample to sample, as of white noise: the slow waves of raw data don't count.
    Samples that are 0 in all channels don't count: a gap, or a raw file that ends too early, is no quiet recording.
    Nor does what is not a finite number.

    Parameters
    ----------
    traces : `(n_samples, n_channels_of_file)`.
    columns : (n_channels,) those wanted.

    Returns
    -------
    (n_channels,) and (n_channels,), in the units of the traces.
    """
    length = max(100, min(N_SAMPLES_EXCERPT, MAX_VALUES // N_EXCERPTS // max(1, len(columns))))
    starts = evenly_spaced(max(1, traces.shape[0] - length), N_EXCERPTS).tolist()
    excerpts = [traces[start : start + length][:, columns] for start in starts]
    recorded = [excerpt[excerpt.any(axis=1)] for excerpt in excerpts]
    together = np.concatenate(recorded)
    if not len(together):
        return np.zeros(len(columns), np.float32), np.zeros(len(columns), np.float32)
    baseline = _medians(together)
    steps = np.concatenate([np.diff(excerpt.astype(np.float32), axis=0) for excerpt in recorded])
    if not len(steps):
        return baseline, np.zeros(len(columns), np.float32)
    return baseline, _medians(np.abs(steps)) / np.float32(_NORMAL * np.sqrt(2))


def _medians(values: npt.NDArray[Any]) -> Float32:
    """Return the median of each column; 0 where it holds no finite number."""
    known = np.isfinite(values)
    if known.all():
        return np.asarray(np.median(values, axis=0), dtype=np.float32)
    columns = zip(values.T, known.T, strict=True)
    return np.array([np.median(column[fine]) if fine.any() else 0.0 for column, fine in columns], np.float32)
