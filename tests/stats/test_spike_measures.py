"""Measures of single spikes are those of a slow loop over each, and are the same for spikes turned upside down."""

import math

import numpy as np
import pytest

from napari_phy.stats.spike_measures import MEASURES, spike_measure

RATE, BEFORE = 20_000.0, 16
RNG = np.random.default_rng(16)
NOISY = RNG.normal(size=(60, 40)).cumsum(axis=1)


def slow(wave, measure):
    """Return a measure of one waveform, sample by sample."""
    around = range(BEFORE - 10, BEFORE + 11)
    place = max(around, key=lambda sample: abs(wave[sample]))
    peak = wave[place]
    up = [value * (1 if peak > 0 else -1) for value in wave]
    later = min(range(place, len(up)), key=lambda sample: up[sample])
    if measure == "peak":
        return peak
    if measure == "half-width":
        half, ends = up[place] / 2, []
        for step in (-1, 1):
            sample = place
            while 0 <= sample + step < len(up) and up[sample + step] >= half:
                sample += step
            if not 0 <= sample + step < len(up):
                return math.nan
            ends.append(abs(sample - place) + (up[sample] - half) / (up[sample] - up[sample + step]))
        return sum(ends) / RATE * 1000
    if up[later] >= 0:
        return math.nan
    duration = (later - place) / RATE * 1000
    if measure == "peak-to-trough":
        return duration
    if measure == "repolarization":
        return (wave[later] - peak) / duration
    part = wave[later : later + 14]
    return np.polyfit(np.arange(len(part)) / RATE * 1000, part, 1)[0] if len(part) > 1 else math.nan


@pytest.mark.parametrize("measure", MEASURES)
def test_it_is_that_of_a_slow_loop(measure):
    found = spike_measure(NOISY, measure, sample_rate=RATE, before=BEFORE)
    assert found == pytest.approx([slow(wave, measure) for wave in NOISY], nan_ok=True)
    assert np.isfinite(found).sum() >= 20


@pytest.mark.parametrize("measure", MEASURES)
def test_upside_down_voltages_and_slopes_change_their_sign_and_times_stay(measure):
    found, turned = (spike_measure(sign * NOISY, measure, sample_rate=RATE, before=BEFORE) for sign in (1, -1))
    assert turned == pytest.approx(found * (1 if measure in ("half-width", "peak-to-trough") else -1), nan_ok=True)


def test_a_triangle_is_as_wide_as_it_is_drawn():
    wave = np.zeros(40)
    wave[BEFORE - 4 : BEFORE + 5] = -100 * (1 - np.abs(np.arange(-4, 5)) / 4)
    wave[BEFORE + 10] = 30
    values = {one: spike_measure([wave], one, sample_rate=RATE, before=BEFORE)[0] for one in MEASURES}
    assert values["peak"] == -100
    assert values["half-width"] == pytest.approx(4 / 20)
    assert values["peak-to-trough"] == pytest.approx(0.5)
    assert values["repolarization"] == pytest.approx(130 / 0.5)


@pytest.mark.parametrize("measure", MEASURES)
def test_what_was_not_measured_has_no_shape_and_never_a_warning(measure):
    waves = np.zeros((4, 40))
    waves[1, 3], waves[2] = np.inf, np.nan
    found = spike_measure(waves, measure, sample_rate=RATE, before=BEFORE)
    assert np.isnan(found[1:3]).all()
    assert not found[[0, 3]][np.isfinite(found[[0, 3]])].any()
    assert spike_measure(np.empty((0, 40)), measure, sample_rate=RATE, before=BEFORE).shape == (0,)
    assert len(spike_measure(np.ones((2, 1)), measure, sample_rate=RATE, before=0)) == 2
