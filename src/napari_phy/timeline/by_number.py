"""Matches pulses to frames by their number and by the grid that pulses lie on, where frames have no times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from napari_phy.table.numbers import format_count
from napari_phy.timeline.alignment import Alignment
from napari_phy.timeline.doubts import LEAST_DOUBT, Doubt, joined
from napari_phy.timeline.fault_words import describe_faults, summary
from napari_phy.timeline.pulse_grid import PulseGrid
from napari_phy.timeline.pulses import PulseLine
from napari_phy.timeline.shifts import LONG_GAP, NO_FRAMES, Explanation, Parts, explain
from napari_phy.timeline.time_base import TimeBase

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

MOST_IN_RATIO = 64  # pulses a frame, or frames a pulse, that are thought of

_INTERPOLATED, _UNSURE, _BEYOND = 0.02, 0.5, 0.3  # chances of frames that have no pulse
_IRREGULAR = 0.02


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many pulses a frame has, or how many frames a pulse; one of them is 1."""

    pulses_per_frame: int = 1
    frames_per_pulse: int = 1

    @classmethod
    def near(cls, frames_per_pulse: float, tolerance: float) -> Self | None:
        """Return that of whole numbers that is within a part of another one; None where there is none up to 64."""
        if not 0.5 / MOST_IN_RATIO < frames_per_pulse < 2 * MOST_IN_RATIO:
            return None
        frames, pulses = max(1, round(frames_per_pulse)), max(1, round(1 / frames_per_pulse))
        is_near = abs(frames_per_pulse * pulses / frames - 1) < tolerance
        return cls(pulses, frames) if is_near and max(frames, pulses) <= MOST_IN_RATIO else None

    @property
    def words(self) -> str:
        """`: 3 frames a pulse`; "" where each frame has a pulse."""
        if self.frames_per_pulse > 1:
            return f": {format_count(self.frames_per_pulse, 'frame')} a pulse"
        return f": {format_count(self.pulses_per_frame, 'pulse')} a frame" if self.pulses_per_frame > 1 else ""


