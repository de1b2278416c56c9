"""The table of results: what each side took, the ratio, and whether the target is met."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness import Limit, Row, Sample

HEAD = ("work", "ours", "theirs", "ratio", "target", "met")
Samples = Mapping[str, Sequence[Sample]]


@dataclass(frozen=True, slots=True)
class Line:
    """One row with its medians, in seconds or bytes; None where it was not measured.

    Attributes
    ----------
    ratio : how many times as much theirs takes; the median over the turns, where each of ours has one of theirs.
    """

    row: Row
    ours: float | None
    theirs: float | None
    ratio: float | None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none, or no measurement."""
        limit = self.row.limit
        if limit is None or self.ours is None:
            return None
        if limit.of == "ours":
            return self.ours <= limit.value
        if self.theirs is None or self.ratio is None:
            return None
        if limit.of == "ours / theirs":
            return (1 / self.ratio if self.ratio else math.inf) <= limit.value
        return self.ours - self.theirs <= limit.value

    def cells(self) -> tuple[str, ...]:
        """Return the words of each column."""
        unit = self.row.unit
        ratio = "–" if self.ratio is None else f"{self.ratio:.3g} ×" if self.ratio < 1000 else f"{self.ratio:,.0f} ×"
        ratio = "∞ ×" if self.ratio == math.inf else ratio
        met = {None: "", True: "yes", False: "no"}[self.met]
        return (self.row.work, amount(self.ours, unit), amount(self.theirs, unit), ratio, target(self.row), met)


def line(row: Row, ours: Samples, theirs: Samples, *, cpu: bool = False) -> Line:
    """Return the medians of a row."""
    a = _values(ours.get(row.key), cpu)
    b = _values(theirs.get(row.peer_key or row.key) if row.theirs_key is None else ours.get(row.theirs_key), cpu)
    if not a or not b:
        return Line(row, _median(a), _median(b), None)
    in_turn = [y / x for x, y in zip(a, b, strict=True)] if row.theirs_key and len(a) == len(b) else []
    return Line(row, _median(a), _median(b), _median(in_turn) or _ratio(statistics.median(b), statistics.median(a)))


def text(title: str, lines: Iterable[Line]) -> str:
    """Return the lines under a title, in columns."""
    rows = [(title, *HEAD[1:]), *(each.cells() for each in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[0] = max(widths[0], 58)
    return "\n".join("  ".join(_padded(cells, widths)).rstrip() for cells in rows)


def amount(value: float | None, unit: str) -> str:
    """Return seconds, bytes or a share with about three digits and a unit that a reader can take in."""
    if value is None:
        return "–"
    if unit == "%":
        return f"{100 * value:.1f} %"
    steps = (("GiB", 2.0**30), ("MiB", 2.0**20)) if unit == "B" else (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))
    name, step = next((step for step in steps if value >= step[1]), steps[-1])
    number = value / step
    return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f} {name}"


def target(row: Row) -> str:
    """Return the target of a row in words."""
    limit: Limit | None = row.limit
    if limit is None:
        return ""
    if limit.of == "ours / theirs":
        return f"≤ {limit.value:g} × theirs" if limit.value >= 1 else f"≤ 1/{1 / limit.value:.3g} of theirs"
    return f"≤ {amount(limit.value, row.unit)}{' more' if limit.of == 'ours - theirs' else ''}"


def _values(samples: Sequence[Sample] | None, cpu: bool) -> list[float]:
    return [sample.cpu if cpu else sample.wall for sample in samples or ()]


def _ratio(theirs: float, ours: float) -> float:
    """Return how many times as much theirs is, also where ours is nothing."""
    return theirs / ours if ours else math.inf if theirs else 1.0


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _padded(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cells[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))]
