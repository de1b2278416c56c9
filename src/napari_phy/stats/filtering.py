"""The band-pass filter of waveforms, as one matrix for windows of a fixed length."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_MIN_CONTEXT = 100
_MAX_CONTEXT_S = 0.1
_IMPULSES = 256  # filtered at once


@dataclass(frozen=True, slots=True)
class BandPass:
    """Butterworth band-pass run forwards and backwards (no phase shift).

    Attributes
    ----------
    low_hz, high_hz : corner frequencies in Hz.
    order : of the Butterworth filter.
    sample_rate : in Hz.
    """

    low_hz: float
    high_hz: float
    order: int
    sample_rate: float

    @property
    def n_context(self) -> int:
        """Samples needed on either side of a window: 2.5 periods of the lower corner, at least 100 and 5 ms."""
        wanted = max(2.5 * self.sample_rate / self.low_hz, 0.005 * self.sample_rate)
        return max(_MIN_CONTEXT, math.ceil(min(wanted, _MAX_CONTEXT_S * self.sample_rate)))

    def apply(self, traces: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return `(n_samples, n_channels)` filtered along the first axis, ends reflected as scipy does."""
        from scipy.signal import sosfiltfilt

        sections = self._sections()
        default = 3 * (2 * len(sections) + 1)
        padding = min(default, len(traces) - 1)
        return np.asarray(sosfiltfilt(sections, traces, axis=0, padlen=max(0, padding)), dtype=np.float64)

    def matrix(self, n_window: int) -> npt.NDArray[np.float32]:
        """Return `(n_window, n_window + 2 * n_context)`: filtered window = matrix @ window with its context."""
        n_samples = n_window + 2 * self.n_context
        out = np.empty((n_window, n_samples), dtype=np.float32)
        for start in range(0, n_samples, _IMPULSES):
            impulses = np.eye(n_samples, min(_IMPULSES, n_samples - start), -start)
            out[:, start : start + _IMPULSES] = self.apply(impulses)[self.n_context : self.n_context + n_window]
        return out

    def _sections(self) -> npt.NDArray[np.float64]:
        from scipy.signal import butter

        band = [self.low_hz, self.high_hz]
        return np.asarray(butter(self.order, band, "bandpass", fs=self.sample_rate, output="sos"), dtype=np.float64)
