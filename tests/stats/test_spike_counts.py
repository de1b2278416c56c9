"""Counts along time, against plain histograms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats.spike_counts import column_edges, count_cells, count_labels


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.floats(-50, 200), st.floats(0.05, 20))
def test_every_spike_is_in_the_column_that_holds_its_time(seed, n_columns, start, per_column):
    rng = np.random.default_rng(seed)
    samples = np.sort(rng.integers(0, 200, 300))
    labels = rng.integers(-1, 6, 300).astype(np.int32)
    edges = column_edges(samples, start, per_column, n_columns)
    borders = start + per_column * np.arange(n_columns + 1)
    counts = count_labels(edges, labels, 5)
    for column in range(n_columns):
        inside = labels[(samples >= borders[column]) & (samples < borders[column + 1])]
        assert counts[column].tolist() == [int((inside == label).sum()) for label in range(5)]


def test_cells_hold_the_number_and_the_sum_of_their_spikes_and_nan_is_nowhere():
    rng = np.random.default_rng(2)
    samples = np.sort(rng.integers(0, 1000, 5000))
    places = rng.normal(50, 40, 5000).astype(np.float32)
    places[::7] = np.nan
    values = rng.random(5000).astype(np.float32)
    counts, sums = count_cells(column_edges(samples, 100, 12.5, 64), places, values, (0, 120), 30)
    known = ~np.isnan(places)
    bins = [100 + 12.5 * np.arange(65), 4 * np.arange(31)]
    inside = known & (samples < 900)  # numpy's last bin holds its upper edge
    expected = np.histogram2d(samples[inside], places[inside], bins)[0]
    weighed = np.histogram2d(samples[inside], places[inside], bins, weights=values[inside])[0]
    np.testing.assert_array_equal(counts, expected)
    np.testing.assert_allclose(sums, weighed, rtol=1e-4)


@pytest.mark.parametrize(
    ("start", "per_column", "edges"), [(-1e30, 1e25, [0, 0, 0]), (1e30, 1e25, [3, 3, 3]), (-1e30, 2e30, [0, 3, 3])]
)
def test_columns_far_beyond_all_samples_are_empty(start, per_column, edges):
    assert column_edges(np.array([0, 5, 2**40]), start, per_column, 2).tolist() == edges


def test_a_spike_on_a_border_is_in_the_column_that_begins_there():
    assert column_edges(np.array([9, 10, 11, 20]), 10, 10, 1).tolist() == [1, 3]
    assert column_edges(np.array([9, 10, 11, 20]), 9.5, 0.6, 2).tolist() == [1, 2, 2]


def test_labels_below_0_and_beyond_the_last_are_not_counted():
    counts = count_labels(np.array([0, 5]), np.array([-1, 0, 1, 2, 1], dtype=np.int32), 2)
    assert (counts.tolist(), counts.dtype) == ([[1, 2]], np.int32)


def test_rows_hold_their_low_edge_and_not_their_high_one():
    places, values = np.array([-0.1, 0, 1.9, 2, 3.9, 4], dtype=np.float32), np.arange(1, 7, dtype=np.float32)
    counts, sums = count_cells(np.array([0, 6]), places, values, (0, 4), 2)
    assert (counts.tolist(), sums.tolist()) == ([[2, 2]], [[5, 9]])
