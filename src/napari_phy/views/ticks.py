"""Round numbers along an axis, as many as have room, and round lengths of scale bars."""

import math

from napari_phy.table.numbers import format_number
from napari_phy.views.frame import Frame
from napari_phy.views.rectangles import TICK_PX, TypeSizes

Ticks = list[tuple[float, str]]  # (value, label)

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def nice_step(span: float, n_max: int) -> float:
    """Return the smallest of 1, 2, 2.5, 5 × 10ⁿ that divides `span` into at most `n_max` steps."""
    raw = span / max(n_max, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(step * power for step in _STEPS if step * power >= raw * (1 - 1e-9))


def nice_ticks(low: float, high: float, n_max: int) -> Ticks:
    """Return (value, label) of the round numbers in a range, about `n_max` of them."""
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return []
    step = nice_step(high - low, n_max)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    decimals = _decimals(step)
    return [(k * step, format_number(k * step, decimals)) for k in range(first, last + 1)]


def log_ticks(low: float, high: float, n_max: int) -> Ticks:
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


def axis_ticks(frame: Frame, sizes: TypeSizes) -> tuple[Ticks, Ticks]:
    """Return ((value, label) along x, along y), as many as fit without touching."""
    widest = max(sizes.text_width(f"{value:.4g}", TICK_PX) for value in (*frame.x_range, -1234.0))
    x_ticks = nice_ticks(*frame.x_range, max(2, int(frame.width / (widest + sizes.px(22)))))
    y_ticks = nice_ticks(*frame.y_range, most_rows(frame.height, sizes))
    return x_ticks, y_ticks


def left_margin(y_range: tuple[float, float], height: float, sizes: TypeSizes) -> int:
    """Return the px that title and labels of a vertical axis need, in steps, so that it seldom moves."""
    labels = [label for _, label in nice_ticks(*y_range, most_rows(height, sizes))]
    widest = max((sizes.text_width(label, TICK_PX) for label in labels), default=0)
    step = sizes.px(18)
    return sizes.px(56) + step * max(0, math.ceil((widest - sizes.px(32)) / step))


def most_rows(height: float, sizes: TypeSizes) -> int:
    """Return how many ticks a vertical axis has at most."""
    return max(3, int(height / sizes.px(54)))


def nice_length(longest: float) -> float:
    """Return the greatest of 1, 2, 5 × 10ⁿ that is not above `longest`."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= longest * (1 + 1e-9))


def _decimals(step: float) -> int:
    for decimals in range(10):
        if abs(step * 10**decimals - round(step * 10**decimals)) < 1e-6:
            return decimals
    return 10
