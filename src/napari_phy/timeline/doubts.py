"""Stretches of frames whose time may be wrong, put together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

LEAST_DOUBT = 0.002  # chance of being off by half a frame below which frames are not marked
_MOST_DOUBTS = 200


@dataclass(frozen=True, slots=True)
class Doubt:
    """Frames whose time may be wrong, and why.

    Attributes
    ----------
    start, stop : int
        Frames from the first to before the last.
    kind : str
        "extrapolated", "interpolated", "ambiguous", "reset" or "irregular".
    words : str
        A sentence for the user.
    chance : float, default 1.0
        How likely it is that they are off by half a frame or more, 0…1.
    """

    start: int
    stop: int
    kind: str
    words: str
    chance: float = 1.0


def joined(doubts: Sequence[Doubt]) -> tuple[Doubt, ...]:
    """Return doubts in order, those of a kind that touch and are about as large as one, and never very many."""
    found: list[Doubt] = []
    for one in sorted(doubts, key=lambda doubt: (doubt.kind, doubt.start)):
        last = found[-1] if found else None
        if (
            last is not None
            and (last.kind, last.words) == (one.kind, one.words)
            and one.start <= last.stop
            and _level(one.chance) == _level(last.chance)
        ):
            found[-1] = replace(last, stop=max(last.stop, one.stop), chance=max(last.chance, one.chance))
        else:
            found.append(one)
    while len(found) > _MOST_DOUBTS:
        found = [_both(*found[place : place + 2]) for place in range(0, len(found), 2)]
    return tuple(sorted(found, key=lambda doubt: (doubt.start, doubt.stop)))


def _both(one: Doubt, other: Doubt | None = None) -> Doubt:
    if other is None:
        return one
    start, stop = min(one.start, other.start), max(one.stop, other.stop)
    larger = max(one, other, key=lambda doubt: doubt.chance)
    return replace(larger, start=start, stop=stop)


def _level(chance: float) -> int:
    return round(2 * math.log2(max(chance, 1e-6)))
