"""Loops that build and read a feature store; a module of their own, so that numba is imported only when needed."""

from __future__ import annotations

import numpy as np

from napari_phy.core.compiled import compiled


@compiled
def count_columns(columns, counts):  # type: ignore[no-untyped-def]
    """Add up how many entries each column has."""
    for place in range(len(columns)):
        counts[columns[place]] += 1


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


@compiled
def sum_records(words, weights, sums):  # type: ignore[no-untyped-def]
    """Fill in the upper halves of the sums of the words of each record but the first, weighted."""
    for row in range(len(words)):
        total = weights[0]
        for word in range(1, words.shape[1]):
            total += np.uint64(words[row, word]) * weights[word]
        sums[row] = total >> np.uint64(32)


@compiled
def take_apart(of_columns, of_values, none, counts, columns, values):  # type: ignore[no-untyped-def]
    """Put the entries of records one after the other, without those whose column is `none`; return how many."""
    n_found = 0
    for row in range(len(of_columns)):
        before = n_found
        for place in range(of_columns.shape[1]):
            if of_columns[row, place] != none:
                columns[n_found] = of_columns[row, place]
                values[n_found] = of_values[row, place]
                n_found += 1
        counts[row] = n_found - before
    return n_found


@compiled
def look_up(spikes, values, ids, out):  # type: ignore[no-untyped-def]
    """Fill in the values of those `ids` that are among `spikes`; both ascend."""
    n_spikes = len(spikes)
    place = 0
    is_near = n_spikes < 8 * len(ids)  # the next one is a few steps away; else the steps grow
    for number in range(len(ids)):
        wanted = ids[number]
        if is_near:
            while place < n_spikes and spikes[place] < wanted:
                place += 1
        else:
            step = 1
            while place + step < n_spikes and spikes[place + step] <= wanted:
                place += step
                step *= 2
            while step > 1:
                step //= 2
                if place + step < n_spikes and spikes[place + step] <= wanted:
                    place += step
        if place < n_spikes and spikes[place] == wanted:
            out[number] = values[place]
