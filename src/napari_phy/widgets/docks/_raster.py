"""The loops of `raster_image`; a module of its own, so that numba is imported only when a raster is drawn."""

import numba
import numpy as np

from napari_phy.widgets.plots._pixels import blend


@numba.njit(cache=True, nogil=True)
def count_rows(counts, rows_of_slots, n_rows):  # type: ignore[no-untyped-def]
    """Return `(n_columns, n_rows)` counts of rows, of those of slots."""
    of_rows = np.zeros((counts.shape[0], n_rows), dtype=np.int32)
    for column in range(counts.shape[0]):
        for slot in range(counts.shape[1]):
            row = rows_of_slots[slot]
            if row >= 0:
                of_rows[column, row] += counts[column, slot]
    return of_rows


@numba.njit(cache=True, nogil=True)
def typical_count(of_rows):  # type: ignore[no-untyped-def]
    """Return the count from which on a cell is drawn opaque: 1 where no cell has more, else twice the mean less 1."""
    total, n_cells = 0, 0
    for column in range(of_rows.shape[0]):
        for row in range(of_rows.shape[1]):
            if of_rows[column, row] > 0:
                total += of_rows[column, row]
                n_cells += 1
    return max(1.0, 2.0 * total / n_cells - 1.0) if n_cells else 1.0


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
def draw_discs(image, of_rows, order, tops, bottoms, colors, floors, opaque, radius):  # type: ignore[no-untyped-def]
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
