"""Pulses of one line, as a file or a channel has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import on_one_line

Float64 = npt.NDArray[np.float64]

MOST_PULSES = 10**8


@dataclass(frozen=True, slots=True, eq=False)
class PulseLine:
    """When a line went up, in the order of the file.

    Parameters
    ----------
    name : str
        As a list offers it: `TTL 3`.
    times_s : array_like of float64, shape (n_pulses,)
        In seconds of the session's clock. They ascend, unless the clock that took them was reset.
    widths_s : array_like of float64, shape (n_pulses,), optional
        How long the line stayed up, not a number where that is not known; None: not known of any.

    Raises
    ------
    TimelineError
        These are no times.
    """

    name: str
    times_s: Float64
    widths_s: Float64 | None = None

    def __post_init__(self) -> None:
        try:
            times_s = np.array(self.times_s, dtype=np.float64)
            widths_s = None if self.widths_s is None else np.array(self.widths_s, dtype=np.float64)
        except (TypeError, ValueError):
            raise TimelineError(f"{on_one_line(self.name)}: the times of pulses are no list of numbers.") from None
        if times_s.ndim != 1 or len(times_s) > MOST_PULSES:
            raise TimelineError(f"{on_one_line(self.name)}: times of pulses in the shape {times_s.shape} are no list.")
        if not (np.abs(times_s) <= 1e9).all():
            raise TimelineError(f"{on_one_line(self.name)}: one of the times of pulses is no number of seconds.")
        if widths_s is not None and widths_s.shape != times_s.shape:
            raise TimelineError(f"{on_one_line(self.name)}: {len(times_s)} pulses have {widths_s.size} widths.")
        object.__setattr__(self, "times_s", read_only(times_s))
        object.__setattr__(self, "widths_s", None if widths_s is None else read_only(widths_s))

    def __len__(self) -> int:
        return len(self.times_s)

    def __repr__(self) -> str:
        return f"<PulseLine {on_one_line(self.name)}: {len(self)} pulses>"
