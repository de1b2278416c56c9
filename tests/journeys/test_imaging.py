"""An image stack comes beside a data set, or was there before: it has the canvas, and sorting goes on around it."""

from itertools import combinations

import numpy as np
import pytest
import tifffile
from journeys.person import CTRL, LEFT, PLAIN, Person
from journeys.sizes import LARGE_FIRST
from journeys.test_layouts import choose, in_sight, near, sizes
from napari._qt.widgets.qt_dims_slider import QtDimSliderWidget
from qtpy.QtCore import QPoint, QPointF, QRect, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QPushButton, QWidget

from napari_phy.widgets.base.header import Header
from napari_phy.widgets.docks import imaging_messages

N_FRAMES, HEIGHT, WIDTH = 6, 60, 90
WITH_IMAGING = {"Clusters", "Waveforms", "Correlograms", "Traces"}


@pytest.fixture
def stack():
    return np.random.default_rng(1).integers(0, 255, (N_FRAMES, HEIGHT, WIDTH), dtype=np.uint8)


def layout_is(person: Person, name: str) -> None:
    """Wait until a layout was chosen and has found its sizes."""
    person.wait(lambda: person.workspace.toolbar.layout_button.text() == f"{name} ▾", name)
    person.rest(0.2)
    person.settle()


def canvas(person: Person) -> QWidget:
    return person.viewer.window._qt_viewer.canvas.native


def shows_whole_stack(person: Person) -> bool:
    """Tell whether napari's fit is in force."""
    zoom, (height, width) = person.viewer.scene.camera.zoom, person.viewer.canvas.size
    return zoom == pytest.approx(0.95 * min(height / HEIGHT, width / WIDTH), rel=0.02)


def recording_px(person: Person) -> float:
    """Return how wide the whole recording is in the canvas."""
    return person.viewer.layers.extent.world[1][-1] * person.viewer.scene.camera.zoom


def turn_wheel(person: Person) -> None:
    """Zoom in by the mouse in the middle of the canvas."""
    widget = canvas(person)
    middle = QPointF(widget.rect().center())
    far = QPointF(widget.mapToGlobal(widget.rect().center()))
    none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    for _ in range(3):
        QApplication.sendEvent(widget, QWheelEvent(middle, far, QPoint(), QPoint(0, 120), none, PLAIN, phase, False))
    person.rest(0.1)


def assert_all_is_whole(person: Person, size: tuple[int, int]) -> None:
    """Every dock in sight is within the window and upon no other, and its title is whole."""
    window, docks = person.workspace.window, person.workspace.docks
    assert (window.width(), window.height()) == size
    rects = {title: QRect(docks[title].mapTo(window, QPoint()), docks[title].size()) for title in in_sight(person)}
    centre = window.centralWidget()
    rects["canvas"] = QRect(centre.mapTo(window, QPoint()), centre.size())
    for title, rect in rects.items():
        assert window.rect().contains(rect), title
    for one, other in combinations(rects, 2):
        assert not rects[one].intersects(rects[other]), (one, other)
    for title in in_sight(person):
        header = docks[title].titleBarWidget().findChild(Header)
        label = header.title_label
        assert not label.isVisible() or label.width() >= label.sizeHint().width(), title


@LARGE_FIRST
def test_a_stack_that_comes_later_has_the_canvas_until_it_goes(person, kwik_copy, stack, screen_size, tmp_path):
    person.open(kwik_copy)
    workspace, viewer, docks = person.workspace, person.viewer, person.workspace.docks
    before, own = sizes(person), list(viewer.layers)

    tifffile.imwrite(tmp_path / "neurons.tif", stack)
    viewer.open(str(tmp_path / "neurons.tif"), plugin="napari")
    layout_is(person, "With imaging")
    assert [layer.name for layer in viewer.layers] == ["neurons"]
    person.wait(lambda: viewer.status == imaging_messages.CANVAS_LEFT, "what was done")
    person.wait(lambda: shows_whole_stack(person), "the whole stack")
    assert in_sight(person) == WITH_IMAGING
    assert_all_is_whole(person, screen_size)
    with_imaging = sizes(person)

    bar = next(bar for bar in workspace.window.findChildren(QtDimSliderWidget) if bar.isVisible())
    assert bar.axis_label.text() == "frame"
    QTest.mouseClick(bar.slider, LEFT, PLAIN, QPoint(bar.slider.width() - 12, bar.slider.height() // 2))
    person.wait(lambda: viewer.dims.point[0] > 0, "another frame")

    first, second = person.listed()[:2]
    person.click(first)
    person.click(second, modifier=CTRL)
    clusters = workspace.panels["Clusters"]
    assert set(clusters.list.shown_selection) == {first, second}
    assert person.chosen == (first, second)
    person.push("merge")
    assert not {first, second} & set(person.listed())
    person.push("undo")
    assert {first, second} <= set(person.listed())

    traces = docks["Traces"]
    edge = traces.mapTo(workspace.window, QPoint(traces.width() // 2, -2))
    QTest.mousePress(workspace.window, LEFT, PLAIN, edge)
    for step in range(1, 5):
        QTest.mouseMove(workspace.window, edge - QPoint(0, 20 * step))
        QApplication.processEvents()
    QTest.mouseRelease(workspace.window, LEFT, PLAIN, edge - QPoint(0, 80))
    person.settle()
    assert traces.height() > with_imaging["Traces"][1] + 40
    person.rest(0.2)
    assert shows_whole_stack(person)
    person.pick(workspace.panels["Correlograms"].header.more_button, "Close")
    turn_wheel(person)
    closer = viewer.scene.camera.zoom
    assert not shows_whole_stack(person)
    choose(person, "With imaging")
    person.rest(0.2)
    assert sizes(person) == near(with_imaging)
    assert_all_is_whole(person, screen_size)
    assert viewer.scene.camera.zoom == closer

    delete = next(b for b in workspace.window.findChildren(QPushButton) if b.property("mode") == "delete_button")
    docks["Clusters"].parent().findChild(QWidget, "layer list").raise_()
    viewer.layers.selection.active = viewer.layers["neurons"]
    QTest.mouseClick(delete, LEFT, PLAIN, delete.rect().center())
    layout_is(person, "Sort")
    assert list(viewer.layers) == own
    person.wait(lambda: viewer.status == imaging_messages.CANVAS_TAKEN, "what was done")
    assert sizes(person) == near(before)
    person.wait(lambda: recording_px(person) == pytest.approx(viewer.canvas.size[1], rel=0.1), "the whole recording")


@LARGE_FIRST
def test_a_data_set_opened_beside_a_stack_leaves_the_part_that_was_looked_at(
    make_napari_viewer, person, kwik_copy, stack, screen_size
):
    viewer = person.viewer
    viewer.add_image(stack, name="neurons")
    person.rest(0.2)
    turn_wheel(person)
    closer = viewer.scene.camera.zoom
    person.open(kwik_copy)
    layout_is(person, "With imaging")
    assert viewer.scene.camera.zoom == closer
    assert_all_is_whole(person, screen_size)
    assert [layer.name for layer in viewer.layers] == ["neurons"]
    viewer.layers.clear()
    layout_is(person, "Sort")
    assert [layer.name for layer in viewer.layers] == ["traces", "spikes"]
    assert_all_is_whole(person, screen_size)
