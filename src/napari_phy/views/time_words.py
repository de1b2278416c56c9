"""Moments as people type them."""

from __future__ import annotations

import math
import re

from napari_phy.core.epoch_list import USUAL_NAME
from napari_phy.core.sentences import on_one_line
from napari_phy.core.time_cursor import UsedTime
from napari_phy.table.numbers import format_count, format_number


def read_range(text: str) -> tuple[float, float] | None:
    """Return (start, stop) of "10 - 12.5" or "1:00–2:00", None where it is none, or ends before it begins."""
    ends = [read_time(part) for part in re.split(r"\s*(?:-|–|\bto\b)\s*", text.strip())]
    if len(ends) != 2 or ends[0] is None or ends[1] is None or not ends[0] < ends[1]:
        return None
    return ends[0], ends[1]


def range_words(range_s: tuple[float, float]) -> str:
    """Return `10.0–12.5 s`, with as many decimals as tell the ends apart, `run, 10.0–12.5 s` or `run (3 epochs)`."""
    name, n = (range_s.name, len(range_s.spans)) if isinstance(range_s, UsedTime) else ("", 1)
    if n > 1 and name:
        return format_count(n, "epoch") if name == USUAL_NAME else f"{on_one_line(name)} ({format_count(n, 'epoch')})"
    length = range_s[1] - range_s[0]
    decimals = 1 if length >= 2 else 2 if length >= 0.2 else 3
    words = "–".join(format_number(edge, decimals) for edge in range_s) + " s"
    return words if name in ("", USUAL_NAME) else f"{on_one_line(name)}, {words}"


def read_time(text: str) -> float | None:
    """Return the seconds of "12.5", "1:02.5" or "1:00:02.5", None where it is none of these."""
    parts = text.strip().replace(",", ".").replace("\u2009", "").split(":")
    if not 1 <= len(parts) <= 3 or not all(parts):
        return None
    try:
        values = [float(part) for part in parts]
    except ValueError:
        return None
    if any(value < 0 or not math.isfinite(value) for value in values) or any(value >= 60 for value in values[1:]):
        return None
    seconds: float = sum(value * 60.0**power for power, value in enumerate(reversed(values)))
    return seconds
