"""The probe lies in an image where it was placed, shows values and clusters, and follows what changes."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels

from napari_phy import open_session
from napari_phy.core.colors import selection_color
from napari_phy.core.errors import PlacementError
from napari_phy.core.probe_placement import place_by_tip
from napari_phy.layers.binder import LayerBinder
from napari_phy.layers.probe import CLUSTERS, CONTACTS, to_world
from napari_phy.layers.probe_binder import ProbeBinder
from napari_phy.layers.stacks import has_stack
from napari_phy.layers.timed_layer import find_time_axis
from napari_phy.views.probe_in_image import compute_probe_in_image, probe_in_image_request


@pytest.fixture
def session(kwik_copy):
    with open_session(kwik_copy) as session:
        yield session


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def picture(viewer):
    return viewer.add_image(np.zeros((300, 400)), name="slice", scale=(2, 2), translate=(10, 20), units=("um", "um"))


def place(session, image="slice", angle=0.0, pixel_um=(2, 2), at=(250, 200)):
    session.placements.place(image, place_by_tip((0, 0), at, angle, pixel_um))


def world(layer):
    return np.array([layer.data_to_world(row) for row in layer.data])


def hexes(colors):
    return ["#" + "".join(f"{round(255 * float(value)):02x}" for value in color[:3]) for color in colors]


def test_contacts_lie_at_their_places_in_micrometres(session, viewer, picture):
    ProbeBinder(viewer, session)
    assert len(viewer.layers) == 1
    place(session, angle=30)
    contacts = viewer.layers[CONTACTS]
    np.testing.assert_array_equal(contacts.features["channel"], session.model.probe.channel_ids)
    np.testing.assert_array_equal(contacts.features["depth"], session.model.probe.positions[:, 1])
    far_um = np.linalg.norm(session.model.probe.positions[-1] - session.model.probe.positions[0])
    assert np.linalg.norm(world(contacts)[-1] - world(contacts)[0]) == pytest.approx(far_um)
    assert contacts.units == picture.units
    tip = to_world(picture, session.placements.now.placement.to_image((0, 0)))
    np.testing.assert_allclose(tip, [[250 * 2 + 10, 200 * 2 + 20]])


def test_layers_are_moved_with_probe_and_image_and_never_rebuilt(session, viewer, picture):
    ProbeBinder(viewer, session)
    place(session)
    contacts, clusters = viewer.layers[CONTACTS], viewer.layers[CLUSTERS]
    before = world(contacts)
    place(session, at=(240, 200))
    np.testing.assert_allclose(world(contacts), before - (20, 0))
    size = contacts.size[0] * contacts.scale[-1]
    picture.scale = (4, 4)
    np.testing.assert_allclose(np.ptp(world(contacts), axis=0), 2 * np.ptp(before, axis=0))
    assert contacts.size[0] * contacts.scale[-1] == pytest.approx(2 * size)
    assert (viewer.layers[CONTACTS], viewer.layers[CLUSTERS]) == (contacts, clusters)
    picture.rotate = 90
    np.testing.assert_allclose(world(contacts)[0], picture.data_to_world(_pixels(session)[0]))


def _pixels(session):
    return session.placements.now.placement.to_image(session.model.probe.positions)


def test_clusters_are_at_their_depth_and_the_selection_marks_them(session, viewer, picture):
    binder = ProbeBinder(viewer, session)
    place(session)
    clusters = viewer.layers[CLUSTERS]
    depths = session.table["depth"]
    assert {row.cluster: row.depth for row in clusters.features.itertuples()} == pytest.approx(dict(depths))
    a, b = clusters.features["cluster"][:2].tolist()
    session.selection.select([b, a])
    assert hexes(clusters.face_color)[:2] == [selection_color(1), selection_color(0)]
    binder.set_dark(False)
    assert hexes(clusters.face_color)[:2] == [selection_color(1, False), selection_color(0, False)]
    assert selection_color(0) not in hexes(clusters.face_color)[2:]


def test_clusters_follow_edits_and_undo(session, viewer, picture):
    ProbeBinder(viewer, session)
    place(session)
    layer = viewer.layers[CLUSTERS]
    before = layer.data.copy()
    a, b, c = session.manager.cluster_ids[:3].tolist()
    merged = session.merge([a, b])
    assert a not in layer.features["cluster"].tolist()
    assert set(layer.features["cluster"]) == set(session.manager.cluster_ids.tolist())
    session.undo()
    np.testing.assert_allclose(layer.data, before)
    session.move([c], "noise")
    assert layer.features.set_index("cluster")["group"][c] == "noise"
    assert viewer.layers[CLUSTERS] is layer
    assert merged is not None


def test_contacts_stand_for_the_amplitude_of_the_selection(session, viewer, picture):
    ProbeBinder(viewer, session)
    place(session)
    contacts = viewer.layers[CONTACTS]
    assert contacts.features["value"].isna().all()
    cluster = int(session.manager.cluster_ids[0])
    session.selection.select([cluster])
    values = contacts.features["value"].to_numpy()
    assert np.nanmax(values) == pytest.approx(session.table["amplitude"][cluster])
    assert hexes(contacts.face_color)[int(np.nanargmax(values))] == selection_color(0)


def test_contacts_stand_for_rates_in_the_window_and_for_depth(session, viewer, picture):
    binder = ProbeBinder(viewer, session)
    place(session)
    contacts = viewer.layers[CONTACTS]
    binder.set_color("rate")
    start, stop = 1.0, 3.0
    session.time.show(start, stop)
    samples, rate = session.model.spike_samples, session.model.sample_rate
    channels = session.table["channel"]
    of_spikes = session.manager.clusters_of(np.flatnonzero((samples >= start * rate) & (samples < stop * rate)))
    spike_channels = [channels[cluster] for cluster in of_spikes.tolist()]
    for row in contacts.features.itertuples():
        assert row.value == pytest.approx(spike_channels.count(row.channel) / (stop - start))
    colors = contacts.face_color.copy()
    session.time.show(5.0, 5.1)
    assert not np.array_equal(colors, contacts.face_color)
    binder.set_color("depth")
    np.testing.assert_array_equal(contacts.features["value"], contacts.features["depth"])
    order = np.argsort(contacts.features["depth"])
    assert np.all(np.diff(contacts.face_color[order][:, 1]) >= -1e-6)  # green goes up along the ramp


def test_the_probe_comes_with_its_image_and_goes_with_it(session, viewer):
    binder = ProbeBinder(viewer, session)
    place(session)
    assert not binder.is_shown
    image = viewer.add_image(np.zeros((300, 400)), name="slice")
    assert [layer.name for layer in viewer.layers] == ["slice", CONTACTS, CLUSTERS]
    assert viewer.layers.selection.active is image
    viewer.layers.remove(image)
    assert not viewer.layers
    viewer.add_labels(np.zeros((300, 400), int), name="slice")
    assert isinstance(binder.image, Labels)
    binder.close()
    assert [layer.name for layer in viewer.layers] == ["slice"]
    session.placements.remove()
    place(session)
    assert len(viewer.layers) == 1


def test_a_layer_that_the_user_deletes_takes_the_other_along_and_place_brings_both(session, viewer, picture):
    ProbeBinder(viewer, session)
    place(session)
    viewer.layers.remove(viewer.layers[CONTACTS])
    assert [layer.name for layer in viewer.layers] == ["slice"]
    place(session)
    assert [layer.name for layer in viewer.layers] == ["slice", CONTACTS, CLUSTERS]


def test_what_the_user_deletes_or_moves_comes_back(session, viewer, picture):
    ProbeBinder(viewer, session)
    place(session)
    for name in (CONTACTS, CLUSTERS):
        layer = viewer.layers[name]
        before = layer.data.copy()
        layer.selected_data = {0, 1}
        layer.remove_selected()
        np.testing.assert_array_equal(layer.data, before)
        layer.editable = True
        assert not layer.editable
        assert len(layer.features) == len(layer.data)


def test_a_placement_is_there_when_the_data_set_is_opened_again(kwik_copy, viewer, picture):
    with open_session(kwik_copy) as session:
        place(session, angle=12)
        matrix = session.placements.now.placement.matrix
    with open_session(kwik_copy, read_only=True) as session:
        binder = ProbeBinder(viewer, session)
        np.testing.assert_array_equal(session.placements.now.placement.matrix, matrix)
        assert binder.is_shown
        session.placements.remove()
        binder.close()
    with open_session(kwik_copy) as session:
        assert session.placements.now.image == "slice"


def test_without_positions_a_probe_cannot_be_placed(kwik_copy, monkeypatch):
    with open_session(kwik_copy) as session:
        monkeypatch.setattr(type(session.model.probe), "knows_positions", property(lambda self: False))
        with pytest.raises(PlacementError, match="does not say where its channels sit"):
            place(session)


def test_without_features_contacts_are_there_and_clusters_are_not(kwik_copy, viewer, picture):
    kwik_copy.with_suffix(".kwx").unlink()
    with open_session(kwik_copy) as session:
        binder = ProbeBinder(viewer, session)
        place(session)
        for color in ("amplitude", "rate", "depth"):
            binder.set_color(color)
            assert len(viewer.layers[CONTACTS].data) == session.model.n_channels
            assert len(viewer.layers[CLUSTERS].data) == 0
            assert viewer.layers[CLUSTERS].canvas_size_limits[0] == 0  # or napari would draw a dot
        binder.close()


def test_in_a_stack_the_probe_is_in_all_planes_or_in_depth(session, viewer):
    viewer.add_image(np.zeros((5, 300, 400)), name="slice", scale=(50, 2, 2), axis_labels=("z", "y", "x"))
    ProbeBinder(viewer, session)
    place(session)
    assert viewer.layers[CONTACTS].ndim == 2
    session.placements.place("slice", place_by_tip((0, 0), (4, 250, 200), 0, (50, 2, 2), tilt_deg=20))
    contacts = viewer.layers[CONTACTS]
    assert contacts.ndim == 3
    planes = 4 - np.sin(np.radians(20)) * session.model.probe.positions[:, 1] / 50
    np.testing.assert_allclose(contacts.data[:, 0], planes)
    np.testing.assert_allclose(world(contacts)[:, 0], planes * 50)
    assert find_time_axis(contacts) is None  # nobody links it to the clock


def test_the_canvas_is_left_to_a_flat_picture_that_has_the_probe(session, viewer):
    viewer.add_image(np.zeros((300, 400)), name="slice")
    binder = LayerBinder(viewer, session)
    probe = ProbeBinder(viewer, session)
    assert not has_stack(viewer.layers)
    place(session)
    assert binder.follow_stacks()
    assert binder.is_aside
    binder.set_dark(False)
    session.placements.remove()
    assert binder.follow_stacks()
    assert not binder.is_aside
    probe.close()
    binder.close()


def test_the_same_request_is_computed_once(session, viewer, picture):
    asked = []
    binder = ProbeBinder(viewer, session, asked.append)
    place(session)
    assert len(asked) == 1
    binder.show(compute_probe_in_image(session.opened, asked[-1]))
    binder.refresh()
    session.time.show(1, 2)  # amplitudes do not depend on it
    assert len(asked) == 1
    assert asked[0] == probe_in_image_request(session.opened, (), "amplitude", session.time.shown_s)
