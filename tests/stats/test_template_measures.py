"""Measures of waveforms are those of SpikeInterface 0.105.3."""

import math
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stats.quality_data import RATE, wave

from napari_phy.stats.template_measures import TemplateMeasures, template_decay, template_measures, template_spread

PLACES = np.column_stack([np.tile([0, 30], 6), 20.0 * np.arange(12)])


def test_measures_are_those_of_spikeinterface():
    found = template_measures(wave(), sample_rate=RATE)
    expected = TemplateMeasures(
        peak_to_trough_ms=0.555,
        half_width_ms=0.245,
        peak_half_width_ms=0.485,
        repolarization_slope=502.19963818827586,
        recovery_slope=-58.79279117952884,
        n_peaks=1,
        n_troughs=1,
        peak_before_ratio=0.12142076691112828,
        peak_after_ratio=0.3544310896968069,
        peaks_ratio=0.3425793347163647,
        main_peak_ratio=0.3544310896968069,
        trough_width_ms=0.26482462414338616,
        peak_before_width_ms=math.nan,
        peak_after_width_ms=0.4864368721793707,
        baseline_flatness=0.08361781771097584,
    )
    assert astuple(found) == pytest.approx(astuple(expected), rel=1e-9, nan_ok=True)


def test_the_spread_is_that_of_spikeinterface():
    sizes = np.exp(-np.abs(np.arange(12) - 4) / 2.2)
    assert template_spread(wave()[:, None] * sizes, PLACES) == 160


def test_the_decay_is_that_of_spikeinterface():
    away = np.abs(np.arange(12) - 4)
    for sizes, expected in (
        (np.exp(-away / 2.2), 0.020313338933761558),
        (np.exp(-away / 0.6) + 0.1, 0.055074634065739154),
        (np.where(np.arange(12) % 3 == 0, 1.0, 0.3), math.nan),
    ):
        assert template_decay(wave()[:, None] * sizes, PLACES) == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_measures_do_not_depend_on_the_unit_and_slopes_do():
    one, two = (template_measures(scale * wave(), sample_rate=RATE) for scale in (1.0, 0.001))
    assert two.half_width_ms == pytest.approx(one.half_width_ms)
    assert two.recovery_slope == pytest.approx(0.001 * one.recovery_slope)


@given(st.lists(st.sampled_from([0.0, 1.0, -1.0, 1e-20, 1e12, -1e12, math.nan, math.inf]), max_size=70))
def test_any_waveform_has_measures_or_none_and_never_a_warning(values):
    found = template_measures(values, sample_rate=RATE)
    assert not np.isinf(astuple(found)).any()
    if values:
        spread = template_spread(np.array(values)[:, None] * np.ones(12), PLACES)
        assert math.isnan(spread) or 0 <= spread <= 220
        decay = template_decay(np.array(values)[:, None] * np.exp(-np.arange(12)), PLACES)
        assert math.isnan(decay) or 0 < decay <= 2


def test_what_cannot_be_told_is_nan():
    for values in ([], [0.0] * 40, [1.0], [math.nan] * 40):
        assert math.isnan(template_measures(values, sample_rate=RATE).half_width_ms)
    assert template_spread(wave()[:, None], PLACES[:1]) == 0
    assert math.isnan(template_spread(np.zeros((40, 12)), PLACES))
    assert math.isnan(template_spread(np.empty((40, 0)), PLACES[:0]))
    assert math.isnan(template_spread(wave()[:, None] * np.ones(12), PLACES * math.nan))
