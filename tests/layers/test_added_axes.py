"""An array with added axes is what NumPy would make of it, for reading and writing."""

import numpy as np
import pytest

from napari_phy.layers.added_axes import WithAxes

KEYS = (
    3,
    np.s_[2:5],
    np.s_[4, 0],
    np.s_[4, -1],
    np.s_[4, :, 1:3],
    np.s_[1:6:2, 0, :, 2],
    np.s_[..., 1],
    np.s_[:, 0:0],
    np.s_[0, 0, 1, 2],
    (np.array([1, 2]), np.array([0, 0]), np.array([3, 1]), np.array([0, 2])),
)


@pytest.fixture
def frames():
    return np.random.default_rng(0).integers(0, 99, (7, 4, 3))


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_reading_and_writing_are_those_of_an_expanded_array(frames, key):
    wanted, seen = np.expand_dims(frames.copy(), 1), WithAxes(frames, 1, 1)
    assert (seen.shape, seen.ndim, seen.dtype, len(seen)) == (wanted.shape, 4, frames.dtype, 7)
    assert (seen.size, seen.nbytes) == (wanted.size, wanted.nbytes)
    assert np.array_equal(seen[key], wanted[key])
    for value in (-1, wanted[key] + 1000):
        wanted[key] = value
        seen[key] = value
        assert np.array_equal(frames, wanted[:, 0])


def test_several_axes_can_be_added(frames):
    seen = WithAxes(frames, 1, 2)
    assert seen.shape == (7, 1, 1, 4, 3)
    assert np.array_equal(np.asarray(seen), frames[:, None, None])
    assert np.array_equal(seen[2, 0], frames[None, 2])


def test_there_is_one_plane(frames):
    with pytest.raises(IndexError, match="one plane, not plane 2"):
        WithAxes(frames, 1, 1)[0, 2]
    with pytest.raises(IndexError, match="5 indices for 4 axes"):
        WithAxes(frames, 1, 1)[0, 0, 0, 0, 0]
