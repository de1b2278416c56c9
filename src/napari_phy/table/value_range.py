"""Values as places along a ramp of colours, and the numbers at the two ends of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.table.numbers import format_number

Float64 = npt.NDArray[np.float64]
KNOWN_SHARE = (2, 98)  # per cent: beyond these values the colours end, so that one odd cluster does not flatten them
_MOST_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class ValueRange:
    """What the first and the last colour of a ramp stand for.

    Attributes
    ----------
    low, high : float
        Values at the ends of the colours.
    is_below, is_above : bool, default False
        Whether there are values beyond them, which have the same colours.
    """

    low: float
    high: float
    is_below: bool = False
    is_above: bool = False

    def labels(self, unit: str = "", decimals: int = 0) -> tuple[str, str]:
        """Return "≤ 0.8" and "8.1 Hz", with as many decimals more as tell the ends apart."""
        low, high = (format_number(end, decimals) for end in (self.low, self.high))
        if low == high and self.low != self.high and decimals < _MOST_DECIMALS:
            return self.labels(unit, decimals + 1)
        return ("≤ " if self.is_below else "") + low, " ".join(filter(None, ("≥" * self.is_above, high, unit)))


def spread(values: npt.ArrayLike) -> tuple[Float64, ValueRange | None]:
    """Return (n,) places 0…1 of values, nan where one is not known, and what 0 and 1 stand for (None: nothing)."""
    values = np.asarray(values, dtype=np.float64)
    known = values[np.isfinite(values)]
    if not len(known):
        return np.full(len(values), np.nan), None
    low, high = np.percentile(known, KNOWN_SHARE).tolist()
    places = np.clip((values - low) / (high - low), 0, 1) if high > low else np.where(np.isfinite(values), 0.5, np.nan)
    return places, ValueRange(low, high, bool(known.min() < low), bool(known.max() > high))
