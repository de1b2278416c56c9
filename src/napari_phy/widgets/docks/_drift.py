"""The loops of `drift_image`; a module of its own, so that numba is imported only when drift is drawn."""

import numba

from napari_phy.widgets.plots._pixels import blend


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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
