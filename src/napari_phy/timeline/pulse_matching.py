"""Finds which pulse of a line is which frame of a stack, with every fault, and says where it cannot be known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import on_one_line
from napari_phy.table.numbers import format_count, format_number
from napari_phy.timeline.alignment import Alignment, Fault
from napari_phy.timeline.by_number import Ratio, align_by_number
from napari_phy.timeline.by_time import align_by_time
from napari_phy.timeline.doubts import Doubt
from napari_phy.timeline.pulse_grid import PulseGrid, find_grid, is_in_order
from napari_phy.timeline.pulses import PulseLine

MOST_ALIGNMENTS = 5
LEAST_FRAMES = 10  # fewer fit anything
_FITS = 0.9  # a score that leaves no doubt about the number of pulses a frame
_UNTOLD = 0.3  # chance of another number of pulses a frame, where numbers alone speak for one
_NEAR_RATIO, _LEAST_IN_RATIO = 0.05, 20
_SHUFFLED, _SET_BACK = 0.25, 0.5  # of the pulses come before the last one, where they are in no order


def align(
    line: PulseLine,
    n_frames: int,
    *,
    frame_times_s: npt.ArrayLike | None = None,
    ratio: Ratio | None = None,
    rate_hz: float | None = None,
    sample_rate: float | None = None,
) -> list[Alignment]:
    """Return the ways in which the pulses of a line are the frames of a stack, the most likely first.

    Where nothing tells two of them apart, both are returned and the frames that they disagree on are doubtful in both.
    So are all frames where a frame has several pulses, or a pulse several frames, by their numbers alone.

    Parameters
    ----------
    line : PulseLine
        The pulses.
    n_frames : int
        Frames of the stack.
    frame_times_s : array_like of float64, shape (n_frames,), optional
        When each frame was taken on another clock, in seconds, as the microscope or camera wrote it: it may have any
        offset and run somewhat faster or slower. It tells which frames were lost.
    ratio : Ratio, optional
        How many pulses a frame has, or frames a pulse; None: found by `rate_hz`, or by their numbers.
    rate_hz : float, optional
        Frames per second, roughly; it decides between numbers of pulses a frame.
    sample_rate : float, optional
        Of the session, for the clocks.

    Raises
    ------
    TimelineError
        The line has fewer than two pulses, there are too few frames to find out which pulses are theirs, or the
        times of frames are not those of this stack.

    Examples
    --------
    >>> pulses = PulseLine("TTL 3", np.delete(np.arange(100) * 0.1, 40))
    >>> best = align(pulses, n_frames=100)[0]
    >>> best.words
    '99 pulses, 100 frames, 1 missing at 3.90 s'
    >>> round(float(best.base.time_of(41)), 3)
    4.1
    """
    name = on_one_line(line.name)
    if n_frames < 1:
        raise TimelineError(f"{name}: a stack of {n_frames} frames has no clock.")
    if len(line) < 2:
        raise TimelineError(f"{name} has {len(line)} pulses; a clock needs two at least.")
    given, line = line, _in_order(line)
    grid = find_grid(line.times_s, line.widths_s)
    if len(grid.kept) < 2:
        raise TimelineError(f"{name} has no two pulses that follow each other; a clock needs two at least.")
    if n_frames < LEAST_FRAMES and ratio is None and n_frames != len(grid.kept):
        few = format_count(n_frames, "frame")
        raise TimelineError(
            f"{name}: {few} {'is' if n_frames == 1 else 'are'} too few to find out which of {len(line)} pulses are "
            f"theirs. Give the times of the frames, or offset and rate."
        )
    if frame_times_s is not None and n_frames > 2:
        stamps_s = PulseLine(f"{name}, times of frames", np.asarray(frame_times_s)).times_s
        if len(stamps_s) != n_frames:
            raise TimelineError(f"{name}: {len(stamps_s)} times are given for {n_frames} frames; each frame needs one.")
        found = align_by_time(line, grid, stamps_s, sample_rate)
    else:
        ratios = _ratios(grid, n_frames, ratio, rate_hz)
        ways = [align_by_number(line, grid, n_frames, one, sample_rate, MOST_ALIGNMENTS) for one in ratios]
        is_one_each = ratios[0] == Ratio() and ways[0] and ways[0][0].score > _FITS
        found = ways[0] if is_one_each else _with_doubts([one for one in ways if one])
    if not found:
        raise TimelineError(f"{name}: its pulses cannot be those of {n_frames} frames.")
    if line is not given:
        found = [_told_of_order(made, given) for made in found]
    return sorted(found, key=lambda alignment: -alignment.score)[:MOST_ALIGNMENTS]


def _in_order(line: PulseLine) -> PulseLine:
    """Return a line with its pulses in the order of time, itself where they are but for resets of the clock."""
    if is_in_order(line.times_s):
        return line
    order = np.argsort(line.times_s, kind="stable")
    widths_s = None if line.widths_s is None else line.widths_s[order]
    return replace(line, times_s=line.times_s[order], widths_s=widths_s)


def _told_of_order(made: Alignment, given: PulseLine) -> Alignment:
    """Return an alignment that says that pulses were sorted; doubtful where a clock may have been set back instead."""
    back = np.flatnonzero(np.diff(given.times_s) < 0) + 1
    first_s = float(given.times_s[back[0]])
    words = f"Pulse {format_number(int(back[0]))} comes before the one that it follows: all are put in order of time."
    fault = Fault("unsorted", first_s, None, words, len(back))
    base = made.base
    if len(back) < _SHUFFLED * len(given):
        words = "The times of the pulses are in no order; the clock that took them may have been set back."
        base = base.with_doubts([*base.doubts, Doubt(0, base.n_frames, "reset", words, _SET_BACK)])
    return replace(made, base=base, faults=(fault, *made.faults), words=f"{made.words}, put in order of time")


def _with_doubts(tried: list[list[Alignment]]) -> list[Alignment]:
    """Return alignments of which all are doubtful where they have several numbers of pulses a frame."""
    found = []
    for ways in tried:
        others = sum(other[0].score for other in tried if other is not ways)
        for made in ways:
            if not others:
                found.append(made)
                continue
            chance = min(max(others / (others + made.score), _UNTOLD), 1 - _UNTOLD)
            words = "It is not known how many pulses a frame has, or frames a pulse."
            doubt = Doubt(0, made.base.n_frames, "ambiguous", words, chance)
            base = made.base.with_doubts([*made.base.doubts, doubt])
            found.append(replace(made, base=base, score=made.score * (1 - chance), chance=made.chance * (1 - chance)))
    return found


def _ratios(grid: PulseGrid, n_frames: int, ratio: Ratio | None, rate_hz: float | None) -> list[Ratio]:
    """Return the numbers of pulses a frame that may be: one, unless rate and numbers leave it open."""
    if ratio is not None:
        return [ratio]
    by_rate = None if rate_hz is None else Ratio.near(rate_hz * grid.interval_s, _NEAR_RATIO)
    is_countable = grid.is_regular and min(grid.n_slots, n_frames) >= _LEAST_IN_RATIO
    by_number = Ratio.near(n_frames / grid.n_slots, _NEAR_RATIO) if is_countable else None
    if by_rate is not None:
        return [by_rate] if by_number != Ratio() or by_rate == Ratio() else [by_rate, Ratio()]
    return [Ratio()] if by_number in (None, Ratio()) else [Ratio(), by_number]
