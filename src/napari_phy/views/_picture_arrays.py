"""Lines of traces drawn by NumPy, pixel for pixel as by numba: for few of them, before numba is loaded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


def draw_lines(
    image: npt.NDArray[np.uint8],
    low: Float32,
    high: Float32,
    lines: Float64,
    first_column: float,
    bins_per_column: float,
    half_width: float,
) -> None:
    """Draw parts of the traces: (channel, first bin, bins, row of zero, px a unit, red, green, blue, alpha) each."""
    n_rows, n_columns = image.shape[:2]
    for channel, first_bin, n_bins, zero, gain, *color, alpha in lines.tolist():
        begin, end = np.clip(
            [(first_bin - first_column) / bins_per_column, (first_bin + n_bins - first_column) / bins_per_column + 1],
            0, n_columns,
        ).astype(np.int64)  # fmt: skip
        columns = np.arange(begin, end)
        left = first_column + columns * bins_per_column
        ends = np.maximum(left - 0.5, first_bin), np.minimum(left + bins_per_column - 0.5, first_bin + n_bins - 1)
        reached = ends[0] <= ends[1]
        columns, ends = columns[reached], (ends[0][reached], ends[1][reached])
        last = int(first_bin + n_bins) - 1
        smallest = _extremes(low[int(channel)], *ends, last, np.fmin, np.inf)
        largest = _extremes(high[int(channel)], *ends, last, np.fmax, -np.inf)
        with np.errstate(invalid="ignore"):  # columns without a number
            top, bottom = zero - largest * gain - half_width, zero - smallest * gain + half_width
        seen = (smallest <= largest) & (bottom > 0) & (top < n_rows)
        if seen.any():
            _blend(image, columns[seen], top[seen], bottom[seen], np.array(color), alpha)


def _extremes(values: Float32, begin: Float64, end: Float64, last: int, pick: np.ufunc, none: float) -> Float64:
    """Return the extreme of a line in each column, from its begin to its end; what is no number is passed over."""
    row = np.append(values.astype(np.float64), none)
    found = np.full(len(begin), none)
    for place in (begin, end):
        before = place.astype(np.int64)
        share = place - before
        found = pick(found, row[before] * (1 - share) + row[np.minimum(before + 1, last)] * share)
    first, stop = begin.astype(np.int64) + 1, end.astype(np.int64) + 1
    between = first < stop
    if between.any():
        edges = np.column_stack([first[between], stop[between]]).ravel()
        found[between] = pick(found[between], pick.reduceat(row, edges)[::2])
    return found


def _blend(
    image: npt.NDArray[np.uint8],
    columns: npt.NDArray[np.int64],
    top: Float64,
    bottom: Float64,
    color: Float64,
    alpha: float,
) -> None:
    """Lay a colour over the pixels of columns, from top to bottom, in part where they are covered in part."""
    first, stop = np.clip([top.min(), bottom.max() + 1], 0, image.shape[0]).astype(np.int64)
    rows = np.arange(first, stop)[:, np.newaxis]
    cover = (np.minimum(bottom, rows + 1) - np.maximum(top, rows)) * alpha
    row, place = np.nonzero(cover > 0)
    old = image[rows[row, 0], columns[place], :3].astype(np.float64)
    new = old + (color - old) * cover[row, place, np.newaxis] + 0.5
    image[rows[row, 0], columns[place], :3] = np.clip(new, 0, 255).astype(np.uint8)
