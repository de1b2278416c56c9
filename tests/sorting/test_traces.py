"""The number of channels is seen where they differ in offset or slow waves, and is believed elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.sorting.traces import better_row_length


def traces(n_channels, seed=0, offset=300.0):
    """Return samples of channels with offsets and slow waves of their own."""
    rng = np.random.default_rng(seed)
    time = np.arange(4000) / 20_000
    waves = np.sin(2 * np.pi * 8 * time[:, None] + rng.uniform(0, 6, n_channels)) * 200
    noise = rng.normal(0, 15, (len(time), n_channels))
    return np.rint(rng.normal(0, offset, n_channels) + waves + noise).astype(np.int16).reshape(-1)


@given(st.integers(2, 40), st.integers(0, 5))
def test_what_is_right_is_believed(n_channels, seed):
    assert better_row_length(traces(n_channels, seed), n_channels) is None


@pytest.mark.parametrize(("there", "said"), [(64, 32), (32, 31), (32, 33), (24, 16), (16, 24), (32, 16)])
def test_another_number_is_seen(there, said):
    assert better_row_length(traces(there), said) == there


@given(st.integers(1, 40))
def test_nothing_is_seen_in_noise(said):
    noise = np.random.default_rng(0).normal(0, 20, 40_000).astype(np.int16)
    assert better_row_length(noise, said) is None


@pytest.mark.parametrize("samples", [np.zeros(5000), np.zeros(0), np.full(5000, np.nan), np.arange(3)])
def test_nothing_is_seen_in_what_says_nothing(samples):
    assert better_row_length(samples, 8) is None


def test_numbers_with_which_the_probe_does_not_go_are_not_looked_at():
    assert better_row_length(traces(16), 24) == 16
    assert better_row_length(traces(16), 24, least=17) != 16
