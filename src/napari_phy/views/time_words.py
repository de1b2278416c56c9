"""Moments as people type them."""

from __future__ import annotations

import math


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
