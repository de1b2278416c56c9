"""How many spikes are in each column of a picture along time.

Spikes are ascending in time, so the spikes of a column are neighbours: their times are looked at only at the edges.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]

_FARTHEST = 2.0**62  # what an integer can be


def column_edges(samples: Int64, start: float, per_column: float, n_columns: int) -> Int64:
    """Return (n_columns + 1,) the first spike of each column and the end of the last.

    Parameters
    ----------
    samples : ndarray of int64, shape (n_spikes,)
        Sample of each spike, ascending.
    start, per_column : float
        Where the first column begins and how wide each is, in the same unit.
    """
    borders = np.ceil(np.clip(start + per_column * np.arange(n_columns + 1), -_FARTHEST, _FARTHEST)).astype(np.int64)
    edges: Int64 = np.searchsorted(samples, borders).astype(np.int64, copy=False)
    return edges


def count_labels(edges: Int64, labels: npt.NDArray[np.integer], n_labels: int) -> Int32:
    """Return (n_columns, n_labels) how many spikes of each label are in each column.

    Parameters
    ----------
    edges : ndarray of int64
        Where each column begins, as `column_edges` returns it.
    labels : ndarray of integer, shape (n_spikes,)
        From 0; others than 0 … n_labels − 1 are not counted.
    """
    from napari_phy.stats._spike_counts import fill_counts

    counts = np.zeros((len(edges) - 1, n_labels), dtype=np.int32)
    fill_counts(edges, labels, counts)
    return counts


def count_cells(
    edges: Int64, places: npt.NDArray[Any], values: Float32, place_range: tuple[float, float], n_rows: int
) -> tuple[Int32, Float32]:
    """Return (n_columns, n_rows) how many spikes are in each cell, and the sum of their values.

    Parameters
    ----------
    edges : ndarray of int64
        Where each column begins, as `column_edges` returns it.
    places : ndarray, shape (n_spikes,)
        On the other axis; nan is nowhere.
    values : ndarray of float32, shape (n_spikes,)
        Value of each spike that is summed.
    place_range : tuple of float
        The low edge of the first row and the high edge of the last.
    """
    from napari_phy.stats._spike_counts import fill_cells

    low, high = place_range
    counts = np.zeros((len(edges) - 1, n_rows), dtype=np.int32)
    sums = np.zeros((len(edges) - 1, n_rows), dtype=np.float32)
    fill_cells(edges, places, values, low, n_rows / (high - low), counts, sums)
    return counts, sums
