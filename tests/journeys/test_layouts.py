"""Layouts are chosen in the toolbar, docks float, are doubled and come back, a line between two of them is dragged."""

import pytest
from journeys.person import LEFT, PLAIN, Person
from journeys.sizes import LARGE_FIRST
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_phy.widgets.base.header import Header
from napari_phy.widgets.window.layouts import INSPECT


@pytest.fixture
def person(person, kwik_copy):
    person.open(kwik_copy)
    return person


def in_sight(person: Person) -> set[str]:
    docks = person.workspace.docks
    return {title for title, dock in docks.items() if dock.isVisible() and not dock.visibleRegion().isEmpty()}


def sizes(person: Person) -> dict[str, tuple[int, int]]:
    docks = person.workspace.docks
    return {title: (docks[title].width(), docks[title].height()) for title in in_sight(person)}


def choose(person: Person, entry: str) -> None:
    person.pick(person.workspace.toolbar.layout_button, entry)
    person.rest(0.1)
    person.settle()


def near(found: dict[str, tuple[int, int]]) -> dict[str, object]:
    return {title: pytest.approx(size, abs=8) for title, size in found.items()}


@pytest.mark.soak
@LARGE_FIRST
def test_to_inspect_and_back_with_a_view_that_floats_and_its_double(person, screen_size):
    docks, panels = person.workspace.docks, person.workspace.panels
    before = sizes(person)
    choose(person, "Inspect")
    form = INSPECT.form(small=screen_size[0] < 1600)
    assert in_sight(person) == {place[0] for strip in form.values() for place in strip.places}
    person.wait(
        lambda: all(panels[title].data is not None for title in in_sight(person) - {"Clusters", "Similar"}), "it"
    )

    features = panels["Features"]
    person.pick(features.header.more_button, "Float")
    person.wait(docks["Features"].isFloating, "the dock to float")
    person.wait(lambda: docks["Features"].titleBarWidget().findChild(Header) is features.header, "its header")
    QTest.mouseClick(features.header.freeze_button, LEFT, PLAIN, features.header.freeze_button.rect().center())
    shown = features.data
    person.click(person.listed()[3])
    assert features.data is shown  # frozen
    QTest.mouseClick(features.header.freeze_button, LEFT, PLAIN, features.header.freeze_button.rect().center())
    person.settle()
    assert features.data is not shown
    person.pick(features.header.more_button, "Dock")
    person.wait(lambda: not docks["Features"].isFloating(), "the dock to come back")

    person.pick(features.header.more_button, "Duplicate")
    (double,) = [name for name in docks if name.startswith("Features") and name != "Features"]
    person.wait(lambda: panels[double].data is not None, "the second view")
    assert panels[double].options() == features.options()
    person.pick(panels[double].header.more_button, "Close")
    assert docks[double].isHidden()

    choose(person, "Sort")
    assert sizes(person) == near(before)
    assert (person.workspace.window.width(), person.workspace.window.height()) == screen_size


@LARGE_FIRST
def test_what_was_dragged_is_brought_back_by_the_layout(person):
    window, docks = person.workspace.window, person.workspace.docks
    before = sizes(person)
    clusters = docks["Clusters"]
    edge = clusters.mapTo(window, QPoint(clusters.width() + 1, clusters.height() // 2))
    QTest.mousePress(window, LEFT, PLAIN, edge)
    for step in range(1, 5):
        QTest.mouseMove(window, edge + QPoint(20 * step, 0))
        QApplication.processEvents()
    QTest.mouseRelease(window, LEFT, PLAIN, edge + QPoint(80, 0))
    person.settle()
    assert clusters.width() > before["Clusters"][0] + 40
    assert docks["Similar"].width() == clusters.width()
    choose(person, "Sort")
    assert sizes(person) == near(before)


@LARGE_FIRST
def test_after_a_layout_and_a_closed_dock_the_keys_go_to_clusters(person):
    workspace = person.workspace
    clusters, docks, panels = workspace.panels["Clusters"].list, workspace.docks, workspace.panels
    panels["Traces"].setFocus()
    choose(person, "Inspect")
    assert person.focused() is clusters
    canvas = person.viewer.window._qt_viewer.canvas.native
    for start, title in ((panels["Features"], "Features"), (canvas, "Traces")):
        start.setFocus()
        person.pick(panels[title].header.more_button, "Close")
        person.rest(0.1)
        assert docks[title].isHidden()
        assert person.focused() is clusters
    before = person.chosen
    person.press(Qt.Key.Key_Down)
    assert person.chosen != before
