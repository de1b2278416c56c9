"""Histograms as step lines: their frame, their ticks, their pieces in px, and the bin under the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from napari_phy.table.numbers import format_number
from napari_phy.views.frame import Frame
from napari_phy.views.rectangles import TICK_PX, TypeSizes
from napari_phy.views.ticks import Ticks, left_margin, log_ticks, most_rows, nice_step

HEADROOM, MOST_HEADROOM = 1.05, 1.25
N_LISTED = 4
Float64 = npt.NDArray[np.float64]


def step_frame(width: int, height: int, sizes: TypeSizes, x_range: tuple[float, float], largest: float) -> Frame:
    """Return a frame that fills a widget, from 0 to above the largest value, with room for the axes."""
    top, right, bottom = sizes.px(6), sizes.px(16), sizes.px(38)
    inner = max(20, height - top - bottom)
    y_range = (0.0, _top(largest, most_rows(inner, sizes)))
    left = left_margin(y_range, inner, sizes)
    return Frame(left, top, max(20, width - left - right), inner, x_range, y_range)


def _top(largest: float, n_rows: int) -> float:
    """Return the end of an axis: the next tick, unless that is far above the largest value."""
    if largest <= 0:
        return 1.0
    step = nice_step(largest, n_rows)
    tick = step * ceil(largest / step)
    return tick if HEADROOM * largest <= tick <= MOST_HEADROOM * largest else HEADROOM * largest


def decade_ticks(x_range: tuple[float, float], width: float, sizes: TypeSizes) -> Ticks:
    """Return the powers of ten of a logarithmic axis in decades; every second or third where there is little room.

    An axis that has fewer than two of them gets round numbers between them.
    """
    first, last = ceil(x_range[0] - 1e-9), floor(x_range[1] + 1e-9)
    if last <= first:
        return log_ticks(*x_range, max(2, int(width / sizes.px(56))))
    widest = max(sizes.text_width(_power(k), TICK_PX) for k in range(first, last + 1)) + sizes.px(14)
    step = max(1, ceil(widest * (x_range[1] - x_range[0]) / max(width, 1)))
    return [(float(k), _power(k)) for k in range(first, last + 1, step)]


def _power(decade: int) -> str:
    return format_number(10.0**decade, max(0, -decade))


def has_few_bins(frame: Frame, values: Float64) -> bool:
    """Return whether each bin of (n, n_bins) values is at least a px wide."""
    return len(values.T) <= frame.width


def step_pieces(frame: Frame, edges: Float64, values: Float64) -> Float64:
    """Return (k, 4) x, y, x, y in px of the pieces of the line of (n_bins,) values.

    Each piece of a line is one of its own, which Qt draws many times as quickly as one long line. The line begins and
    ends at the height of its first and last value: a line down to 0 would look like one more value. Where bins share
    a px, each column of px has what the line covers there, from the lowest to the highest value.
    """
    if has_few_bins(frame, values[None]):
        x, y = np.repeat(edges, 2)[1:-1], np.repeat(values, 2)
        corners = frame.to_px(np.column_stack([x, y]))
        return np.column_stack([corners[:-1], corners[1:]])
    px = frame.to_px(np.column_stack([edges[:-1], values]))
    column = np.floor(px[:, 0])
    first = np.flatnonzero(np.diff(column, prepend=-1))
    highest, lowest = np.minimum.reduceat(px[:, 1], first), np.maximum.reduceat(px[:, 1], first)
    top, bottom = highest.copy(), lowest + 1
    top[1:], bottom[1:] = np.minimum(top[1:], lowest[:-1]), np.maximum(bottom[1:], highest[:-1])  # without gaps
    x = column[first] + 0.5
    return np.column_stack([x, top, x, bottom])


def bin_at(frame: Frame, edges: Float64, x_px: float, y_px: float) -> int | None:
    """Return the bin under a pixel, or None outside the plot."""
    if not frame.contains(x_px, y_px):
        return None
    x = frame.to_data([[x_px, y_px]])[0, 0]
    return int(np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2))


def listed(words: Sequence[str]) -> str:
    """Return what is under the mouse for each cluster, the first few of them."""
    return ", ".join([*words[:N_LISTED], "…"] if len(words) > N_LISTED else words)
