"""The loops of `pictures`; a module of its own, so that numba is imported only when something is drawn."""

import numpy as np

from napari_phy.core.compiled import compiled


@compiled
def clipped(value, low, high):  # type: ignore[no-untyped-def]
    """Return a float as an integer, truncated and from `low` to `high`; `low` for what is no number.

    The machine's own conversion of a float beyond the integers may be any integer.
    """
    if value > low:
        return int(min(value, float(high)))
    return low


@compiled
def blend(image, row, column, color, alpha):  # type: ignore[no-untyped-def]
    """Lay a colour over a pixel, 0 (not at all) to 1."""
    for part in range(3):
        old = image[row, column, part]
        image[row, column, part] = clipped(old + (color[part] - old) * alpha + 0.5, 0, 255)


# --- traces ---


@compiled
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


@compiled
def blend_column(image, column, top, bottom, color, alpha):  # type: ignore[no-untyped-def]
    """Lay a colour over the pixels from `top` to `bottom`, in part where they are covered in part."""
    n_rows = image.shape[0]
    for row in range(clipped(top, 0, n_rows), clipped(bottom + 1, 0, n_rows)):
        cover = (min(bottom, row + 1.0) - max(top, float(row))) * alpha
        if cover > 0:
            blend(image, row, column, color, cover)


@compiled
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


# --- rasters ---


@compiled
def count_rows(counts, rows_of_slots, n_rows):  # type: ignore[no-untyped-def]
    """Return `(n_columns, n_rows)` counts of rows, of those of slots."""
    of_rows = np.zeros((counts.shape[0], n_rows), dtype=np.int32)
    for column in range(counts.shape[0]):
        for slot in range(counts.shape[1]):
            row = rows_of_slots[slot]
            if row >= 0:
                of_rows[column, row] += counts[column, slot]
    return of_rows


@compiled
def typical_count(of_rows):  # type: ignore[no-untyped-def]
    """Return the count from which on a cell is drawn opaque: 1 where no cell has more, else twice the mean less 1."""
    total, n_cells = 0, 0
    for column in range(of_rows.shape[0]):
        for row in range(of_rows.shape[1]):
            if of_rows[column, row] > 0:
                total += of_rows[column, row]
                n_cells += 1
    return max(1.0, 2.0 * total / n_cells - 1.0) if n_cells else 1.0


@compiled
def draw_bars(image, of_rows, order, tops, bottoms, colors, floors, opaque):  # type: ignore[no-untyped-def]
    """Draw each cell as a bar one pixel wide, from the top to before the bottom of its row."""
    for row in order:
        top, bottom = max(0, tops[row]), min(image.shape[0], bottoms[row])
        for line in range(top, bottom):
            for column in range(of_rows.shape[0]):
                count = of_rows[column, row]
                if count > 0:
                    alpha = floors[row] + (1 - floors[row]) * min(1.0, (count / opaque) ** 0.5)
                    blend(image, line, column, colors[row], alpha)


@compiled
def draw_dots(image, of_rows, order, tops, bottoms, colors, floors, opaque, radius):  # type: ignore[no-untyped-def]
    """Draw each cell as a disc in the middle of its row."""
    reach = int(radius)
    for row in order:
        middle = (tops[row] + bottoms[row]) // 2
        for column in range(of_rows.shape[0]):
            count = of_rows[column, row]
            if count > 0:
                alpha = floors[row] + (1 - floors[row]) * min(1.0, (count / opaque) ** 0.5)
                for down in range(-reach, reach + 1):
                    for right in range(-reach, reach + 1):
                        line, place = middle + down, column + right
                        inside = 0 <= line < image.shape[0] and 0 <= place < image.shape[1]
                        if inside and down * down + right * right <= radius * radius:
                            blend(image, line, place, colors[row], alpha)


# --- drift ---


@compiled
def fill_cells(image, counts, colors, opaque, floor, cell_px):  # type: ignore[no-untyped-def]
    """Lay each cell's colour over its pixels, the more opaque the more spikes it has; the lowest row is below."""
    n_columns, n_rows = counts.shape
    for line in range(image.shape[0]):
        row = n_rows - 1 - line // cell_px
        if row < 0:
            continue
        for place in range(image.shape[1]):
            column = place // cell_px
            if column < n_columns and counts[column, row] > 0:
                alpha = floor + (1 - floor) * min(1.0, counts[column, row] / opaque)
                blend(image, line, place, colors[column, row], alpha)


@compiled
def fill_discs(image, lines, columns, colors, radius, rings):  # type: ignore[no-untyped-def]
    """Draw discs, or rings, at pixels; those that come later lie above."""
    reach = int(radius + 0.5)
    for number in range(len(lines)):
        for down in range(-reach, reach + 1):
            line = lines[number] + down
            if not 0 <= line < image.shape[0]:
                continue
            for right in range(-reach, reach + 1):
                column = columns[number] + right
                distance = down * down + right * right
                if not 0 <= column < image.shape[1] or distance > radius * radius:
                    continue
                if rings[number] and distance < (radius - 1) * (radius - 1):
                    continue
                for part in range(3):
                    image[line, column, part] = colors[number, part]
