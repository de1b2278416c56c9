"""Stacks with pulses whose truth is known, and every fault of real synchronisation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from napari_phy.timeline.pulses import PulseLine

Float64 = npt.NDArray[np.float64]


@dataclass
class Clock:
    """Frames that were taken, the pulses of them, and what became of both.

    `times_s` is the start of every frame of the stack on the session's clock; `pulses_s` what the line has;
    `stamps_s` the times of the frames on a clock of the microscope's own.
    """

    rng: np.random.Generator
    times_s: Float64
    pulses_s: Float64
    stamps_s: Float64
    widths_s: Float64
    is_real: npt.NDArray[np.bool_] = field(init=False)  # (n_pulses,) whether each is that of a frame, lost or not

    def __post_init__(self) -> None:
        self.is_real = np.ones(len(self.pulses_s), dtype=bool)

    @property
    def interval_s(self) -> float:
        return float(np.median(np.diff(self.times_s)))

    @property
    def line(self) -> PulseLine:
        order = np.argsort(self.pulses_s, kind="stable")
        return PulseLine("TTL 3", self.pulses_s[order], self.widths_s[order])

    @property
    def is_disguised(self) -> bool:
        """Whether faults that nothing shows undo each other: as many frames were lost as lack their pulse at an end."""
        near = 0.01 * self.interval_s
        pulses_s = self.pulses_s[self.is_real]
        have = _next(pulses_s, self.times_s - near) - self.times_s < near
        n_lost = int(np.count_nonzero(_next(self.times_s, pulses_s - near) - pulses_s >= near))
        lacking = int(np.argmax(have)), int(np.argmax(have[::-1]))
        return n_lost > 0 and n_lost in (*lacking, sum(lacking))

    def drop_pulses(self, first: int, n: int = 1) -> None:
        keep = np.ones(len(self.pulses_s), dtype=bool)
        keep[first : first + n] = False
        self.keep_pulses(keep)

    def keep_pulses(self, keep: npt.NDArray[np.bool_]) -> None:
        self.pulses_s, self.widths_s, self.is_real = self.pulses_s[keep], self.widths_s[keep], self.is_real[keep]

    def drop_frames(self, first: int, n: int = 1) -> None:
        keep = np.ones(len(self.times_s), dtype=bool)
        keep[first : first + n] = False
        self.times_s, self.stamps_s = self.times_s[keep], self.stamps_s[keep]

    def add_pulses(self, times_s: npt.ArrayLike, width: float = 0.3) -> None:
        times_s = np.atleast_1d(np.asarray(times_s, dtype=float))
        order = np.argsort(np.concatenate([self.pulses_s, times_s]), kind="stable")
        self.widths_s = np.concatenate([self.widths_s, np.full(len(times_s), width * self.interval_s)])[order]
        self.pulses_s = np.concatenate([self.pulses_s, times_s])[order]
        self.is_real = np.append(self.is_real, np.zeros(len(times_s), dtype=bool))[order]

    def pause_after(self, place: int, seconds: float) -> None:
        """Let all that comes after a frame come later."""
        edge = (self.times_s[place] + self.times_s[place + 1]) / 2
        rate = (self.stamps_s[-1] - self.stamps_s[0]) / (self.times_s[-1] - self.times_s[0])
        self.stamps_s = np.where(self.times_s > edge, self.stamps_s + seconds * rate, self.stamps_s)
        self.pulses_s = np.where(self.pulses_s > edge, self.pulses_s + seconds, self.pulses_s)
        self.times_s = np.where(self.times_s > edge, self.times_s + seconds, self.times_s)


def _next(times_s: Float64, at_s: Float64) -> Float64:
    """Return the first time that is not before each of others, infinity where there is none."""
    return np.append(times_s, np.inf)[np.searchsorted(times_s, at_s)]


def make_clock(seed: int, n: int = 2000, *, jitter: float | None = None) -> Clock:
    """Return a faultless clock: some rate, some start, a drift that is a curve, and jitter."""
    rng = np.random.default_rng(seed)
    interval = float(rng.choice([1 / 30.03, 0.1, 1 / 7.5, 1 / 100]))
    jitter = float(rng.choice([0.0, 0.001, 0.01, 0.03])) if jitter is None else jitter
    slots = np.arange(n, dtype=float)
    wander = 20e-6 * slots + 15e-6 * n / 7 * np.sin(slots / n * 7)
    times = rng.uniform(0.5, 30) + interval * (slots * (1 + rng.normal(0, 20e-6)) + wander)
    times = times + rng.normal(0, jitter, n).clip(-3 * jitter, 3 * jitter) * interval
    stamps = (times - times[0]) * (1 + rng.normal(0, 50e-6)) + rng.normal(0, 0.002, n) * interval
    pulses = np.rint(times * 30_000) / 30_000
    return Clock(rng, times, pulses, stamps, np.full(n, 0.3 * interval))


def somewhere(clock: Clock, room: int = 1) -> int:
    """Return a place among the pulses, often near an end."""
    n = len(clock.pulses_s) - room
    return int(clock.rng.choice([0, 1, 2, n, n - 1, *clock.rng.integers(0, n, 15)]))


def dropped_pulse(clock: Clock) -> None:
    clock.drop_pulses(somewhere(clock))


def dropped_run(clock: Clock) -> None:
    n = int(clock.rng.integers(2, 60))
    clock.drop_pulses(somewhere(clock, n), n)


def several_dropped(clock: Clock) -> None:
    for _ in range(int(clock.rng.integers(2, 12))):
        dropped_pulse(clock)


def false_pulse(clock: Clock) -> None:
    place = somewhere(clock)
    clock.add_pulses(clock.pulses_s[place] + clock.rng.uniform(-0.9, 0.9) * clock.interval_s)


def doubled_pulses(clock: Clock) -> None:
    for _ in range(int(clock.rng.integers(1, 40))):
        clock.add_pulses(clock.pulses_s[somewhere(clock)] + clock.rng.uniform(0.001, 0.1) * clock.interval_s, 0.01)


def narrow_pulse(clock: Clock) -> None:
    """A glitch between two pulses."""
    place = somewhere(clock)
    clock.add_pulses(clock.pulses_s[place] + clock.rng.uniform(0.05, 0.95) * clock.interval_s, 0.002)


def first_missing(clock: Clock) -> None:
    clock.drop_pulses(0, int(clock.rng.integers(1, 4)))


def last_missing(clock: Clock) -> None:
    n = int(clock.rng.integers(1, 4))
    clock.drop_pulses(len(clock.pulses_s) - n, n)


def extra_at_end(clock: Clock) -> None:
    n = int(clock.rng.integers(1, 4))
    clock.drop_frames(len(clock.times_s) - n, n)


def extra_at_start(clock: Clock) -> None:
    clock.drop_frames(0, int(clock.rng.integers(1, 4)))


def lost_frame(clock: Clock) -> None:
    clock.drop_frames(int(clock.rng.integers(0, len(clock.times_s) - 1)), int(clock.rng.integers(1, 4)))


def camera_skip(clock: Clock) -> None:
    """Neither pulse nor frame, on the grid."""
    first, n = int(clock.rng.integers(1, len(clock.times_s) - 10)), int(clock.rng.integers(1, 6))
    low, high = clock.times_s[first] - clock.interval_s / 2, clock.times_s[first + n] - clock.interval_s / 2
    keep = (clock.times_s < low) | (clock.times_s > high)
    clock.times_s, clock.stamps_s = clock.times_s[keep], clock.stamps_s[keep]
    keep = (clock.pulses_s < low) | (clock.pulses_s > high)
    clock.keep_pulses(keep)


def pause(clock: Clock) -> None:
    clock.pause_after(int(clock.rng.integers(1, len(clock.times_s) - 2)), float(clock.rng.uniform(0.3, 300)))


def rate_change(clock: Clock) -> None:
    place = int(clock.rng.integers(100, len(clock.times_s) - 100))
    factor = float(clock.rng.choice([0.5, 1.5, 2.0]))
    edge = clock.times_s[place]
    for name in ("times_s", "pulses_s"):
        values = getattr(clock, name)
        setattr(clock, name, np.where(values > edge, edge + (values - edge) * factor, values))
    stamps = clock.stamps_s
    clock.stamps_s = np.where(stamps > stamps[place], stamps[place] + (stamps - stamps[place]) * factor, stamps)


def irregular(clock: Clock) -> None:
    """Frames that come when they like."""
    steps = clock.interval_s * clock.rng.uniform(0.3, 3, len(clock.times_s))
    clock.times_s = clock.times_s[0] + np.concatenate([[0], np.cumsum(steps[1:])])
    clock.pulses_s = np.rint(clock.times_s * 30_000) / 30_000
    clock.stamps_s = (clock.times_s - clock.times_s[0]) * (1 + 30e-6)
    clock.widths_s = np.full(len(clock.times_s), 0.1 * clock.interval_s)
    clock.is_real = np.ones(len(clock.times_s), dtype=bool)


def other_acquisition(clock: Clock) -> None:
    """Pulses of another stack before or after, on the same line."""
    n = int(clock.rng.integers(20, 3000))
    more = np.arange(n) * clock.interval_s
    gap = float(clock.rng.uniform(2, 60)) + 12 * clock.interval_s
    if clock.rng.random() < 0.5:
        clock.add_pulses(clock.pulses_s[0] - gap - more)
    else:
        clock.add_pulses(clock.pulses_s[-1] + gap + more)


def strong_jitter(clock: Clock) -> None:
    moves = clock.rng.uniform(-0.15, 0.15, len(clock.times_s)) * clock.interval_s
    known = np.searchsorted(clock.times_s, clock.pulses_s + clock.interval_s / 2) - 1
    clock.pulses_s = clock.pulses_s + moves[np.clip(known, 0, len(moves) - 1)]
    clock.times_s = clock.times_s + moves
    clock.stamps_s = clock.stamps_s + moves


FAULTS = {
    one.__name__.replace("_", " "): one
    for one in (
        dropped_pulse, dropped_run, several_dropped, false_pulse, doubled_pulses, narrow_pulse, first_missing,
        last_missing, extra_at_end, extra_at_start, lost_frame, camera_skip, pause, rate_change, irregular,
        other_acquisition, strong_jitter,
    )
}  # fmt: skip
