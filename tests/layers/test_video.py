"""A film in napari: the slider shows the frame of its number, and the file is closed when the layer goes."""

from pathlib import Path

import numpy as np
import pytest
from film_files import RATE, write_film
from napari.components import ViewerModel
from napari.layers import Layer

from napari_phy.core.errors import VideoError
from napari_phy.formats.video import open_film
from napari_phy.layers.video import close_with_layer, film_layer
from napari_phy.sample_data.frame_marks import read_number

N_FRAMES = 50
OPEN_FILES = Path("/proc/self/fd")


@pytest.fixture
def path(tmp_path):
    return write_film(tmp_path / "behaviour.mp4", N_FRAMES)


def shown(layer):
    return read_number(np.asarray(layer._slice.image.raw))


def test_the_slider_shows_the_frame_of_its_number_in_seconds(path):
    viewer = ViewerModel()
    layer = viewer.add_layer(Layer.create(*film_layer(open_film(path))))
    assert layer.name == "behaviour"
    assert layer.rgb
    assert viewer.dims.axis_labels[0] == "time"
    assert viewer.dims.range[0].step == pytest.approx(1 / RATE, abs=1e-4)
    for frame in (0, 31, 7, N_FRAMES - 1):
        viewer.dims.set_current_step(0, frame)
        assert shown(layer) == frame
    viewer.dims.set_point(0, 20 / RATE)
    assert shown(layer) == 20


def test_napari_reads_one_frame_at_a_time(path, monkeypatch):
    film = open_film(path)
    monkeypatch.setattr("napari_phy.formats.video.film.MAX_ARRAY_BYTES", film.nbytes // len(film))
    viewer = ViewerModel()
    viewer.add_layer(Layer.create(*film_layer(film)))
    viewer.dims.set_current_step(0, 12)
    assert shown(viewer.layers[0]) == 12
    with pytest.raises(VideoError):
        np.asarray(film)


def test_beside_a_stack_napari_does_not_complain_of_units(path, caplog):
    viewer = ViewerModel()
    viewer.add_image(np.zeros((4, 5, 6)))
    viewer.add_layer(Layer.create(*film_layer(open_film(path))))
    assert viewer.layers.extent.units is not None
    assert not caplog.messages


def test_a_grey_film_has_the_contrast_of_its_type(tmp_path):
    film = open_film(write_film(tmp_path / "infrared.mkv", 5, codec="ffv1", options={}, pixels="gray16le"))
    viewer = ViewerModel()
    layer = viewer.add_layer(Layer.create(*film_layer(film)))
    assert not layer.rgb
    assert tuple(layer.contrast_limits) == (0, 65535)


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="the system does not list open files")
def test_the_file_is_closed_when_the_layer_goes_and_opened_again_when_it_comes_back(path):
    def is_open():
        return any(number.resolve() == path for number in OPEN_FILES.iterdir())

    viewer = ViewerModel()
    close_with_layer(viewer.layers)
    close_with_layer(viewer.layers)
    layer = viewer.add_layer(Layer.create(*film_layer(open_film(path))))
    viewer.add_image(np.zeros((3, 4)))
    viewer.dims.set_current_step(0, 5)
    assert is_open()
    viewer.layers.clear()
    assert not is_open()
    viewer.add_layer(layer)
    viewer.dims.set_current_step(0, 9)
    assert shown(layer) == 9
    viewer.layers.remove(layer)
    assert not is_open()
