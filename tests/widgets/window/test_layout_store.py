"""A window's docks are found as they were left, for each data set and for the user, large and small windows apart."""

import json

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QTabWidget
from widgets.light_session import light_session
from widgets.window.test_layouts import add_stack, choose, seen, sizes
from widgets.window.test_workspace import LARGE, SMALL, settle, show

from napari_phy.files.user_files import phy_folder
from napari_phy.storage.layouts import load_layout
from napari_phy.widgets.base.header import Header
from napari_phy.widgets.window import layout_store, window_size
from napari_phy.widgets.window.layout_store import VERSION
from napari_phy.widgets.window.workspace import open_workspace


@pytest.fixture
def open_(make_napari_viewer, qtbot):
    def open_(size=LARGE, session=None):
        viewer = make_napari_viewer(show=False)
        show(viewer, size)
        workspace = open_workspace(viewer, session or light_session())
        settle(qtbot, workspace)
        return workspace

    return open_


def in_file(tmp_path, name):
    """Return a session whose data set has a file and a side folder."""
    session = light_session()
    (tmp_path / f"{name}.kwik").write_bytes(b"")
    (tmp_path / f"{name}.napari-phy").mkdir(exist_ok=True)
    session.model.path = tmp_path / f"{name}.kwik"
    return session


def leave(workspace):
    """Close the data set, as closing the window does."""
    workspace.close_session()
    QApplication.processEvents()


def test_the_next_window_begins_as_the_last_was_left(open_, qtbot):
    first = open_()
    choose(qtbot, first, "Inspect")
    copy = first.board.duplicate("Features")
    first.docks["Probe"].close()
    first.window.resizeDocks([first.docks["Waveforms"]], [500], Qt.Orientation.Vertical)
    settle(qtbot, first)
    there, left = sizes(first), seen(first)
    leave(first)
    second = open_()
    assert second.toolbar.layout_button.text() == "Inspect ▾"
    assert copy == "Features 2"
    assert seen(second) == left
    assert sizes(second) == {title: pytest.approx(size, abs=6) for title, size in there.items()}
    assert second.window.tabPosition(Qt.DockWidgetArea.BottomDockWidgetArea) == QTabWidget.TabPosition.North
    assert second.window.corner(Qt.Corner.BottomLeftCorner) == Qt.DockWidgetArea.LeftDockWidgetArea
    for title in left:
        assert second.docks[title].titleBarWidget().findChild(Header) is second.panels[title].header
    choose(qtbot, second, "Sort")
    assert "Probe" in second.docks
    assert not second.docks["Probe"].isHidden()


@pytest.mark.soak
def test_the_toolbar_is_there_whatever_the_layout_says_that_was_saved(open_, qtbot):
    first = open_()
    choose(qtbot, first, "Inspect")
    first.toolbar.hide()  # as it is for a moment while a window begins
    first.docks["Probe"].close()
    settle(qtbot, first)
    leave(first)
    second = open_()
    assert second.toolbar.layout_button.text() == "Inspect ▾"
    assert second.toolbar.isVisible()


def saved(workspace):
    """Return the layout that a data set would be opened with now, if the program ended here."""
    return load_layout(workspace.session.model.path, workspace.board.form)


def test_what_the_user_changes_is_saved_while_the_window_is_open(open_, qtbot, tmp_path):
    workspace = open_(session=in_file(tmp_path, "one"))
    workspace.docks["Similar"].close()
    qtbot.waitUntil(lambda: saved(workspace) is not None and "Similar" not in saved(workspace).docks)
    before = saved(workspace)
    workspace.docks["Features"].setFloating(True)
    qtbot.waitUntil(lambda: saved(workspace).state != before.state)
    choose(qtbot, workspace, "Inspect")
    qtbot.waitUntil(lambda: saved(workspace).preset == "Inspect")


def test_a_line_between_docks_that_was_moved_is_saved(open_, qtbot, tmp_path):
    workspace = open_(session=in_file(tmp_path, "one"))
    window = workspace.window
    line = workspace.docks["Clusters"].geometry().topRight() + QPoint(2, 300)
    assert window.childAt(line) is None
    before = workspace.docks["Clusters"].width()
    QTest.mousePress(window, Qt.MouseButton.LeftButton, pos=line)
    window.resizeDocks([workspace.docks["Clusters"]], [before + 60], Qt.Orientation.Horizontal)  # as Qt does meanwhile
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, pos=line + QPoint(60, 0))
    qtbot.waitUntil(lambda: workspace.docks["Clusters"].width() > before)
    qtbot.waitUntil(lambda: saved(workspace) is not None and saved(workspace).state == bytes(window.saveState(VERSION)))


