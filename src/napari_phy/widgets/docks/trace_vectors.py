"""Traces as polylines in px, for paper: each sample a point, or the extremes of bins where there are many."""

import numpy as np
import numpy.typing as npt

from napari_phy.widgets.docks.trace_image import Columns

MAX_POINTS = 300_000  # some 4 MB of SVG; more are drawn as a picture

Float32 = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]


def trace_polylines(
    low: Float32, high: Float32, lines: npt.NDArray[np.float64], columns: Columns, n_columns: float
) -> list[Points] | None:
    """Return the (n, 2) points of each line, None where they were more than `MAX_POINTS` even at two a pixel.

    Parameters
    ----------
    low, high : ndarray of float32, shape (n_rows, n_bins)
        The smallest and the largest value of each bin; the same array where bins are samples.
    lines : ndarray of float64
        Lines of `make_lines`; parts that lie beyond the columns are left out.
    columns : Columns
        How bins lie in px; x is counted from the first column in sight.
    n_columns : float
        How many columns are in sight.
    """
    first = columns.first_bin - 1
    in_sight = max(0, int(first)), min(low.shape[1], int(np.ceil(first + n_columns * columns.bins_per_column)) + 2)
    begins = np.clip(lines[:, 1], *in_sight).astype(np.int64)
    ends = np.clip(lines[:, 1] + lines[:, 2], *in_sight).astype(np.int64)
    lengths = np.maximum(ends - begins, 0)
    step = 1
    if (lengths.sum() if low is high else 2 * lengths.sum()) > MAX_POINTS:
        step = max(1, int(np.ceil(columns.bins_per_column)))
        if 2 * np.ceil(lengths / step).sum() > MAX_POINTS:
            return None
    return [
        _polyline(low[int(row), begin:end], high[int(row), begin:end], begin, step, zero, gain, columns, low is high)
        for row, begin, end, zero, gain in zip(lines[:, 0], begins, ends, lines[:, 3], lines[:, 4], strict=True)
    ]


def _polyline(
    low: Float32, high: Float32, begin: int, step: int, zero: float, gain: float, columns: Columns, is_single: bool
) -> Points:
    """Return the points of one line: values lie in the middle of their bins."""
    starts = np.arange(0, len(low), step)
    x = (begin + starts + np.minimum(step, len(low) - starts) / 2 - columns.first_bin) / columns.bins_per_column
    if is_single and step == 1:
        return np.column_stack([x, zero - low * gain])
    if len(starts):
        low, high = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
    both = np.stack([low, high], axis=1).reshape(-1)
    return np.column_stack([np.repeat(x, 2), zero - both * gain])
