"""Matches pulses to frames whose times are known on a clock of their own, by time instead of by number.

The two clocks differ by an offset, and by a rate that wanders slowly. For each offset that may be right the frames are
followed from there in both directions, each to the pulse that is nearest to where it should be, while offset and rate
are corrected. What is left over on either side tells how likely an offset is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

NEAR = 0.35  # of the interval between frames: a pulse that is further away is another's
_MOST_DRIFT = 2e-3
_FIRST_CHUNK, _CHUNK, _HISTORY = 8, 200, 800  # frames
_N_GAPS, _N_ENDS = 6, 4
_N_WINDOWS, _WINDOW, _N_BEST = 5, 24, 6
_MOST_TRIED = 150
_END, _INSIDE, _FALSE, _LONG_GAP = 3.6, 3.4, 3.0, 1.2  # −log of how likely such a fault is
_LOST = 1.0
_MOST_FIT = 40.0
_N_COMPARED = 12
_FIRST_DRIFT, _LEAST_DRIFT = 1e-4, 1e-5
LONG_GAP = 20  # usual intervals


@dataclass(frozen=True, slots=True, eq=False)
class StampMatch:
    """One way in which frames with times are pulses.

    Attributes
    ----------
    partners : ndarray of int64, shape (n_frames,)
        Place of the pulse of each frame, −1 of those without.
    times_s : ndarray of float64, shape (n_frames,)
        When each frame starts on the clock of the pulses; those without a pulse by their own clock.
    cost : float
        −log of how likely it is.
    """

    partners: Int64
    times_s: Float64
    cost: float

    @property
    def n_matched(self) -> int:
        """Frames with a pulse."""
        return int(np.count_nonzero(self.partners >= 0))


def match_stamps(
    times_s: Float64, stamps_s: Float64, frames_per_pulse: float = 1.0, *, is_regular: bool = True
) -> list[StampMatch]:
    """Return the ways in which frames are pulses, the most likely first.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n_pulses,)
        Ascending, without those that are false.
    stamps_s : ndarray of float64, shape (n_frames,)
        Ascending times of the frames on their own clock.
    frames_per_pulse : float, default 1.0
        Above 1, frames need no pulse; below 1, pulses need no frame.
    is_regular : bool, default True
        Whether the usual intervals tell how fast one clock runs by the other.
    """
    rate = _usual(times_s) / _usual(stamps_s) / max(1, round(frames_per_pulse)) * max(1, round(1 / frames_per_pulse))
    rate = rate if is_regular and abs(rate - 1) < _MOST_DRIFT else 1.0
    found: dict[bytes, StampMatch] = {}
    pairs = _distinct(times_s, stamps_s, rate, _candidates(times_s, stamps_s, rate))
    for frame, pulse in pairs[:_MOST_TRIED]:
        _try(found, times_s, stamps_s, frame, float(times_s[pulse]), rate, frames_per_pulse)
    best = sorted(found.values(), key=lambda match: match.cost)[:3]
    for match in best:  # those beside the best ones
        have = np.flatnonzero(match.partners >= 0)
        if len(have):
            frame = int(have[len(have) // 2])
            for step in (-2, -1, 1, 2):
                pulse = int(match.partners[frame]) + step
                if 0 <= pulse < len(times_s):
                    _try(found, times_s, stamps_s, frame, float(times_s[pulse]), rate, frames_per_pulse)
    return _weighed(list(found.values()), times_s, stamps_s)


def _try(
    found: dict[bytes, StampMatch],
    times_s: Float64,
    stamps_s: Float64,
    frame: int,
    time_s: float,
    rate: float,
    frames_per_pulse: float,
) -> None:
    partners = _follow(times_s, stamps_s, frame, time_s, rate)
    if np.count_nonzero(partners >= 0) < 2 or partners.tobytes() in found:
        return
    cost = _cost(times_s, stamps_s, partners, frames_per_pulse)
    found[partners.tobytes()] = StampMatch(partners, _times(times_s, stamps_s, partners), cost)


# --- which offsets may be right


def _candidates(times_s: Float64, stamps_s: Float64, rate: float) -> Iterator[tuple[int, int]]:
    """Yield pairs (frame, pulse) that may belong together: where intervals are alike, and beside gaps and ends."""
    yield from _alike(times_s, stamps_s, rate)
    n_frames, n_pulses = len(stamps_s), len(times_s)
    frames, pulses = _largest_gaps(stamps_s), _largest_gaps(times_s)
    for of_frames, of_pulses, step in (
        ([0, *(frames + 1)], [0, *(pulses + 1)], 1),
        ([n_frames - 1, *frames], [n_pulses - 1, *pulses], -1),
    ):
        for frame in of_frames:
            for pulse in of_pulses:
                for beside in range(_N_ENDS):
                    later, further = int(frame) + step * beside, int(pulse) + step * beside
                    if 0 <= further < n_pulses:
                        yield int(frame), further
                    if 0 <= later < n_frames:
                        yield later, int(pulse)


def _largest_gaps(times_s: Float64) -> Int64:
    """Return the places before the largest gaps that stand out."""
    steps = np.diff(times_s)
    if not len(steps):
        return np.empty(0, dtype=np.int64)
    largest = np.argsort(steps)[::-1][:_N_GAPS]
    return largest[steps[largest] > 1.5 * np.median(steps)].astype(np.int64)


def _alike(times_s: Float64, stamps_s: Float64, rate: float) -> Iterator[tuple[int, int]]:
    """Yield pairs around which intervals of frames and pulses are most alike."""
    n = len(stamps_s)
    width = min(_WINDOW, n - 1)
    if width < 3 or len(times_s) < 3:
        return
    for frame in np.unique(np.linspace(0, n - 1 - width, _N_WINDOWS).astype(np.int64)).tolist():
        ahead = (stamps_s[frame + 1 : frame + 1 + width] - stamps_s[frame]) * rate
        near = NEAR * 0.2 * _usual(stamps_s)
        misfit = np.zeros(len(times_s))
        for step in ahead.tolist():
            wanted = times_s + step
            place = np.clip(np.searchsorted(times_s, wanted), 1, len(times_s) - 1)
            off = np.minimum(np.abs(times_s[place] - wanted), np.abs(times_s[place - 1] - wanted))
            misfit += np.minimum(off / near, 1.0)
        for pulse in np.argsort(misfit, kind="stable")[:_N_BEST].tolist():
            yield frame, pulse


def _distinct(
    times_s: Float64, stamps_s: Float64, rate: float, pairs: Iterator[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return pairs that mean different offsets."""
    interval_s = _usual(stamps_s)
    seen: set[int] = set()
    found = []
    for frame, pulse in pairs:
        offset = round(float(times_s[pulse] - rate * stamps_s[frame]) / (0.1 * interval_s))
        if not seen & {offset - 1, offset, offset + 1}:
            seen.add(offset)
            found.append((frame, pulse))
    return found


