"""The filter is that of scipy, whatever the band, and leaves no trace of an offset."""

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from napari_phy.core.errors import SortingError
from napari_phy.sorting.spikedetekt.filtering import ChunkFilter, band_pass_sections

RATE = 20_000.0
bands = st.tuples(st.floats(20, 9000), st.floats(0.05, 1)).map(lambda one: (one[0], one[0] + one[1] * (9900 - one[0])))


def whole(sections):
    """Return sections as scipy has them."""
    return np.insert(sections, 3, 1.0, axis=1)


@given(st.integers(1, 6), bands)
def test_the_gain_is_that_of_scipy(order, band):
    sections, _ = band_pass_sections(order, *band, RATE)
    expected = scipy.signal.butter(order, band, "bandpass", fs=RATE, output="sos")
    assert len(sections) == order
    frequencies = np.linspace(1, 9999, 200)
    _, made = scipy.signal.sosfreqz(whole(sections), frequencies, fs=RATE)
    _, wanted = scipy.signal.sosfreqz(expected, frequencies, fs=RATE)
    assert_allclose(made, wanted, atol=1e-6)


@given(st.integers(1, 4), st.integers(2, 400), st.integers(1, 40))
def test_filtered_values_are_those_of_scipy(order, n_samples, n_channels):
    rng = np.random.default_rng(order)
    raw = rng.integers(-3000, 3000, (n_samples, n_channels), dtype=np.int16)
    columns = rng.permutation(n_channels)
    band = ChunkFilter(500.0, 6000.0, order, RATE)
    n_pad = min(3 * (2 * order + 1), n_samples - 1)
    sections = scipy.signal.butter(order, [500, 6000], "bandpass", fs=RATE, output="sos")
    expected = scipy.signal.sosfiltfilt(sections, raw[:, columns].astype(float), axis=0, padlen=n_pad)
    assert_allclose(band.apply(raw, columns), expected, atol=1e-2)


@pytest.mark.parametrize("offset", [0, 1000, 30_000])
def test_an_offset_leaves_nothing(offset):
    raw = np.full((500, 3), offset, dtype=np.int16)
    assert (ChunkFilter(500.0, 9500.0, 3, RATE).apply(raw, np.arange(3)) == 0).all()


def test_the_original_filter_is_less_exact_in_low_bands():
    """klusta filters by whole polynomials, whose rounding errors grow with its order and towards low bands."""
    rng = np.random.default_rng(0)
    raw = rng.integers(-3000, 3000, (60_000, 1), dtype=np.int16)
    sections = scipy.signal.butter(6, [20, 9500], "bandpass", fs=RATE, output="sos")
    expected = scipy.signal.sosfiltfilt(sections, raw.astype(float), axis=0)
    errors = {}
    for is_original in (False, True):
        made = ChunkFilter(20.0, 9500.0, 6, RATE, is_original).apply(raw, np.arange(1))
        errors[is_original] = np.abs(made - expected).max()
    assert errors[False] < 0.1
    assert errors[True] > 10 * errors[False]


@pytest.mark.parametrize(("low", "high"), [(500, 400), (500, 10_000), (0, 300)])
def test_a_band_that_cannot_be_is_told(low, high):
    with pytest.raises(SortingError, match="is impossible at 20000 Hz"):
        ChunkFilter(low, high, 3, RATE)
