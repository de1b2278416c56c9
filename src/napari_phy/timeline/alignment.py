"""How pulses and frames belong together: the clock that follows, what is wrong with them, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.timeline.time_base import TimeBase


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with pulses or frames.

    Attributes
    ----------
    kind : str
        "missing pulses", "missing at start", "missing at end", "extra pulse", "doubled pulse", "narrow pulse",
        "lost frame", "added frame", "pulses before", "pulses after", "pause", "irregular", "reset", "no grid" or
        "unsorted".
    time_s : float
        When, on the clock of the session.
    frame : int or None
        The first frame that it concerns; None for a pulse that belongs to none.
    words : str
        A sentence for the user.
    n : int, default 1
        How many pulses or frames.
    """

    kind: str
    time_s: float
    frame: int | None
    words: str
    n: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """One way in which the pulses of a line are the frames of a stack.

    Attributes
    ----------
    base : TimeBase
        The clock, with its doubtful stretches.
    score : float
        0…1: how many of pulses and frames have a partner, times `chance`.
    chance : float
        0…1: how likely it is, among all explanations of this line, that no frame is off by one.
    faults : tuple of Fault
        In the order of time.
    words : str
        `17 998 pulses, 18 000 frames, 2 missing at 412 s`.
    pulse_times_s : ndarray of float64, shape (n_pulses,)
        All pulses of the line, as they were given.
    pulse_frames : ndarray of float64, shape (n_pulses,)
        The frame that each starts, whole or, where a pulse comes during a frame, between two; not a number for those
        that belong to none.
    """

    base: TimeBase
    score: float
    chance: float
    faults: tuple[Fault, ...]
    words: str
    pulse_times_s: npt.NDArray[np.float64]
    pulse_frames: npt.NDArray[np.float64]

    @property
    def n_matched(self) -> int:
        """How many pulses start a frame or lie in one."""
        return int(np.count_nonzero(np.isfinite(self.pulse_frames)))

    def __repr__(self) -> str:
        return f"<Alignment {self.base.source}: {self.words}; score {self.score:.3f}>"
