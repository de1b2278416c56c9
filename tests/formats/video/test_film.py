"""A film gives exactly the frame of the number that was asked for, which is burnt into each."""

import threading
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import numpy as np
import pytest
from film_files import HEIGHT, OPEN_GOPS, RATE, WIDTH, picture_of, write_film

from napari_phy.core.errors import VideoError
from napari_phy.formats.video import film as module
from napari_phy.formats.video import open_film
from napari_phy.formats.video.film_index import read_index
from napari_phy.sample_data.frame_marks import read_number
from napari_phy.timeline import TimeBase

N_FRAMES = 200
LATER_AND_LATER = [number + number // 7 for number in range(N_FRAMES)]
FILMS = {
    "b_frames.mp4": {},
    "open_gops.mp4": {"options": OPEN_GOPS},
    "open_gops.mkv": {"options": OPEN_GOPS},
    "b_frames.avi": {},
    "uneven.mp4": {"stamps": LATER_AND_LATER},
    "stream.ts": {"container": "mpegts"},
    "bare.h264": {"container": "h264"},
    "mpeg2.mpg": {"codec": "mpeg2video", "options": {"bf": "2", "g": "15", "b": "3000000"}},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"bf": "2", "g": "20", "b": "2000000"}},
    "pictures.avi": {"codec": "mjpeg", "options": {}, "pixels": "yuvj420p"},
    "pieces.mp4": {"container_options": {"movflags": "frag_keyframe+empty_moov"}},
    "grey.mkv": {"codec": "ffv1", "options": {}, "pixels": "gray"},
    "grey16.mkv": {"codec": "ffv1", "options": {}, "pixels": "gray16le"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module")
def b_frames(folder):
    return write_film(folder / "usual.mp4", N_FRAMES)


@pytest.fixture(params=FILMS)
def film(request, folder):
    path = folder / request.param
    if not path.exists():
        write_film(path, N_FRAMES, **FILMS[request.param])
    film = open_film(path)
    yield film
    film.close()


def numbers(film, frames):
    scale = 257 if film.dtype == np.uint16 else 1
    return [read_number(film[frame] // scale) for frame in frames]


def test_every_frame_is_that_of_its_number_wherever_one_jumps(film, monkeypatch):
    monkeypatch.setattr(module, "KEPT_BYTES", 0)
    assert len(film) == N_FRAMES
    order = np.random.default_rng(0).permutation(N_FRAMES)[:60].tolist()
    assert numbers(film, order) == order
    assert film.trouble == ""


def test_so_it_is_forwards_and_backwards(film):
    assert numbers(film, range(0, N_FRAMES, 3)) == list(range(0, N_FRAMES, 3))
    film.close()
    backwards = range(N_FRAMES - 1, N_FRAMES - 60, -1)
    assert numbers(film, backwards) == list(backwards)


def test_200_random_jumps_hit_the_burnt_in_number(b_frames, monkeypatch):
    monkeypatch.setattr(module, "KEPT_BYTES", 0)
    film = open_film(b_frames)
    order = np.random.default_rng(1).integers(0, N_FRAMES, 200).tolist()
    assert numbers(film, order) == order
    film.close()


def test_frames_shown_before_a_keyframe_that_comes_first_begin_one_keyframe_earlier(folder):
    index = read_index(write_film(folder / "open.mp4", 80, options=OPEN_GOPS))
    keyframes = np.array(list(index.keyframes))
    before = keyframes[np.searchsorted(keyframes, index.packets, side="right") - 1]
    assert (index.starts < before).any()
    assert (index.starts <= before).all()
    assert np.isin(index.starts, keyframes).all()
    assert sorted(index.packets.tolist()) == list(range(80))


def test_times_are_those_of_the_file(folder, b_frames):
    even = open_film(b_frames)
    np.testing.assert_allclose(even.times_s, np.arange(N_FRAMES) / RATE, atol=1e-4)
    assert even.interval_s == pytest.approx(1 / RATE, abs=1e-4)
    uneven = open_film(write_film(folder / "later.mp4", N_FRAMES, stamps=LATER_AND_LATER))
    np.testing.assert_allclose(uneven.times_s, np.array(LATER_AND_LATER) / RATE, atol=1e-4)


def test_a_film_is_its_own_clock_where_frames_were_dropped_too(folder):
    film = open_film(write_film(folder / "gaps.mp4", N_FRAMES, stamps=LATER_AND_LATER))
    clock = TimeBase.from_times(film.times_s)
    np.testing.assert_array_equal(clock.frame_at(film.times_s + 0.3 / RATE), np.arange(N_FRAMES))


def test_it_reads_as_an_array_does(b_frames):
    film = open_film(b_frames)
    assert film.shape == (N_FRAMES, HEIGHT, WIDTH, 3)
    assert (film.ndim, film.dtype, film.size) == (4, np.uint8, N_FRAMES * HEIGHT * WIDTH * 3)
    whole = np.asarray(film)
    assert whole.shape == film.shape
    for key in (5, -1, slice(3, 9, 2), slice(9, 3, -1), slice(5, 5), [4, 2], np.int64(7), (3, 10), (..., 0)):
        np.testing.assert_array_equal(film[key], whole[key])
    for key in ((slice(2, 5), slice(0, 8)), (4, slice(None), 5, 1), (slice(0, 3), ..., 1), (slice(4, 6), 3, [1, 5])):
        np.testing.assert_array_equal(film[key], whole[key])
    assert np.abs(whole[50].astype(int) - picture_of(50)).mean() < 12
    assert deepcopy(film) is film
    assert [read_number(frame) for frame in film] == list(range(N_FRAMES))
    for key in (N_FRAMES, -N_FRAMES - 1, (0, 0, 0, 0, 0)):
        with pytest.raises(IndexError):
            film[key]
    film.close()


def test_grey_films_have_no_axis_of_colors(folder):
    film = open_film(write_film(folder / "g.mkv", 3, codec="ffv1", options={}, pixels="gray"))
    assert (film.shape, film.dtype) == ((3, HEIGHT, WIDTH), np.uint8)
    deep = open_film(write_film(folder / "g16.mkv", 3, codec="ffv1", options={}, pixels="gray16le"))
    assert (deep.shape, deep.dtype) == ((3, HEIGHT, WIDTH), np.uint16)


def test_a_whole_film_beyond_memory_is_refused(b_frames, monkeypatch):
    film = open_film(b_frames)
    monkeypatch.setattr(module, "MAX_ARRAY_BYTES", 10 * HEIGHT * WIDTH * 3)
    assert film[:10].shape[0] == 10
    for read in (lambda: np.asarray(film), lambda: film[:11], lambda: film[:, 3]):
        with pytest.raises(VideoError, match=r"frames of usual.mp4 are .* read at most 10 at once"):
            read()


def test_what_is_kept_is_bounded(b_frames, monkeypatch):
    from napari_phy.core.memory import BUDGET

    before = BUDGET.used
    monkeypatch.setattr(module, "KEPT_BYTES", 200_000)
    film = open_film(b_frames)
    for frame in range(60):
        film[frame]
        assert BUDGET.used <= before + 200_000
    film.close()
    assert BUDGET.used <= before


def test_many_threads_read_one_film(b_frames):
    film = open_film(b_frames)
    order = np.random.default_rng(2).integers(0, N_FRAMES, 120).tolist()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda frame: read_number(film[frame]), order)) == order
    film.close()


def test_a_film_closed_while_it_plays_lets_go_and_opens_again(b_frames):
    film = open_film(b_frames)
    stop = threading.Event()

    def close_again_and_again():
        while not stop.is_set():
            film.close()

    closing = threading.Thread(target=close_again_and_again)
    closing.start()
    assert numbers(film, range(40)) == list(range(40))
    stop.set()
    closing.join()
    film.close()
    assert read_number(film[150]) == 150
    film.close()


def test_a_film_that_changed_since_is_not_read_as_if_it_had_not(folder):
    path = write_film(folder / "changing.mp4", 20)
    film = open_film(path)
    film[3]
    film.close()
    write_film(path, 30)
    with pytest.raises(VideoError, match=r"changing\.mp4 was changed or removed"):
        film[3]


def test_progress_is_told(b_frames):
    shares = []
    open_film(b_frames, shares.append)
    assert shares
    assert all(0 <= share <= 1 for share in shares)
