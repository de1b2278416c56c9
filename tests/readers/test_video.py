"""Films are opened by their suffix, beside each other, and what is wrong with one is said."""

import pytest
from film_files import write_film
from napari.components import ViewerModel
from npe2 import PluginManifest

from napari_phy.readers import video


@pytest.fixture
def said(monkeypatch):
    said = []
    monkeypatch.setattr(video, "complain", said.append)
    return said


@pytest.mark.parametrize(
    ("path", "is_film"),
    [
        ("a.mp4", True),
        ("A.MOV", True),
        (["a.avi", "b.mkv"], True),
        ("a.tif", False),
        (["a.avi", "b.tif"], False),
        ("mp4", False),
    ],
)
def test_films_are_known_by_their_suffix(path, is_film):
    assert (video.get_reader(path) is not None) == is_film


def test_the_manifest_and_the_reader_know_the_same_suffixes():
    readers = PluginManifest.from_distribution("napari-phy").contributions.readers
    (patterns,) = (reader.filename_patterns for reader in readers if reader.command == "napari-phy.read_video")
    assert patterns == [f"*{suffix}" for suffix in video.SUFFIXES]


def test_each_film_is_a_layer_and_what_is_none_is_said(tmp_path, said):
    paths = [write_film(tmp_path / f"{name}.mp4", 4) for name in "ab"]
    (tmp_path / "no.mp4").write_bytes(b"")
    layers = video.read_films([str(paths[0]), str(tmp_path / "no.mp4"), str(paths[1])])
    assert [options["name"] for _, options, _ in layers] == ["a", "b"]
    assert len(said) == 1
    assert "no.mp4 cannot be opened as a film" in said[0]
    assert video.read_films(str(tmp_path / "no.mp4")) == [(None,)]


def test_a_film_that_was_cut_short_is_said_and_shown(tmp_path, said):
    path = write_film(tmp_path / "a.avi", 60)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    ((film, _, _),) = video.read_films(str(path))
    assert said == [film.trouble]
    assert "cut short" in film.trouble


def test_napari_opens_a_film(make_napari_viewer, tmp_path):
    viewer: ViewerModel = make_napari_viewer()
    viewer.open(str(write_film(tmp_path / "a.mp4", 12)), plugin="napari-phy")
    (layer,) = viewer.layers
    assert layer.data.shape[0] == 12
    viewer.dims.set_current_step(0, 7)
    viewer.layers.clear()
