"""Films are opened by their suffix, beside each other, and what is wrong with one is said."""

import numpy as np
import pytest
import tifffile
from film_files import write_film
from napari.components import ViewerModel
from napari.errors import MultipleReaderError
from napari.settings import get_settings
from npe2 import PluginManager, PluginManifest
from soak.small_kwik import make_kwik

from napari_phy.layers.session_tag import session_of
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


def test_several_kinds_of_files_open_at_once_where_the_reader_of_films_is_remembered(tmp_path):
    PluginManager.instance().discover()  # as a window does
    viewer = ViewerModel()
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((30, 40, 50), np.uint16))
    paths = [str(make_kwik(tmp_path)), str(tmp_path / "b.tif"), str(write_film(tmp_path / "c.mp4", 12))]
    with pytest.raises(MultipleReaderError, match=r"c\.mp4"):  # napari's own reader claims films, too: docs/video.md
        viewer.open(paths[2], plugin=None)
    chosen = get_settings().plugins.extension2reader
    get_settings().plugins.extension2reader = {**chosen, "*.mp4": "napari-phy"}
    try:
        added = viewer.open(paths, plugin=None)
    finally:
        get_settings().plugins.extension2reader = chosen
    assert [layer.name for layer in added][-2:] == ["b", "c"]
    session = session_of(added[0])
    assert session is not None
    viewer.layers.clear()
    session.close()
