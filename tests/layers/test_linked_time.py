"""Slider and clock follow each other, each layer shows the frame of its clock, and unlinking leaves no trace."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from napari.components import ViewerModel
from napari.layers import Layer

from napari_phy.core.errors import TimelineError
from napari_phy.core.time_cursor import TimeCursor
from napari_phy.layers.linked_time import LinkedTime
from napari_phy.layers.movie_results import average_layers, correlation_layers
from napari_phy.timeline import TimeBase
from napari_phy.views.movie_responses import MovieAverages, MovieCorrelations

DURATION_S = 60.0


def stack(n_frames, *rest):
    """Frames whose pixels are their number."""
    shape = rest or (4, 5)
    return np.broadcast_to(np.arange(n_frames).reshape(-1, *[1] * len(shape)), (n_frames, *shape)).astype(np.uint16)


def shown(layer):
    """Return the number of the frame that napari has read."""
    return int(np.asarray(layer._slice.image.raw).flat[0])


def uneven(n_frames=300, rate_hz=10.0, seed=0):
    """Jitter, two frames lost, a pause of 2 s and a drift."""
    rng = np.random.default_rng(seed)
    intervals_s = (1 / rate_hz) * (1 + 1e-3 * rng.standard_normal(n_frames - 1)) * np.linspace(1, 1.01, n_frames - 1)
    intervals_s[100] *= 3
    intervals_s[200] += 2.0
    return TimeBase.from_times(0.5 + np.concatenate([[0], np.cumsum(intervals_s)]))


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def time():
    return TimeCursor(DURATION_S)


@pytest.fixture
def linked(viewer, time):
    return LinkedTime(viewer, time)


def go(linked, time, time_s):
    time.move_to(time_s)
    linked.follow_clock()


CLOCKS = {"even": TimeBase.from_rate(300, 10.0, 0.5), "uneven": uneven()}


@pytest.mark.parametrize("name", CLOCKS)
def test_the_frame_of_every_moment_is_the_one_that_was_being_taken(viewer, time, linked, name):
    base = CLOCKS[name]
    layer = viewer.add_image(stack(300))
    linked.link(layer, base)
    starts = base.frame_times_s
    some = starts[[0, 1, 2, 57, 99, 100, 101, 102, 200, 201, 250, 298, 299]]
    moments = np.concatenate([some, np.nextafter(some, -1), np.random.default_rng(1).uniform(0, DURATION_S, 20)])
    for time_s in moments.tolist():
        go(linked, time, time_s)
        assert shown(layer) == np.clip(base.frame_at(time_s), 0, 299), time_s
        assert linked.now_s == time_s


@pytest.mark.parametrize("others", [(), (TimeBase.from_rate(1800, 30.0),)])
@pytest.mark.parametrize("name", CLOCKS)
def test_a_moment_without_a_frame_is_known_as_one(viewer, time, linked, name, others):
    base = CLOCKS[name]
    layer = viewer.add_image(stack(300), name="movie")
    linked.link(layer, base)
    linked.link(viewer.add_points(np.zeros((1, 3)), name="points"), CLOCKS["even"])
    for other in others:
        linked.link(viewer.add_image(stack(other.n_frames)), other)
    pause_s = float(base.frame_times_s[200]) + 1.0
    for time_s in (0.0, 0.49, 0.5, 0.51, 12.3, pause_s, *base.frame_times_s[[0, 299]].tolist(), 40.0, 59.0):
        go(linked, time, time_s)
        assert (layer in linked.without_frame) == (not base.is_covered(time_s)), time_s
        assert set(linked.without_frame) <= {layer}
    linked.close()
    assert linked.without_frame == ()


@pytest.mark.parametrize("name", CLOCKS)
def test_the_slider_moves_the_clock_into_the_frame_that_is_seen(viewer, time, linked, name):
    base = CLOCKS[name]
    layer = viewer.add_image(stack(300))
    linked.link(layer, base)
    for step in range(1, viewer.dims.nsteps[0], 29):
        viewer.dims.set_current_step(0, step)
        linked.follow_slider()
        assert shown(layer) == np.clip(base.frame_at(time.time_s), 0, 299)
        assert viewer.dims.point[0] == time.time_s


@pytest.mark.parametrize(("unit", "linked_unit"), [("pixel", "pixel"), ("ms", "second"), ("second", "second")])
def test_the_slider_is_called_time_and_counts_seconds(viewer, linked, unit, linked_unit):
    linked.link(viewer.add_image(stack(300), units=(unit, "pixel", "pixel"), scale=(3, 1, 1)), CLOCKS["even"])
    assert viewer.dims.axis_labels[0] == "time"
    assert str(viewer.dims.units[0]) == linked_unit
    start, stop, step = viewer.dims.range[0]
    assert (start, stop, step) == pytest.approx((0.55, 30.45, 0.1))


def state(layer):
    names = ("scale", "translate", "units", "axis_labels")
    return {name: tuple(getattr(layer, name)) for name in names}


LAYERS = {
    "image": lambda viewer: viewer.add_image(stack(300), scale=(2, 0.5, 0.5), translate=(7, 1, 2)),
    "named": lambda viewer: viewer.add_image(
        stack(300), axis_labels=("t", "y", "x"), units=("ms", "um", "um"), scale=(100, 1, 1)
    ),
    "volumes": lambda viewer: viewer.add_image(stack(300, 3, 4, 5)),
    "labels": lambda viewer: viewer.add_labels(stack(300)),
    "multiscale": lambda viewer: viewer.add_image([stack(300, 8, 8), stack(300, 4, 4)], multiscale=True),
    "points": lambda viewer: viewer.add_points(np.stack([np.arange(300), np.ones(300), np.ones(300)], axis=1)),
    "tracks": lambda viewer: viewer.add_tracks(
        np.stack([np.ones(300), np.arange(300), np.arange(300), np.ones(300)], axis=1),
        features={"weight": np.arange(300)},
    ),
}


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("kind", LAYERS)
def test_unlinking_puts_everything_back(viewer, time, linked, kind, clock):
    layer = LAYERS[kind](viewer)
    data, before, labels, units = layer.data, state(layer), viewer.dims.axis_labels, viewer.dims.units
    values = np.array(data[0] if kind == "multiscale" else data)
    features = layer.features.copy() if hasattr(layer, "features") else None
    linked.link(layer, CLOCKS[clock])
    assert state(layer) != before
    go(linked, time, 12.0)
    linked.unlink(layer)
    assert state(layer) == before
    assert np.array_equal(layer.data[0] if kind == "multiscale" else layer.data, values)
    assert viewer.dims.units == units
    assert viewer.dims.axis_labels in (labels, ("frame", *labels[1:]))
    if features is not None:
        assert layer.features.equals(features)
    assert linked.layers == ()
    assert linked.now_s is None


def test_the_frame_in_sight_stays_when_unlinked(viewer, time, linked):
    layer = viewer.add_image(stack(300), scale=(2, 1, 1), translate=(7, 0, 0))
    linked.link(layer, CLOCKS["uneven"])
    go(linked, time, 20.0)
    before = shown(layer)
    linked.unlink(layer)
    assert shown(layer) == before == CLOCKS["uneven"].frame_at(20.0)


@settings(max_examples=4, deadline=None)
@given(st.lists(st.floats(0, DURATION_S), min_size=1, max_size=6), st.integers(0, 5))
def test_stacks_of_other_rates_each_show_their_own_frame(moments, seed):
    viewer, time = ViewerModel(), TimeCursor(DURATION_S)
    linked = LinkedTime(viewer, time)
    clocks = [TimeBase.from_rate(500, 31.0, 1.25), uneven(seed=seed), uneven(240, 7.0, seed + 1)]
    layers = [viewer.add_image(stack(base.n_frames)) for base in clocks]
    for layer, base in zip(layers, clocks, strict=True):
        linked.link(layer, base)
    first, last = viewer.dims.range[0][:2]
    for time_s in moments:
        go(linked, time, time_s)
        for layer, base in zip(layers, clocks, strict=True):
            frame, middles = int(base.frame_at(time_s)), (layer.translate[0], layer.extent.world[1][0])
            if 0 <= frame < base.n_frames and first <= time_s <= last and middles[0] <= time_s <= middles[1]:
                assert shown(layer) == frame
    linked.close()
    assert [tuple(layer.scale) for layer in layers] == [(1, 1, 1)] * 3


def test_points_of_an_uneven_clock_are_seen_with_their_frame(viewer, time, linked):
    base = CLOCKS["uneven"]
    layer = viewer.add_points(np.stack([np.arange(300), np.arange(300), np.zeros(300)], axis=1))
    linked.link(layer, base)
    for frame in (0, 50, 99, 150, 250, 299):
        go(linked, time, float(base.time_of(frame) + 0.05))
        assert layer._view_data[:, 0].tolist() == [frame]


def test_points_that_were_drawn_while_linked_are_in_their_frame(viewer, time, linked):
    base = CLOCKS["uneven"]
    layer = viewer.add_points(np.stack([np.arange(300), np.arange(300), np.zeros(300)], axis=1))
    linked.link(layer, base)
    go(linked, time, float(base.time_of(230) + 0.05))
    layer.add([*layer.world_to_data([viewer.dims.point[0], 3, 4])])
    linked.unlink(layer)
    assert np.array_equal(layer.data[:300, 0], np.arange(300))
    assert layer.data[300, 0] == pytest.approx(230, abs=0.5)


def test_what_is_painted_into_labels_is_in_the_frame_that_was_seen(viewer, time, linked):
    base = CLOCKS["uneven"]
    data = np.zeros((300, 6, 6), dtype=np.uint8)
    layer = viewer.add_labels(data)
    linked.link(layer, base)
    go(linked, time, float(base.time_of(210) + 0.05))
    step = round(layer.world_to_data([viewer.dims.point[0], 2, 2])[0])
    layer.data_setitem((np.array([step]), np.array([2]), np.array([3])), 9)
    linked.unlink(layer)
    assert layer.data is data
    assert np.argwhere(data).tolist() == [[210, 2, 3]]


def test_units_of_the_slider_change_and_the_clock_stays(viewer, time, linked):
    layer = viewer.add_image(stack(300), units=("s", "pixel", "pixel"))
    linked.link(layer, CLOCKS["even"])
    go(linked, time, 12.34)
    frame = shown(layer)
    other = viewer.add_image(stack(20), units=("ms", "pixel", "pixel"), scale=(500, 1, 1))
    linked.follow_slider()
    assert str(viewer.dims.units[0]) == "millisecond"
    assert time.time_s == 12.34
    assert shown(layer) == frame
    assert viewer.dims.point[0] == pytest.approx(12_340, abs=60)
    go(linked, time, 20.0)
    assert shown(layer) == CLOCKS["even"].frame_at(20.0)
    viewer.layers.remove(other)
    linked.follow_slider()
    assert time.time_s == 20.0
    assert shown(layer) == CLOCKS["even"].frame_at(20.0)
    viewer.layers.units = ("us", "pixel", "pixel")
    linked.follow_slider()
    assert time.time_s == 20.0
    assert viewer.dims.point[0] == pytest.approx(20e6, abs=6e4)
    viewer.dims.set_point(0, 10.02e6)
    linked.follow_slider()
    assert time.time_s == pytest.approx(10.02)


def test_beside_a_layer_in_pixels_seconds_are_numbers(viewer, time, linked):
    layer = viewer.add_image(stack(300), units=("ms", "pixel", "pixel"))
    linked.link(layer, CLOCKS["even"])
    go(linked, time, 12.34)
    viewer.add_image(stack(20))
    linked.follow_slider()
    assert viewer.dims.units is None
    assert viewer.dims.point[0] == pytest.approx(12.34, abs=0.06)
    viewer.dims.set_point(0, 20.02)
    linked.follow_slider()
    assert time.time_s == 20.02
    assert shown(layer) == CLOCKS["even"].frame_at(20.02)


def test_nothing_goes_round_in_circles(viewer, time, linked):
    layer = viewer.add_image(stack(300))
    linked.link(layer, CLOCKS["even"])
    moves = []

    def on_slider():
        moves.append("slider")
        linked.follow_slider()

    def on_clock():
        moves.append("clock")
        linked.follow_clock()

    viewer.dims.events.point.connect(on_slider)
    time.moved.connect(on_clock)
    time.move_to(5.0)
    assert moves == ["clock", "slider"]
    moves.clear()
    viewer.dims.set_current_step(0, 100)
    assert moves == ["slider", "clock"]
    time.move_to(55.0)  # after the stack
    assert time.time_s == 55.0
    assert shown(layer) == 299


def test_a_slider_that_knows_only_steps_leaves_the_clock_where_it_is(viewer, time, linked):
    steps = []

    def round_to_step(event=None):  # as napari's slider does whenever it is at another step
        if [viewer.dims.current_step[0]] != steps[-1:]:
            steps.append(viewer.dims.current_step[0])
            viewer.dims.set_current_step(0, steps[-1])

    viewer.dims.events.current_step.connect(round_to_step)
    for place, rate_hz in enumerate((11.76, 32.65, 24.54, 6.48)):
        n_frames = int(35 * rate_hz)
        base = TimeBase.from_rate(n_frames, rate_hz, 0.1 * place) if place % 2 else uneven(n_frames, rate_hz, place)
        linked.link(viewer.add_image(stack(n_frames, 2, 2)), base)
    for time_s in np.random.default_rng(0).uniform(0, 35, 60).tolist():
        go(linked, time, time_s)
        linked.follow_slider()
        assert time.time_s == time_s


def test_what_cannot_be_linked_is_said_and_stays_as_it_is(viewer, linked):
    flat = viewer.add_image(np.zeros((5, 6)))
    movie = viewer.add_image(stack(300), name="movie")
    lines = viewer.add_vectors(np.zeros((2, 2, 3)), name="lines")
    before = [state(layer) for layer in viewer.layers]
    with pytest.raises(TimelineError, match="no axis of time"):
        linked.link(flat, CLOCKS["even"])
    with pytest.raises(TimelineError, match="300 frames along its axis 0, the clock is of 120"):
        linked.link(movie, TimeBase.from_rate(120, 10.0))
    with pytest.raises(TimelineError, match="only have an even clock"):
        linked.link(lines, CLOCKS["uneven"])
    assert [state(layer) for layer in viewer.layers] == before
    linked.link(movie, CLOCKS["even"])
    with pytest.raises(TimelineError, match="the clock is of 120"):
        linked.link(movie, TimeBase.from_rate(120, 10.0))
    assert linked.clock_of(movie) is CLOCKS["even"]
    assert movie.scale[0] == pytest.approx(0.1)


@pytest.mark.filterwarnings("ignore:Non-orthogonal")
def test_time_that_is_mixed_with_space_is_no_time(viewer, linked):
    turned = viewer.add_image(stack(300), rotate=(10, 20, 30))
    sheared = viewer.add_image(stack(300), shear=(0.1, 0, 0))
    for layer in (turned, sheared):
        with pytest.raises(TimelineError, match="turned or sheared"):
            linked.link(layer, CLOCKS["even"])
    tilted = viewer.add_image(stack(300), affine=[[1, 0, 0, 0], [0, 2, 1, 3], [0, 1, 2, 4], [0, 0, 0, 1]])
    linked.link(tilted, CLOCKS["even"])
    assert linked.layers == (tilted,)


@pytest.mark.parametrize("name", CLOCKS)
@pytest.mark.parametrize("volumes_first", [True, False])
def test_volumes_and_a_movie_share_the_slider_of_time(viewer, time, linked, name, volumes_first):
    base, volume_base = CLOCKS[name], TimeBase.from_rate(150, 5.0, 0.25)
    space = {"units": ("pixel", "um", "um", "um"), "axis_labels": ("t", "z", "y", "x")}
    volumes = viewer.add_image(
        stack(150, 6, 4, 5), name="volumes", scale=(1, 3, 2, 2), translate=(0, 30, 0, 0), **space
    )
    movie = viewer.add_image(stack(300), name="movie", scale=(1, 2, 2), units=("pixel", "um", "um"))
    tilted = [[1, 0, 0, 0], [0, 2, 1, 3], [0, 1, 2, 4], [0, 0, 0, 1]]
    labels = viewer.add_labels(stack(300).copy(), name="cells", affine=tilted)
    layers = [(volumes, volume_base), (movie, base), (labels, base)]
    data, before = [layer.data for layer in viewer.layers], [state(layer) for layer in viewer.layers]
    for layer, clock in layers if volumes_first else layers[::-1]:
        linked.link(layer, clock)
    assert viewer.dims.axis_labels == ("time", "z", "y", "x")
    assert linked.axis == 0
    assert viewer.dims.range[1] == (30, 45, 3)
    for time_s in (0.6, 12.34, 22.1, 28.9):
        go(linked, time, time_s)
        for plane in range(6):
            viewer.dims.set_current_step(1, plane)
            assert shown(movie) == shown(labels) == base.frame_at(time_s)
            assert shown(volumes) == volume_base.frame_at(time_s)
        assert linked.now_s == time_s
    assert np.array_equal(movie._slice.image.raw, data[1][base.frame_at(28.9)])
    labels.paint((round(labels.world_to_data(viewer.dims.point)[0]), 0, 1, 2), 7)
    assert (labels.affine.affine_matrix[-3:-1, -3:-1] == [[2, 1], [1, 2]]).all()
    movie.scale = (*movie.scale[:2], 4, 4)
    linked.unlink(volumes)
    assert movie.data.ndim == labels.ndim == movie.ndim == 3
    assert linked.axis == viewer.dims.ndim - 3
    linked.close()
    assert all(layer.data is one for layer, one in zip(viewer.layers, data, strict=True))
    movie.scale = (1, 2, 2)
    assert [state(layer) for layer in viewer.layers] == before
    assert data[2][base.frame_at(28.9), 1, 2] == 7


@pytest.mark.parametrize("volumes_first", [True, False])
def test_the_slider_of_planes_without_a_name_is_not_called_time(viewer, time, linked, volumes_first):
    movie = viewer.add_image(stack(300), axis_labels=("time", "y", "x"))
    volumes = viewer.add_image(stack(150, 6, 4, 5))
    before = [state(layer) for layer in (movie, volumes)]
    layers = [(volumes, TimeBase.from_rate(150, 5.0, 0.25)), (movie, CLOCKS["even"])]
    for layer, clock in layers if volumes_first else layers[::-1]:
        linked.link(layer, clock)
    assert viewer.dims.axis_labels[:2] == ("time", "plane")
    linked.close()
    assert [state(layer) for layer in (movie, volumes)] == before


def test_results_of_a_movie_keep_their_lags_while_axes_of_planes_come_and_go(viewer, linked):
    movie = viewer.add_image(stack(300), name="movie", scale=(1, 2, 2), units=("pixel", "um", "um"))
    linked.link(movie, CLOCKS["even"])
    values = np.random.default_rng(0).normal(size=(1, 5, *movie.data.shape[1:]))
    averages = MovieAverages((7,), values, np.arange(-2, 3), 0.1, ("",))
    correlations = MovieCorrelations((7,), values[:, 0], values[:, 1], ("",))
    results = [*average_layers(averages, movie), *correlation_layers(correlations, movie)]
    average, correlation = (viewer.add_layer(Layer.create(*result)) for result in results)
    before = [state(layer) for layer in (average, correlation)]
    volumes = viewer.add_image(
        stack(150, 6, 4, 5), name="volumes", units=("pixel", "um", "um", "um"), axis_labels=("t", "z", "y", "x")
    )
    linked.link(volumes, TimeBase.from_rate(150, 5.0, 0.25))
    assert (average.data.shape, correlation.data.shape) == ((5, 1, 1, *values.shape[2:]), (1, *values.shape[2:]))
    assert viewer.dims.axis_labels == ("lag", "time", "z", "y", "x")
    for place, lag_ms in enumerate((-200, -100, 0, 100, 200)):
        for plane in (0, 5):
            viewer.dims.set_current_step(2, plane)
            viewer.dims.set_point(0, lag_ms)
            assert np.array_equal(average._slice.image.raw, values[0, place].astype(np.float32))
            assert np.array_equal(correlation._slice.image.raw, values[0, 0].astype(np.float32))
    linked.unlink(volumes)
    assert [state(layer) for layer in (average, correlation)] == before
    assert np.array_equal(average.data[:, 0], values[0].astype(np.float32))


def test_points_without_planes_are_not_linked_beside_volumes(viewer, time, linked):
    volumes = viewer.add_image(stack(300, 3, 4, 5), name="volumes")
    points = viewer.add_points(np.zeros((4, 3)), name="pose")
    movie = viewer.add_image(stack(300), name="movie")
    words = "pose has no coordinate for the planes of volumes, .* or link one plane of volumes"
    linked.link(movie, CLOCKS["even"])
    linked.link(volumes, CLOCKS["even"])
    with pytest.raises(TimelineError, match=words):
        linked.link(points, CLOCKS["even"])
    assert set(linked.layers) == {movie, volumes}
    assert movie.ndim == 4
    linked.unlink(volumes)
    linked.link(points, CLOCKS["even"])
    with pytest.raises(TimelineError, match=words):
        linked.link(volumes, CLOCKS["even"])
    assert set(linked.layers) == {movie, points}
    go(linked, time, 12.34)
    assert shown(movie) == CLOCKS["even"].frame_at(12.34)
    assert movie.ndim == 3


def test_a_film_in_colours_and_a_pyramid_get_the_axis_too(viewer, time, linked):
    base = CLOCKS["uneven"]
    film = viewer.add_image(np.repeat(stack(300, 6, 8)[..., None].astype(np.uint8), 3, axis=-1), rgb=True)
    levels = [stack(300, 8, 8), stack(300, 4, 4)]
    pyramid = viewer.add_image(levels, multiscale=True)
    volumes = viewer.add_image(stack(300, 3, 4, 5))
    for layer in (film, pyramid, volumes):
        linked.link(layer, base)
    go(linked, time, 12.34)
    assert film.ndim == pyramid.ndim == 4
    assert shown(film) == base.frame_at(12.34) % 256
    assert shown(pyramid) == base.frame_at(12.34)
    linked.close()
    assert film.ndim == pyramid.ndim == 3
    assert all(one is other for one, other in zip(pyramid.data, levels, strict=True))