@pytest.mark.soak
def test_the_list_of_clusters_is_there_in_any_case(open_, qtbot):
    first = open_()
    for title in ("Clusters", "Similar"):
        first.docks[title].close()
    leave(first)
    assert {"Clusters", "Similar"} - seen(open_()) == {"Similar"}


@pytest.mark.soak
def test_large_and_small_windows_are_apart(open_, qtbot):
    large = open_(LARGE)
    choose(qtbot, large, "Inspect")
    leave(large)
    small = open_(SMALL)
    assert small.toolbar.layout_button.text() == "Sort ▾"
    assert small.docks["Clusters"].width() == pytest.approx(302, abs=4)
    assert small.is_small


def test_the_form_for_small_windows_is_not_saved_as_it_looks_in_one_that_has_just_become_large(
    open_, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setattr(layout_store, "SAVE_MS", 10)
    monkeypatch.setattr(window_size, "WAIT_MS", 300)
    workspace = open_(SMALL, in_file(tmp_path, "first"))
    before = sizes(workspace)
    for size in (LARGE, SMALL):
        workspace.docks["Probe"].setFloating(True)  # a change that is saved after a moment
        workspace.docks["Probe"].setFloating(False)
        show(workspace.viewer, size)
        qtbot.waitUntil(lambda size=size: workspace.is_small == (size == SMALL))
        settle(qtbot, workspace)
    assert sizes(workspace) == {title: pytest.approx(size, abs=6) for title, size in before.items()}


@pytest.mark.soak
def test_windows_with_and_without_an_image_stack_are_apart(open_, qtbot):
    first = open_()
    choose(qtbot, first, "Inspect")
    leave(first)
    add_stack(first.viewer)
    assert open_workspace(first.viewer, light_session()) is first
    settle(qtbot, first)
    assert first.toolbar.layout_button.text() == "With imaging ▾"
    assert not first.toolbar.layers_action.isChecked()
    first.docks["Traces"].close()
    left = sizes(first)
    leave(first)
    first.open_session(light_session())
    settle(qtbot, first)
    assert first.toolbar.layout_button.text() == "With imaging ▾"
    assert sizes(first) == {title: pytest.approx(size, abs=6) for title, size in left.items()}
    assert not first.toolbar.layers_action.isChecked()
    leave(first)
    assert open_().toolbar.layout_button.text() == "Inspect ▾"


def test_a_data_set_has_a_layout_of_its_own(open_, qtbot, tmp_path):
    workspace = open_(session=in_file(tmp_path, "one"))
    choose(qtbot, workspace, "Inspect")
    workspace.open_session(in_file(tmp_path, "two"))  # as the user left the last one
    settle(qtbot, workspace)
    assert workspace.toolbar.layout_button.text() == "Inspect ▾"
    choose(qtbot, workspace, "Sort")
    workspace.open_session(in_file(tmp_path, "one"))
    settle(qtbot, workspace)
    assert workspace.toolbar.layout_button.text() == "Inspect ▾"
    workspace.open_session(in_file(tmp_path, "two"))
    settle(qtbot, workspace)
    assert workspace.toolbar.layout_button.text() == "Sort ▾"
    assert not workspace.docks["History"].isHidden()


NONSENSE = [
    {"large": {"preset": "Sort", "docks": ["Clusters"], "state": "????"}},
    {"large": {"preset": "Sort", "docks": ["Clusters", "Unheard of"], "state": "AAAA"}},
]
MORE_NONSENSE = [
    "nonsense",
    [],
    {"large": 3},
    {"large": {"preset": "Sort", "docks": [1], "state": ""}},
    {"large": {"preset": "Moon", "docks": ["Clusters"], "state": "AAAA"}},
    {"large": {"preset": "Sort", "docks": [], "state": "AAAA"}},
]


@pytest.mark.parametrize("kept", [*NONSENSE, *(pytest.param(kept, marks=pytest.mark.soak) for kept in MORE_NONSENSE)])
def test_what_makes_no_sense_is_the_usual_layout(open_, kept):
    phy_folder().mkdir(parents=True, exist_ok=True)
    (phy_folder() / "layout.json").write_text(json.dumps(kept))
    workspace = open_()
    assert {"Clusters", "Similar", "Waveforms", "Features", "Correlograms", "Traces", "Amplitude"} <= seen(workspace)
    assert workspace.docks["Clusters"].width() == pytest.approx(434, abs=4)
