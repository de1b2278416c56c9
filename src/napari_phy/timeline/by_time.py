"""Matches pulses to frames whose times are known on a clock of their own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import erfc, sqrt

import numpy as np
import numpy.typing as npt

from napari_phy.table.numbers import format_count, format_number
from napari_phy.timeline.alignment import Alignment, Fault
from napari_phy.timeline.by_number import Ratio
from napari_phy.timeline.doubts import LEAST_DOUBT, Doubt, joined
from napari_phy.timeline.fault_words import MOST_FAULTS, false_pulses, seconds, summary
from napari_phy.timeline.pulse_grid import PulseGrid, without_resets
from napari_phy.timeline.pulses import PulseLine
from napari_phy.timeline.stamp_matching import LONG_GAP, StampMatch, drift, match_stamps
from napari_phy.timeline.time_base import TimeBase

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_MOST = 5
_INTERPOLATED, _BEYOND, _RESET = 0.02, 0.1, 0.5
_POOR, _LEAST_POOR = 0.05, 0.3  # of the frames, or pulses; chance of a doubt about pulses
_LONG_GAP = 10  # usual intervals
_NEARLY_HALF = 0.45  # of an interval: of two pulses a frame, the other one is half a frame off
_NEAR_RATIO, _NO_RATIO = 0.05, 0.5  # of one of whole numbers; chance that nothing fits where it is none


def align_by_time(line: PulseLine, grid: PulseGrid, stamps_s: Float64, sample_rate: float | None) -> list[Alignment]:
    """Return the ways in which pulses are frames with times of their own, the most likely first."""
    stamps_s, resets = without_resets(stamps_s)
    stamps_s = _ascending(stamps_s)
    places = grid.kept if len(grid.resets) else np.flatnonzero(~grid.is_doubled & _is_new(line.times_s))
    times_s = grid.times_s if len(grid.resets) else line.times_s[places]
    frames_per_pulse = _frames_per_pulse(times_s, stamps_s)
    ratio = Ratio.near(frames_per_pulse, _NEAR_RATIO) or Ratio()
    matches = match_stamps(times_s, stamps_s, frames_per_pulse, is_regular=grid.is_regular)[:_MOST]
    weights = np.exp([matches[0].cost - match.cost for match in matches]) if matches else np.empty(0)
    made = []
    for place, match in enumerate(matches):
        if weights[place] < LEAST_DOUBT:
            break
        ambiguous = _ambiguous(place, matches, weights, stamps_s)
        doubts = [
            *ambiguous,
            *_without_pulse(match, frames_per_pulse),
            *_after_gaps(match, times_s, stamps_s),
            *_poor(match, times_s, frames_per_pulse),
            *_no_ratio(frames_per_pulse, len(stamps_s)),
            *(_after_reset(int(resets[0]), len(stamps_s)) if len(resets) else ()),
        ]
        base = TimeBase(
            len(stamps_s), np.arange(len(stamps_s)), match.times_s, doubts=joined(doubts), source=line.name,
            sample_rate=sample_rate,
        )  # fmt: skip
        pulse_frames = np.full(len(line), np.nan)
        have = np.flatnonzero(match.partners >= 0)
        pulse_frames[places[match.partners[have]]] = have
        faults = _faults(line, grid, match, times_s, stamps_s, resets, frames_per_pulse)
        chance = 1 - max((doubt.chance for doubt in ambiguous), default=0.0)
        n_wanted = len(stamps_s) / max(1, round(frames_per_pulse)) + _n_alone(match, times_s, frames_per_pulse)
        score = chance * min(1.0, match.n_matched / n_wanted)
        if _no_ratio(frames_per_pulse, len(stamps_s)):
            score *= 1 - _NO_RATIO
        words = summary(len(line), len(stamps_s), faults, ratio.words)
        made.append(Alignment(base, score, chance, faults, words, line.times_s, pulse_frames))
    return made


def _ascending(stamps_s: Float64) -> Float64:
    """Return times of frames of which no two are equal."""
    if (np.diff(stamps_s) > 0).all():
        return stamps_s
    return np.asarray(np.maximum.accumulate(stamps_s) + 1e-6 * np.arange(len(stamps_s)))


def _is_new(times_s: Float64) -> npt.NDArray[np.bool_]:
    return np.append(True, np.diff(times_s) > 0)


def _frames_per_pulse(times_s: Float64, stamps_s: Float64) -> float:
    ratio = float(np.median(np.diff(times_s)) / np.median(np.diff(stamps_s))) if len(times_s) > 1 else 1.0
    return ratio if ratio > 1.5 or ratio < 0.67 else 1.0


def _n_alone(match: StampMatch, times_s: Float64, frames_per_pulse: float) -> int:
    """Return how many pulses without a frame lie between those that have one, or next to them."""
    if frames_per_pulse < 1:
        return 0
    used = match.partners[match.partners >= 0]
    wide = np.flatnonzero(np.diff(times_s) > _LONG_GAP * np.median(np.diff(times_s)))
    first = int(wide[wide < used[0]][-1]) + 1 if (wide < used[0]).any() else 0
    last = int(wide[wide >= used[-1]][0]) if (wide >= used[-1]).any() else len(times_s) - 1
    return last - first + 1 - len(used)


# --- doubts


def _ambiguous(place: int, matches: Sequence[StampMatch], weights: Float64, stamps_s: Float64) -> list[Doubt]:
    """Return doubts about frames that other ways give another time."""
    steps = np.diff(stamps_s)
    half = _NEARLY_HALF * np.minimum(np.append(steps, steps[-1:]), np.append(steps[:1], steps))
    chance = np.zeros(len(stamps_s))
    likeliest, off_s = 0.0, 0.0
    for other, weight in zip(matches, weights.tolist(), strict=True):
        apart = other.times_s - matches[place].times_s
        differs = np.abs(apart) > half
        chance[differs] += weight
        if differs.any() and weight > likeliest:
            likeliest, off_s = weight, float(np.median(apart[differs]))
    chance /= weights.sum()
    if chance.max() < LEAST_DOUBT:
        return []
    words = f"These frames may be {abs(off_s) * 1000:.4g} ms {'later' if off_s > 0 else 'earlier'}."
    levels = np.where(chance >= LEAST_DOUBT, np.rint(2 * np.log2(np.maximum(chance, 1e-9))), -100)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(levels)) + 1, [len(chance)]]).tolist()
    return [
        Doubt(start, stop, "ambiguous", words, min(1.0, float(chance[start:stop].max())))
        for start, stop in pairwise(edges)
        if levels[start] > -100
    ]


def _without_pulse(match: StampMatch, frames_per_pulse: float) -> list[Doubt]:
    have = np.flatnonzero(match.partners >= 0)
    found = []
    words = "These frames have no pulse; their own clock tells their time."
    n_frames = len(match.partners)
    if have[0]:
        found.append(Doubt(0, int(have[0]), "extrapolated", words, _BEYOND))
    if have[-1] < n_frames - 1:
        found.append(Doubt(int(have[-1]) + 1, n_frames, "extrapolated", words, _BEYOND))
    if frames_per_pulse <= 1:
        found += [
            Doubt(int(have[place]) + 1, int(have[place + 1]), "interpolated", words, _INTERPOLATED)
            for place in np.flatnonzero(np.diff(have) > 1).tolist()
        ]
    return found


def _poor(match: StampMatch, times_s: Float64, frames_per_pulse: float) -> list[Doubt]:
    """Return a doubt about all frames where many have no pulse although there are pulses left: nothing may fit."""
    n_frames = len(match.partners)
    if frames_per_pulse > 1:
        used = match.partners[match.partners >= 0]
        n = int(used[-1] - used[0]) + 1
        share = 1 - len(used) / n
        if share < _POOR:
            return []
        words = f"Only {100 * (1 - share):.0f} % of the pulses are where a frame starts: the clocks may not fit at all."
        return [Doubt(0, n_frames, "ambiguous", words, max(share, _LEAST_POOR))]
    n_alone = n_frames - match.n_matched
    share = n_alone / n_frames
    if share < _POOR or len(times_s) - match.n_matched < _POOR * n_alone:
        return []
    words = (
        f"Only {100 * (1 - share):.0f} % of the frames have a pulse where it should be: the clocks may not fit at all."
    )
    return [Doubt(0, n_frames, "ambiguous", words, share)]


def _no_ratio(frames_per_pulse: float, n_frames: int) -> list[Doubt]:
    """Return a doubt about all frames where a pulse has no whole number of them, nor a frame of pulses."""
    if frames_per_pulse == 1 or Ratio.near(frames_per_pulse, _NEAR_RATIO):
        return []
    words = f"There are {frames_per_pulse:.4g} frames a pulse, no whole number: the clocks may not fit at all."
    return [Doubt(0, n_frames, "ambiguous", words, _NO_RATIO)]


def _after_gaps(match: StampMatch, times_s: Float64, stamps_s: Float64) -> list[Doubt]:
    """Return doubts about all frames where clocks may have drifted by half a frame in a time without pulses.

    Where pulses and frames begin and end together on either side of it, and are equally many, there are none.
    """
    have = np.flatnonzero(match.partners >= 0)
    if len(have) == len(stamps_s) and not _n_alone(match, times_s, 1.0):
        return []
    at_s = stamps_s[have]
    usual_s = float(np.median(np.diff(stamps_s)))
    chance = 0.0
    for place in np.flatnonzero(np.diff(at_s) > LONG_GAP * usual_s).tolist():
        apart = drift(max(place + 1, len(at_s) - place - 1)) * float(at_s[place + 1] - at_s[place])
        chance = max(chance, erfc(usual_s / 2 / apart / sqrt(2)))
    if chance < LEAST_DOUBT:
        return []
    words = "The clocks may have drifted by half a frame in a pause: frames on one side of it may be off by one."
    return [Doubt(0, len(stamps_s), "ambiguous", words, min(chance, 1.0))]


def _after_reset(first: int, n_frames: int) -> list[Doubt]:
    words = "The clock of the frames was set back before these; it is taken to have gone on at once."
    return [Doubt(first, n_frames, "reset", words, _RESET)]


# --- faults


def _faults(
    line: PulseLine,
    grid: PulseGrid,
    match: StampMatch,
    times_s: Float64,
    stamps_s: Float64,
    resets: Int64,
    frames_per_pulse: float,
) -> tuple[Fault, ...]:
    found = [fault for fault in false_pulses(line, grid) if fault.kind != "extra pulse"]
    have = np.flatnonzero(match.partners >= 0)
    used = match.partners[have]
    found += _at_ends(match, have, used, times_s, frames_per_pulse)
    usual_s = float(np.median(np.diff(stamps_s)))
    for place in np.flatnonzero((np.diff(have) > 1) | (np.diff(used) > 1) | (np.diff(stamps_s[have]) > 1.5 * usual_s)):
        frame, pulse = int(have[place]), int(used[place])
        n_frames, n_pulses = int(have[place + 1]) - frame - 1, int(used[place + 1]) - pulse - 1
        time_s = float(times_s[pulse])
        where = f"at {seconds(time_s)}, after frame {format_number(frame)}"
        if n_frames and frames_per_pulse <= 1:
            words = f"{format_count(n_frames, 'pulse')} {'is' if n_frames == 1 else 'are'} missing {where}."
            found.append(Fault("missing pulses", time_s, frame + 1, words, n_frames))
        step_s = float(stamps_s[have[place + 1]] - stamps_s[frame]) - usual_s * n_frames
        if step_s > 1.5 * usual_s and grid.is_regular:
            n = max(1, round(step_s / usual_s) - 1)
            if n_pulses:
                words = f"{format_count(n, 'frame')} {'was' if n == 1 else 'were'} lost {where}."
                found.append(Fault("lost frame", time_s, frame + 1, words, n))
            else:
                words = f"Pulses and frames pause {where}."
                found.append(Fault("pause", time_s, frame + 1, words, n))
        elif n_pulses and frames_per_pulse >= 1:
            words = f"{format_count(n_pulses, 'pulse')} {where} {'starts' if n_pulses == 1 else 'start'} no frame."
            found.append(Fault("extra pulse", float(times_s[pulse + 1]), None, words, n_pulses))
    for frame in resets.tolist():
        words = f"The clock of the frames was set back at frame {format_number(frame)}."
        found.append(Fault("reset", float(match.times_s[frame]), frame, words))
    return tuple(sorted(found, key=lambda fault: fault.time_s)[:MOST_FAULTS])


def _at_ends(match: StampMatch, have: Int64, used: Int64, times_s: Float64, frames_per_pulse: float) -> list[Fault]:
    found = []
    n_frames, least = len(match.partners), max(1, round(frames_per_pulse))
    if have[0] >= least:
        words = f"The first {format_count(int(have[0]), 'frame')} of the stack {_has(int(have[0]))} no pulse."
        found.append(Fault("missing at start", float(match.times_s[0]), 0, words, int(have[0])))
    n = n_frames - 1 - int(have[-1])
    if n >= least:
        words = f"The last {format_count(n, 'frame')} of the stack {_has(n)} no pulse."
        found.append(Fault("missing at end", float(match.times_s[have[-1] + 1]), int(have[-1]) + 1, words, n))
    if frames_per_pulse >= 1:
        for kind, n, first, where in (
            ("pulses before", int(used[0]), 0, "before the first"),
            ("pulses after", len(times_s) - 1 - int(used[-1]), int(used[-1]) + 1, "after the last"),
        ):
            if n:
                words = f"{format_count(n, 'pulse')} {where} frame {'belongs' if n == 1 else 'belong'} to none."
                found.append(Fault(kind, float(times_s[first]), None, words, n))
    return found


def _has(n: int) -> str:
    return "has" if n == 1 else "have"
