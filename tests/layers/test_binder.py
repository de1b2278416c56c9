"""The spikes layer follows the selection and is never rebuilt."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Layer

from napari_phy import open_session
from napari_phy.core.colors import selection_color
from napari_phy.layers.binder import LayerBinder
from napari_phy.layers.spikes import DASH, N_POINTS_MAX, TICK, spike_points, spikes_layer
from napari_phy.layers.traces import traces_layer


@pytest.fixture
def session(kwik_copy):
    with open_session(kwik_copy) as session:
        yield session


@pytest.fixture
def viewer(session):
    viewer = ViewerModel()
    for data in (traces_layer(session, 1.0), spikes_layer(session, 1.0)):
        viewer.add_layer(Layer.create(*data))
    return viewer


def face_colors(layer):
    return {"#" + "".join(f"{round(255 * value):02x}" for value in color[:3]) for color in layer.face_color}


def test_points_lie_at_the_samples_of_the_selection(session):
    clusters = tuple(session.manager.cluster_ids[:2].tolist())
    points = spike_points(session, clusters)
    spikes = np.concatenate([session.manager.spikes(cluster) for cluster in clusters])
    assert sorted(points.positions[:, 1].tolist()) == sorted(session.model.spike_samples[spikes].tolist())
    assert (np.abs(points.positions[:, 0] - np.rint(points.positions[:, 0])) < 0.5).all()


def test_without_features_nobody_knows_the_channels_and_no_points_are_drawn(kwik_copy):
    kwik_copy.with_suffix(".kwx").unlink()
    with open_session(kwik_copy) as session:
        points = spike_points(session, tuple(session.manager.cluster_ids[:2].tolist()))
    assert points.positions.shape == (0, 2)
    assert points.colors.shape == (0, 4)


def test_points_are_capped(session, monkeypatch):
    monkeypatch.setattr("napari_phy.layers.spikes.N_POINTS_MAX", 50)
    points = spike_points(session, tuple(session.manager.cluster_ids.tolist()))
    assert 30 <= len(points.positions) <= 50 < N_POINTS_MAX


def test_the_layer_follows_selection_and_edits(session, viewer):
    binder = LayerBinder(viewer, session)
    layer = viewer.layers["spikes"]
    a, b, c = session.manager.cluster_ids[:3].tolist()
    session.selection.select([a, b])
    assert viewer.layers["spikes"] is layer
    assert len(layer.data) == session.manager.n_spikes(a) + session.manager.n_spikes(b)
    assert face_colors(layer) == {selection_color(0), selection_color(1)}
    assert not layer.editable
    assert layer.border_width.max() == 0
    session.merge([a, b])
    assert viewer.layers["spikes"] is layer
    assert selection_color(0) in face_colors(layer)
    binder.set_dark(False)
    assert selection_color(0, dark=False) in face_colors(layer)
    assert viewer.layers["traces"].colormap.map(0.5).ravel()[:3].min() == 1
    session.selection.select([])
    assert len(layer.data) == 0
    binder.close()
    assert len(viewer.layers) == 0
    session.selection.select([c])
    assert len(layer.data) == 0


def expected_features(session, layer):
    """Return what the features of the points say, looked up for each spike."""
    spikes = layer.features["spike"].to_numpy()
    clusters = session.manager.clusters_of(spikes)
    return {
        "cluster": clusters.tolist(),
        "group": [session.manager.group(int(cluster)) for cluster in clusters],
        "time_s": (session.model.spike_samples[spikes] / session.model.sample_rate).tolist(),
    }


def told_features(layer):
    return {name: layer.features[name].tolist() for name in ("cluster", "group", "time_s")}


def test_features_tell_cluster_group_spike_and_time_and_follow_edits(session, viewer):
    binder = LayerBinder(viewer, session)
    layer = viewer.layers["spikes"]
    told = []
    layer.events.features.connect(lambda event: told.append(len(layer.features)))
    a, b, c = session.manager.cluster_ids[:3].tolist()
    session.selection.select([a, b])
    assert layer.features["spike"].tolist() == np.concatenate([session.manager.spikes(one) for one in (a, b)]).tolist()
    assert layer.data[:, 1].tolist() == session.model.spike_samples[layer.features["spike"]].tolist()
    for edit in (
        lambda: session.move([b], "noise"),
        lambda: session.move([c], "mua"),
        session.undo,
        session.undo,
        lambda: session.merge([a, b]),
        lambda: session.move(session.selection.clusters, "good"),
        session.undo,
        session.undo,
        lambda: session.split(session.manager.spikes(a)[:5]),
        lambda: session.selection.select([]),
    ):
        n_told, before = len(told), layer.features.copy()
        edit()
        assert len(layer.features) == len(layer.data)
        assert told_features(layer) == expected_features(session, layer)
        assert len(told) > n_told or layer.features.equals(before)
    assert told[-1] == 0
    binder.close()


def test_a_group_changes_rows_of_its_cluster_alone(session, viewer):
    a, b = session.manager.cluster_ids[:2].tolist()
    session.selection.select([a, b])
    binder = LayerBinder(viewer, session, lambda: None)  # nothing is looked up again
    table = viewer.layers["spikes"].features
    before = table.copy()
    group = "mua" if session.manager.group(b) == "good" else "good"
    session.move([b], group)
    assert viewer.layers["spikes"].features is table
    changed = (table != before).any(axis=1)
    assert set(table["cluster"][changed]) == {b}
    assert set(table["group"][table["cluster"] == b]) == {group}
    binder.close()


def test_the_mouse_is_told_of_the_spike_below_it(session, viewer):
    binder = LayerBinder(viewer, session)
    binder.fit(800, 600)
    layer = viewer.layers["spikes"]
    (cluster,) = session.manager.cluster_ids[:1].tolist()
    session.selection.select([cluster])
    row = layer.features.iloc[3]
    status = layer.get_status(layer.data_to_world(layer.data[3]), world=True)["value"]
    assert f"cluster: {cluster}, group: {row['group']}, spike: {row['spike']}" in status


def test_from_the_thirteenth_cluster_on_ticks_are_dashes(session, viewer, monkeypatch):
    monkeypatch.setattr("napari_phy.layers.spikes.N_POINTS_MAX", 20_000)
    binder = LayerBinder(viewer, session)
    layer = viewer.layers["spikes"]
    clusters = session.manager.cluster_ids.tolist()
    while len(clusters) < 13:
        largest = max(clusters, key=session.manager.n_spikes)
        session.split(session.manager.spikes(largest)[::2])
        clusters = session.manager.cluster_ids.tolist()
    session.selection.select(clusters)
    symbols = layer.symbol.astype(str).tolist()
    n_dashes = sum(session.manager.n_spikes(cluster) for cluster in clusters[12:])
    assert symbols == [TICK] * (len(symbols) - n_dashes) + [DASH] * n_dashes
    assert np.allclose(layer.face_color[-1], layer.face_color[0])
    session.selection.select(clusters[:2])
    assert set(layer.symbol.astype(str)) == {TICK}
    assert viewer.layers["spikes"] is layer
    binder.close()


def test_the_canvas_has_the_colour_of_the_views_while_the_layers_are_there(session, viewer):
    viewer.canvas.background_color_override = "#123456"
    binder = LayerBinder(viewer, session)
    binder.set_dark(True)
    assert np.allclose(viewer.canvas.background_color[:3] * 255, (0x15, 0x17, 0x1C))
    binder.set_dark(False)
    assert np.allclose(viewer.canvas.background_color[:3], 1)
    binder.close()
    assert np.allclose(viewer.canvas.background_color[:3] * 255, (0x12, 0x34, 0x56))


def test_the_layers_of_a_second_data_set_have_plain_names(session, viewer):
    second = ViewerModel()
    for data in (traces_layer(session, 1.0), spikes_layer(session, 1.0)):
        second.add_layer(Layer.create(data[0], {**data[1], "name": f"{data[1]['name']} [1]"}, data[2]))
    binder = LayerBinder(second, session)
    assert [layer.name for layer in second.layers] == ["traces", "spikes"]
    binder.close()


def test_a_hidden_layer_waits_until_it_is_shown(session, viewer):
    binder = LayerBinder(viewer, session)
    layer = viewer.layers["spikes"]
    large, small = sorted(session.manager.cluster_ids.tolist(), key=lambda c: -session.manager.n_spikes(c))[:3:2]
    layer.events.face_color.connect(lambda: layer._view_data)  # as the canvas does
    session.selection.select([large])
    layer.visible = False
    session.selection.select([small])
    layer.visible = True
    assert len(layer.data) == len(layer._view_data) == session.manager.n_spikes(small)
    binder.close()


def test_nobody_edits_the_points(session, viewer):
    binder = LayerBinder(viewer, session)
    layer = viewer.layers["spikes"]
    cluster = int(session.manager.cluster_ids[0])
    session.selection.select([cluster])
    viewer.add_image(np.zeros((3, 4, 5)))  # napari makes the layers editable again
    assert not layer.editable
    before = layer.data.copy()
    layer.selected_data = set(range(len(before)))
    layer.remove_selected()
    assert np.array_equal(layer.data, before)
    layer.selected_data = {0}
    layer.remove_selected()
    layer.add([1, 1])
    assert np.array_equal(layer.data, before)
    assert face_colors(layer) == {selection_color(0)}
    binder.close()


def test_the_picture_fills_the_canvas(session, viewer):
    binder = LayerBinder(viewer, session)
    binder.fit(950, 130)
    height, width = viewer.layers.extent.world[1] - viewer.layers.extent.world[0]
    assert width / height == pytest.approx(950 / 130, rel=0.1)
    assert viewer.layers["traces"].scale[0] == viewer.layers["spikes"].scale[0]
    assert width * viewer.scene.camera.zoom == pytest.approx(950, rel=0.05)
    binder.fit_again(600, 300)
    assert width * viewer.scene.camera.zoom == pytest.approx(600, rel=0.05)
    viewer.scene.camera.zoom *= 2
    binder.fit_again(950, 130)
    assert width * viewer.scene.camera.zoom == pytest.approx(1200, rel=0.05)


def test_the_home_button_of_napari_shows_the_whole_recording(session, viewer):
    binder = LayerBinder(viewer, session)
    viewer.fit_to_view()
    empty = viewer.scene.camera.zoom
    session.selection.select(session.manager.cluster_ids[:2])
    viewer.fit_to_view()
    assert viewer.scene.camera.zoom == pytest.approx(empty, rel=0.1)
    binder.close()


def test_the_layers_leave_the_canvas_to_an_image_stack_and_come_back_as_they_were(session, viewer):
    viewer.canvas.background_color_override = "#123456"
    binder = LayerBinder(viewer, session)
    binder.set_dark(True)
    own = list(viewer.layers)
    own[0].opacity = 0.6
    assert not binder.follow_stacks()
    viewer.add_image(np.zeros((8, 8)), name="picture")
    assert not binder.follow_stacks()
    stack = viewer.add_image(np.zeros((5, 300, 400)), name="stack")
    assert binder.follow_stacks()
    assert binder.is_aside
    assert [layer.name for layer in viewer.layers] == ["picture", "stack"]
    assert viewer.dims.axis_labels == ("-3", "-2", "-1")
    assert np.allclose(viewer.scene.camera.center, (0, 149.5, 199.5))
    assert np.allclose(viewer.canvas.background_color[:3] * 255, (0x12, 0x34, 0x56))
    assert not binder.follow_stacks()
    cluster = int(session.manager.cluster_ids[0])
    session.selection.select([cluster])
    binder.set_dark(False)
    viewer.layers.remove(stack)
    assert binder.follow_stacks()
    assert not binder.is_aside
    assert list(viewer.layers) == [*own, viewer.layers["picture"]]
    assert own[0].opacity == 0.6
    assert own[0].colormap.map(0.5).ravel()[:3].min() == 1
    assert len(own[1].data) == session.manager.n_spikes(cluster)
    assert face_colors(own[1]) == {selection_color(0, dark=False)}
    assert not own[1].editable
    own[1].add([1, 1])
    assert len(own[1].data) == session.manager.n_spikes(cluster)
    binder.close()
    assert [layer.name for layer in viewer.layers] == ["picture"]


def test_a_data_set_opened_beside_an_image_stack_has_layers_once_that_is_gone(session):
    viewer = ViewerModel()
    viewer.add_image(np.zeros((5, 300, 400)))
    binder = LayerBinder(viewer, session)
    assert binder.is_aside
    binder.show_traces()
    assert len(viewer.layers) == 1
    viewer.layers.clear()
    assert binder.follow_stacks()
    assert [layer.name for layer in viewer.layers] == ["traces", "spikes"]
    cluster = int(session.manager.cluster_ids[0])
    session.selection.select([cluster])
    assert len(viewer.layers["spikes"].data) == session.manager.n_spikes(cluster)
    binder.close()
    assert not viewer.layers


def test_raw_data_found_beside_an_image_stack_are_shown_once_that_is_gone(session, viewer):
    binder = LayerBinder(viewer, session)
    traces, spikes = viewer.layers
    stack = viewer.add_image(np.zeros((5, 300, 400)))
    binder.follow_stacks()
    binder.show_traces()
    assert list(viewer.layers) == [stack]
    viewer.layers.remove(stack)
    binder.follow_stacks()
    assert [layer.name for layer in viewer.layers] == ["traces", "spikes"]
    assert viewer.layers[0] is not traces
    assert viewer.layers[1] is spikes
    binder.close()


def test_an_image_stack_is_fitted_until_the_user_has_moved_the_camera(session, viewer):
    binder = LayerBinder(viewer, session)
    viewer.add_image(np.zeros((5, 300, 400)))
    binder.follow_stacks()
    camera = viewer.scene.camera
    viewer.canvas.size = (300, 950)
    binder.fit_again(950, 300)
    assert camera.zoom == pytest.approx(0.95 * 300 / 300)
    viewer.canvas.size = (600, 800)
    binder.fit(800, 600)
    assert camera.zoom == pytest.approx(0.95 * 600 / 300)
    camera.zoom *= 3
    camera.center = (0, 50, 60)
    viewer.canvas.size = (300, 950)
    binder.fit(950, 300)
    binder.fit_again(950, 300)
    assert (camera.zoom, *camera.center) == pytest.approx((3 * 0.95 * 2, 0, 50, 60))
    binder.close()


@pytest.mark.parametrize(("closer", "is_fitted"), [(1.0, True), (0.5, True), (2.0, False)])
def test_an_image_stack_opened_first_is_fitted_unless_a_part_was_chosen(session, closer, is_fitted):
    viewer = ViewerModel()
    viewer.canvas.size = (600, 800)
    viewer.add_image(np.zeros((5, 300, 400)))
    viewer.fit_to_view()
    viewer.scene.camera.zoom = chosen = closer * viewer.scene.camera.zoom
    binder = LayerBinder(viewer, session)
    viewer.canvas.size = (300, 400)
    binder.fit(400, 300)
    assert viewer.scene.camera.zoom == pytest.approx(0.95 if is_fitted else chosen)
    binder.close()


def test_a_data_set_without_raw_data_has_only_spikes(kwik_copy):
    kwik_copy.with_suffix(".dat").unlink()
    with open_session(kwik_copy) as session:
        assert traces_layer(session, 1.0) is None
        assert "Everything else works." in session.messages[0]
