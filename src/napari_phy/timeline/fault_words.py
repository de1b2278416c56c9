"""What is wrong with pulses and frames, as sentences."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.table.numbers import format_count, format_number
from napari_phy.timeline.alignment import Fault
from napari_phy.timeline.pulse_grid import PulseGrid
from napari_phy.timeline.pulses import PulseLine
from napari_phy.timeline.time_base import TimeBase

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

MOST_FAULTS = 5000
_IRREGULAR = 0.25  # of an interval


def describe_faults(
    line: PulseLine, grid: PulseGrid, ticks: Int64, used: Int64, frame_ticks: Float64, base: TimeBase
) -> tuple[Fault, ...]:
    """Return all faults in the order of time.

    Parameters
    ----------
    ticks : ndarray of int64, shape (n_kept,)
        Number that each kept pulse should have, −1 for none.
    used : ndarray of int64
        Those of them that belong to the stack.
    frame_ticks : ndarray of float64, shape (n_frames,)
        Number of the pulse that each frame should have.
    """
    found = [
        *false_pulses(line, grid),
        *_ends(grid, ticks, used, frame_ticks, base),
        *_gaps(grid, ticks, used, frame_ticks),
    ]
    for pulse in grid.resets.tolist():
        if pulse < len(grid.times_s):
            when = float(grid.times_s[pulse])
            found.append(Fault("reset", when, None, f"The clock of the pulses was set back at {seconds(when)}."))
    if not grid.is_regular:
        words = "The pulses are irregular: none that is missing or false can be seen."
        found.append(Fault("no grid", float(grid.times_s[0]), None, words))
    return tuple(sorted(found, key=lambda fault: fault.time_s)[:MOST_FAULTS])


def false_pulses(line: PulseLine, grid: PulseGrid) -> list[Fault]:
    """Return a fault for each pulse that is doubled, off the grid or very short."""
    counted = grid.is_narrow & ~grid.is_extra & ~grid.is_doubled
    kinds = (
        ("doubled pulse", grid.is_doubled, "A pulse at {} follows another at once; it does not count."),
        ("extra pulse", grid.is_extra, "A pulse at {} is off the grid of the others; it does not count."),
        ("narrow pulse", counted, "The pulse at {} is very short; it counts."),
    )
    return [
        Fault(kind, time_s, None, words.format(seconds(time_s)))
        for kind, places, words in kinds
        for time_s in line.times_s[places][:MOST_FAULTS].tolist()
    ]


def _ends(grid: PulseGrid, ticks: Int64, used: Int64, frame_ticks: Float64, base: TimeBase) -> list[Fault]:
    found = []
    first, last = int(used[0]), int(used[-1])
    n_before = int(np.searchsorted(frame_ticks, ticks[first]))
    n_after = len(frame_ticks) - int(np.searchsorted(frame_ticks, ticks[last] + 1))
    if n_before:
        words = f"The first {_frames(n_before)} no pulse."
        found.append(Fault("missing at start", float(base.frame_times_s[0]), 0, words, n_before))
    if n_after > 0:
        words = f"The last {_frames(n_after)} no pulse."
        frame = len(frame_ticks) - n_after
        found.append(Fault("missing at end", float(base.frame_times_s[frame]), frame, words, n_after))
    if first:
        words = f"{format_count(first, 'pulse')} before the first frame {_belong(first)} to none."
        found.append(Fault("pulses before", float(grid.times_s[0]), None, words, first))
    n_left = len(ticks) - 1 - last
    if n_left:
        words = f"{format_count(n_left, 'pulse')} after the last frame {_belong(n_left)} to none."
        found.append(Fault("pulses after", float(grid.times_s[last + 1]), None, words, n_left))
    return found


def _gaps(grid: PulseGrid, ticks: Int64, used: Int64, frame_ticks: Float64) -> list[Fault]:
    is_odd = np.append(np.abs(grid.jumps) >= _IRREGULAR, False)[used[:-1]] & grid.is_regular
    is_next = (np.diff(used) == 1) & (np.diff(ticks[used]) == 1) & (np.diff(grid.slots[used]) == 1)
    found = []
    for place in np.flatnonzero(~is_next | is_odd).tolist():
        one, other = int(used[place]), int(used[place + 1])
        if is_next[place]:
            time_s = float(grid.times_s[one])
            frame = int(np.searchsorted(frame_ticks, ticks[one]))
            words = f"The interval after frame {format_number(frame)} at {seconds(time_s)} is unlike the others."
            found.append(Fault("irregular", time_s, frame, words))
        else:
            found += _gap(grid, ticks, one, other, frame_ticks)
    return found


def _gap(grid: PulseGrid, ticks: Int64, one: int, other: int, frame_ticks: Float64) -> list[Fault]:
    n_slots, n_ticks = int(grid.slots[other] - grid.slots[one]), int(ticks[other] - ticks[one])
    n_between = other - one - 1
    frame = int(np.searchsorted(frame_ticks, ticks[one], side="right"))
    time_s, until_s = float(grid.times_s[one]), float(grid.times_s[other])
    found = []
    n_missing = n_ticks - 1 - (n_between if n_ticks > n_slots else 0)
    if n_missing > 0:
        are = "pulse is" if n_missing == 1 else "pulses are"
        words = (
            f"{format_number(n_missing)} {are} missing at {seconds(time_s)}, after frame {format_number(frame - 1)}."
        )
        found.append(Fault("missing pulses", time_s, frame, words, n_missing))
    n_absent = n_slots - n_ticks
    if n_absent > 0 and n_between:
        words = f"{format_count(n_absent, 'frame')} after frame {format_number(frame - 1)} at {seconds(time_s)} "
        found.append(Fault("lost frame", time_s, frame, f"{words}{'was' if n_absent == 1 else 'were'} lost.", n_absent))
    elif n_absent > 0:
        words = f"Pulses and frames pause from {seconds(time_s)} to {seconds(until_s)}, after frame "
        found.append(Fault("pause", time_s, frame, f"{words}{format_number(frame - 1)}.", n_absent))
    return found


_FEW = {
    "missing pulses": "missing",
    "missing at start": "missing at the start",
    "missing at end": "missing at the end",
    "extra pulse": "false",
    "doubled pulse": "doubled",
    "lost frame": "lost",
    "pulses before": "before the first frame",
    "pulses after": "after the last frame",
    "pause": "paused",
    "reset": "clock set back",
}


def summary(n_pulses: int, n_frames: int, faults: tuple[Fault, ...], ratio: str = "") -> str:
    """Return `17 998 pulses, 18 000 frames, 2 missing at 412 s`, or `100 pulses, 300 frames: 3 frames a pulse`."""
    words = [format_count(n_pulses, "pulse"), f"{format_count(n_frames, 'frame')}{ratio}"]
    for kind, few in _FEW.items():
        these = [fault for fault in faults if fault.kind == kind]
        if not these:
            continue
        n = sum(fault.n for fault in these)
        if kind in ("pause", "reset"):
            where = f" at {seconds(these[0].time_s)}" if len(these) == 1 else f" {len(these)} times"
            words.append(f"{few}{where}")
        elif kind in ("missing at start", "missing at end", "pulses before", "pulses after"):
            words.append(f"{format_number(n)} {few}")
        else:
            place = f" at {seconds(these[0].time_s)}" if len(these) == 1 else f" in {format_number(len(these))} places"
            words.append(f"{format_number(n)} {few}{place}")
    return ", ".join(words)


def seconds(time_s: float) -> str:
    """Return `412 s`, or `4.12 s` early in a recording."""
    return f"{format_number(time_s, 0 if abs(time_s) >= 100 else 1 if abs(time_s) >= 10 else 2)} s"


def _frames(n: int) -> str:
    return "frame has" if n == 1 else f"{format_number(n)} frames have"


def _belong(n: int) -> str:
    return "belongs" if n == 1 else "belong"
