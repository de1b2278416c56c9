"""Movies are read once, in blocks, whatever holds them."""

import numpy as np
import pytest

from napari_phy.core.errors import ImagingError
from napari_phy.core.progress import CancelledError, no_progress
from napari_phy.stats import movie as movie_module
from napari_phy.stats.movie import Movie


class Counted:
    """An array that remembers what was read of it."""

    def __init__(self, array, chunks=None):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.read = []
        if chunks:
            self.chunks = chunks

    def __getitem__(self, key):
        self.read.append(key[0])
        return self.array[key]


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 999, (50, 6, 7)).astype(np.uint16)


def joined(movie, wanted):
    blocks = list(movie.blocks(wanted, no_progress))
    return np.concatenate([frames for frames, _ in blocks]), np.concatenate([block for _, block in blocks])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_blocks_hold_each_wanted_frame_once(pixels, monkeypatch, axis):
    monkeypatch.setattr(movie_module, "BLOCK_BYTES", 8 * 42 * 4)
    movie = Movie(np.moveaxis(pixels, 0, axis), axis)
    wanted = np.arange(50) % 7 == 3
    frames, values = joined(movie, wanted)
    assert movie.frame_shape == (6, 7)
    assert frames.tolist() == np.flatnonzero(wanted).tolist()
    assert np.array_equal(values.reshape(-1, 6, 7), pixels[wanted])


def test_a_crop_is_all_that_is_read_of_each_frame(pixels):
    movie = Movie(pixels, crop=(slice(1, 4), slice(2, 5)))
    assert movie.frame_shape == (3, 3)
    assert np.array_equal(movie.read(3, 9), pixels[3:9, 1:4, 2:5])


def test_blocks_are_whole_chunks_and_frames_nobody_wants_are_not_read(pixels, monkeypatch):
    monkeypatch.setattr(movie_module, "BLOCK_BYTES", 8 * 42 * 12)
    data = Counted(pixels, chunks=(5, 6, 7))
    joined(Movie(data), np.ones(50, dtype=bool))
    assert [part.start for part in data.read] == [0, 10, 20, 30, 40]
    data.read.clear()
    joined(Movie(data), (np.arange(50) == 23) | (np.arange(50) == 24))
    assert data.read == [slice(23, 25)]


def test_reading_ends_when_it_is_cancelled(pixels, monkeypatch):
    monkeypatch.setattr(movie_module, "BLOCK_BYTES", 8 * 42)
    data, told = Counted(pixels), []

    def cancel(share):
        told.append(share)
        if share >= 0.5:
            raise CancelledError

    with pytest.raises(CancelledError):
        list(Movie(data).blocks(np.ones(50, dtype=bool), cancel))
    assert len(data.read) == 25
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.zeros(5), "axis of time"),
        (np.zeros((0, 4, 4)), "no pixels"),
        (np.zeros((5, 4, 4), complex), "are numbers"),
    ],
)
def test_what_is_no_movie_is_said(data, words):
    with pytest.raises(ImagingError, match=words):
        Movie(data)
