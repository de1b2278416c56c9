"""The grid that pulses lie on: which of them are false, and where some are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

FALSE, DOUBLED, NARROW, GAP, JUMP = 7.0, 3.5, 2.0, 5.0, 12.0  # what explanations cost, as −log of how likely they are
DOUBLED_PART = 0.3  # of an interval, within which a second pulse is a bounce of the first
_LEAST_DEVIATION = 0.01  # of an interval
_MOST_DEVIATION = 0.25  # above it there is no grid
_WINDOW = 51  # pulses whose median interval is that of the grid
_NEAR = 0.3  # an interval that differs by less is one of the grid
_STEADY = 0.8  # of intervals are on the grid, where there is one; by chance 0.6 are
_NARROW_PART = 0.5
_N_REFERENCE = 200  # pulses on either side of a gap that tell how many are missing in it


@dataclass(frozen=True, slots=True, eq=False)
class PulseGrid:
    """Pulses on a grid of slots, one a pulse that there should be.

    Attributes
    ----------
    kept : ndarray of int64, shape (n_kept,)
        Places of the pulses that are none of the false ones.
    times_s : ndarray of float64, shape (n_kept,)
        Their times, ascending: where the clock was reset, it is taken to go on.
    slots : ndarray of int64, shape (n_kept,)
        Slot of each, ascending from 0; without a grid they have no gaps.
    is_doubled, is_extra, is_narrow : ndarray of bool, shape (n_pulses,)
        Pulses left out because they follow another at once, or because they are off the grid; those that are much
        shorter than the others, left out or not.
    resets : ndarray of int64
        Places in `kept` of the pulses before which the clock was reset.
    interval_s : float
        Usual interval of the grid.
    deviation : float
        How much intervals scatter, as a part of the interval.
    is_regular : bool
        Whether there is a grid; else every pulse may be right.
    jumps : ndarray of float64, shape (n_kept - 1,)
        How far each interval is from whole slots, as a part of one.
    uncertainty : ndarray of float64, shape (n_kept - 1,)
        Deviation of `jumps` that is to be expected, larger for long gaps.
    """

    kept: Int64
    times_s: Float64
    slots: Int64
    is_doubled: Bool
    is_extra: Bool
    is_narrow: Bool
    resets: Int64
    interval_s: float
    deviation: float
    is_regular: bool
    jumps: Float64
    uncertainty: Float64

    @property
    def n_slots(self) -> int:
        """Slots from the first pulse to the last."""
        return int(self.slots[-1]) + 1 if len(self.slots) else 0


def find_grid(times_s: Float64, widths_s: Float64 | None = None) -> PulseGrid:
    """Return the grid that pulses lie on.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n_pulses,)
        Two at least.
    widths_s : ndarray of float64, shape (n_pulses,), optional
        How long each is.
    """
    unwrapped, resets = without_resets(times_s)
    is_narrow = _find_narrow(widths_s, len(times_s))
    false_costs = np.where(is_narrow, NARROW, FALSE)
    is_again = np.append(False, np.diff(unwrapped) <= 0)
    pool = np.flatnonzero(~is_again)
    kept, interval_s, deviation, is_regular = _choose(unwrapped[pool], false_costs[pool])
    kept = pool[kept]
    times = unwrapped[kept]
    left_out = np.ones(len(times_s), dtype=np.bool_)
    left_out[kept] = False
    since = np.full(len(times_s), np.inf)
    if len(kept):
        last = np.searchsorted(kept, np.arange(len(times_s)), side="right") - 1
        since = np.where(last >= 0, unwrapped - times[np.maximum(last, 0)], np.inf)
    is_doubled = left_out & (since < DOUBLED_PART * interval_s)
    slots, jumps, uncertainty = _number_slots(times, deviation, is_regular)
    return PulseGrid(
        kept=read_only(kept),
        times_s=read_only(times),
        slots=read_only(slots),
        is_doubled=read_only(is_doubled),
        is_extra=read_only(left_out & ~is_doubled),
        is_narrow=read_only(is_narrow),
        resets=read_only(np.unique(np.searchsorted(kept, resets))),
        interval_s=interval_s,
        deviation=deviation,
        is_regular=is_regular,
        jumps=read_only(jumps),
        uncertainty=read_only(uncertainty),
    )


def without_resets(times_s: Float64) -> tuple[Float64, Int64]:
    """Return times that ascend, and the places where the clock was set back: it goes on there by a usual interval."""
    steps = np.diff(times_s)
    resets = np.flatnonzero(steps < 0) + 1
    if not len(resets):
        return times_s, resets
    steps[resets - 1] = np.median(steps[steps > 0]) if (steps > 0).any() else 1.0
    return times_s[0] + np.concatenate([[0.0], np.cumsum(steps)]), resets


def is_in_order(times_s: Float64) -> bool:
    """Return whether times ascend, but for some places where the clock may have been set back."""
    return bool(np.count_nonzero(np.diff(times_s) < 0) <= max(3, len(times_s) // 100))


def _find_narrow(widths_s: Float64 | None, n: int) -> Bool:
    """Return which pulses are much shorter than the others, where most are equally long."""
    if widths_s is None or not np.isfinite(widths_s).any():
        return np.zeros(n, dtype=np.bool_)
    usual = float(np.nanmedian(widths_s))
    alike = np.abs(widths_s - usual) <= 0.2 * usual
    if np.count_nonzero(alike) < 0.8 * np.count_nonzero(np.isfinite(widths_s)):
        return np.zeros(n, dtype=np.bool_)
    return np.asarray(widths_s < _NARROW_PART * usual)


def _choose(times_s: Float64, false_costs: Float64) -> tuple[Int64, float, float, bool]:
    """Return (places of the pulses kept, interval, deviation, whether there is a grid)."""
    n = len(times_s)
    if n < 3:
        return np.arange(n), float(times_s[-1] - times_s[0]) if n == 2 else 1.0, _LEAST_DEVIATION, n == 2
    found = [(*_keep(times_s, false_costs, local_s), local_s) for local_s in _candidate_intervals(times_s)]
    cost, kept, deviation, local_s = min(found, key=lambda one: one[0])
    interval_s = float(np.median(local_s))
    steps = np.diff(times_s[kept]) / local_s[kept[:-1]]
    n_steady = np.count_nonzero(np.abs(steps - np.maximum(1, np.rint(steps))) < _NEAR)
    is_regular = deviation < _MOST_DEVIATION and n_steady >= _STEADY * len(steps) and cost < 3 * n
    if not is_regular:
        interval_s = float(np.median(np.diff(times_s)))
        return np.arange(n), interval_s, 1.0, False
    return kept, interval_s, deviation, True


def _candidate_intervals(times_s: Float64) -> list[Float64]:
    """Return (n,) intervals around each pulse in several ways: some hold where many pulses are doubled or missing."""
    steps = np.diff(times_s)
    usual = [float(np.median(steps)), float(np.quantile(steps, 0.2))]
    ordered = np.sort(steps)[::-1]
    places = np.cumsum(ordered)
    usual.append(float(ordered[np.searchsorted(places, places[-1] / 2)]))  # half of the time is in longer ones
    found = [_running_median(steps)]
    for interval in usual:
        near = steps[np.abs(steps - interval) < _NEAR * interval]
        value = float(np.median(near)) if len(near) else interval
        if not any(np.allclose(one, value, rtol=1e-3, atol=0) for one in found):
            found.append(np.full(len(times_s), value))
    for value in {float(one[0]) for one in found[1:]}:
        spaced = _debounced(times_s, 0.5 * value)
        if 3 <= len(spaced) < 0.9 * len(times_s):
            medians = _running_median(np.diff(times_s[spaced]))
            found.append(np.interp(times_s, times_s[spaced], medians))
    return found


def _debounced(times_s: Float64, least_s: float) -> Int64:
    """Return the places of pulses that come so long after the last one of them."""
    found, place = [], 0
    while place < len(times_s):
        found.append(place)
        place = max(place + 1, int(np.searchsorted(times_s, times_s[place] + least_s)))
    return np.array(found, dtype=np.int64)


def _running_median(steps: Float64) -> Float64:
    """Return (n + 1,) median of the intervals around each pulse."""
    if len(steps) <= _WINDOW:
        return np.full(len(steps) + 1, float(np.median(steps)))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(steps, _WINDOW // 2, mode="reflect"), _WINDOW)
    medians = np.concatenate([np.median(part, axis=1) for part in np.array_split(windows, len(windows) // 50_000 + 1)])
    return np.append(medians, medians[-1])


def _keep(times_s: Float64, false_costs: Float64, intervals_s: Float64) -> tuple[float, Int64, float]:
    """Return (cost, places kept, deviation) for a grid of these intervals."""
    from napari_phy.timeline._pulse_loops import choose_pulses

    parts = np.diff(times_s) / intervals_s[:-1] - 1
    near = parts[np.abs(parts) < _NEAR]
    deviation = max(_LEAST_DEVIATION, 1.4826 * float(np.median(np.abs(near))) if len(near) else 1.0)
    if len(near) == len(parts):  # each interval is one of the grid
        cost = float(np.minimum(parts**2 / (2 * deviation**2), JUMP).sum())
        return cost, np.arange(len(times_s)), deviation
    doubled = (DOUBLED, DOUBLED_PART)
    cost, kept = choose_pulses(
        times_s, intervals_s, deviation, false_costs, doubled=doubled, gap_cost=GAP, jump_cost=JUMP
    )
    return cost, np.flatnonzero(kept), deviation


def _number_slots(times_s: Float64, deviation: float, is_regular: bool) -> tuple[Int64, Float64, Float64]:
    """Return the slot of each pulse, how far each interval is from whole slots, and how far that may be by chance."""
    n = len(times_s)
    steps_s = np.diff(times_s)
    if n < 3 or not is_regular:
        return np.arange(n), np.zeros(len(steps_s)), np.full(len(steps_s), deviation)
    local = _running_median(steps_s)[:-1]
    parts = steps_s / local
    uncertainty = np.full(len(parts), deviation)
    for place in np.flatnonzero(np.abs(parts - 1) >= _NEAR).tolist():
        before = _steady_interval(times_s[max(0, place - _N_REFERENCE) : place + 1][::-1], local[place])
        after = _steady_interval(times_s[place + 1 : place + 2 + _N_REFERENCE], local[place])
        weights = np.array([before[1], after[1]], dtype=np.float64)
        if weights.sum():
            parts[place] = steps_s[place] / np.average([before[0], after[0]], weights=weights)
            per_slot = 2 * deviation / weights.sum() + 2e-5
            uncertainty[place] = np.hypot(deviation, per_slot * parts[place])
    n_slots = np.maximum(1, np.rint(parts)).astype(np.int64)
    return np.append(0, np.cumsum(n_slots)), parts - n_slots, uncertainty


def _steady_interval(times_s: Float64, interval_s: float) -> tuple[float, int]:
    """Return the mean interval of pulses that follow each other without a gap from the first on, and how many."""
    steps = np.abs(np.diff(times_s))
    broken = np.flatnonzero(np.abs(steps / interval_s - 1) >= _NEAR)
    n = int(broken[0]) if len(broken) else len(steps)
    return (abs(float(times_s[n] - times_s[0])) / n, n) if n else (interval_s, 0)
