"""The loops of `trace_image`; a module of its own, so that numba is imported only when traces are drawn."""

import numba
import numpy as np

from napari_phy.widgets.plots._pixels import blend, clipped


@numba.njit(cache=True, nogil=True)
def span_of_column(low, high, channel, first_bin, n_bins, left, right):  # type: ignore[no-untyped-def]
    """Return the smallest and the largest value of a line between two places, in bins; empty where it does not reach.

    Values lie in the middle of their bins and are joined by straight lines; what is no number is passed over.
    """
    smallest, largest = np.inf, -np.inf
    begin, end = max(left - 0.5, float(first_bin)), min(right - 0.5, float(first_bin + n_bins - 1))
    if begin > end:
        return smallest, largest
    for place in (begin, end):
        before = int(place)
        after = min(before + 1, first_bin + n_bins - 1)
        share = place - before
        value = low[channel, before] * (1 - share) + low[channel, after] * share
        if value < smallest:
            smallest = value
        value = high[channel, before] * (1 - share) + high[channel, after] * share
        if value > largest:
            largest = value
    for bin_between in range(int(begin) + 1, int(end) + 1):
        if low[channel, bin_between] < smallest:
            smallest = low[channel, bin_between]
        if high[channel, bin_between] > largest:
            largest = high[channel, bin_between]
    return smallest, largest


@numba.njit(cache=True, nogil=True)
def blend_column(image, column, top, bottom, color, alpha):  # type: ignore[no-untyped-def]
    """Lay a colour over the pixels from `top` to `bottom`, in part where they are covered in part."""
    n_rows = image.shape[0]
    for row in range(clipped(top, 0, n_rows), clipped(bottom + 1, 0, n_rows)):
        cover = (min(bottom, row + 1.0) - max(top, float(row))) * alpha
        if cover > 0:
            blend(image, row, column, color, cover)


@numba.njit(cache=True, nogil=True)
def draw_lines(image, low, high, lines, first_column, bins_per_column, half_width):  # type: ignore[no-untyped-def]
    """Draw parts of the traces: (channel, first bin, bins, row of zero, px a unit, red, green, blue, alpha) each."""
    n_columns = image.shape[1]
    color = lines[0, 5:8]
    for number in range(len(lines)):
        channel, first_bin, n_bins = int(lines[number, 0]), int(lines[number, 1]), int(lines[number, 2])
        zero, gain, alpha = lines[number, 3], lines[number, 4], lines[number, 8]
        color = lines[number, 5:8]
        begin = clipped((first_bin - first_column) / bins_per_column, 0, n_columns)
        end = clipped((first_bin + n_bins - first_column) / bins_per_column + 1, 0, n_columns)
        for column in range(begin, end):
            left = first_column + column * bins_per_column
            smallest, largest = span_of_column(low, high, channel, first_bin, n_bins, left, left + bins_per_column)
            if smallest <= largest:
                top, bottom = zero - largest * gain - half_width, zero - smallest * gain + half_width
                if bottom > 0 and top < image.shape[0]:
                    blend_column(image, column, top, bottom, color, alpha)
