"""Noise, spikes, detection and features obey their numbers."""

import numpy as np
import pytest

from napari_phy.sample_data.components import compute_features, principal_components
from napari_phy.sample_data.detection import detect, extract_waveforms, filter_traces
from napari_phy.sample_data.noise import FIELD_UV, make_field, make_noise
from napari_phy.sample_data.recipe import UNITS, build_probe
from napari_phy.sample_data.trains import REFRACTORY_S, make_train, spike_scales, spike_shifts

N = 100_000


@pytest.fixture(scope="module")
def noise():
    return make_noise(build_probe(0).positions, N, np.random.default_rng(1))


def test_noise_is_about_ten_microvolts_above_500_hz(noise):
    filtered = filter_traces(np.rint(noise / 0.195).astype(np.int16)) * 0.195
    rms = filtered.std(axis=1)
    assert (8 < rms).all()
    assert (rms < 11).all()


def test_noise_is_pinkish_and_alike_on_near_channels(noise):
    power = (np.abs(np.fft.rfft(noise, axis=1)) ** 2).mean(axis=0)
    frequencies = np.fft.rfftfreq(N, 1 / 20_000)
    low, high = (power[(frequencies > a) & (frequencies < b)].mean() for a, b in ((100, 300), (6000, 9000)))
    assert low > 5 * high
    correlation = np.corrcoef(noise)
    assert correlation[0, 1] > 0.3
    assert abs(correlation[0, 15]) < 0.15


def test_the_field_is_slow():
    field = make_field(build_probe(0).positions, N, np.random.default_rng(2))
    assert 0.2 * FIELD_UV < field.std() < 2 * FIELD_UV
    assert np.abs(np.diff(field, axis=1)).max() < 3


@pytest.mark.parametrize("unit", UNITS[:4])
def test_trains_keep_their_rate_and_refractory_period(unit):
    rng = np.random.default_rng(3)
    times = make_train(unit, 200.0, rng)
    assert len(times) == pytest.approx(unit.rate_hz * 200, rel=0.2)
    assert np.diff(times).min() >= REFRACTORY_S
    scales = spike_scales(unit, times, 200.0, rng)
    in_burst = np.concatenate([[False], np.diff(times) < 0.006])
    assert scales[in_burst].mean() < scales[~in_burst].mean()
    shifts = spike_shifts(unit, times, 200.0)
    assert abs(shifts[-1] - shifts[0] - unit.drift_um) < 0.3 * abs(unit.drift_um) + 1e-9


def bumps(samples, sizes, channel=5, n_samples=4000):
    """Filtered traces of quiet noise with negative bumps on a channel and half of each on the next."""
    traces = np.random.default_rng(4).standard_normal((16, n_samples)).astype(np.float32)
    t = np.arange(n_samples)
    for sample, size in zip(samples, sizes, strict=True):
        bump = size * np.exp(-0.5 * ((t - sample) / 2.0) ** 2)
        traces[channel] -= bump.astype(np.float32)
        traces[channel + 1] -= (bump / 2).astype(np.float32)
    return traces


def test_events_are_found_where_they_are_and_small_ones_are_missed():
    samples = np.array([500.0, 1000.4, 1500.0, 3995.0])
    sizes = np.array([30.0, 40.0, 2.0, 40.0])
    found = detect(bumps(samples, sizes), build_probe(0), samples, np.full(4, 5), sizes)
    assert found.events.tolist() == [0, 1]
    np.testing.assert_allclose(found.samples, [500.0, 1000.4], atol=0.3)
    assert (found.masks[:, 5:7] == 1).all()
    assert not found.masks[:, 9:].any()


def test_of_two_events_at_once_the_larger_is_seen():
    samples, sizes = np.array([700.0, 703.0]), np.array([30.0, 60.0])
    found = detect(bumps(samples, sizes), build_probe(0), samples, np.full(2, 5), sizes)
    assert found.events.tolist() == [1]


def test_events_at_once_on_far_channels_are_both_seen():
    traces = bumps([700.0], [40.0], 1) + bumps([702.0], [40.0], 12)
    samples, sizes = np.array([700.0, 702.0]), np.array([40.0, 40.0])
    found = detect(traces, build_probe(0), samples, np.array([1, 12]), sizes)
    assert found.events.tolist() == [0, 1]
    assert found.masks[0, 1] == found.masks[1, 12] == 1
    assert found.masks[0, 12] == found.masks[1, 1] == 0


def test_waveforms_are_moved_by_fractions_of_a_sample():
    t = np.arange(400, dtype=np.float32)
    traces = np.tile(np.sin(t / 5), (2, 1)).astype(np.float32)
    waveforms = extract_waveforms(traces, np.array([100.25]))
    expected = np.sin((100.25 + np.arange(-16, 16)) / 5)
    np.testing.assert_allclose(waveforms[0, :, 0], expected, atol=2e-4)


def test_components_are_orthonormal_and_troughs_project_positively():
    rng = np.random.default_rng(5)
    trough = -np.exp(-0.5 * ((np.arange(32) - 16) / 3) ** 2)
    waveforms = (100 + 20 * rng.standard_normal((300, 1, 2))) * trough[:, None] + rng.standard_normal((300, 32, 2))
    waveforms = waveforms.astype(np.float32)
    components = principal_components(waveforms, np.ones((300, 2), np.float32))
    for channel in components:
        np.testing.assert_allclose(channel @ channel.T, np.eye(3), atol=1e-9)
    features = compute_features(waveforms, components)
    assert features.shape == (300, 2, 3)
    assert (features[:, :, 0] > 0).all()
    np.testing.assert_allclose(
        features[:, 1, 0], waveforms[:, :, 1].astype(float) @ components[1, 0], rtol=1e-5, atol=1e-3
    )
