"""Which line of a data set has the pulses of a stack: all of them tried, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy.typing as npt

from napari_phy.core.errors import TimelineError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.sentences import on_one_line
from napari_phy.timeline.alignment import Alignment
from napari_phy.timeline.by_number import Ratio
from napari_phy.timeline.event_lines import FALLING
from napari_phy.timeline.pulse_matching import LEAST_FRAMES, align
from napari_phy.timeline.pulses import PulseLine

_FALLING_SCORE = 0.99  # where both edges fit, a frame starts with the rising one


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A line whose pulses may be the frames of a stack.

    Attributes
    ----------
    line : PulseLine
        The line.
    alignments : tuple of Alignment
        The ways in which they may be, the likeliest first; one at least.
    score : float
        0…1, to compare lines.
    """

    line: PulseLine
    alignments: tuple[Alignment, ...]
    score: float

    @property
    def best(self) -> Alignment:
        """The likeliest alignment."""
        return self.alignments[0]

    @property
    def words(self) -> str:
        """`TTL 3: 17 998 pulses, 18 000 frames, 2 missing at 412 s`."""
        return f"{on_one_line(self.line.name)}: {self.best.words}"

    def __repr__(self) -> str:
        return f"<Proposal {self.words}; score {self.score:.3f}>"


def propose(
    lines: Iterable[PulseLine],
    n_frames: int,
    *,
    rate_hz: float | None = None,
    ratio: Ratio | None = None,
    frame_times_s: npt.ArrayLike | None = None,
    sample_rate: float | None = None,
    on_progress: OnProgress = no_progress,
) -> list[Proposal]:
    """Return the lines whose pulses may be the frames of a stack, the likeliest first.

    Lines that cannot be are left out, and all for a stack of fewer than 10 frames, which any pulses fit; parameters are
    those of `align`.

    Parameters
    ----------
    lines : iterable of PulseLine
        Those of a data set: `lines_of_events(session.model.events, session.model.sample_rate)`.
    n_frames : int
        Frames of the stack.
    rate_hz : float, optional
        Frames per second, roughly.
    ratio : Ratio, optional
        How many pulses a frame has, or frames a pulse.
    frame_times_s : array_like of float64, shape (n_frames,), optional
        When each frame was taken, on another clock.
    sample_rate : float, optional
        Of the session, for the clocks.
    on_progress : OnProgress, default no_progress
        Hears how far it is, and may end the work.

    Examples
    --------
    >>> lines = [PulseLine("TTL 1", [0.5, 3.0, 3.2]), PulseLine("TTL 3", [0.1 * number for number in range(100)])]
    >>> propose(lines, n_frames=100)[0].words
    'TTL 3: 100 pulses, 100 frames'
    """
    lines = list(lines) if n_frames >= LEAST_FRAMES else []
    found = []
    for place, line in enumerate(lines):
        on_progress(place / len(lines))
        try:
            alignments = align(
                line, n_frames, rate_hz=rate_hz, ratio=ratio, frame_times_s=frame_times_s, sample_rate=sample_rate
            )
        except TimelineError:
            continue
        score = alignments[0].score * _rate_score(alignments[0], rate_hz)
        is_falling = line.name.endswith(FALLING)
        found.append(Proposal(line, tuple(alignments), score * (_FALLING_SCORE if is_falling else 1.0)))
    return sorted(found, key=lambda proposal: -proposal.score)


def _rate_score(alignment: Alignment, rate_hz: float | None) -> float:
    """Return how well a clock fits a rate that is known roughly: 1 within a tenth, less and less beyond."""
    if rate_hz is None or rate_hz <= 0:
        return 1.0
    ratio = max(alignment.base.rate_hz / rate_hz, rate_hz / alignment.base.rate_hz)
    return 1.0 if ratio < 1.1 else 1.0 / ratio**3
