"""The levels of traces: where channels rest, how wide their noise is, how far slow waves take them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from napari_phy.core.errors import KwikFormatError
from napari_phy.stats.trace_levels import measure_levels

N_SAMPLES, RATE = 60_000, 20_000.0
COLUMNS = np.array([2, 0])
SECONDS = np.arange(N_SAMPLES) / RATE


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal([100, 0, -40], [10, 1, 20], (N_SAMPLES, 3))


def test_noise_is_that_of_each_channel_wanted(noise):
    levels = measure_levels(noise.astype(np.int16), COLUMNS)
    assert_allclose(levels.baseline, [-40, 100], atol=1)
    assert_allclose(levels.noise, [20, 10], rtol=0.05)


def test_white_noise_has_hardly_any_waves(noise):
    levels = measure_levels(noise, COLUMNS)
    assert (levels.waves < 0.5 * levels.noise).all()


@pytest.mark.parametrize("hz", [1.0, 7.0, 40.0])
def test_slow_waves_count_as_waves_and_not_as_noise(noise, hz):
    waves = 500 * np.sin(2 * np.pi * hz * SECONDS)[:, None]
    levels = measure_levels(noise + waves, COLUMNS)
    assert_allclose(levels.noise, [20, 10], rtol=0.2)
    assert_allclose(levels.waves, 500, rtol=0.1)


def test_spikes_are_no_waves(noise):
    spiking = noise.copy()
    for start in range(0, N_SAMPLES - 40, 400):  # 50 a second
        spiking[start : start + 20] -= 300
        spiking[start + 20 : start + 40] += 300
    assert measure_levels(spiking, COLUMNS).waves.max() < 160


def test_another_unit(noise):
    levels = measure_levels(noise, COLUMNS)
    scaled = levels.scaled(0.5)
    for name in ("baseline", "noise", "waves"):
        assert_array_equal(getattr(scaled, name), 0.5 * getattr(levels, name))


def test_what_is_not_finite_or_a_gap_does_not_count(noise):
    holes = noise + 500 * np.sin(2 * np.pi * 40 * SECONDS)[:, None]
    whole = measure_levels(holes, COLUMNS)
    holes[::50, 0] = np.nan
    holes[7::90, 2] = np.inf
    holes[40_000:] = 0
    levels = measure_levels(holes, COLUMNS)
    assert_allclose(levels.noise, whole.noise, rtol=0.1)
    assert_allclose(levels.waves, whole.waves, rtol=0.1)
    assert_allclose(levels.baseline, whole.baseline, atol=30)


@pytest.mark.parametrize("n_samples", [0, 1, 2, 63, 65])
def test_few_samples_are_enough(noise, n_samples):
    levels = measure_levels(noise[:n_samples], COLUMNS)
    assert all(np.isfinite(values).all() for values in (levels.baseline, levels.noise, levels.waves))


def test_of_a_short_recording_everything_counts(noise):
    short = noise[:20_000].copy()
    short[:400] += 5000  # at its very beginning, 2 % of it
    assert_allclose(measure_levels(short, COLUMNS).waves, 5000, rtol=0.05)


class CutShort:
    """Traces whose file ends too early."""

    def __init__(self, traces, n_left):
        self.shape, self.dtype = traces.shape, traces.dtype
        self._traces, self._n_left = traces, n_left

    def __getitem__(self, key):
        if key.stop > self._n_left:
            raise KwikFormatError(f"x.dat ends before row {key.stop}.")
        return self._traces[key]


def test_the_readable_part_of_a_file_is_enough(noise):
    levels = measure_levels(CutShort(noise, N_SAMPLES // 3), COLUMNS)
    assert_allclose(levels.baseline, [-40, 100], atol=1)
    assert_allclose(levels.noise, [20, 10], rtol=0.05)


def test_a_file_of_which_nothing_can_be_read_raises(noise):
    with pytest.raises(KwikFormatError, match="ends before"):
        measure_levels(CutShort(noise, 10), COLUMNS)