@dataclass(frozen=True, slots=True, eq=False)
class _FrameTicks:
    """The pulse that each frame should have: its number, whole or, with several frames a pulse, between two."""

    ticks: Float64
    n_ticks: int

    @classmethod
    def of(cls, n_frames: int, ratio: Ratio) -> _FrameTicks:
        """Return those of a stack."""
        ticks = np.arange(n_frames) * ratio.pulses_per_frame / ratio.frames_per_pulse
        return cls(ticks, -(-n_frames * ratio.pulses_per_frame // ratio.frames_per_pulse))


def align_by_number(
    line: PulseLine, grid: PulseGrid, n_frames: int, ratio: Ratio, sample_rate: float | None, n_most: int
) -> list[Alignment]:
    """Return the ways in which pulses on a grid are frames, the most likely first."""
    frames = _FrameTicks.of(n_frames, ratio)
    parts, explanations = explain(grid, frames.n_ticks, n_most)
    made = (_make(line, grid, parts, one, explanations, frames, ratio, sample_rate) for one in explanations)
    return [one for one in made if one is not None]


def _make(
    line: PulseLine,
    grid: PulseGrid,
    parts: Parts,
    explanation: Explanation,
    others: Sequence[Explanation],
    frames: _FrameTicks,
    ratio: Ratio,
    sample_rate: float | None,
) -> Alignment | None:
    """Return the alignment that an explanation means; None where it leaves fewer than two pulses."""
    ticks = _pulse_ticks(grid, parts, explanation)
    used = np.flatnonzero(ticks >= 0)
    used = used[ticks[used] < frames.n_ticks]
    if len(used) < 2:
        return None
    known, times_s = ticks[used], grid.times_s[used]
    n_frames = len(frames.ticks)
    base = _clock(n_frames, frames, known, times_s, ratio)
    doubts = [
        *_ambiguous(grid, parts, explanation, others, frames),
        *_without_pulse(grid, known, used, frames),
        *_after_resets(grid, ticks, frames),
        *_irregular(grid, n_frames),
    ]
    base = replace(base, doubts=joined(doubts), source=line.name, sample_rate=sample_rate)
    pulse_frames = np.full(len(line), np.nan)
    pulse_frames[grid.kept[used]] = known * ratio.frames_per_pulse / ratio.pulses_per_frame
    faults = describe_faults(line, grid, ticks, used, frames.ticks, base)
    chance = explanation.chance
    score = chance * len(used) / (frames.n_ticks + _n_alone(grid, ticks, used))
    words = summary(len(line), n_frames, faults, ratio.words)
    return Alignment(base, min(score, 1.0), chance, faults, words, line.times_s, pulse_frames)


def _clock(n_frames: int, frames: _FrameTicks, known: Int64, times_s: Float64, ratio: Ratio) -> TimeBase:
    """Return the clock of frames by the pulses that are known; through each of them that starts a frame."""
    at_start = known % ratio.pulses_per_frame == 0
    if np.count_nonzero(at_start) < 2 or (ratio.pulses_per_frame > 1 and not _all_known(known, frames)):
        numbers = np.arange(max(2, n_frames))
        by_ticks = TimeBase(frames.n_ticks, known, times_s)
        return TimeBase(n_frames, numbers, by_ticks.time_of(numbers * ratio.pulses_per_frame / ratio.frames_per_pulse))
    numbers = known[at_start] * ratio.frames_per_pulse // ratio.pulses_per_frame
    return TimeBase(n_frames, numbers, times_s[at_start])


def _pulse_ticks(grid: PulseGrid, parts: Parts, explanation: Explanation) -> Int64:
    """Return the tick of each kept pulse, −1 of those that have none."""
    ticks = np.full(len(grid.slots), -1, dtype=np.int64)
    for (start, stop), shift in zip(parts.edges, explanation.shifts.tolist(), strict=True):
        if shift != NO_FRAMES:
            ticks[start:stop] = grid.slots[start:stop] + shift
    ticks[ticks < 0] = -1
    known = np.flatnonzero(ticks >= 0)
    again = known[1:][np.diff(ticks[known]) <= 0]  # where a frame was lost its pulse has none
    ticks[again] = -1
    return ticks


def _all_known(known: Int64, frames: _FrameTicks) -> bool:
    return bool(np.isin(frames.ticks.astype(np.int64), known).all())


def _n_alone(grid: PulseGrid, ticks: Int64, used: Int64) -> int:
    """Return how many pulses are alone next to those of the stack, before a long gap."""
    before, after = int(used[0]), int(used[-1])
    wide = np.flatnonzero(np.diff(grid.slots) >= LONG_GAP)
    first = int(wide[wide < before].max(initial=-1)) + 1
    last = int(wide[wide >= after].min(initial=len(ticks) - 1))
    inside = int(np.count_nonzero(ticks[before : after + 1] < 0))
    return before - first + last - after + inside


# --- doubts


def _ambiguous(
    grid: PulseGrid, parts: Parts, explanation: Explanation, others: Sequence[Explanation], frames: _FrameTicks
) -> list[Doubt]:
    found: list[Doubt] = []
    n_frames = len(frames.ticks)
    edges = list(parts.edges)
    inside = [part for part in range(len(edges)) if explanation.shifts[part] != NO_FRAMES]
    for place, part in enumerate(inside):
        chance, shift = float(explanation.doubts[part]), int(explanation.shifts[part])
        if chance < LEAST_DOUBT:
            continue
        start, stop = edges[part]
        first, last = grid.slots[start] + shift, grid.slots[stop - 1] + shift
        if place:  # what lies in the gap before is as doubtful as what is beside it
            before = inside[place - 1]
            first = grid.slots[edges[before][1] - 1] + explanation.shifts[before] + 1
        if place + 1 < len(inside):
            after = inside[place + 1]
            last = max(last, grid.slots[edges[after][0]] + explanation.shifts[after] - 1)
        low = 0 if not place else int(np.searchsorted(frames.ticks, first))
        high = n_frames if place + 1 == len(inside) else int(np.searchsorted(frames.ticks, last, side="right"))
        low, high = max(0, low), min(n_frames, high)
        if low < high:
            found.append(Doubt(low, high, "ambiguous", _alternative(part, shift, others, grid), chance))
    return found


def _alternative(part: int, shift: int, others: Sequence[Explanation], grid: PulseGrid) -> str:
    differing = [int(one.shifts[part]) for one in others if int(one.shifts[part]) not in (shift, NO_FRAMES)]
    if not differing:
        return "Another explanation of the pulses is possible, in which these frames have other times."
    n = differing[0] - shift
    pulses = "one pulse" if abs(n) == 1 else f"{abs(n)} pulses"
    return f"These frames may be {pulses} ({abs(n) * grid.interval_s * 1000:.4g} ms) {'earlier' if n > 0 else 'later'}."


def _without_pulse(grid: PulseGrid, known: Int64, used: Int64, frames: _FrameTicks) -> list[Doubt]:
    """Return doubts about frames before the first and after the last pulse, and in gaps."""
    ticks, n_frames = frames.ticks, len(frames.ticks)
    found = []
    low, high = int(np.searchsorted(ticks, known[0])), int(np.searchsorted(ticks, known[-1], side="right"))
    words = "These frames have no pulse; the rate of their neighbours goes on."
    if low:
        found.append(Doubt(0, low, "extrapolated", words, _BEYOND))
    if high < n_frames:
        found.append(Doubt(high, n_frames, "extrapolated", words, _BEYOND))
    for place in np.flatnonzero(np.diff(known) > 1).tolist():
        start = int(np.searchsorted(ticks, known[place], side="right"))
        stop = int(np.searchsorted(ticks, known[place + 1]))
        if start >= stop:
            continue
        off = np.abs(grid.jumps[used[place] : used[place + 1]]).max(initial=0.0)
        chance = _INTERPOLATED if grid.is_regular and off < 0.25 else _UNSURE
        found.append(
            Doubt(start, stop, "interpolated", "These frames have no pulse; neighbours tell their time.", chance)
        )
    return found


def _irregular(grid: PulseGrid, n_frames: int) -> list[Doubt]:
    """Return a doubt about all frames where pulses have no rhythm by which faults would show."""
    words = "The pulses have no rhythm: one that is missing and one that is false would not be seen."
    return [] if grid.is_regular else [Doubt(0, n_frames, "irregular", words, _IRREGULAR)]


def _after_resets(grid: PulseGrid, ticks: Int64, frames: _FrameTicks) -> list[Doubt]:
    """Return doubts about all frames after the clock of the pulses was set back."""
    n_frames = len(frames.ticks)
    starts = []
    for pulse in grid.resets.tolist():
        later = ticks[pulse:][ticks[pulse:] >= 0]
        if len(later):
            starts.append(int(np.searchsorted(frames.ticks, later[0])))
    words = "The clock was set back before these frames; it is taken to have gone on at once."
    return [Doubt(start, n_frames, "reset", words, 1.0) for start in sorted(starts)[:1] if start < n_frames]
