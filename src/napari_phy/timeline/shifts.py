"""Which slot of a grid of pulses is which frame: all explanations of a mismatch at once, weighed against each other.

Frame number minus slot is the shift. It stays the same while pulses and frames follow each other, and may change where
pulses are missing (the frames are there, or are missing too), where a frame was lost, and at both ends. Such a chain of
shifts is a hidden Markov chain; sums over all chains tell how likely each shift is in each part (forward and backward
sums, as in Rabiner 1989, doi:10.1109/5.18626), largest products the best chain that passes through a given shift.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from napari_phy.timeline.pulse_grid import PulseGrid

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

NO_FRAMES = -(2**62)  # the shift of parts that are no part of the stack
FIRST_LOST, LAST_LOST = 0.030, 0.035  # how likely pulse or frame without the other is at the start, at the end
FRAME_LOST, FRAME_ADDED = 0.03, 0.008  # anywhere between
PULSES_LOST, MIXED = 0.9, 0.05  # how likely gaps have their frames, where the line loses pulses; some of them have
OFF_GRID = 0.02
ONE_ACQUISITION = 0.3  # of several on the line
LONG_GAP = 10  # slots
LEAST_CHANCE = 0.01  # of alternatives that are offered, relative to the best
SECOND = 0.1  # how much less likely another fault that nothing shows is than the first
_N_NEAR = 8
_N_CHUNKS = 32
_LEAST, _MOST_STATES = 1e-13, 600
_MOST_LONG_GAPS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """One way in which slots can be frames.

    Attributes
    ----------
    shifts : ndarray of int64, shape (n_parts,)
        Frame number minus slot in each part; `NO_FRAMES` where the stack has none.
    doubts : ndarray of float64, shape (n_parts,)
        How likely it is in each part that another explanation holds.
    weight : float
        How likely it is, relative to others.
    """

    shifts: Int64
    doubts: Float64
    weight: float

    @property
    def chance(self) -> float:
        """How likely it is that it holds throughout."""
        inside = self.shifts != NO_FRAMES
        return float(1 - self.doubts[inside].max()) if inside.any() else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Stretches of pulses between places where the shift may change.

    Attributes
    ----------
    starts : ndarray of int64, shape (n_parts,)
        First kept pulse of each.
    stop : int
        Number of kept pulses.
    """

    starts: Int64
    stop: int

    @property
    def edges(self) -> Iterator[tuple[int, int]]:
        """First pulse of each, and the one after its last."""
        starts = self.starts.tolist()
        return zip(starts, [*starts[1:], self.stop], strict=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Kernel:
    """How the shift may change from one part to the next, and how likely that is.

    A state is twice the shift, and one more after a fault that nothing shows: a second one is less likely.
    """

    seen: Int64
    seen_weights: Float64
    hidden: Int64
    hidden_weights: Float64

    @classmethod
    def of(cls, seen: Mapping[int, float], hidden: Mapping[int, float]) -> Self:
        """Return the kernel of {change of the shift: how likely it is}, of changes that show and those that don't."""
        return cls(*_arrays(seen), *_arrays(hidden))

    def after(self, states: Int64) -> tuple[Int64, Float64]:
        """Return (n_states, n_changes) states that may follow, and how likely each is."""
        is_again = (states & 1)[:, None] == 1
        hidden = (states | 1)[:, None] + 2 * self.hidden
        weights = np.broadcast_to(self.seen_weights, (len(states), len(self.seen)))
        return (
            np.concatenate([states[:, None] + 2 * self.seen, hidden], axis=1),
            np.concatenate([weights, np.where(is_again, SECOND, 1.0) * self.hidden_weights], axis=1),
        )


def _arrays(weights: Mapping[int, float]) -> tuple[Int64, Float64]:
    return np.array(list(weights), dtype=np.int64), np.array(list(weights.values()), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """Of the states of each part: the weight of what leads to them, and of what may follow."""

    states: list[Int64]
    forward: list[Float64]
    backward: list[Float64]

    @property
    def through(self) -> list[Float64]:
        """Weights of the chains through each state."""
        return [before * after for before, after in zip(self.forward, self.backward, strict=True)]


class _Chain:
    """Forward and backward weights of all chains, or of the best ones, for one way of weighing gaps."""

    def __init__(self, grid: PulseGrid, parts: Parts, n_ticks: int, gap_has_frames: float) -> None:
        self._grid, self._n_ticks = grid, n_ticks
        self._edges = list(parts.edges)
        self._p = gap_has_frames
        steps = np.diff(grid.slots)
        self._is_long = np.append(False, steps >= LONG_GAP)
        if np.count_nonzero(self._is_long) > _MOST_LONG_GAPS:
            least = np.sort(steps)[-_MOST_LONG_GAPS]
            self._is_long = np.append(False, steps >= max(least, LONG_GAP))
        self._kernels = [self._kernel(start) for start, _ in self._edges]
        self._entries = [self._entry(part) for part in range(len(self._edges))]

    def _kernel(self, pulse: int) -> _Kernel:
        """Return how the shift may change before a pulse."""
        if pulse == 0:
            return _Kernel.of({0: 1.0}, {})
        n_slots = int(self._grid.slots[pulse] - self._grid.slots[pulse - 1])
        jump, deviation = float(self._grid.jumps[pulse - 1]), float(self._grid.uncertainty[pulse - 1])
        if n_slots == 1 and abs(jump) < 0.3:
            lost, added = FRAME_LOST / _N_CHUNKS, FRAME_ADDED / _N_CHUNKS
            if not self._grid.is_regular:
                added = lost
            return _Kernel.of({0: 1.0}, {-1: lost, 1: added})
        found: dict[int, float] = {}

        def add(change: int, weight: float) -> None:
            found[change] = found.get(change, 0.0) + weight

        with_frames, without = self._p, 1 - self._p
        for other in {max(1, n_slots - 1), n_slots, n_slots + 1}:
            density = np.exp(-((jump + n_slots - other) ** 2) / (2 * deviation**2)) / (deviation * np.sqrt(2 * np.pi))
            if other == 1:
                add(1 - n_slots, float(density) + OFF_GRID)  # nothing is missing
            else:
                add(other - n_slots, with_frames * (float(density) + OFF_GRID))
            if other == n_slots > 1:
                add(1 - n_slots, without * 0.5 * (float(density) + 1))
                for n_frames in range(1, min(n_slots - 1, 20)):
                    add(n_frames + 1 - n_slots, MIXED * float(density) / n_slots)
        if n_slots == 1:
            add(-1 if jump < 0 else 1, 0.2)
        most = max(found.values())  # so that products over many gaps neither vanish nor grow
        return _Kernel.of({change: weight / most for change, weight in found.items()}, {})

    def _entry(self, part: int) -> tuple[Int64, Float64]:
        """Return (shifts with which the stack may begin in a part, how likely they are)."""
        start, _ = self._edges[part]
        if start > 0 and not self._is_long[start]:
            return np.empty(0, dtype=np.int64), np.empty(0)
        slots = self._grid.slots
        near = np.arange(-_N_NEAR, _N_NEAR + 1) - slots[start]
        exits = [stop for _, stop in self._edges[part:] if self._may_end(stop)]
        last = slots[np.array(exits, dtype=np.int64) - 1]
        whole = self._n_ticks - 1 - last
        n_missing = np.append(0, np.cumsum(np.diff(slots) - 1))
        skipped = whole + n_missing[np.array(exits, dtype=np.int64) - 1] - n_missing[start]
        shifts = np.unique(np.concatenate([near, whole, skipped]))
        n_before = slots[start] + shifts
        weight = 1.0 if start == 0 else ONE_ACQUISITION
        return 2 * shifts + (n_before != 0), weight * _end_weight(n_before, FIRST_LOST)

    def _may_end(self, stop: int) -> bool:
        return stop == len(self._grid.slots) or bool(self._is_long[stop])

    def _exit(self, part: int, states: Int64) -> Float64:
        """Return how likely it is that the stack ends after a part."""
        _, stop = self._edges[part]
        if not self._may_end(stop):
            return np.zeros(len(states))
        n_after = self._n_ticks - 1 - (self._grid.slots[stop - 1] + (states >> 1))
        again = np.where((states & 1 == 1) & (n_after != 0), SECOND, 1.0)
        return again * (1.0 if stop == len(self._grid.slots) else ONE_ACQUISITION) * _end_weight(n_after, LAST_LOST)

    def run(self, *, best: bool) -> _Weights:
        """Return the weights of the best chains, or the sums of all."""
        combine = np.maximum if best else np.add
        made = _Weights([], [], [])
        for part, kernel in enumerate(self._kernels):
            found, values = self._entries[part]
            if part:
                moved, weights = kernel.after(made.states[-1])
                found = np.concatenate([found, moved.ravel()])
                values = np.concatenate([values, (made.forward[-1][:, None] * weights).ravel()])
            unique, inverse = np.unique(found, return_inverse=True)
            total = np.zeros(len(unique))
            combine.at(total, inverse, values)
            least = total.max() * _LEAST
            if len(total) > _MOST_STATES:
                least = max(least, float(np.sort(total)[-_MOST_STATES]))
            made.states.append(unique[total >= least])
            made.forward.append(total[total >= least])
        for part in range(len(made.states) - 1, -1, -1):
            states = made.states[part]
            value = self._exit(part, states)
            if made.backward:
                moved, weights = self._kernels[part + 1].after(states)
                after = _look_up(made.states[part + 1], made.backward[0], moved) * weights
                value = np.maximum(value, after.max(axis=1)) if best else value + after.sum(axis=1)
            made.backward.insert(0, value)
        return made

    def total(self, sums: _Weights) -> float:
        """Return the weight of all chains."""
        parts = zip(self._entries, sums.states, sums.backward, strict=True)
        return float(sum((weights * _look_up(known, after, begun)).sum() for (begun, weights), known, after in parts))

    def trace(self, best: _Weights, part: int, state: int) -> Int64:
        """Return the states of the best chain that has a state in a part."""
        states = best.states
        found = np.full(len(states), NO_FRAMES, dtype=np.int64)
        found[part] = here = state
        for earlier in range(part - 1, -1, -1):
            moved, weights = self._kernels[earlier + 1].after(states[earlier])
            values = np.where(moved == here, best.forward[earlier][:, None] * weights, 0.0).max(axis=1)
            entry = _look_up(*self._entries[earlier + 1], np.array([here]))[0]
            if entry >= values.max():
                break
            found[earlier] = here = int(states[earlier][np.argmax(values)])
        here = state
        for later in range(part + 1, len(states)):
            moved, weights = self._kernels[later].after(np.array([here]))
            values = _look_up(states[later], best.backward[later], moved)[0] * weights[0]
            if self._exit(later - 1, np.array([here]))[0] >= values.max():
                break
            found[later] = here = int(moved[0, np.argmax(values)])
        return found


def explain(grid: PulseGrid, n_ticks: int, n_most: int = 5) -> tuple[Parts, list[Explanation]]:
    """Return the parts of a grid and the explanations of how its slots are frames, the most likely first.

    Parameters
    ----------
    n_ticks : int
        Pulses that there should be for all frames.
    n_most : int, default 5
        Explanations returned at most; those that are much less likely than the first are left out.
    """
    parts = _cut(grid)
    chains = [_Chain(grid, parts, n_ticks, gap_has_frames) for gap_has_frames in (PULSES_LOST, 1 - PULSES_LOST)]
    sums = [chain.run(best=False) for chain in chains]
    bests = [chain.run(best=True) for chain in chains]
    total = sum(chain.total(one) for chain, one in zip(chains, sums, strict=True))
    found: list[Explanation] = []
    through = [best.through for best in bests]
    while len(found) < n_most:
        tops = [
            (float(values.max(initial=0.0)), way, part)
            for way, of_parts in enumerate(through)
            for part, values in enumerate(of_parts)
        ]
        weight, way, part = max(tops)
        if weight <= (found[0].weight * LEAST_CHANCE if found else 0.0):
            break
        state = int(bests[way].states[part][np.argmax(through[way][part])])
        chain = chains[way].trace(bests[way], part, state)
        shifts = np.where(chain == NO_FRAMES, NO_FRAMES, chain >> 1)
        for of_parts, best in zip(through, bests, strict=True):
            for values, one, shift in zip(of_parts, best.states, shifts.tolist(), strict=True):
                values[one >> 1 == shift] = 0.0
        agree = np.zeros(len(shifts))
        for every in sums:
            agree += [
                float(values[one >> 1 == shift].sum())
                for one, values, shift in zip(every.states, every.through, shifts.tolist(), strict=True)
            ]
        found.append(Explanation(shifts, np.clip(1 - agree / total, 0, 1), weight))
    if not found:  # far from all that was thought of: from the first pulse on, or up to the last
        n_parts = len(parts.starts)
        found += [
            Explanation(np.full(n_parts, shift, dtype=np.int64), np.ones(n_parts), 0.0)
            for shift in dict.fromkeys((0, n_ticks - grid.n_slots))
        ]
    return parts, found


def _cut(grid: PulseGrid) -> Parts:
    n = len(grid.slots)
    changes = np.flatnonzero((np.diff(grid.slots) > 1) | (np.abs(grid.jumps) >= 0.3)) + 1
    chunks = np.arange(1, _N_CHUNKS) * n // _N_CHUNKS
    return Parts(np.unique(np.concatenate([[0], changes, chunks[chunks > 0]])).astype(np.int64), n)


def _end_weight(n: Int64, weight: float) -> Float64:
    """Return how likely it is that so many pulses or frames (negative and positive `n`) are alone at an end."""
    return np.where(n == 0, 1.0, weight / np.maximum(np.abs(n), 1))


def _look_up(known: Int64, values: Float64, wanted: Int64) -> Float64:
    """Return the value of each wanted shift, 0 of those that are not known."""
    if not len(known):
        return np.zeros(np.shape(wanted))
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == wanted, values[place], 0.0)
