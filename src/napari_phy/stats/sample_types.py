"""Whether raw samples can be of the type that a file says."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import zero_unmeasured

_MOST = 0.95  # of the samples: what a type needs to fit
_USUAL = (1e-9, 1e9)  # voltages, in any unit
_SMOOTHER = 8  # how much smaller steps between successive samples of the right type are
_LEAST_ROWS = 64
_NOISE = 2**12  # median step between words that are nothing but noise, as the lower halves of floats are


def share_unmeasured(samples: npt.NDArray[Any]) -> float:
    """Return the share of the samples, 0…1, that cannot have been measured; always 0 of integers."""
    if not samples.size or samples.dtype.kind != "f":
        return 0.0
    lost = (zero_unmeasured(samples.copy()) == 0) & (samples != 0)
    return float(np.count_nonzero(lost) / samples.size)


def better_type(samples: npt.NDArray[Any]) -> np.dtype[Any] | None:
    """Return the type that samples have whose own type does not fit; None where that fits or none is known.

    Floats that cannot have been measured may be 16-bit integers. Integers may be halves or bits of floats: then all
    floats made of them are usual voltages, while the integers are noise over their whole range. Steps between
    successive samples are far smaller in the right byte order and with the right sign; two halves of one integer vary
    alike where they are samples of their own.

    Parameters
    ----------
    samples : ndarray, shape (n_samples, n_channels)
        As a file has them, of its own type.
    """
    if samples.dtype.kind == "f":
        words = _viewed(samples, np.dtype("<i2"))
        fits = share_unmeasured(samples) > _MOST and words.size and not _is_noise(words)
        return words.dtype if fits else None
    if samples.dtype.itemsize in (2, 4) and _is_noise(_viewed(samples, np.dtype("<i2"))):
        floats = next((dtype for dtype in map(np.dtype, ("<f4", "<f8")) if _is_usual(_viewed(samples, dtype))), None)
        if floats is not None:
            return floats
    if samples.dtype.kind in "iu" and len(samples) >= _LEAST_ROWS and samples.dtype.itemsize in (2, 4):
        return _smoother(samples)
    return None


def _smoother(samples: npt.NDArray[Any]) -> np.dtype[Any] | None:
    """Return the type of integers in which the samples are far smoother than in their own."""
    own = samples.dtype
    if own.itemsize == 4:
        words = _viewed(samples, np.dtype("<i2")).reshape(-1, 2)
        one, other = (_step(half) for half in words.T)
        if min(one, other) >= max(2.0, max(one, other) / 4) and max(one, other) < _NOISE:
            return words.dtype
    signs = {"i": "u", "u": "i"}
    swapped, other_sign = own.newbyteorder(), np.dtype(f"{own.byteorder}{signs[own.kind]}{own.itemsize}")
    candidates = {swapped: samples.view(swapped), other_sign: samples.view(other_sign)}
    if not (samples & 255).any():
        del candidates[swapped]  # eight bits in a wider type
    steps = {dtype: _step(values) for dtype, values in candidates.items()}
    best = min(steps, key=lambda dtype: steps[dtype])
    return best if 0 < _SMOOTHER * steps[best] < _step(samples) else None


def _step(samples: npt.NDArray[Any]) -> float:
    """Return the mean step between successive samples."""
    return float(np.abs(np.diff(samples.astype(np.float64), axis=0)).mean())


def _viewed(samples: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    data = np.ascontiguousarray(samples).tobytes()
    return np.frombuffer(data[: len(data) // 8 * 8], dtype)


def _is_noise(words: npt.NDArray[np.int16]) -> bool:
    lower = words[::2].astype(np.int64)
    return len(lower) > 1 and float(np.median(np.abs(np.diff(lower)))) > _NOISE


def _is_usual(floats: npt.NDArray[Any]) -> bool:
    with np.errstate(invalid="ignore"):
        sizes = np.abs(floats)
        usual = (sizes >= _USUAL[0]) & (sizes <= _USUAL[1])
    return bool(floats.size and np.count_nonzero(usual) > _MOST * floats.size)