# --- following frames from one pair


def _follow(times_s: Float64, stamps_s: Float64, frame: int, time_s: float, rate: float) -> Int64:
    """Return (n_frames,) the pulse of each frame, −1 for none, if one frame is at a time."""
    reach_s = _reach(stamps_s)
    partners = np.full(len(stamps_s), -1, dtype=np.int64)
    rate = _walk(times_s, stamps_s, reach_s, partners, (frame, time_s, rate), 1)
    _walk(times_s, stamps_s, reach_s, partners, (frame, time_s, rate), -1)
    return partners


def _walk(
    times_s: Float64,
    stamps_s: Float64,
    reach_s: Float64,
    partners: Int64,
    begin: tuple[int, float, float],
    step: int,
) -> float:
    """Find the pulses of the frames after a frame, or before it; return the rate at which the clocks run."""
    frame, time_s, rate = begin
    at_s, here_s = float(stamps_s[frame]), time_s
    n, size, usual_s = len(stamps_s), _FIRST_CHUNK, _usual(stamps_s)
    known_stamps: list[Float64] = []
    known_times: list[Float64] = []
    n_known = 0
    while 0 <= frame < n:
        gap_s = abs(float(stamps_s[frame]) - float(stamps_s[frame - step])) if frame != begin[0] else 0.0
        if gap_s > LONG_GAP * usual_s:
            expected = here_s + rate * (float(stamps_s[frame]) - at_s)
            at_s, here_s = float(stamps_s[frame]), _after_gap(times_s, expected, drift(n_known) * gap_s, usual_s, step)
        chunk = _until_gap(stamps_s, frame, size, step, LONG_GAP * usual_s)
        off, near = _nearest(times_s, here_s + rate * (stamps_s[chunk] - at_s))
        fits = np.abs(off) <= reach_s[chunk]
        fits[fits] &= _is_nearest_of_all(near[fits], off[fits])
        found = chunk[fits]
        partners[found] = near[fits]
        if len(found) >= 3:
            n_known += len(found)
            known_stamps.append(stamps_s[found])
            known_times.append(times_s[near[fits]])
            rate = _rate(known_stamps, known_times, rate)
            middle = float(np.median(stamps_s[found]))
            ahead = times_s[near[fits]] - rate * (stamps_s[found] - middle)
            at_s, here_s = middle, float(np.median(ahead))
        frame = int(chunk[-1]) + 1 if step > 0 else int(chunk[0]) - 1
        size = min(2 * size, _CHUNK)
    return rate


