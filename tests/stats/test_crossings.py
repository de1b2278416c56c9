"""Crossings of a threshold against a walk from sample to sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats.crossings import threshold_crossings

values = st.lists(st.one_of(st.integers(-5, 5).map(float), st.just(np.nan)), min_size=1, max_size=40)


def walked(times, trace, threshold):
    """Return crossings the plain way."""
    found, start = [], None
    for (t0, v0), (t1, v1) in zip(zip(times, trace, strict=True), zip(times[1:], trace[1:], strict=True), strict=False):
        at = t0 + (threshold - v0) / (v1 - v0) * (t1 - t0) if v0 != v1 else t1
        if v0 <= threshold < v1:
            start = at
        elif v0 > threshold and not v1 > threshold:
            if start is not None:
                found.append((start, t0 if np.isnan(v1) else at))
            start = None
    return [*found, *([] if start is None else [(start, times[-1])])]


@given(values, st.sampled_from([-2.0, 0.0, 0.5]), st.booleans())
def test_crossings_are_those_of_a_walk(trace, threshold, falls):
    times = np.cumsum(np.linspace(0.5, 1.5, len(trace)))
    sign = -1 if falls else 1
    wanted = walked(times.tolist(), [sign * value for value in trace], sign * threshold)
    found = threshold_crossings(times, trace, threshold, falls=falls)
    np.testing.assert_allclose(found, np.reshape(wanted, (-1, 2)))
    long = threshold_crossings(times, trace, threshold, falls=falls, shortest_s=1.0)
    np.testing.assert_allclose(long, [one for one in found if one[1] - one[0] >= 1.0] or np.empty((0, 2)))


def test_a_crossing_is_between_two_samples_and_none_at_the_beginning():
    found = threshold_crossings([0, 1, 2, 3, 4, 5], [9, 0, 4, 4, 0, 2], 1.0)
    assert found == pytest.approx(np.array([[1.25, 3.75], [4.5, 5.0]]))
    assert threshold_crossings([0, 1, 2], [0, np.nan, 5], 1.0).shape == (0, 2)
