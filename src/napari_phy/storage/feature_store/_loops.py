"""Loops that build a feature store; a module of their own, so that numba is imported only when needed."""

from __future__ import annotations

from napari_phy.core.compiled import compiled


@compiled
def sort_by_column(starts, columns, bits, first, cursors, pairs):  # type: ignore[no-untyped-def]
    """Put (spike, value) of each entry to the others of its column, from `cursors` on; these move along."""
    for row in range(starts.size - 1):
        for place in range(starts[row], starts[row + 1]):
            cursor = cursors[columns[place]]
            pairs[cursor, 0] = first + row
            pairs[cursor, 1] = bits[place]
            cursors[columns[place]] = cursor + 1


@compiled
def fill_records(starts, columns, bits, following, of_columns, of_values):  # type: ignore[no-untyped-def]
    """Write the entries of each row into its record, and what it has no room for into those that follow."""
    width = of_values.shape[1]
    n_rows = starts.size - 1
    extra = n_rows
    for row in range(n_rows):
        record = row
        filled = 0
        for place in range(starts[row], starts[row + 1]):
            if filled == width:
                following[record] = extra - n_rows + 1
                record = extra
                extra += 1
                filled = 0
            of_columns[record, filled] = columns[place]
            of_values[record, filled] = bits[place]
            filled += 1
