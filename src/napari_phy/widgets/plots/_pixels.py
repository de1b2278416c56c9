"""What the loops that draw pictures share: pixels that hold any float; imported only when something is drawn."""

import numba


@numba.njit(cache=True, nogil=True)
def clipped(value, low, high):  # type: ignore[no-untyped-def]
    """Return a float as an integer, truncated and from `low` to `high`; `low` for what is no number.

    The machine's own conversion of a float beyond the integers may be any integer.
    """
    if value > low:
        return int(min(value, float(high)))
    return low


@numba.njit(cache=True, nogil=True)
def blend(image, row, column, color, alpha):  # type: ignore[no-untyped-def]
    """Lay a colour over a pixel, 0 (not at all) to 1."""
    for part in range(3):
        old = image[row, column, part]
        image[row, column, part] = clipped(old + (color[part] - old) * alpha + 0.5, 0, 255)
