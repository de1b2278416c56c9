"""Docks float, fill the screen and come back, with large type, too: their headers stay, and nothing in them is cut."""

from itertools import combinations

import pytest
from journeys.person import CTRL, LARGE, LEFT, PLAIN, SMALL, Person
from journeys.sizes import BOTH_SIZES, LARGE_FIRST
from journeys.test_layouts import choose, in_sight, near, sizes
from napari.settings import get_settings
from qtpy.QtCore import QPoint, QRect, QSize, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

from napari_phy.widgets.base.elided_label import ElidedLabel
from napari_phy.widgets.base.header import Header
from napari_phy.widgets.window.layouts import SMALL_BELOW

pytestmark = pytest.mark.usefixtures("make_napari_viewer")  # each test has a window of its own

FLOATED = ("Clusters", "Waveforms", "Amplitude", "Wizard")


@pytest.fixture(params=[16, pytest.param(9, marks=pytest.mark.soak)], ids=["large type", "usual type"])
def person(request, monkeypatch, person, kwik_copy):
    monkeypatch.setattr(get_settings().appearance, "font_size", request.param)
    person.open(kwik_copy)
    return person


def assert_header_is_whole(person: Person, name: str) -> None:
    """The dock has our header, whose parts have the room that they need and lie upon no other."""
    dock, header = person.workspace.docks[name], person.workspace.panels[name].header
    person.wait(lambda: dock.titleBarWidget().findChild(Header) is header, f"the header of {name}")
    shown = [part for part in header.findChildren(QWidget) if part.isVisible() and part.parent() is header]
    assert person.workspace.panels[name].header.more_button in shown
    for part in shown:
        assert header.rect().contains(part.geometry()), (name, part)
        assert isinstance(part, ElidedLabel) or part.width() >= part.sizeHint().width(), (name, part)
    for one, other in combinations(shown, 2):
        assert not one.geometry().intersects(other.geometry()), (name, one, other)


def double_click(person: Person, name: str) -> None:
    """Double click where the header has no buttons."""
    header = person.workspace.panels[name].header
    place = QPoint(header.title_label.x() + 2, header.height() - 2)
    assert header.childAt(place) in (None, header.title_label)
    QTest.mouseDClick(header, LEFT, PLAIN, place)
    person.rest(0.1)


def is_in_front(person: Person, name: str) -> bool:
    return not person.workspace.docks[name].visibleRegion().isEmpty()


@pytest.mark.soak
@LARGE_FIRST
def test_docks_float_move_fill_the_screen_and_come_back(person, screen_size):
    workspace = person.workspace
    docks, panels = workspace.docks, workspace.panels
    for name in docks:
        workspace.board.open(name)
        person.rest(0.02)
        assert_header_is_whole(person, name)
    choose(person, "Sort")
    before, front = sizes(person), in_sight(person)
    for name in FLOATED:
        workspace.board.open(name)
        person.pick(panels[name].header.more_button, "Float")
        assert docks[name].isFloating()
        docks[name].move(200, 150)
        docks[name].resize(430, 380)
        person.rest(0.1)
        assert_header_is_whole(person, name)
        double_click(person, name)
        assert not docks[name].isFloating()
        assert is_in_front(person, name)
        assert_header_is_whole(person, name)
        double_click(person, name)
        assert docks[name].isFloating()
        person.pick(panels[name].header.more_button, "Dock")
        assert is_in_front(person, name)
        person.pick(panels[name].header.more_button, "Full screen")
        assert docks[name].isFullScreen()
        assert_header_is_whole(person, name)
        person.pick(panels[name].header.more_button, "Leave full screen")
        assert not docks[name].isFloating()
        assert is_in_front(person, name)
        assert_header_is_whole(person, name)
    choose(person, "Sort")
    assert in_sight(person) == front
    assert sizes(person) == near(before)


@BOTH_SIZES
def test_the_window_fills_the_screen_and_comes_back(person, screen_size):
    window, before = person.workspace.window, sizes(person)
    for is_full in (True, False):
        person.press(Qt.Key.Key_F11, CTRL)
        assert window.isFullScreen() == is_full
        for name in in_sight(person):
            assert_header_is_whole(person, name)
    for size in (LARGE, screen_size):  # no window manager gives it that of the screen here
        person.resize(*size)
        person.wait(lambda width=size[0]: person.workspace.is_small == (width < SMALL_BELOW), "the form of that size")
        person.settle()
        for name in in_sight(person):
            assert_header_is_whole(person, name)
    person.wait(lambda: sizes(person) == near(before), "the sizes of before")


@pytest.mark.parametrize("person", [9], indirect=True)
@pytest.mark.parametrize("screen_size", [SMALL])
def test_a_dock_floats_larger_in_a_frame_and_fills_the_screen_until_esc(person):
    dock, panel = person.workspace.docks["Waveforms"], person.workspace.panels["Waveforms"]
    docked, screen = dock.size(), dock.screen().geometry()
    person.pick(panel.header.more_button, "Float")
    person.wait(dock.isActiveWindow, "the window")
    assert not dock.windowFlags() & Qt.WindowType.FramelessWindowHint
    assert dock.size() == dock.size().expandedTo(docked + QSize(1, 1))
    assert screen.contains(dock.geometry())
    dock.setGeometry(100, 120, 500, 400)
    for leaves_by_key in (True, False):
        person.pick(panel.header.more_button, "Full screen")
        person.wait(lambda: dock.isActiveWindow() and panel.hasFocus(), "the keys")
        assert dock.geometry() == screen
        if leaves_by_key:
            QTest.keyClick(panel, Qt.Key.Key_Escape)
        else:
            person.pick(panel.header.more_button, "Leave full screen")
        assert not dock.isFullScreen()
        assert dock.isFloating()
        assert dock.geometry() == QRect(100, 120, 500, 400)  # as before
    person.pick(panel.header.more_button, "Dock")
    person.pick(panel.header.more_button, "Full screen")
    QTest.keyClick(panel, Qt.Key.Key_Escape)
    assert not dock.isFloating()
    assert is_in_front(person, "Waveforms")
    person.pick(panel.header.more_button, "Float")
    assert dock.geometry() == QRect(100, 120, 500, 400)  # where it floated the last time
