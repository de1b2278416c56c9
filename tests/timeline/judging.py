"""Compares a clock with the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from timeline.generated_clocks import Clock

from napari_phy.timeline.time_base import TimeBase

MARKED_LIKELY = 0.2


@dataclass(frozen=True)
class Verdict:
    """Shares of the frames; `silent` is a number, to be 0."""

    right: float
    right_but_marked: float
    wrong_and_marked: float
    silent: int
    marked_likely: float

    @property
    def right_or_marked(self) -> float:
        return self.right + self.right_but_marked + self.wrong_and_marked


def judge(clock: Clock, base: TimeBase) -> Verdict:
    """A frame is right within half of the shorter interval beside it."""
    steps = np.diff(clock.times_s)
    half = np.minimum(np.append(steps, steps[-1]), np.append(steps[0], steps)) / 2
    wrong = np.abs(base.frame_times_s - clock.times_s) > np.minimum(half, clock.interval_s / 2)
    marked = base.is_doubtful
    return Verdict(
        float((~wrong & ~marked).mean()),
        float((~wrong & marked).mean()),
        float((wrong & marked).mean()),
        int((wrong & ~marked).sum()),
        float((base.doubt >= MARKED_LIKELY).mean()),
    )
