"""Whether flat samples lie in rows of the length that is said, as many as there are channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_N_VALUES = 2**15  # that are compared
_SMOOTHER = 2.5  # how much smaller steps between successive samples of the same channel are


def better_row_length(samples: npt.NDArray[Any], n_channels: int, least: int = 1) -> int | None:
    """Return the number of channels that samples have where it is another than is said; None where that is not seen.

    Successive samples of a channel differ less than samples of different channels, which have offsets and slow waves of
    their own. Where all channels are alike, nothing is seen, nor where rows are said to be several times as long.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        As they lie in the file, one row behind the other.
    n_channels : int
        Length of a row as it is said.
    least : int, default 1
        Numbers below are not looked at, such as those with which a probe does not go.
    """
    values = np.asarray(samples[:_N_VALUES], dtype=np.float64)
    most = min(2 * n_channels + 1, len(values) // 4)
    if not least <= n_channels < most or not np.isfinite(values).all():
        return None
    head = values[: len(values) - most]
    steps = {length: float(np.abs(values[length : length + len(head)] - head).mean()) for length in range(least, most)}
    best = min(steps, key=lambda length: steps[length])
    return best if best != n_channels and _SMOOTHER * steps[best] < steps[n_channels] else None
