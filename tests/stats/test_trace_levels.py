"""The levels of traces: where channels rest, how wide their noise is, how far slow waves take them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from napari_phy.core.errors import KwikFormatError
from napari_phy.stats.trace_levels import TraceLevels, measure_levels

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


def test_channels_can_be_put_in_another_order():
    levels = TraceLevels(*(np.arange(3, dtype=np.float32) + 10 * one for one in range(3)))
    turned = levels.ordered(np.array([2, 0]))
    assert [part.tolist() for part in (turned.baseline, turned.noise, turned.waves)] == [[2, 0], [12, 10], [22, 20]]


class Read:
    """Traces that remember which samples were read."""

    def __init__(self, traces):
        self.shape, self.dtype, self._traces, self.read = traces.shape, traces.dtype, traces, []

    def __getitem__(self, key):
        self.read.append((key.start, key.stop))
        return self._traces[key]


@pytest.mark.parametrize(
    ("n_samples", "n_channels", "n_excerpts", "length"),
    [
        (100_000, 3, 20, 2000),
        (40_001, 3, 20, 2000),
        (40_000, 3, 20, 2000),
        (39_999, 3, 20, 2000),
        (100_000, 100, 20, 1000),
        (100_000, 2000, 20, 100),
        (5000, 3, 3, 2000),
    ],
)
def test_twenty_excerpts_are_read_or_all_of_a_short_recording(n_samples, n_channels, n_excerpts, length):
    traces = Read(np.broadcast_to(np.int16(3), (n_samples, n_channels)))
    levels = measure_levels(traces, np.arange(n_channels))
    assert {stop - start for start, stop in traces.read} == {length}
    assert len(traces.read) == n_excerpts
    starts = [start for start, _ in traces.read]
    assert starts == sorted(starts)
    if n_samples > 20 * length:
        gaps = [starts[0], *np.diff(starts).tolist(), n_samples - length - starts[-1]]
        assert max(gaps[1:-1]) - min(gaps[1:-1]) <= 1
        assert abs(gaps[0] - gaps[-1]) <= 1
    else:
        assert starts == list(range(0, n_samples, length))
    assert_array_equal(levels.baseline, 3)
    assert_array_equal(levels.noise, 0)


def test_steps_from_one_excerpt_to_the_next_are_no_noise():
    levels = measure_levels(np.repeat(1000 * np.arange(1, 21), 2000)[:, None], np.array([0]))
    assert levels.noise.tolist() == [0]
    assert levels.baseline.tolist() == [10_500]


def test_noise_is_the_median_step_and_waves_the_99th_percentile_of_means_of_64_samples():
    traces = np.random.default_rng(4).normal(7, 3, (6464, 1)).astype(np.float32)
    levels = measure_levels(traces, np.array([0]))
    assert_allclose(levels.baseline, np.median(traces))
    assert_allclose(levels.noise, np.median(np.abs(np.diff(traces[:2000], axis=0))) / 0.6745 / np.sqrt(2), rtol=0.1)
    means = traces[: 64 * 101].reshape(101, 64).mean(axis=1) - np.median(traces)
    assert_allclose(levels.waves, np.percentile(np.abs(means), 99), rtol=1e-4)
    assert_array_equal(measure_levels(traces[:63], np.array([0])).waves, 0)
    assert measure_levels(traces[:64], np.array([0])).waves > 0


def test_a_channel_without_any_number_rests_at_0():
    traces = np.random.default_rng(5).normal(50, 1, (500, 2))
    traces[:, 1] = np.nan
    levels = measure_levels(traces, np.array([0, 1]))
    assert levels.baseline[0] == pytest.approx(50, abs=0.2)
    assert (levels.baseline[1], levels.noise[1], levels.waves[1]) == (0, 0, 0)
