"""Samples of the wrong type are told from those of the right one by how they look."""

import numpy as np
import pytest

from napari_phy.stats.sample_types import better_type, share_unmeasured


def recorded(dtype, n_samples=2000, n_channels=4):
    """Return a slow signal of some thousand units with a little noise."""
    rng, dtype = np.random.default_rng(0), np.dtype(dtype)
    phases = np.arange(n_samples)[:, None] / 50 + np.arange(n_channels)
    signal = 3000 * np.sin(phases) + rng.normal(scale=10, size=phases.shape)
    return (signal + 32_768 * (dtype.kind == "u")).astype(dtype)


@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<u2", "<i4", ">i4", "<f4", "<f8"])
def test_what_is_of_its_own_type_stays(dtype):
    assert better_type(recorded(dtype)) is None
    assert share_unmeasured(recorded(dtype)) == 0


@pytest.mark.parametrize(
    ("written", "said"),
    [(">i2", "<i2"), ("<i2", ">i2"), ("<i4", ">i4"), ("<i2", "<u2"), ("<f4", "<i2"), ("<f4", "<i4"), ("<i2", "<f4")],
)
def test_the_type_that_was_written_is_found(written, said):
    assert better_type(recorded(written).view(said)) == np.dtype(written)


def test_two_samples_in_one_integer_are_found():
    assert better_type(recorded("<i2").view("<i4")) == np.dtype("<i2")


@pytest.mark.parametrize(("n_samples", "is_enough"), [(1, False), (63, False), (64, True), (65, True)])
def test_few_integers_tell_nothing(n_samples, is_enough):
    found = better_type(recorded(">i2", n_samples).view("<i2"))
    assert found == (np.dtype(">i2") if is_enough else None)


def test_the_share_of_floats_that_cannot_have_been_measured():
    samples = np.array([[0, 1.5, np.nan, -3], [1e30, -np.inf, 1e-35, 2]], dtype=np.float32)
    before = samples.copy()
    assert share_unmeasured(samples) == 0.5
    np.testing.assert_array_equal(samples, before)
    assert share_unmeasured(np.empty((0, 2), np.float32)) == 0
    assert share_unmeasured(np.full((2, 2), 2**40)) == 0


@pytest.mark.parametrize(("n_lost", "is_other"), [(95, False), (96, True)])
def test_floats_of_which_more_than_95_percent_cannot_have_been_measured_are_integers(n_lost, is_other):
    halves = np.tile(np.array([100, 1], dtype="<i2").view("<f4"), 100)  # smooth as integers, and tiny as floats
    halves[n_lost:] = np.tile(np.array([0, 16_000], dtype="<i2").view("<f4"), 100 - n_lost)
    found = better_type(halves.reshape(-1, 1))
    assert found == (np.dtype("<i2") if is_other else None)


def test_eight_bits_in_a_wider_type_are_not_taken_for_the_other_byte_order():
    eight = (recorded("<i2") // 256 * 256).astype("<i2")
    assert better_type(eight) is None


def test_silence_and_slow_steps_stay_what_they_are():
    for samples in (np.zeros((500, 4), "<i2"), np.full((500, 4), 7, ">i2"), np.ones((500, 4), "<i4")):
        assert better_type(samples) is None
    assert better_type(np.zeros((500, 4), "i8")) is None
    assert better_type(np.zeros((500, 4), "u1")) is None
