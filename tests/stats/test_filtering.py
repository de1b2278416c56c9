"""The band-pass of windows is that of scipy, and takes its context from the lower corner."""

import numpy as np
import pytest
import scipy

from napari_phy.stats.filtering import BandPass

RATE = 20_000.0


@pytest.mark.parametrize(
    ("low_hz", "rate", "n_context"),
    [
        (500, 20_000, 100),  # 2.5 periods are 100 samples
        (400, 20_000, 125),
        (300, 20_000, 167),  # 166.7
        (500, 30_000, 150),
        (5000, 30_000, 150),  # 5 ms
        (5000, 20_000, 100),
        (300, 1000, 100),
        (1, 20_000, 2000),  # 0.1 s at most
        (1, 24_414.0625, 2442),
    ],
)
def test_the_context_is_two_and_a_half_periods_between_5_and_100_ms_and_100_samples_at_least(low_hz, rate, n_context):
    assert BandPass(low_hz, rate / 2.5, 3, rate).n_context == n_context


@pytest.mark.parametrize("order", [1, 3, 4])
def test_a_window_is_filtered_as_the_whole_is(order):
    band = BandPass(500, 8000, order, RATE)
    traces = np.random.default_rng(order).normal(size=(1500, 2))
    sections = scipy.signal.butter(order, [500, 8000], "bandpass", fs=RATE, output="sos")
    whole = scipy.signal.sosfiltfilt(sections, traces, axis=0)
    np.testing.assert_allclose(band.apply(traces), whole, atol=1e-12)
    n, start = 30, 600
    window = traces[start - band.n_context : start + n + band.n_context]
    matrix = band.matrix(n)
    assert (matrix.shape, matrix.dtype) == ((n, n + 2 * band.n_context), np.float32)
    np.testing.assert_allclose(matrix @ window, whole[start : start + n], atol=0.01 * np.abs(whole).max())
    np.testing.assert_allclose(matrix.sum(axis=1), 0, atol=1e-6)


@pytest.mark.parametrize("hz", [50, 500, 1500, 8000, 9900])
def test_a_tone_has_the_gain_of_the_filter_run_twice(hz):
    band = BandPass(500, 8000, 3, RATE)
    n = 64
    times = np.arange(-band.n_context, n + band.n_context) / RATE
    _, response = scipy.signal.sosfreqz(
        scipy.signal.butter(3, [500, 8000], "bandpass", fs=RATE, output="sos"), [2 * np.pi * hz / RATE]
    )
    filtered = band.matrix(n) @ np.exp(2j * np.pi * hz * times)
    np.testing.assert_allclose(np.abs(filtered), np.abs(response[0]) ** 2, atol=0.012)


@pytest.mark.parametrize("n_samples", [1, 2, 5, 20, 21, 22, 23])
def test_ends_are_reflected_as_far_as_there_are_samples(n_samples):
    traces = np.random.default_rng(0).normal(size=(n_samples, 3))
    sections = scipy.signal.butter(3, [500, 8000], "bandpass", fs=RATE, output="sos")
    expected = scipy.signal.sosfiltfilt(
        sections, traces, axis=0, padlen=min(3 * (2 * len(sections) + 1), n_samples - 1)
    )
    np.testing.assert_allclose(BandPass(500, 8000, 3, RATE).apply(traces), expected)