def drift(n_known: int) -> float:
    """Return how far two clocks may run apart in a second, after so many frames that were followed."""
    return _FIRST_DRIFT / (1 + n_known / 40) + _LEAST_DRIFT


def _until_gap(stamps_s: Float64, frame: int, size: int, step: int, gap_s: float) -> Int64:
    """Return the next frames in a direction, in the order of time, as far as no long gap is between them."""
    if step > 0:
        chunk = np.arange(frame, min(len(stamps_s), frame + size))
        gaps = np.flatnonzero(np.diff(stamps_s[chunk]) > gap_s)
        return chunk[: gaps[0] + 1] if len(gaps) else chunk
    chunk = np.arange(max(0, frame - size + 1), frame + 1)
    gaps = np.flatnonzero(np.diff(stamps_s[chunk]) > gap_s)
    return chunk[gaps[-1] + 1 :] if len(gaps) else chunk


def _after_gap(times_s: Float64, expected: float, off_s: float, usual_s: float, step: int) -> float:
    """Return when the first frame after a gap is: where the pulses have a gap, too, that ends about there."""
    near = np.flatnonzero(np.abs(times_s - expected) <= min(4 * off_s, 20 * usual_s))
    steps = np.diff(times_s, prepend=-np.inf) if step > 0 else np.diff(times_s, append=np.inf)
    edges = near[steps[near] > LONG_GAP * usual_s / 2]
    return float(times_s[edges[np.argmin(np.abs(times_s[edges] - expected))]]) if len(edges) else expected


def _rate(stamps: list[Float64], times: list[Float64], rate: float) -> float:
    """Return how fast the clock of the pulses runs by that of the frames, from the last chunks of each."""
    n, first = 0, len(stamps)
    while first > 0 and n < _HISTORY:
        first -= 1
        n += len(stamps[first])
    one, other = np.concatenate(stamps[first:]), np.concatenate(times[first:])
    if len(one) < 40:
        return rate
    order = np.argsort(one)
    one, ahead = one[order], (other - one)[order]
    half = len(one) // 2
    span = float(np.median(one[half:]) - np.median(one[:half]))
    found = 1 + float(np.median(ahead[half:]) - np.median(ahead[:half])) / span
    return float(np.clip(found, 1 - _MOST_DRIFT, 1 + _MOST_DRIFT))


def _reach(stamps_s: Float64) -> Float64:
    """Return (n_frames,) how far from where it should be the pulse of each frame may lie."""
    steps = np.diff(stamps_s)
    around = np.minimum(np.append(steps[:1], steps), np.append(steps, steps[-1:]))
    return np.asarray(NEAR * np.minimum(around, 3 * np.median(steps)))


def _nearest(times_s: Float64, wanted: Float64) -> tuple[Float64, Int64]:
    """Return how far the nearest pulse is from each time, and its place."""
    place = np.clip(np.searchsorted(times_s, wanted), 1, len(times_s) - 1)
    place = place - (wanted - times_s[place - 1] < times_s[place] - wanted)
    return times_s[place] - wanted, place.astype(np.int64)


def _is_nearest_of_all(near: Int64, off: Float64) -> npt.NDArray[np.bool_]:
    """Return which of frames that want the same pulse has it."""
    order = np.lexsort((np.abs(off), near))
    first = np.append(True, np.diff(near[order]) > 0)[: len(order)]
    found = np.zeros(len(near), dtype=np.bool_)
    found[order] = first
    return found


