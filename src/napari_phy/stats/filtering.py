"""The band-pass filter of waveforms, as one matrix for windows of a fixed length."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_MIN_CONTEXT = 100
_MAX_CONTEXT_S = 0.1
_SPECTRUM = 8  # times as long as a window with its context, so that impulses have died away


@dataclass(frozen=True, slots=True)
class BandPass:
    """Butterworth band-pass run forwards and backwards (no phase shift).

    Attributes
    ----------
    low_hz, high_hz : float
        Corner frequencies in Hz.
    order : int
        Order of the Butterworth filter.
    sample_rate : float
        In Hz.
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
        """Return `(n_window, n_window + 2 * n_context)`: filtered window = matrix @ window with its context.

        Each row is the response to an impulse, whose spectrum is the power gain of the filter; rows sum to 0, so that
        an offset of the amplifier stays out.
        """
        n_samples = n_window + 2 * self.n_context
        impulse = np.fft.irfft(self._power_gain(_SPECTRUM * n_samples))
        out = impulse[self.n_context + np.arange(n_window)[:, None] - np.arange(n_samples)]
        return np.asarray(out - out.mean(axis=1, keepdims=True), dtype=np.float32)

    def _power_gain(self, n_samples: int) -> npt.NDArray[np.float64]:
        """Return the gain forwards and backwards at the frequencies of `rfft`.

        The Butterworth formula, with frequencies warped by the bilinear transform (Oppenheim and Schafer, 7.2).
        """
        frequency = np.tan(np.pi * np.fft.rfftfreq(n_samples)[1:])
        low, high = np.tan(np.pi * np.array([self.low_hz, self.high_hz]) / self.sample_rate)
        distance = (frequency**2 - low * high) / ((high - low) * frequency)  # 1 at both corners
        return np.concatenate([[0.0], 1 / (1 + distance ** (2 * self.order))])

    def _sections(self) -> npt.NDArray[np.float64]:
        from scipy.signal import butter

        band = [self.low_hz, self.high_hz]
        return np.asarray(butter(self.order, band, "bandpass", fs=self.sample_rate, output="sos"), dtype=np.float64)
