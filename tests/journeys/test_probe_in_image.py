"""Somebody puts the probe into a picture of the brain, and selects clusters where they are in it."""

import numpy as np
import pytest
from journeys.person import CTRL, LEFT, PLAIN, Person
from qtpy.QtCore import QPoint
from qtpy.QtTest import QTest

from napari_phy.core.colors import selection_color
from napari_phy.core.probe_placement import angles_of
from napari_phy.layers.probe import CLUSTERS, CONTACTS
from napari_phy.layers.session_tag import session_of


@pytest.fixture
def picture():
    return np.random.default_rng(0).random((500, 700)).astype(np.float32)


def open_beside(person: Person, path, picture):
    """Open a data set, then a picture in micrometres beside it, and the dock."""
    person.open(path)
    layer = person.viewer.add_image(picture, name="slice", scale=(2, 2), units=("um", "um"))
    person.wait(lambda: person.workspace.overview.is_aside, "the canvas for the picture")
    panel = person.workspace.board.open("Place probe")
    person.wait(lambda: panel.image.value is layer, "the form")
    return panel


def shows_clusters(person: Person) -> bool:
    return CLUSTERS in person.viewer.layers and len(person.viewer.layers[CLUSTERS].data) > 0


def click_cluster(person: Person, cluster: int, modifier=PLAIN):
    """Look at the probe from near, and click a point of the cluster that no other lies at."""
    viewer, layer = person.viewer, person.viewer.layers[CLUSTERS]
    rows = layer.features["cluster"].tolist()
    place, camera = layer.data[rows.index(cluster)] * layer.scale, viewer.scene.camera
    camera.center = (0.0, *(place + 20))
    camera.zoom = 3.0
    person.rest(0.1)
    canvas = viewer.window._qt_viewer.canvas.native
    y, x = (place - camera.center[1:]) * camera.zoom + np.array([canvas.height(), canvas.width()]) / 2
    QTest.mouseMove(canvas, QPoint(round(x), round(y)))
    QTest.mouseClick(canvas, LEFT, modifier, QPoint(round(x), round(y)))
    person.settle()


def lonely_clusters(person: Person) -> list[int]:
    """Return clusters whose points lie far from those of all others."""
    layer = person.viewer.layers[CLUSTERS]
    far = np.linalg.norm(layer.data[:, None] - layer.data[None], axis=-1) + 1e9 * np.eye(len(layer.data))
    return layer.features["cluster"].to_numpy()[np.argsort(-far.min(axis=1))][:2].tolist()


def face_of(person: Person, cluster: int) -> str:
    layer = person.viewer.layers[CLUSTERS]
    color = layer.face_color[layer.features["cluster"].tolist().index(cluster)]
    return "#" + "".join(f"{round(255 * float(value)):02x}" for value in color[:3])


def test_a_probe_is_placed_its_clusters_are_clicked_and_it_is_there_again(person, kwik_copy, picture):
    before = picture.copy()
    panel = open_beside(person, kwik_copy, picture)
    assert panel.pixel_um.value == 2
    QTest.mouseClick(panel.place_button.native, LEFT)
    person.wait(lambda: shows_clusters(person), "the clusters")
    assert panel.image.value is person.viewer.layers["slice"]
    first, second = lonely_clusters(person)
    click_cluster(person, first)
    assert person.chosen == (first,)
    click_cluster(person, second, CTRL)
    assert person.chosen == (first, second)
    dark = person.workspace.theme.dark
    person.wait(lambda: face_of(person, second) == selection_color(1, dark), "colours of the selection")
    click_cluster(person, second, CTRL)
    assert person.chosen == (first,)
    other = next(cluster for cluster in person.listed() if cluster != first)
    person.click(other)
    person.wait(lambda: face_of(person, other) == selection_color(0, dark), "the mark of what the list selected")

    panel.angle_deg.native.setFocus()
    panel.angle_deg.value = 25
    person.wait(lambda: angles_of(person.session.placements.now.placement)[0] == pytest.approx(25), "the angle")
    contacts = person.viewer.layers[CONTACTS]
    person.wait(lambda: "true size" in panel.words.text(), "how it fits")
    person.viewer.canvas.grid.enabled = True
    person.wait(lambda: "grid" in panel.words.text(), "where it is then")
    person.viewer.canvas.grid.enabled = False
    person.wait(lambda: "grid" not in panel.words.text(), "the image again")
    person.workspace.close_session()
    assert [layer.name for layer in person.viewer.layers] == ["slice"]
    layer = person.viewer.layers["slice"]
    np.testing.assert_array_equal(layer.data, before)
    assert tuple(layer.scale) == (2, 2)
    assert session_of(layer) is None

    person.open(kwik_copy)
    person.wait(lambda: shows_clusters(person), "the probe where it was")
    np.testing.assert_allclose(person.viewer.layers[CONTACTS].data, contacts.data)


def test_landmarks_are_drawn_as_points(person, kwik_copy, picture):
    panel = open_beside(person, kwik_copy, picture)
    drawn = np.array([[800.0, 600.0], [300.0, 640.0]])
    points = person.viewer.add_points(drawn, name="landmarks")
    person.wait(lambda: points in panel.points.choices, "the layer of landmarks")
    panel.method.value = "landmarks"
    panel.points.value = points
    assert not panel.in_image.native.isVisible()
    QTest.mouseClick(panel.place_button.native, LEFT)
    person.wait(lambda: shows_clusters(person), "the clusters")
    layer = person.viewer.layers[CONTACTS]
    depths = layer.features["depth"].to_numpy()
    world = layer.data * layer.scale
    np.testing.assert_allclose(world[[depths.argmin(), depths.argmax()]], drawn, atol=1e-6)
    np.testing.assert_array_equal(points.data, drawn)
    assert "times its true size" in panel.words.text()

    panel.on_probe.value = "no channel"
    person.wait(lambda: "is no number" in panel.words.text(), "what is wrong")
    np.testing.assert_allclose(layer.data * layer.scale, world)  # it stays where it was
    QTest.mouseClick(panel.remove_button.native, LEFT)
    person.wait(lambda: CONTACTS not in person.viewer.layers, "its end")
    assert [layer.name for layer in person.viewer.layers] == ["slice", "landmarks"]
