"""The band-pass filter of whole chunks, forwards and backwards."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import SortingError

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_AT_ONCE = 32  # channels, so that what is filtered stays in the cache
_REAL = 1e-9  # how near a pole is to the real axis that lies on it
_of_thread = threading.local()


@dataclass(frozen=True, slots=True, eq=False)
class ChunkFilter:
    """Butterworth band-pass, run forwards and backwards over a chunk whose ends are turned about.

    Attributes
    ----------
    low_hz, high_hz : float
        Corner frequencies, in Hz.
    order : int
        Order of the Butterworth filter.
    sample_rate : float
        In Hz.
    is_original : bool
        Whether to filter by whole polynomials with scipy's `filtfilt`, as klusta does. They are less exact than
        second-order sections, the more so the lower the band is.

    Raises
    ------
    SortingError
        There is no such band at this sample rate.
    """

    low_hz: float
    high_hz: float
    order: int
    sample_rate: float
    is_original: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.low_hz < self.high_hz < self.sample_rate / 2:
            raise SortingError(
                f"A filter from {self.low_hz:g} to {self.high_hz:g} Hz is impossible at {self.sample_rate:g} Hz; "
                "lower filter_low, or correct the sample rate."
            )

    def apply(self, raw: npt.NDArray[Any], columns: Int64) -> Float32:
        """Return some columns of `(n_samples, n_columns)` filtered, `(n_samples, len(columns))`.

        The array is used again by the next call in the same thread: new memory costs as much time as the filter.
        """
        if not len(raw):
            return np.empty((0, len(columns)), dtype=np.float32)
        if self.is_original:
            return self._apply_polynomials(raw[:, columns].astype(np.float64))
        from napari_phy.sorting.spikedetekt._filter import filter_columns

        sections, states = band_pass_sections(self.order, self.low_hz, self.high_hz, self.sample_rate)
        n_pad = self._n_pad(len(raw))
        filtered = _scratch("filtered", (len(raw), len(columns)), np.dtype(np.float32))
        padded = _scratch("padded", (len(raw) + 2 * n_pad, min(len(columns), _AT_ONCE)), np.dtype(np.float64))
        filter_columns(_native(raw), columns, sections, states, n_pad, padded, filtered)
        return filtered

    def _apply_polynomials(self, values: Float64) -> Float32:
        from scipy.signal import butter, filtfilt

        b, a = butter(self.order, [self.low_hz, self.high_hz], "bandpass", fs=self.sample_rate)
        return np.asarray(filtfilt(b, a, values, axis=0, padlen=self._n_pad(len(values))), dtype=np.float32)

    def _n_pad(self, n_samples: int) -> int:
        """Return as many samples as scipy lays on either side, or fewer where there are no more."""
        return min(3 * (2 * self.order + 1), n_samples - 1)


@cache
def band_pass_sections(order: int, low_hz: float, high_hz: float, sample_rate: float) -> tuple[Float64, Float64]:
    """Return a Butterworth band-pass as second-order sections, and their states after a long step of height 1.

    `(order, 5)` b0, b1, b2, a1, a2 and `(order, 2)`. The poles of the low-pass are moved to the band, whose corners are
    warped, and the plane is then turned into that of z (Oppenheim and Schafer, 7.2). scipy.signal has the same, but its
    import takes longer than a minute of a recording.
    """
    low, high = np.tan(np.pi * np.array([low_hz, high_hz]) / sample_rate)
    prototype = -np.exp(0.5j * np.pi * np.arange(1 - order, order, 2) / order)
    half = prototype * (high - low) / 2
    away = np.sqrt(half**2 - low * high)
    analog = np.concatenate([half + away, half - away])
    poles = (1 + analog) / (1 - analog)
    gain = ((high - low) ** order / np.prod(1 - analog)).real
    is_real = np.abs(poles.imag) < _REAL * np.abs(poles)
    upper, real = poles[(poles.imag > 0) & ~is_real], np.sort(poles[is_real].real).reshape(-1, 2)
    sums = np.concatenate([2 * upper.real, real.sum(axis=1)])
    products = np.concatenate([np.abs(upper) ** 2, real.prod(axis=1)])
    sections = np.column_stack([np.ones(order), np.zeros(order), -np.ones(order), -sums, products])
    sections[0, :3] *= gain
    states = np.zeros((order, 2))
    states[0] = -gain  # what leaves the first section is 0 then
    return sections, states


def _scratch(name: str, shape: tuple[int, int], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return an array with anything in it, of memory that this thread uses again."""
    held = getattr(_of_thread, name, None)
    size = shape[0] * shape[1]
    if held is None or len(held) < size:
        held = np.empty(size, dtype=dtype)
        setattr(_of_thread, name, held)
    return np.asarray(held[:size].reshape(shape))


def _native(raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return samples in one of the few types that the loops are compiled for, without loss."""
    dtype = np.dtype(np.int16)
    if raw.dtype.newbyteorder("=") != dtype:
        dtype = np.promote_types(raw.dtype, np.float32)
    return np.require(raw, dtype=dtype, requirements=["C", "W"])
