"""The noise of channels and the thresholds above it, from a histogram: memory does not grow with what was looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

_NORMAL = 0.6745  # median of |x| of a normal distribution of deviation 1, as klusta has it
_LOWEST, _HIGHEST = -40, 40  # powers of 2 that sizes are told apart between
_BITS, _BITS_OF_EACH = 12, 9  # of the mantissa: bins of all channels are 0.02 % wide, those of each 0.2 %
_EXPONENT_BIAS = 127


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """Two thresholds for each channel, in raw units; infinite for a channel that is constant.

    Attributes
    ----------
    weak, strong : ndarray of float64, shape (n_channels,)
        A spike is made of values beyond `weak`, one of which is beyond `strong`.
    """

    weak: Float64
    strong: Float64


def thresholds_of(noise: Float64, weak_factor: float, strong_factor: float) -> Thresholds:
    """Return thresholds as multiples of the noise of each channel; where that is 0 or nan nothing is beyond them."""
    known = np.where(noise > 0, noise, np.inf)
    return Thresholds(weak_factor * known, strong_factor * known)


def empty_counts(n_channels: int, *, is_single: bool) -> npt.NDArray[Any]:
    """Return histograms of sizes without any: one for all channels, or a coarser one for each."""
    if is_single or n_channels == 1:
        return np.zeros((1, (_HIGHEST - _LOWEST) << _BITS), dtype=np.int64)
    return np.zeros((n_channels, (_HIGHEST - _LOWEST) << _BITS_OF_EACH), dtype=np.int32)


def add_sizes(counts: npt.NDArray[Any], filtered: Float32, is_alive: npt.NDArray[np.bool_]) -> None:
    """Add the sizes of filtered values to histograms; those of channels that are constant are left out."""
    from napari_phy.sorting.spikedetekt._filter import count_sizes

    bits = _bits(counts.shape[1])
    places = np.arange(filtered.shape[1]) if len(counts) > 1 else np.zeros(filtered.shape[1], dtype=np.int64)
    count_sizes(filtered, np.where(is_alive, places, -1), counts, (_EXPONENT_BIAS + _LOWEST) << bits, bits)


def noise_of(counts: npt.NDArray[Any]) -> Float64:
    """Return median(|x|) / 0.6745 of each histogram, the robust deviation of noise; nan where it is empty."""
    return np.array([_median(one) for one in counts]) / _NORMAL


def _median(counts: npt.NDArray[Any]) -> float:
    """Return the median of the values in a histogram, as if those in a bin were evenly spaced in it."""
    total = np.cumsum(counts, dtype=np.int64)
    if not total[-1]:
        return math.nan
    half = total[-1] / 2
    place = int(np.searchsorted(total, half))
    if place == 0:
        return 0.0
    share = (half - (total[place] - counts[place])) / counts[place]
    low, high = (_edge(edge, _bits(len(counts))) for edge in (place, place + 1))
    return float(low + (high - low) * share)


def _bits(n_bins: int) -> int:
    return (n_bins // (_HIGHEST - _LOWEST)).bit_length() - 1


def _edge(place: int, bits: int) -> float:
    octave, part = divmod(place, 1 << bits)
    return math.ldexp(1 + part / (1 << bits), octave + _LOWEST)
