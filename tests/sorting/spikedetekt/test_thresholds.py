"""The noise is the median of sizes, whatever their scale, from a histogram."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.sorting.spikedetekt.thresholds import add_sizes, empty_counts, noise_of, thresholds_of


def noise(values, is_alive, *, is_single):
    counts = empty_counts(values.shape[1], is_single=is_single)
    for part in np.array_split(values, 3):
        add_sizes(counts, np.ascontiguousarray(part), np.array(is_alive))
    return noise_of(counts)


@given(st.integers(0, 2**32 - 1), st.floats(-30, 30))
def test_noise_is_the_median_of_sizes_at_any_scale(seed, exponent):
    rng = np.random.default_rng(seed)
    values = (rng.normal(0, 10.0 ** (exponent / 3), (4000, 3)) * [1, 2, 5]).astype(np.float32)
    expected = np.median(np.abs(values)) / 0.6745
    assert noise(values, [True] * 3, is_single=True) == pytest.approx([expected], rel=1e-3)
    each = np.median(np.abs(values), axis=0) / 0.6745
    assert noise(values, [True] * 3, is_single=False) == pytest.approx(each, rel=3e-3)


def test_channels_that_are_constant_do_not_count():
    values = np.random.default_rng(0).normal(0, 5, (5000, 4)).astype(np.float32)
    values[:, 2:] = 0
    alive = [True, True, False, False]
    assert noise(values, [True] * 4, is_single=True)[0] == pytest.approx(0, abs=0.1)  # as klusta has it
    assert noise(values, alive, is_single=True)[0] == pytest.approx(5, rel=0.05)
    each = noise(values, alive, is_single=False)
    assert np.isnan(each[2:]).all()
    assert np.isinf(thresholds_of(each, 2, 4.5).weak).tolist() == [False, False, True, True]


def test_nothing_is_beyond_the_thresholds_where_there_is_no_noise():
    assert np.isnan(noise(np.zeros((100, 2), np.float32), [False, False], is_single=True)).all()
    assert noise(np.zeros((100, 2), np.float32), [True, True], is_single=True)[0] == 0
    assert np.isinf(thresholds_of(np.array([0.0, np.nan]), 2, 4.5).strong).all()
