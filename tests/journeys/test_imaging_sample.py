"""The sample with imaging opens as a movie and a film side by side, with the recording around them."""

import os

import numpy as np
import pytest
from journeys.person import Person
from journeys.sizes import LARGE_FIRST

from napari_phy.sample_data import read_imaging_truth
from napari_phy.sample_data.frame_marks import read_number
from napari_phy.sample_data.imaging_truth import imaging_truth_path


@LARGE_FIRST
def test_movie_film_and_recording_are_there_and_all_is_in_sight(person: Person, imaging_kwik, tmp_path, screen_size):
    for path in imaging_kwik.parent.iterdir():
        os.link(path, tmp_path / path.name)
    viewer = person.viewer
    viewer.open_sample("napari-phy", "imaging", kwik=tmp_path / imaging_kwik.name)
    names = ["two-photon", "cells", "behaviour"]
    person.wait(lambda: [layer.name for layer in viewer.layers] == names, "the stacks and the cells")
    person.settle()
    person.rest(0.3)
    assert person.session.model.events["TTL"].samples.size > 0
    low, high = viewer.layers.extent.world[:, -2:]
    reach = np.asarray(viewer.canvas.size) / viewer.scene.camera.zoom
    assert (high - low <= reach).all()
    assert ((high - low) / reach).max() > 0.85
    movie, _cells, film = viewer.layers
    assert movie.extent.world[1, -1] < film.extent.world[0, -1]
    heights = [float(np.ptp(layer.extent.world[:, -2])) for layer in (movie, film)]
    assert heights[0] == pytest.approx(heights[1], rel=0.02)
    truth = read_imaging_truth(imaging_truth_path(imaging_kwik))
    person.wait(lambda: len(person.workspace.overview.time_links.linked.layers) == 2, "both clocks")
    person.session.time.move_to(20.0)
    person.settle()
    frame = np.searchsorted(truth.film_samples, 20.0 * person.session.model.sample_rate) - 1
    person.wait(
        lambda: read_number(np.asarray(film._slice.image.raw)) == truth.film_numbers[frame], "the frame of the film"
    )
    assert not person.told
    viewer.layers.clear()
