"""How large a signal is beside the noise."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

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
