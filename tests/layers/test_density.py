"""The density layer: counts at every level, read only where the camera looks; points of a window."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Layer
from soak.small_kwik import make_kwik
from widgets.light_session import light_session

from napari_phy import open_session
from napari_phy.core.spike_columns import UNKNOWN_CHANNEL
from napari_phy.layers import density, picture_level, spikes
from napari_phy.layers.binder import LayerBinder
from napari_phy.layers.density import DensityLevel, density_layer, density_levels, is_density
from napari_phy.layers.spikes import spike_points, spikes_layer


@pytest.fixture
def session():
    made = light_session(n_clusters=6, n_spikes=5000)
    yield made
    made.close()


@pytest.fixture
def viewer(session):
    viewer = ViewerModel()
    viewer.add_layer(Layer.create(*spikes_layer(session, 1.0)))
    viewer.canvas.size = (300, 800)
    return viewer


@pytest.fixture
def binder(session, viewer):
    made = LayerBinder(viewer, session)
    yield made
    made.close()


def look_at(viewer, start_s, stop_s):
    viewer.scene.camera.center = (0.0, 0.0, (start_s + stop_s) / 2)
    viewer.scene.camera.zoom = 800 / (stop_s - start_s)


def row_of(session):
    """Return (n_channels,) the row of each channel."""
    return np.argsort(session.model.probe.from_top)


def test_every_level_counts_every_spike_of_its_channel(session, monkeypatch):
    monkeypatch.setattr(picture_level, "N_COLUMNS_COARSEST", 300)
    columns = session.columns.get()
    levels = density_levels(session, columns)
    assert [level.factor for level in levels] == [20, 80, 320, 1280, 5120][: len(levels)]
    assert levels[-1].shape[1] <= 300
    for level in levels:
        seconds = level.factor / session.model.sample_rate
        places = session.model.spike_samples // level.factor
        expected = np.zeros(level.shape)
        np.add.at(expected, (row_of(session)[columns.channels], places), 1)
        np.testing.assert_allclose(level[:, :], expected / seconds, rtol=1e-6)
        np.testing.assert_allclose(level[2:5, 10:40:3], expected[2:5, 10:40:3] / seconds, rtol=1e-6)
        np.testing.assert_allclose(level[:, 7], expected[:, 7] / seconds, rtol=1e-6)


def test_spikes_on_no_channel_are_not_counted():
    level = DensityLevel(np.array([1, 2, 3]), np.array([0, UNKNOWN_CHANNEL, 1], np.uint16), 2, 10, 10, 10.0)
    assert np.asarray(level).tolist() == [[1], [1]]


def test_a_fine_level_is_only_read_in_pieces():
    level = DensityLevel(np.array([1]), np.array([0], np.uint16), 400, 30_000_000, 30, 30_000.0)
    with pytest.raises(MemoryError):
        np.asarray(level)
    assert level[:, 0:5].shape == (400, 5)


def test_a_spike_lies_in_its_column_of_the_layer(session, viewer):
    layer = Layer.create(*density_layer(session, session.columns.get(), 2.0))
    sample = int(session.model.spike_samples[100])
    row, column = layer.world_to_data((0.0, sample / session.model.sample_rate))
    assert row == 0
    assert round(column) == sample // layer.data[0].factor
    assert is_density(layer)


def test_the_switch_adds_it_below_the_points_and_takes_it_away(session, viewer, binder):
    points = viewer.layers[spikes.NAME]
    viewer.layers.selection.active = points
    binder.show_density(session.columns.get())
    binder.show_density(session.columns.get())
    assert [layer.name for layer in viewer.layers] == [density.NAME, spikes.NAME]
    assert viewer.layers.selection.active is points
    assert binder.has_density
    binder.fit(800, 300)
    assert viewer.layers[0].scale[0] == points.scale[0]
    dark = viewer.layers[0].colormap.map(1.0)
    binder.set_dark(False)
    assert not np.allclose(viewer.layers[0].colormap.map(1.0), dark)
    binder.hide_density()
    assert [layer.name for layer in viewer.layers] == [spikes.NAME]


def test_edits_leave_it_as_it_is(session, viewer, binder):
    binder.show_density(session.columns.get())
    data = viewer.layers[density.NAME].data
    session.merge([0, 1])
    assert viewer.layers[density.NAME].data is data


# --- points of a window ---


def test_points_of_a_window_are_those_within(session):
    window = (100_000, 200_000)
    points = spike_points(session, (0, 3), window=window)
    ids = np.concatenate([session.manager.spikes(cluster) for cluster in (0, 3)])
    samples = session.model.spike_samples[ids]
    inside = samples[(samples >= window[0]) & (samples < window[1])]
    assert sorted(points.positions[:, 1].tolist()) == sorted(inside.tolist())
    assert points.n_total == len(inside)


def test_the_cap_is_for_what_is_in_sight(session, viewer, binder, monkeypatch):
    monkeypatch.setattr(spikes, "N_POINTS_MAX", 200)
    layer = viewer.layers[spikes.NAME]
    session.selection.select([0, 1])
    n_spikes = session.manager.n_spikes(0) + session.manager.n_spikes(1)
    look_at(viewer, 0, 20)
    binder.refresh()
    assert len(layer.data) <= 200
    assert binder.note == f"{len(layer.data)} of 1\u2009{n_spikes - 1000:03d} spikes are drawn here."
    look_at(viewer, 10.0, 10.5)
    binder.refresh()
    times = session.model.spike_times[np.sort(np.concatenate([session.manager.spikes(c) for c in (0, 1)]))]
    drawn = np.sort(layer.data[:, 1]) / session.model.sample_rate
    inside = times[(times >= 10) & (times <= 10.5)]
    np.testing.assert_allclose(drawn[(drawn >= 10) & (drawn <= 10.5)], inside, atol=1e-3)
    assert binder.note == ""


def test_small_steps_within_the_window_draw_nothing_again(session, viewer, binder, monkeypatch):
    monkeypatch.setattr(spikes, "N_POINTS_MAX", 200)
    session.selection.select([0, 1])
    look_at(viewer, 10.0, 11.0)
    binder.refresh()
    drawn = []
    viewer.layers[spikes.NAME].events.set_data.connect(lambda: drawn.append(1))
    look_at(viewer, 10.3, 11.3)
    binder.refresh()
    assert not drawn
    look_at(viewer, 12.0, 13.0)
    binder.refresh()
    assert drawn


def test_what_can_be_drawn_is_drawn_whole_wherever_the_camera_is(session, viewer, binder):
    session.selection.select([2])
    look_at(viewer, 3.0, 3.1)
    binder.refresh()
    assert len(viewer.layers[spikes.NAME].data) == session.manager.n_spikes(2)
    assert binder.note == ""


def test_another_channel_group_takes_the_density_away_and_another_clustering_does_not(tmp_path):
    path = make_kwik(tmp_path, groups=(0, 1))
    with open_session(path) as session:
        session.copy_clustering("main", "second")
        viewer = ViewerModel()
        viewer.add_layer(Layer.create(*spikes_layer(session, 1.0)))
        binder = LayerBinder(viewer, session)
        binder.show_density(session.columns.get())
        session.switch(clustering="second")
        binder.follow_switch()
        assert binder.has_density
        session.switch(channel_group=1)
        binder.follow_switch()
        assert not binder.has_density
        binder.close()


def test_the_colours_may_stand_for_the_mean_amplitude(session, viewer, binder):
    columns = session.columns.get()
    for level in density_levels(session, columns, "amplitude"):
        picture = np.asarray(level)
        places = session.model.spike_samples // level.factor
        sums, counts = np.zeros(level.shape), np.zeros(level.shape)
        known = columns.channels < level.shape[0]
        rows = row_of(session)[columns.channels[known]]
        np.add.at(sums, (rows, places[known]), columns.amplitudes[known])
        np.add.at(counts, (rows, places[known]), 1)
        assert np.allclose(picture, sums / np.maximum(counts, 1), rtol=1e-4)
    binder.show_density(columns)
    number = np.asarray(viewer.layers[density.NAME].data[-1])
    binder.hide_density()
    binder.density_metric = "amplitude"
    binder.show_density(columns)
    assert not np.array_equal(np.asarray(viewer.layers[density.NAME].data[-1]), number)