def _times(times_s: Float64, stamps_s: Float64, partners: Int64) -> Float64:
    """Return (n_frames,) the time of each frame; of those without a pulse by their own clock, between neighbours."""
    known = np.flatnonzero(partners >= 0)
    ahead = times_s[partners[known]] - stamps_s[known]
    found = stamps_s + np.interp(stamps_s, stamps_s[known], ahead)
    rate = _rate([stamps_s[known]], [times_s[partners[known]]], 1.0)
    for edge, outside in ((known[0], slice(0, known[0])), (known[-1], slice(known[-1] + 1, None))):
        found[outside] = times_s[partners[edge]] + rate * (stamps_s[outside] - stamps_s[edge])
    found[known] = times_s[partners[known]]
    return found


# --- how likely it is


def _cost(times_s: Float64, stamps_s: Float64, partners: Int64, frames_per_pulse: float) -> float:
    known = np.flatnonzero(partners >= 0)
    used = partners[known]
    cost = 0.0
    per_pulse = max(1, round(frames_per_pulse))
    for n in (int(known[0]), len(partners) - 1 - int(known[-1])):
        cost += _END + float(np.log(n // per_pulse)) if n >= per_pulse else 0.0
    if per_pulse == 1:
        cost += sum(_INSIDE + 0.05 * n for n in (np.diff(known) - 1).tolist() if n)
    per_frame = max(1, round(1 / frames_per_pulse))
    interval_s = _usual(times_s)
    for n, gap_s in (
        (int(used[0]), times_s[used[0]] - times_s[max(0, used[0] - 1)]),
        (len(times_s) - 1 - int(used[-1]), times_s[min(used[-1] + 1, len(times_s) - 1)] - times_s[used[-1]]),
    ):
        if n >= per_frame:
            cost += _LONG_GAP if gap_s > 10 * interval_s else _END + float(np.log(n // per_frame))
    if per_frame == 1:
        left_out = np.diff(used) - 1
        frames_lost = np.diff(stamps_s[known]) > 1.5 * _usual(stamps_s) * np.diff(known)
        cost += _LOST * np.count_nonzero((left_out > 0) & frames_lost)
        cost += _FALSE * float(left_out[~frames_lost].sum())
    return cost


def _weighed(matches: list[StampMatch], times_s: Float64, stamps_s: Float64) -> list[StampMatch]:
    """Return matches by their cost, the cheapest first; those whose intervals differ more than by chance cost more."""
    most = max((match.n_matched for match in matches), default=0)
    likely = sorted((match for match in matches if match.n_matched > 0.3 * most), key=lambda match: match.cost)
    likely = likely[:_N_COMPARED]
    off = [_off(times_s, stamps_s, match.partners) for match in likely]
    more = [max((_misfit(one, other) for other in off), default=0.0) for one in off]
    found = [replace(match, cost=match.cost + extra) for match, extra in zip(likely, more, strict=True)]
    return sorted(found, key=lambda match: match.cost)


def _off(times_s: Float64, stamps_s: Float64, partners: Int64) -> Float64:
    """Return (n_frames - 1,) how much each interval of frames differs from that of their pulses, if these are known."""
    known = (partners[1:] >= 0) & (partners[:-1] >= 0)
    found = np.full(len(known), np.nan)
    one, other = partners[:-1][known], partners[1:][known]
    found[known] = np.abs(times_s[other] - times_s[one] - np.diff(stamps_s)[known])
    return found


def _misfit(one: Float64, other: Float64) -> float:
    """Return how much less likely one way is than another by the intervals that both know, as log; 0 by chance."""
    both = np.isfinite(one) & np.isfinite(other)
    n = np.count_nonzero(both) / 2  # neighbouring intervals share a pulse
    if n < 8:
        return 0.0
    spans = [float(np.mean(np.minimum(off[both], np.quantile(off[both], 0.98)) ** 2)) ** 0.5 for off in (one, other)]
    worse = float(np.log(max(spans[0], 1e-9) / max(spans[1], 1e-9)))
    return min(n * worse, _MOST_FIT) if worse > 5 / n**0.5 else 0.0


def _usual(times_s: Float64) -> float:
    return float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0
