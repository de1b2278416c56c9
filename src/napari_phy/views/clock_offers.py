"""The clocks that a stack may have, from events, a file of times, a channel, or by hand: the likeliest first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import TimelineError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.sentences import on_one_line
from napari_phy.table.numbers import format_number
from napari_phy.timeline import TimeBase, align, find_pulses, lines_of_events, propose, read_time_columns
from napari_phy.timeline.alignment import Alignment
from napari_phy.timeline.pulses import PulseLine
from napari_phy.timeline.units import TimeUnit

Polarity = Literal["rising", "falling"]
TimesOf = Literal["frames", "pulses"]
MOST_OFFERS = 12


@dataclass(frozen=True, slots=True)
class FromEvents:
    """Pulses among the events of the file; all lines of them are tried."""


@dataclass(frozen=True, slots=True)
class FromFile:
    """Times of frames, or of pulses, in a column of a table or of a NumPy file.

    Attributes
    ----------
    path : str
        The file.
    column : str or None
        Which column; None: the likely one.
    unit : str, default "s"
        What its numbers are.
    are : str, default "frames"
        Times of "frames", each of which has one, or of "pulses", which are matched to frames.
    """

    path: str
    column: str | None = None
    unit: TimeUnit = "s"
    are: TimesOf = "frames"


@dataclass(frozen=True, slots=True)
class FromChannel:
    """Pulses in a channel of the traces.

    Attributes
    ----------
    channel : int
        Column of the traces.
    polarity : str, default "rising"
        Whether pulses go up or down.
    threshold : float or None
        In units of the file; None: found.
    """

    channel: int
    polarity: Polarity = "rising"
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class FromRate:
    """An even clock.

    Attributes
    ----------
    offset_s : float
        When the first frame starts.
    rate_hz : float
        Frames per second.
    """

    offset_s: float
    rate_hz: float


@dataclass(frozen=True, slots=True)
class FromTimes:
    """Times that a stack has itself, as a film does, and when the first of them is.

    Attributes
    ----------
    offset_s : float
        When its time 0 is.
    """

    offset_s: float


@dataclass(frozen=True, slots=True)
class FromClock:
    """The clock of another layer with as many frames."""

    name: str
    base: TimeBase


Source = FromEvents | FromFile | FromChannel | FromRate | FromTimes | FromClock


@dataclass(frozen=True, slots=True)
class ClockRequest:
    """What is asked for.

    Attributes
    ----------
    source : Source
        Where the times are from.
    n_frames : int
        Frames of the stack.
    rate_hz : float or None
        Frames per second, roughly, where the layer says it.
    frame_times_s : tuple of float
        When each frame was taken on a clock of its own, as files of films say; () where that is not known.
    """

    source: Source
    n_frames: int
    rate_hz: float | None = None
    frame_times_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ClockOffer:
    """A clock that a stack may have.

    Attributes
    ----------
    base : TimeBase
        The clock.
    words : str
        `TTL 3: 17 998 pulses, 18 000 frames, 2 missing at 412 s`.
    score : float
        0…1, how well it fits.
    alignment : Alignment or None
        How pulses and frames belong together, where there are pulses.
    """

    base: TimeBase
    words: str
    score: float = 1.0
    alignment: Alignment | None = None

    @property
    def choice(self) -> str:
        """Its words after the score, as a list of several offers it; a narrow one cuts what is last."""
        return f"{format_number(100 * self.score)} % · {self.words}"


def offer_clocks(model: BaseModel, request: ClockRequest, on_progress: OnProgress = no_progress) -> list[ClockOffer]:
    """Return the clocks that a stack may have by a source, the likeliest first; [] where events have none.

    Raises
    ------
    TimelineError
        There can be none by this source.
    """
    source, n_frames, rate = request.source, request.n_frames, model.sample_rate
    own_s = request.frame_times_s if len(request.frame_times_s) == n_frames else None
    if isinstance(source, FromRate):
        base = TimeBase.from_rate(n_frames, source.rate_hz, source.offset_s, sample_rate=rate)
        return [ClockOffer(base, _even_words(base))]
    if isinstance(source, FromTimes):
        if own_s is None:
            raise TimelineError("This layer does not know when its frames were taken. Choose another source.")
        times_s = source.offset_s + np.array(own_s)
        base = TimeBase.from_times(times_s, n_frames, source="its own times", sample_rate=rate)
        return [ClockOffer(base, _even_words(base))]
    if isinstance(source, FromClock):
        if source.base.n_frames != n_frames:
            raise TimelineError(
                f"{on_one_line(source.name)} has {source.base.n_frames} frames, this layer has {n_frames}."
            )
        return [ClockOffer(source.base, f"as {on_one_line(source.name)}, by {on_one_line(source.base.source)}")]
    if isinstance(source, FromEvents):
        lines = lines_of_events(model.events, rate)
        found = propose(
            lines, n_frames, rate_hz=request.rate_hz, frame_times_s=own_s, sample_rate=rate, on_progress=on_progress
        )
        offers = [
            ClockOffer(one.base, f"{on_one_line(proposal.line.name)}: {one.words}", one.score * share, one)
            for proposal in found
            for share in [proposal.score / max(proposal.best.score, 1e-12)]
            for one in proposal.alignments
        ]
        return sorted(offers, key=lambda offer: -offer.score)[:MOST_OFFERS]
    if isinstance(source, FromFile) and source.are == "frames":
        columns = read_time_columns(source.path)
        base = columns.clock(n_frames, source.column, source.unit, rate)
        return [ClockOffer(base, f"{on_one_line(base.source)}: times of {_even_words(base)}")]
    line = _line_of(model, source, on_progress)
    return [
        ClockOffer(one.base, f"{on_one_line(line.name)}: {one.words}", one.score, one)
        for one in align(line, n_frames, rate_hz=request.rate_hz, frame_times_s=own_s, sample_rate=rate)
    ]


def _line_of(model: BaseModel, source: FromFile | FromChannel, on_progress: OnProgress) -> PulseLine:
    if isinstance(source, FromFile):
        columns = read_time_columns(source.path)
        return PulseLine(Path(source.path).name, columns.times_s(source.column, source.unit, model.sample_rate))
    if model.traces is None:
        raise TimelineError("The data set has no raw data, so no channel has pulses. Choose another source.")
    return find_pulses(
        model.traces,
        source.channel,
        model.sample_rate,
        threshold=source.threshold,
        polarity=source.polarity,
        on_progress=on_progress,
    )


def _even_words(base: TimeBase) -> str:
    start_s, stop_s = base.range_s
    return f"{format_number(base.n_frames)} frames from {start_s:.4g} to {stop_s:.5g} s, {base.rate_hz:.5g} Hz"
