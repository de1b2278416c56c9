"""Spikes explain traces by least squares: exactly where there is no noise, together where they overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import lsq_linear

from napari_phy.stats.explained_traces import AMPLITUDES, N_SHIFTS, ShiftedTemplate, explained_traces, shifted

N_SAMPLES, N_CHANNELS = 60, 8
ROWS = np.arange(N_SAMPLES)


def make_template(middle, channel, size=100.0, width=3.0):
    """Return a trough that fades over the channels, 0 on those that are far away."""
    profile = np.maximum(0, 1 - np.abs(np.arange(N_CHANNELS) - channel) / 3)
    shape = -np.exp(-0.5 * ((ROWS - middle) / width) ** 2) + 0.4 * np.exp(-0.5 * ((ROWS - middle - 10) / 5) ** 2)
    return (size * shape[:, None] * profile).astype(np.float32)


TEMPLATES = [make_template(20, 1), make_template(22, 3, 60, 2.5), make_template(20, 6, 150)]
SHIFTED = [ShiftedTemplate.of(one) for one in TEMPLATES]


def add(traces, start, place, amplitude=1.0, shift=N_SHIFTS // 2):
    """Add a spike that lies within the traces."""
    template = SHIFTED[place]
    channels = slice(template.first_channel, template.first_channel + template.shapes.shape[2])
    traces[start : start + N_SAMPLES, channels] += amplitude * template.shapes[shift]


def explain(traces, starts, places):
    return explained_traces(traces, np.asarray(starts), np.asarray(places), SHIFTED)


def test_a_shifted_template_is_that_of_a_later_spike():
    moved = shifted(make_template(20, 1), [-0.5, 0.0, 0.25])
    for one, middle in zip(moved, [19.5, 20, 20.25], strict=True):
        assert_allclose(one, make_template(middle, 1), atol=0.1)
    assert_array_equal(moved[1], make_template(20, 1))


spikes = st.lists(
    st.tuples(st.integers(12, 80), st.integers(0, 2), st.floats(0.6, 1.4), st.integers(0, N_SHIFTS - 1)), max_size=12
)


@given(spikes)
def test_without_noise_everything_is_explained(spikes):
    traces = np.zeros((1100, N_CHANNELS), np.float32)
    starts = np.cumsum([0, *(gap for gap, *_ in spikes)])[1:]  # two of one template at once cannot be told apart
    for start, (_, *spike) in zip(starts, spikes, strict=True):
        add(traces, start, *spike)
    explained = explain(traces, starts, np.array([place for _, place, *_ in spikes], dtype=np.int64))
    assert_allclose(explained, traces, atol=2.0)  # of 150: shifts are those on a grid, amplitudes settle to 1 %


@given(st.integers(0, 2**32 - 1), st.integers(1, 15))
def test_nothing_is_left_that_amplitudes_alone_explain(seed, n_spikes):
    rng = np.random.default_rng(seed)
    traces = rng.normal(0, 10, (300, N_CHANNELS)).astype(np.float32)
    starts, places = np.sort(rng.choice(240, n_spikes, replace=False)), rng.integers(0, 3, n_spikes)
    columns = []
    for start, place in zip(starts, places, strict=True):
        add(traces, start, place, rng.uniform(0.6, 1.4), rng.integers(N_SHIFTS))
        columns.append(np.zeros_like(traces))
        add(columns[-1], start, place)
    shapes = np.reshape(columns, (n_spikes, -1)).T.astype(float)
    of_amplitudes = lsq_linear(shapes, traces.ravel().astype(float), AMPLITUDES)
    left = traces - explain(traces, starts, places)
    assert (left.astype(float) ** 2).sum() <= 2 * of_amplitudes.cost * 1.001


@pytest.mark.parametrize(("amplitude", "fitted"), [(3.0, 1.5), (1.2, 1.2), (0.1, 0.5), (-1.0, 0.5)])
def test_amplitudes_are_bounded(amplitude, fitted):
    traces = np.zeros((100, N_CHANNELS), np.float32)
    add(traces, 20, 0, amplitude)
    expected = np.zeros_like(traces)
    add(expected, 20, 0, fitted)
    found = explain(traces, [20], [0])
    assert (found**2).sum() == pytest.approx((expected**2).sum(), rel=0.05)
    if amplitude > 0:
        assert_allclose(found, expected, atol=0.01)


def test_a_spike_is_explained_as_far_as_it_is_in_the_traces():
    whole = np.zeros((300, N_CHANNELS), np.float32)
    starts, places = [60, 120, 215], [0, 1, 2]
    for start, place in zip(starts, places, strict=True):
        add(whole, start, place, 1.25)
    part = whole[80:230]
    assert_allclose(explain(part, np.subtract(starts, 80), places), part, atol=0.5)
    assert not explain(part, [-N_SAMPLES, 150], [0, 0]).any()


def test_a_template_that_is_nowhere_explains_nothing_and_no_spikes_neither():
    traces = np.ones((100, N_CHANNELS), np.float32)
    nothing = ShiftedTemplate.of(np.zeros((N_SAMPLES, N_CHANNELS), np.float32))
    assert not explained_traces(traces, np.array([10]), np.array([0]), [nothing]).any()
    assert not explain(traces, np.array([], int), np.array([], int)).any()
    assert (traces == 1).all()
