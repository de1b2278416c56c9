"""Of a damaged film the frames that are there are shown, and one sentence says what is wrong."""

import sys
import wave

import numpy as np
import pytest
from film_files import write_film

from napari_phy.core.errors import VideoError
from napari_phy.formats.video import av_files, open_film
from napari_phy.sample_data.frame_marks import read_number

N_FRAMES = 120
FIRST = {"container_options": {"movflags": "faststart"}}  # what is where comes before the frames


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", FIRST),
        ("a.avi", {}),
        ("a.mkv", {}),
        ("a.ts", {}),
        ("pieces.mp4", {"container_options": {"movflags": "frag_keyframe+empty_moov"}}),
    ],
)
def test_a_film_that_was_cut_short_shows_what_is_there(tmp_path, name, options):
    film = open_film(cut(write_film(tmp_path / name, N_FRAMES, **options), 0.6))
    assert 50 < len(film) < 90
    n_sure = len(film) - 4  # those at the cut may miss others between them
    assert [read_number(film[frame]) for frame in range(n_sure)] == list(range(n_sure))
    if name in ("a.mp4", "a.avi"):
        assert film.trouble == f"{name} is cut short: {len(film)} frames of 120 are there, and are shown."
    film.close()


def test_a_film_with_damage_in_the_middle_keeps_its_numbers(tmp_path):
    path = write_film(tmp_path / "hurt.mp4", N_FRAMES, **FIRST)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 1500] = np.random.default_rng(1).bytes(1500)
    path.write_bytes(content)
    told = []
    film = open_film(path, on_trouble=told.append)
    assert len(film) == N_FRAMES
    found = [read_number(film[frame]) if film[frame].any() else None for frame in range(N_FRAMES)]
    assert found[:40] == list(range(40))
    assert found[-24:] == list(range(N_FRAMES - 24, N_FRAMES))
    black = found.index(None)
    assert told == [f"Frame {black} of hurt.mp4 cannot be decoded; such frames are shown black."]
    assert film.trouble == told[0]
    film.close()


def test_a_film_that_begins_in_the_middle_is_black_until_its_first_keyframe(tmp_path):
    path = write_film(tmp_path / "late.ts", N_FRAMES)
    content = path.read_bytes()
    path.write_bytes(content[188 * (len(content) // 188 // 8) :])
    film = open_film(path)
    found = [read_number(film[frame]) if film[frame].any() else None for frame in range(len(film))]
    seen = [number for number in found if number is not None]
    assert seen == list(range(N_FRAMES - len(seen), N_FRAMES))
    assert len(seen) > 60
    film.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no film",
        b"#EXTM3U\n#EXTINF:10,\nother.ts\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile other.mp4\n",
    ],
)
def test_what_is_no_film_is_said(tmp_path, content):
    write_film(tmp_path / "other.ts", 3)
    write_film(tmp_path / "other.mp4", 3)
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(VideoError, match=r"a\.mp4 cannot be opened as a film: it is damaged, cut short, or no film"):
        open_film(tmp_path / "a.mp4")


def test_sound_alone_and_what_is_not_there_are_said(tmp_path):
    with wave.open(str(tmp_path / "sound.avi"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(800))
    with pytest.raises(VideoError, match=r"sound\.avi cannot be opened"):
        open_film(tmp_path / "sound.avi")
    with pytest.raises(VideoError, match=r"no\.mp4 cannot be opened as a film: there is no such file"):
        open_film(tmp_path / "no.mp4")
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(VideoError, match=r"folder\.mp4 cannot be opened"):
        open_film(tmp_path / "folder.mp4")


def test_a_mp4_without_its_end_is_said(tmp_path):
    with pytest.raises(VideoError, match="damaged, cut short"):
        open_film(cut(write_film(tmp_path / "a.mp4", 30), 0.6))


def test_without_pyav_the_command_that_installs_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(VideoError, match=r'pip install "napari-phy\[video\]"'):
        av_files.load_av()
