"""Round numbers along an axis, and round lengths of scale bars."""

import math

from napari_phy.table.numbers import format_number

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def nice_step(span: float, n_max: int) -> float:
    """Return the smallest of 1, 2, 2.5, 5 × 10ⁿ that divides `span` into at most `n_max` steps."""
    raw = span / max(n_max, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(step * power for step in _STEPS if step * power >= raw * (1 - 1e-9))


def nice_ticks(low: float, high: float, n_max: int) -> list[tuple[float, str]]:
    """Return (value, label) of the round numbers in a range, about `n_max` of them."""
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return []
    step = nice_step(high - low, n_max)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    decimals = _decimals(step)
    return [(k * step, format_number(k * step, decimals)) for k in range(first, last + 1)]


def log_ticks(low: float, high: float, n_max: int) -> list[tuple[float, str]]:
    """Return (log10 of the value, label) of round numbers from 10^low to 10^high, at most `n_max` of them.

    1, 2 and 5 of every decade, or the powers of ten, or every second one, …; within less than a decade, linear steps.
    """
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return []
    decades = range(math.floor(low), math.ceil(high) + 1)
    sets = [[(k, m) for k in decades for m in (1, 2, 5)]]
    sets += [[(k, 1) for k in decades if k % step == 0] for step in range(1, len(decades) + 1)]
    for candidates in sets:
        places = [(math.log10(m) + k, m * 10.0**k) for k, m in candidates]
        inside = [(place, value) for place, value in places if low - 1e-9 <= place <= high + 1e-9]
        if len(inside) < 3:
            break
        if len(inside) <= n_max:
            return [(place, format_number(value, _decimals(value))) for place, value in inside]
    return [(math.log10(value), label) for value, label in nice_ticks(10.0**low, 10.0**high, n_max) if value > 0]


def nice_length(longest: float) -> float:
    """Return the greatest of 1, 2, 5 × 10ⁿ that is not above `longest`."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= longest * (1 + 1e-9))


def _decimals(step: float) -> int:
    for decimals in range(10):
        if abs(step * 10**decimals - round(step * 10**decimals)) < 1e-6:
            return decimals
    return 10
