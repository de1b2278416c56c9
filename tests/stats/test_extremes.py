"""Extremes of bins are those of the samples, whatever way the bins came about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from napari_phy.core.compiled import ReadyLoop
from napari_phy.stats.extremes import bin_extremes, join_bins, signed_extremes

TYPES = ("int8", "uint8", "int16", ">i2", "uint16", "int32", "float32", "float64")


def samples_of(seed, n_samples, n_channels, dtype="int16"):
    rng = np.random.default_rng(seed)
    return (rng.normal(0, 40, (n_samples, n_channels)) + (60 if "u" in dtype else 0)).astype(dtype)


@given(st.integers(0, 99), st.integers(0, 300), st.integers(1, 5), st.integers(1, 40), st.sampled_from(TYPES))
def test_extremes_of_bins(seed, n_samples, n_channels, factor, dtype):
    samples = samples_of(seed, n_samples, n_channels, dtype)
    found = bin_extremes(samples, factor)
    assert len(found) == -(-n_samples // factor)
    for place, (low, high) in enumerate(found):
        own = samples[place * factor : (place + 1) * factor]
        assert_array_equal(low, own.min(axis=0))
        assert_array_equal(high, own.max(axis=0))


@given(st.integers(0, 99), st.integers(0, 400), st.integers(1, 9), st.integers(1, 9))
def test_joined_bins_are_wider_bins(seed, n_samples, factor, n_bins):
    samples = samples_of(seed, n_samples, 3)
    assert_array_equal(join_bins(bin_extremes(samples, factor), n_bins), bin_extremes(samples, factor * n_bins))


def test_what_is_not_a_number_gives_way():
    samples = np.array([[np.nan], [2.0], [np.nan], [-3.0], [np.nan], [np.nan]])
    assert_array_equal(bin_extremes(samples, 4)[0], [[-3.0], [2.0]])
    assert np.isnan(bin_extremes(samples, 2)[2]).all()
    assert_array_equal(join_bins(bin_extremes(samples, 1), 6)[0], [[-3.0], [2.0]])


@pytest.mark.parametrize(("low", "high", "baseline", "signed"), [(-9, 5, 0, -9), (-4, 5, 0, 5), (-4, 5, 3, -7)])
def test_the_farther_extreme_keeps_its_sign(low, high, baseline, signed):
    assert signed_extremes(np.array([[[low], [high]]], dtype=np.int16), [baseline]).tolist() == [[signed]]


def test_without_a_baseline_extremes_are_measured_from_0_and_each_channel_has_its_own():
    extremes = np.array([[[-9, 1], [5, 8]], [[-3, -2], [3, -1]]], dtype=np.int16)
    assert signed_extremes(extremes).tolist() == [[-9, 8], [-3, -2]]
    assert signed_extremes(extremes, [0, 5]).tolist() == [[-9, -4], [-3, -7]]
    assert signed_extremes(extremes).dtype == np.float32


def test_single_bins_and_no_bins_stay_the_same_array():
    extremes = np.zeros((4, 2, 3), np.int16)
    assert join_bins(extremes, 1) is extremes
    nothing = extremes[:0]
    assert join_bins(nothing, 7) is nothing
    assert join_bins(extremes, 3).shape == (2, 2, 3)


@given(
    st.integers(0, 99),
    st.integers(0, 300),
    st.integers(1, 5),
    st.integers(1, 40),
    st.sampled_from(("int16", "float32")),
)
def test_numba_and_numpy_find_the_same(seed, n_samples, n_channels, factor, dtype):
    samples = samples_of(seed, n_samples, n_channels, dtype)
    with pytest.MonkeyPatch.context() as patched:
        found = []
        for ready in (True, False):
            patched.setattr(ReadyLoop, "find", lambda loop, *_, ready=ready, **__: loop.load() if ready else None)
            found.append((bin_extremes(samples, factor), join_bins(bin_extremes(samples, 3), factor)))
    for one, other in zip(*found, strict=True):
        assert_array_equal(one, other)
