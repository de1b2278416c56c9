"""Movies are read once, in blocks, whatever holds them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import ImagingError
from napari_phy.core.progress import CancelledError, no_progress
from napari_phy.stats import movie as movie_module
from napari_phy.stats.movie import Movie, add_weighted, check_counts, check_sums, lagged


class Counted:
    """An array that remembers what was read of it."""

    def __init__(self, array, chunks=None):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.read, self.n_values = [], 0
        if chunks:
            self.chunks = chunks

    def __getitem__(self, key):
        self.read.append(key[0])
        self.n_values = self.n_values + self.array[key].size
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


@pytest.mark.parametrize("crop", [(), (slice(1, 6), slice(0, 7, 2))])
@pytest.mark.parametrize("axis", [0, 2])
def test_the_box_around_pixels_is_all_that_is_read(pixels, axis, crop):
    data = Counted(np.moveaxis(pixels, 0, axis))
    movie = Movie(data, axis, crop)
    wanted = np.array([movie.frame_shape[1] + 1, 3 * movie.frame_shape[1] + 2])
    box, places = movie.around(wanted)
    assert box.frame_shape == (3, 2)
    values = np.concatenate([block for _, block in box.blocks(np.ones(50, dtype=bool), no_progress)])
    assert np.array_equal(values[:, places], pixels[(slice(None), *crop)].reshape(50, -1)[:, wanted])
    assert data.n_values == 50 * 6


def test_few_pixels_of_large_chunks_are_read_a_chunk_at_a_time(pixels, monkeypatch):
    monkeypatch.setattr(movie_module, "BLOCK_BYTES", 12 * 42 * 2)
    data = Counted(pixels, chunks=(10, 6, 7))
    joined(Movie(data).around(np.array([8]))[0], np.ones(50, dtype=bool))
    assert [part.start for part in data.read] == [0, 10, 20, 30, 40]


def test_blocks_are_whole_chunks_and_frames_nobody_wants_are_not_read(pixels, monkeypatch):
    monkeypatch.setattr(movie_module, "BLOCK_BYTES", 8 * 42 * 12)
    data = Counted(pixels, chunks=(5, 6, 7))
    joined(Movie(data), np.ones(50, dtype=bool))
    assert [part.start for part in data.read] == [0, 10, 20, 30, 40]
    data.read.clear()
    joined(Movie(data), (np.arange(50) == 23) | (np.arange(50) == 24))
    assert data.read == [slice(23, 25)]


@pytest.mark.parametrize("mode", ["r", "r+", "c", None])
def test_what_was_read_may_be_changed_and_the_movie_stays(pixels, tmp_path, mode):
    data = pixels.astype(np.float64)
    if mode is not None:
        np.save(tmp_path / "movie.npy", data)
        data = np.load(tmp_path / "movie.npy", mmap_mode=mode)
    if mode in ("r+", "c"):
        data[7] = 5000
    before = data.copy()
    for _, block in Movie(data).blocks(np.ones(50, dtype=bool), no_progress):
        block[:] = -1
    assert np.array_equal(data, before)


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


@pytest.mark.parametrize(
    ("shape", "axis", "crop", "words"),
    [
        ((5, 4), 2, (), "axis of time"),
        ((5, 4), -3, (), "axis of time"),
        ((5, 4, 4), 0, (slice(2),), "Frames have 2 axes; 1 slices are given"),
        ((5, 4, 0), 0, (), r"no pixels: its shape is \(5, 4, 0\)"),
    ],
)
def test_axes_and_crops_must_fit(shape, axis, crop, words):
    with pytest.raises(ImagingError, match=words):
        Movie(np.zeros(shape), axis, crop)


@pytest.mark.parametrize("axis", [-3, -2, -1, 0, 1, 2])
@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "?"])
def test_any_axis_can_be_time_and_any_number_a_pixel(axis, dtype):
    array = np.random.default_rng(1).integers(0, 2, (4, 5, 6)).astype(dtype)
    movie = Movie(array, axis, (slice(1, None, 2), slice(None)))
    frames = np.moveaxis(array, axis, 0)[:, 1::2]
    assert (movie.n_frames, movie.frame_shape, movie.axis) == (len(frames), frames.shape[1:], axis % 3)
    assert movie.n_pixels == frames[0].size
    assert np.array_equal(movie.read(1, 3), frames[1:3])


@pytest.mark.parametrize(
    ("block_frames", "chunks", "n"),
    [
        (10, None, 10),
        (0, None, 1),  # a frame at least
        (1000, None, 256),
        (10, (1, 6, 7), 10),
        (10, (4, 6, 7), 8),
        (10, (10, 6, 7), 10),
        (10, (15, 6, 7), 15),  # a chunk is read whole
        (10, ((4, 5), (6,), (7,)), 10),  # of dask: the largest
        (10, ((4, 3), (6,), (7,)), 8),
        (10, (), 10),
    ],
)
def test_as_many_frames_are_read_at_once_as_fit_and_chunks_are_whole(pixels, monkeypatch, block_frames, chunks, n):
    monkeypatch.setattr(movie_module, "BLOCK_BYTES", 8 * 42 * block_frames)
    data = Counted(np.resize(pixels, (600, 6, 7)), chunks)
    starts = []
    list(Movie(data).blocks(np.ones(600, dtype=bool), lambda share: starts.append(round(600 * share))))
    assert starts == [*range(0, 600, n), 600]


@pytest.mark.parametrize(("chunk_bytes", "n"), [(8 * 42 * 20, 20), (8 * 42 * 20 - 1, 10)])
def test_chunks_that_are_too_large_are_read_in_parts(pixels, monkeypatch, chunk_bytes, n):
    monkeypatch.setattr(movie_module, "BLOCK_BYTES", 8 * 42 * 10)
    monkeypatch.setattr(movie_module, "_MOST_CHUNK_BYTES", chunk_bytes)
    data = Counted(pixels, (20, 6, 7))
    joined(Movie(data), np.ones(50, dtype=bool))
    assert [part.stop - part.start for part in data.read[:2]] == [n, n]


@given(st.integers(1, 8), st.lists(st.integers(-9, 9), min_size=1, max_size=4), st.lists(st.integers(0, 9), max_size=5))
def test_what_was_a_lag_before_is_0_where_there_is_no_such_frame(n, lags, frames):
    counts = np.arange(1, 2 * n + 1).reshape(2, n)
    found = lagged(counts, np.array(frames, dtype=np.int64), np.array(lags))
    wanted = [
        [[counts[row, frame - lag] if 0 <= frame - lag < n else 0 for frame in frames] for lag in lags]
        for row in (0, 1)
    ]
    assert found.tolist() == wanted


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 5), st.integers(1, 6), st.integers(1, 12))
def test_weighted_sums_are_those_of_one_product_whatever_is_added_at_a_time(n_groups, n, n_frames, n_pixels, tile):
    rng = np.random.default_rng(n_pixels)
    weights, block = rng.normal(size=(n_groups, n, n_frames)), rng.normal(size=(n_frames, n_groups * n_pixels))
    sums = rng.normal(size=(n_groups, n, n_pixels))
    wanted = sums + np.einsum("gnf,fgp->gnp", weights, block.reshape(n_frames, n_groups, n_pixels))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(movie_module, "_TILE", tile)
        add_weighted(sums, weights, block)
    np.testing.assert_allclose(sums, wanted)


def test_sums_may_take_half_a_gigabyte():
    check_sums(2**26, "It")
    with pytest.raises(ImagingError, match=r"^It needs 0\.5 GiB of memory, more than 0\.5 GiB; take fewer clusters or"):
        check_sums(2**26 + 1, "It")


def test_counts_are_of_whole_frames_or_of_rows():
    movie = Movie(np.zeros((9, 2, 3, 4)))
    assert check_counts(np.zeros((5, 9)), movie).shape == (5, 1, 9)
    assert check_counts(np.zeros((5, 6, 9)), movie).shape == (5, 6, 9)
    for shape in ((5, 8), (5, 2, 9), (5, 6, 8), (9,), (5, 6, 9, 1)):
        with pytest.raises(ImagingError, match=r"\(n, 9\) or \(n, 6, 9\)"):
            check_counts(np.zeros(shape), movie)
