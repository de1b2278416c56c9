"""Counts along time, against plain histograms."""

import numpy as np
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
