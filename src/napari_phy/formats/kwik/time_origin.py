"""Whether the times of several recordings count from the start of their recording or of the data set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from napari_phy.formats.kwik.spikes import Span

_LOG_UNLIKELY = math.log(1e-6)

Ranges = Mapping[int, Span]


@dataclass(frozen=True, slots=True)
class TimeOrigin:
    """From where times count.

    Attributes
    ----------
    absolute : bool
        Times count from the start of the data set; else from that of their recording.
    lengths : tuple of int
        Length of each recording in samples, 0 where it is not known.
    silent_until : tuple of int, optional
        {recording: last sample before its first spike, counted from its start}, where only that tells.
    """

    absolute: bool
    lengths: tuple[int, ...]
    silent_until: tuple[int, int] | None = None

    def doubt(self, name: str, sample_rate: float) -> str | None:
        """Return a sentence where the file does not say it for certain; `name` is that of the file."""
        if self.silent_until is None:
            return None
        recording, silence = self.silent_until
        none_before = f"no spike before {silence / sample_rate:.1f} s"
        if self.absolute:
            return (
                f"{name} does not say from where spike times count. They are taken from the start of the data set: "
                f"recording {recording} would else have {none_before}."
            )
        return (
            f"{name} does not say from where spike times count. They are taken from the start of each recording; "
            f"recording {recording} has {none_before}, so it may be the start of the data set."
        )


def find_origin(ids: Sequence[int], lengths: Sequence[int], ranges: Ranges, sample_rate: float) -> TimeOrigin:
    """Tell from where times count.

    Times beyond the end of their recording count from the start of the data set, if they can: either all claim the
    first recording, or all lie within theirs. Where they could count from either, it is the silence that tells: were
    spikes to fall anywhere in their recording, would they leave its beginning, as long as all before it, empty?

    Parameters
    ----------
    ids : sequence of int
        Numbers of the recordings in time.
    lengths : sequence of int
        Length of each recording in samples, 0 where it is not known.
    ranges : mapping of int to Span
        {recording: its spikes}, as the file counts them.
    sample_rate : float
        In Hz; where a recording without raw data ends is known in whole seconds.
    """
    relative = TimeOrigin(False, tuple(lengths))
    if len(ids) < 2 or not set(ranges) <= set(ids):
        return relative
    spans = {ids.index(number): span for number, span in ranges.items()}
    can_be_relative = all(not lengths[place] or span.last < lengths[place] for place, span in spans.items())
    if set(spans) <= {0}:
        return relative if can_be_relative else TimeOrigin(True, tuple(lengths))
    filled = _filled(lengths, spans, sample_rate)
    starts = [0, *np.cumsum(filled).tolist()]
    can_be_absolute = all(filled[: max(spans)]) and all(
        starts[place] <= span.first and (not filled[place] or span.last < starts[place + 1])
        for place, span in spans.items()
    )
    if not can_be_absolute:
        return relative
    if not can_be_relative:
        return TimeOrigin(True, tuple(filled))
    later = {place: span for place, span in spans.items() if place}
    log_chance = sum(span.n_spikes * math.log1p(-starts[place] / (span.last + 1)) for place, span in later.items())
    longest = max(later, key=lambda place: later[place].first)
    silence = ids[longest], later[longest].first
    if log_chance < _LOG_UNLIKELY:
        return TimeOrigin(True, tuple(filled), silence)
    return TimeOrigin(False, tuple(lengths), silence)


def _filled(lengths: Sequence[int], spans: Mapping[int, Span], sample_rate: float) -> list[int]:
    """Return the lengths, those that are not known up to the next recording's first spike; 0 where they cannot be."""
    filled, start = list(lengths), 0
    for place, length in enumerate(lengths[:-1]):
        later = min((span.first for other, span in spans.items() if other > place), default=None)
        if not length and later is not None:
            last = spans[place].last if place in spans else start
            whole_seconds = math.ceil(math.ceil((last + 1) / sample_rate) * sample_rate)
            filled[place] = max(0, min(whole_seconds, later) - start)
        start += filled[place]
    return filled
