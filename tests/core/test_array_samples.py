"""Any two-dimensional array is read as (n_samples, n_channels)."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from napari_phy.core.array_samples import ArraySamples
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
