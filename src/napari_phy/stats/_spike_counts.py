"""The loops of `spike_counts`; a module of its own, so that numba is imported only when needed."""

from __future__ import annotations

from napari_phy.core.compiled import compiled


@compiled
def fill_counts(edges, labels, counts):  # type: ignore[no-untyped-def]
    """Add 1 to `(n_columns, n_labels)` for each spike; labels below 0 or without a column of their own don't count."""
    n_labels = counts.shape[1]
    for column in range(len(edges) - 1):
        of_column = counts[column]
        for spike in range(edges[column], edges[column + 1]):
            label = labels[spike]
            if 0 <= label < n_labels:
                of_column[label] += 1


@compiled
def fill_cells(edges, places, values, low, per_unit, counts, sums):  # type: ignore[no-untyped-def]
    """Add 1 and the value of each spike to its cell of `(n_columns, n_rows)`; nan is in no cell."""
    n_rows = counts.shape[1]
    for column in range(len(edges) - 1):
        for spike in range(edges[column], edges[column + 1]):
            row = (places[spike] - low) * per_unit
            if 0 <= row < n_rows:
                counts[column, int(row)] += 1
                sums[column, int(row)] += values[spike]
