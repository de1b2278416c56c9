"""Whether raw samples can be of the type that a file says."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import zero_unmeasured

_MOST = 0.95  # of the samples: what a type needs to fit
_USUAL = (1e-9, 1e9)  # voltages, in any unit
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
    floats made of them are usual voltages, while the integers are noise over their whole range.

    Parameters
    ----------
    samples : (n_samples, n_channels) as a file has them, of its own type.
    """
    if samples.dtype.kind == "f":
        words = _viewed(samples, np.dtype("<i2"))
        fits = share_unmeasured(samples) > _MOST and words.size and not _is_noise(words)
        return words.dtype if fits else None
    if samples.dtype.itemsize in (2, 4) and _is_noise(_viewed(samples, np.dtype("<i2"))):
        return next((dtype for dtype in map(np.dtype, ("<f4", "<f8")) if _is_usual(_viewed(samples, dtype))), None)
    return None


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
