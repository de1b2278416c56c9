"""Movie and film of the sample with imaging, linked by its events: each spike shows the frames that were taken then."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Layer

from napari_phy import open_session
from napari_phy.formats.video import open_film
from napari_phy.layers.linked_time import LinkedTime
from napari_phy.layers.timed_layer import n_frames_of, own_times_of, rate_of
from napari_phy.layers.video import film_layer
from napari_phy.sample_data import imaging_truth_path, read_imaging_truth
from napari_phy.sample_data.frame_marks import read_number
from napari_phy.sample_data.imaging import film_path, movie_path
from napari_phy.sample_data.imaging_recipe import MICROSCOPE
from napari_phy.views.clock_offers import ClockRequest, FromEvents, offer_clocks


@pytest.fixture(scope="module")
def session(imaging_kwik):
    with open_session(imaging_kwik, read_only=True) as session:
        yield session


def test_the_frames_of_each_spike_are_exact(session, imaging_kwik):
    tifffile = pytest.importorskip("tifffile")
    truth = read_imaging_truth(imaging_truth_path(imaging_kwik))
    viewer = ViewerModel()
    movie_data = tifffile.memmap(movie_path(imaging_kwik), mode="r")
    movie = viewer.add_image(movie_data, axis_labels=("time", "y", "x"), scale=(1 / MICROSCOPE.rate_hz, 1, 1))
    film = viewer.add_layer(Layer.create(*film_layer(open_film(film_path(imaging_kwik)))))
    linked = LinkedTime(viewer, session.time)
    for layer, words in ((movie, "TTL 3: 451 pulses, 450 frames, 1 false"), (film, "TTL 5: 930 pulses, 928 frames, 2")):
        request = ClockRequest(FromEvents(), n_frames_of(layer, 0), rate_of(layer, 0), own_times_of(layer))
        best = offer_clocks(session.model, request)[0]
        assert best.words.startswith(words)
        linked.link(layer, best.base)

    rate = session.model.sample_rate
    rng = np.random.default_rng(0)
    edges = np.concatenate([truth.movie_samples[[0, 127, 128, 449]], truth.film_samples[[310, 311, 601, 602]]])
    samples = np.concatenate([np.ceil(edges).astype(int) + 1, rng.choice(session.model.spike_samples, 10)])
    for sample in samples.tolist():
        session.time.move_to(sample / rate)
        linked.follow_clock()
        frame = int(np.searchsorted(truth.movie_samples, sample, side="right")) - 1
        if 0 <= frame < len(truth.movie_samples) - 1:
            assert np.array_equal(movie._slice.image.raw, movie_data[frame]), sample
        number = int(np.searchsorted(truth.film_samples, sample, side="right")) - 1
        if 0 <= number < len(truth.film_samples) - 1:
            assert read_number(np.asarray(film._slice.image.raw)) == truth.film_numbers[number], sample
    linked.close()
    assert movie.data is movie_data
