"""Any two-dimensional array is read as (n_samples, n_channels)."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from napari_phy.core.array_samples import ArraySamples, as_samples
from napari_phy.core.errors import TracesError

TALL = np.arange(30).reshape(10, 3)


@pytest.mark.parametrize(
    ("array", "time_axis", "read"),
    [(TALL, None, TALL), (TALL.T, None, TALL), (TALL, 1, TALL.T), (TALL.T, 0, TALL.T), (TALL.astype(">i4"), 0, TALL)],
)
def test_the_longer_axis_is_time_unless_said_otherwise(array, time_axis, read):
    samples = ArraySamples(array, time_axis)
    assert samples.shape == read.shape
    assert samples.dtype.isnative
    assert_array_equal(samples[:], read)
    assert_array_equal(samples[1:8:2, [1, 0]], read[1:8:2, [1, 0]])
    assert_array_equal(samples[2], read[2])
    assert_array_equal(samples[[0, 2]], read[[0, 2]])
    assert len(samples[len(read) + 5 :]) == 0


@pytest.mark.parametrize(
    ("array", "time_axis", "sentence"),
    [
        (np.zeros(4), None, r"two axes.*\(4,\)"),
        (np.zeros((2, 2, 2)), None, "two axes"),
        (TALL, 2, "0 or 1, not 2"),
        (np.zeros((3, 2), "U1"), None, "integers or floats.*<U1"),
        (np.zeros((3, 2), complex), None, "complex128"),
    ],
)
def test_what_is_no_traces_is_refused(array, time_axis, sentence):
    with pytest.raises(TracesError, match=sentence):
        ArraySamples(array, time_axis)


def test_of_a_square_the_first_axis_is_time():
    square = np.arange(9).reshape(3, 3)
    assert_array_equal(ArraySamples(square)[:], square)
    assert_array_equal(ArraySamples(square, 1)[:], square.T)


def test_lists_are_arrays_and_single_values_are_found():
    samples = ArraySamples([[1, 2], [3, 4], [5, 6]])
    assert (samples.shape, len(samples)) == ((3, 2), 3)
    assert (samples[1, 0], samples[-2:, 1].tolist()) == (3, [4, 6])
    assert samples[1].tolist() == [3, 4]
    assert samples[2:1].shape == (0, 2)
    assert samples[::2].tolist() == [[1, 2], [5, 6]]


def test_floats_that_cannot_have_been_measured_are_0_and_the_array_stays_as_it_is():
    array = np.array([[1.5, np.nan], [np.inf, -2.5], [1e30, 1e-35]])
    before = array.copy()
    assert_array_equal(ArraySamples(array)[:], [[1.5, 0], [0, -2.5], [0, 0]])
    assert_array_equal(ArraySamples(array.T, 1)[1], [0, -2.5])
    assert_array_equal(array, before)


def test_traces_of_a_model_stay_as_they_are_unless_their_axis_is_said():
    class Traces:
        origin = "x.dat"
        shape, dtype = (10, 3), TALL.dtype

        def __getitem__(self, key):
            return TALL[key]

    traces = Traces()
    assert as_samples(traces) is traces
    assert as_samples(traces, 1).shape == (3, 10)
    assert as_samples(TALL.tolist()).shape == (10, 3)
