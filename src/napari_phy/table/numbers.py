"""Numbers in words and labels: thin spaces between thousands, a true minus, a dash for what is unknown."""

from __future__ import annotations

import math

THIN_SPACE = "\u2009"
MINUS = "\u2212"
UNKNOWN = "\u2013"


def format_number(value: float, decimals: int = 0) -> str:
    """Return "7 444", "−84.5", or "–" when the value is not finite."""
    if not math.isfinite(value):
        return UNKNOWN
    text = f"{abs(value):,.{decimals}f}".replace(",", THIN_SPACE)
    is_zero = not text.strip("0.")
    return text if value >= 0 or is_zero else MINUS + text


def format_similarity(value: float) -> str:
    """Return two decimals, or "–" below 0.005."""
    return format_number(value, 2) if value >= 0.005 else UNKNOWN


def format_count(n: int, noun: str) -> str:
    """Return "1 spike", "7 444 spikes"."""
    return f"{format_number(n)} {noun if n == 1 else noun + 's'}"


def format_shown(n_shown: int, n_total: int, noun: str = "spike") -> str:
    """Return "all 908 spikes", or "84 of 908 spikes" when some are left out."""
    total = format_count(n_total, noun)
    if n_shown < n_total:
        return f"{format_number(n_shown)} of {total}"
    return f"all {total}" if n_total > 1 else total
