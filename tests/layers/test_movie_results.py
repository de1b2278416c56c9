"""Results of movies as layers: names, units, places; on the sample they point at the right cells."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels, Points, Shapes

from napari_phy.core.errors import ImagingError
from napari_phy.formats.imaging import ImagedCells
from napari_phy.layers.movie_results import (
    average_layers,
    cell_correlation_layers,
    cells_in,
    cells_layer,
    correlation_layers,
    movies_in,
    region_at,
    regions_in,
    show_results,
    timed_movie,
)
from napari_phy.layers.timed_layer import find_time_axis
from napari_phy.session import open_session
from napari_phy.timeline.time_base import TimeBase
from napari_phy.views.movie_responses import (
    MovieAverages,
    MovieCorrelations,
    compute_averages,
    compute_cell_pairs,
    compute_correlations,
)


@pytest.fixture
def movie():
    pixels = np.random.default_rng(0).integers(0, 99, (30, 6, 8))
    return Image(pixels, name="movie", scale=(0.1, 2, 2), translate=(1.0, 0, 6), axis_labels=("time", "y", "x"))


def layer_of(data, options, kind):
    return {"image": Image, "labels": Labels}[kind](data, **options)


def averages(values):
    return MovieAverages((7,), values[None], np.arange(-1, len(values) - 1), 0.1, ())


def test_movies_and_cells_are_found_among_the_layers(movie):
    viewer = ViewerModel()
    viewer.add_layer(movie)
    viewer.add_image(np.zeros((5, 5)), name="flat")
    viewer.add_image(np.zeros((9, 5, 5, 3), np.uint8), rgb=True, name="colours")
    viewer.add_image(np.zeros((9, 5, 5)), name="other")
    viewer.add_labels(np.zeros((6, 8), int), name="cells")
    for layer in average_layers(averages(np.ones((4, 6, 8))), movie):
        viewer.add_layer(layer_of(*layer))
    assert [layer.name for layer in movies_in(viewer.layers)] == ["other", "movie"]
    assert [layer.name for layer in cells_in(viewer.layers)] == ["cells"]


def test_an_average_has_a_slider_of_lags_in_ms_and_is_there_at_all_times(movie):
    values = np.random.default_rng(1).normal(size=(4, 6, 8))
    layer = layer_of(*average_layers(averages(values), movie)[0])
    assert layer.name == "STA of 7: change of brightness"
    assert np.allclose(layer.data[:, 0], values, atol=1e-6)
    assert layer.axis_labels == ("lag", "time", "y", "x")
    assert [str(unit) for unit in layer.units] == ["millisecond", "pixel", "pixel", "pixel"]
    assert layer.data_to_world((1, 0, 0, 0))[0] == 0
    assert layer.data_to_world((3, 0, 0, 0))[0] == pytest.approx(200)
    assert layer.data_to_world((0, 0, 2, 3))[2:] == movie.data_to_world((0, 2, 3))[1:]
    assert layer.data_to_world((0, -0.5, 0, 0))[1] == pytest.approx(movie.data_to_world((-0.5, 0, 0))[0])
    assert layer.data_to_world((0, 0.5, 0, 0))[1] == pytest.approx(movie.data_to_world((29.5, 0, 0))[0])
    assert layer.contrast_limits[0] == -layer.contrast_limits[1]
    viewer = ViewerModel()
    viewer.add_layer(movie)
    viewer.add_layer(layer)
    assert viewer.dims.ndim == 4
    assert find_time_axis(layer) is None  # nothing to be linked
    assert viewer.dims.range[0][:2] == pytest.approx((-100, 200))


def test_averages_of_cells_are_painted_into_them(movie):
    labels = Labels(np.kron([[0, 3], [2, 0]], np.ones((3, 4), int)))
    regions = regions_in(labels, movie, timed_movie(movie, TimeBase.from_rate(30, 10.0)).movie)
    values = np.arange(8.0).reshape(4, 2)
    layer = layer_of(*average_layers(averages(values), movie, regions)[0])
    assert layer.name == "STA of 7, cells: change of brightness"
    assert (layer.data[2, 0][labels.data == 3] == 5).all()
    assert np.isnan(layer.data[2, 0][labels.data == 0]).all()


def maps(*clusters):
    values = np.random.default_rng(3).normal(size=(len(clusters), 6, 8))
    return MovieCorrelations(clusters, values, np.zeros_like(values), ())


def test_results_lie_between_the_movie_and_the_points_and_only_the_newest_is_seen(movie):
    viewer = ViewerModel()
    for layer in (movie, Labels(np.zeros((6, 8), int), name="cells"), Points(np.zeros((3, 2)), name="probe")):
        viewer.add_layer(layer)
    made = [layer_of(*one) for one in average_layers(averages(np.ones((4, 6, 8))), movie)]
    assert show_results(viewer.layers, made, movie) == []
    made = [layer_of(*one) for one in correlation_layers(maps(7, 8), movie)]
    assert show_results(viewer.layers, made, movie) == ["STA of 7: change of brightness"]
    names = ["movie", "cells", "STA of 7: change of brightness", "correlation with 7", "correlation with 8", "probe"]
    assert [layer.name for layer in viewer.layers] == names
    assert [layer.name for layer in viewer.layers if layer.visible] == ["movie", "cells", "correlation with 7", "probe"]
    shown = viewer.layers["correlation with 7"]
    assert shown.colorbar.visible
    assert shown.name_overlay.visible
    assert shown.name_overlay.position == shown.colorbar.position
    show_results(viewer.layers, [layer_of(*one) for one in correlation_layers(maps(7), movie)], movie)
    assert sorted(layer.name for layer in viewer.layers) == sorted(names)
    assert [layer.name for layer in viewer.layers if layer.visible] == ["movie", "cells", "correlation with 7", "probe"]


def test_a_map_never_darkens_what_is_below(movie):
    layer = layer_of(*correlation_layers(maps(7), movie)[0])
    low, high = layer.contrast_limits
    assert low == -high
    color = layer.colormap.map(np.linspace(0, 1, 101))
    assert color[50, 3] == 0
    tints = color[:, :3].max(axis=1)
    assert tints.min() > 0.9
    assert (np.diff(color[50:, 3]) >= 0).all()
    assert (np.diff(color[:51, 3]) <= 0).all()


def test_a_movie_is_taken_as_it_is_and_what_is_none_is_said(movie):
    clock = TimeBase.from_rate(30, 10.0)
    source = timed_movie(movie, clock)
    assert (source.name, source.movie.n_frames, source.movie.frame_shape) == ("movie", 30, (6, 8))
    pyramid = Image([np.zeros((30, 8, 8)), np.zeros((30, 4, 4))], multiscale=True)
    assert timed_movie(pyramid, clock).movie.frame_shape == (8, 8)
    with pytest.raises(ImagingError, match="is in colours"):
        timed_movie(Image(np.zeros((30, 5, 5, 3), np.uint8), rgb=True), clock)
    with pytest.raises(ImagingError, match="it is one picture"):
        timed_movie(Image(np.zeros((5, 5))), clock)
    with pytest.raises(ImagingError, match="has 30 frames and its clock 31"):
        timed_movie(movie, TimeBase.from_rate(31, 10.0))
    with pytest.raises(ImagingError, match="has the shape 5 × 5 and frames of the movie 6 × 8"):
        regions_in(Labels(np.zeros((5, 5), int)), movie, source.movie)


def test_cells_that_were_read_bring_their_traces(movie):
    traces, pixels = np.random.default_rng(2).normal(size=(3, 30)), (np.array([0, 1]), np.array([9]), np.array([20]))
    cells = ImagedCells("suite2p", traces, traces / 2, None, np.array([True, False, True]), pixels, (6, 8), 10.0)
    layer = layer_of(*cells_layer(cells, movie))
    assert layer.data_to_world((2, 3)) == movie.data_to_world((0, 2, 3))[1:]
    regions = regions_in(layer, movie, timed_movie(movie, TimeBase.from_rate(30, 10.0)).movie)
    assert regions.ids.tolist() == [1, 3]
    assert np.array_equal(regions.traces, traces[[0, 2]])
    assert np.array_equal(regions.neuropil, traces[[0, 2]] / 2)
    with pytest.raises(ImagingError, match="Cells of suite2p need their places"):
        cells_layer(ImagedCells("suite2p", traces, None, None, np.ones(3, bool), None, None, None))


@pytest.mark.soak
def test_shapes_are_regions_wherever_their_layer_is_placed(movie):
    source = timed_movie(movie, TimeBase.from_rate(30, 10.0)).movie
    corners = [movie.data_to_world((0, *corner))[1:] for corner in ((0.5, 1.5), (0.5, 5.5), (3.5, 5.5), (3.5, 1.5))]
    shapes = Shapes([np.array(corners)] * 2, shape_type=["rectangle", "ellipse"])
    regions = regions_in(shapes, movie, source)
    assert regions.ids.tolist() == [1, 2]
    both = np.zeros((6, 8), bool)
    both.ravel()[np.concatenate(regions.pixels)] = True
    assert np.array_equal(np.argwhere(both), [(y, x) for y in (1, 2, 3) for x in (2, 3, 4, 5)])
    y, x = np.unravel_index(regions.pixels[1], (6, 8))
    assert sorted(zip(y.tolist(), x.tolist(), strict=True)) == [
        (y, x) for y in (1, 2, 3) for x in (2, 3, 4, 5) if ((y - 2) / 1.5) ** 2 + ((x - 3.5) / 2) ** 2 < 1
    ]
    assert region_at(shapes, tuple(movie.data_to_world((0, 2, 3))[1:])) == 2
    assert region_at(shapes, tuple(movie.data_to_world((0, 5, 7))[1:])) is None
    with pytest.raises(ImagingError, match="has no shapes"):
        regions_in(Shapes(name="empty"), movie, source)


def test_the_label_at_a_place_is_told():
    labels = Labels(np.kron([[0, 3], [2, 0]], np.ones((3, 4), int)), scale=(2, 2))
    assert region_at(labels, (2, 14)) == 3
    assert region_at(labels, (2, 2)) is None


# --- the sample


@pytest.fixture(scope="module", params=[0, 1])
def sample(request, imaging_kwik):
    """Return session, movie as a layer, its clock, the truth, and {cluster: unit} of clusters that are one neuron."""
    from tifffile import imread

    from napari_phy.sample_data import imaging_truth_path, read_imaging_truth, read_truth, truth_path
    from napari_phy.sample_data.imaging import movie_path
    from napari_phy.sample_data.imaging_recipe import ROW_S

    truth, spikes = read_imaging_truth(imaging_truth_path(imaging_kwik)), read_truth(truth_path(imaging_kwik))
    session = open_session(imaging_kwik, channel_group=request.param, read_only=True)
    clock = TimeBase.from_times(truth.movie_samples / session.model.sample_rate).with_rows(128, ROW_S)
    movie = Image(imread(movie_path(imaging_kwik)), axis_labels=("time", "y", "x"), name="two-photon")
    units = {}
    for cluster in session.manager.cluster_ids.tolist():
        near = _units_at(session.model.spike_samples[session.manager.spikes(cluster)], spikes)
        unit, n = np.unique(near, return_counts=True)
        if len(near) and n.max() > 0.9 * len(near) and unit[n.argmax()] in truth.cell_units[truth.cell_units >= 0]:
            units[cluster] = int(unit[n.argmax()])
    yield session, movie, clock, truth, units
    session.close()


def _units_at(samples, spikes):
    """Return the unit of the event nearest to each spike, where one is within a millisecond."""
    order = np.argsort(spikes.event_samples)
    events, of_unit = spikes.event_samples[order], spikes.event_units[order]
    place = np.clip(np.searchsorted(events, samples), 1, len(events) - 1)
    place -= (samples - events[place - 1]) < (events[place] - samples)
    return of_unit[place][np.abs(events[place] - samples) < 20]


@pytest.mark.parametrize("has_row_times", [False, True])
def test_the_pixel_of_the_largest_correlation_is_in_the_right_cell_for_every_pair(sample, has_row_times):
    session, movie, clock, truth, units = sample
    source = timed_movie(movie, clock, has_row_times=has_row_times)
    assert len(set(units.values())) >= 4
    found = compute_correlations(session, list(units), source, source.lags(0.0, 0.6))
    for cluster, layer in zip(found.clusters, correlation_layers(found, movie), strict=True):
        data, options, _ = layer
        assert options["name"] == f"correlation with {cluster}"
        place = np.unravel_index(np.nanargmax(data), data.shape)
        assert truth.pixels_of(units[cluster])[place], cluster


def test_the_cells_of_the_sample_are_told_from_those_that_follow_nobody(sample):
    session, movie, clock, truth, units = sample
    source = timed_movie(movie, clock)
    labels = Labels(truth.cell_labels.astype(int))
    regions = regions_in(labels, movie, source.movie)
    found = compute_cell_pairs(session, list(units), source, regions, source.lags(0.0, 0.6))
    wanted = np.array([[truth.cell_units[cell - 1] == units[cluster] for cell in found.cells] for cluster in units])
    called = found.test.q <= 0.05
    assert (called & wanted).sum() >= 0.9 * wanted.sum()
    assert (called & ~wanted).sum() <= max(1, 0.1 * called.sum())
    for cluster, layer in zip(found.clusters, cell_correlation_layers(found, regions, movie), strict=True):
        place = np.unravel_index(np.nanargmax(layer[0]), layer[0].shape)
        assert truth.pixels_of(units[cluster])[place]


def test_the_right_cell_lights_up_after_the_spikes(sample):
    session, movie, clock, truth, units = sample
    source = timed_movie(movie, clock)
    cluster = max(units, key=session.manager.n_spikes)
    found = compute_averages(session, [cluster], source, source.lags(-0.5, 1.0))
    inside = truth.pixels_of(units[cluster])
    after = found.values[0][found.lags > 0].mean(axis=0) - found.values[0][found.lags < -2].mean(axis=0)
    assert inside[np.unravel_index(np.argmax(after), after.shape)]
