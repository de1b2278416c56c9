"""Finds which pulse of a line is which frame of a stack, with every fault, and says where it cannot be known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import on_one_line
from napari_phy.timeline.alignment import Alignment
from napari_phy.timeline.by_number import Ratio, align_by_number
from napari_phy.timeline.by_time import align_by_time
from napari_phy.timeline.pulse_grid import PulseGrid, find_grid, is_in_order
from napari_phy.timeline.pulses import PulseLine
from napari_phy.timeline.time_base import Doubt

MOST_ALIGNMENTS = 5
_FITS = 0.9  # a score that leaves no doubt about the number of pulses a frame
_UNTOLD = 0.8  # of the score, where nobody says that a frame has several pulses, or a pulse several frames
_NEAR_RATIO, _LEAST_PULSES = 0.05, 20


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
        How many pulses a frame has, or frames a pulse; None: found by their numbers or intervals, or by `rate_hz`.
    rate_hz : float, optional
        Frames per second, roughly.
    sample_rate : float, optional
        Of the session, for the clocks.

    Raises
    ------
    TimelineError
        The line has fewer than two pulses, or the times of frames are not those of this stack.

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
    if not is_in_order(line.times_s):
        order = np.argsort(line.times_s, kind="stable")
        widths_s = None if line.widths_s is None else line.widths_s[order]
        line = replace(line, times_s=line.times_s[order], widths_s=widths_s)
    grid = find_grid(line.times_s, line.widths_s)
    if len(grid.kept) < 2:
        raise TimelineError(f"{name} has no two pulses that follow each other; a clock needs two at least.")
    if frame_times_s is not None and n_frames > 2:
        stamps_s = PulseLine(f"{name}, times of frames", np.asarray(frame_times_s)).times_s
        if len(stamps_s) != n_frames:
            raise TimelineError(f"{name}: {len(stamps_s)} times are given for {n_frames} frames; each frame needs one.")
        found = align_by_time(line, grid, stamps_s, sample_rate)
    else:
        tried = [
            align_by_number(line, grid, n_frames, one, sample_rate, MOST_ALIGNMENTS)
            for one in _ratios(grid, n_frames, ratio, rate_hz)
        ]
        fits = [ways for ways in tried if ways and ways[0].score > _FITS]
        found = fits[0] if fits else _with_doubts([ways for ways in tried if ways])
        if len(tried) > 1 and fits and fits[0] is not tried[0]:  # by their numbers alone
            found = [replace(made, score=made.score * _UNTOLD) for made in found]
    if not found:
        raise TimelineError(f"{name}: its pulses cannot be those of {n_frames} frames.")
    return sorted(found, key=lambda alignment: -alignment.score)[:MOST_ALIGNMENTS]


def _with_doubts(tried: list[list[Alignment]]) -> list[Alignment]:
    """Return alignments with several numbers of pulses a frame, of which none fits well: all are doubtful."""
    found = []
    for ways in tried:
        others = sum(other[0].score for other in tried if other is not ways)
        for made in ways:
            if not others:
                found.append(made)
                continue
            chance = others / (others + made.score)
            words = "It is not known how many pulses a frame has, or frames a pulse."
            doubt = Doubt(0, made.base.n_frames, "ambiguous", words, chance)
            base = made.base.with_doubts([*made.base.doubts, doubt])
            found.append(replace(made, base=base, score=made.score * (1 - chance), chance=made.chance * (1 - chance)))
    return found


def _ratios(grid: PulseGrid, n_frames: int, ratio: Ratio | None, rate_hz: float | None) -> list[Ratio]:
    if ratio is not None:
        return [ratio]
    found = [Ratio()]
    if rate_hz is not None:
        per_pulse = rate_hz * grid.interval_s
        if round(per_pulse) > 1 and abs(per_pulse / round(per_pulse) - 1) < _NEAR_RATIO:
            return [Ratio(frames_per_pulse=round(per_pulse))]
        if round(1 / per_pulse) > 1 and abs(per_pulse * round(1 / per_pulse) - 1) < _NEAR_RATIO:
            return [Ratio(pulses_per_frame=round(1 / per_pulse))]
        return found
    n_slots = grid.n_slots
    if n_slots < _LEAST_PULSES or not grid.is_regular:
        return found
    many = round(n_frames / n_slots)
    if many > 1 and abs(n_frames / n_slots / many - 1) < _NEAR_RATIO:
        found.append(Ratio(frames_per_pulse=many))
    few = round(n_slots / n_frames)
    if few > 1 and abs(n_slots / n_frames / few - 1) < _NEAR_RATIO:
        found.append(Ratio(pulses_per_frame=few))
    return found
