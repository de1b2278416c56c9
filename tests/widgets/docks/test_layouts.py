"""Layouts to choose: where each puts its docks, and the way from one to the other and back."""

import pytest
from napari.settings import get_settings
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session
from widgets.window.test_workspace import LARGE, SMALL, settle, show

from napari_phy.widgets.docks.layouts import INSPECT_BOTTOM, INSPECT_TOP, PRESETS
from napari_phy.widgets.parts.header import Header
from napari_phy.widgets.window.workspace import open_workspace

TOP, BOTTOM = Qt.DockWidgetArea.TopDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea


@pytest.fixture
def open_(make_napari_viewer, qtbot):
    def open_(size):
        viewer = make_napari_viewer(show=False)
        show(viewer, size)
        workspace = open_workspace(viewer, light_session())
        settle(qtbot, workspace)
        return workspace

    return open_


def choose(qtbot, workspace, name):
    menu = workspace.toolbar.layout_button.menu()
    next(action for action in menu.actions() if action.text() == name).trigger()
    settle(qtbot, workspace)
    assert workspace.toolbar.layout_button.text() == f"{name} ▾"


def seen(workspace):
    return {title for title, dock in workspace.docks.items() if not dock.visibleRegion().isEmpty()}


def sizes(workspace):
    return {title: (dock.width(), dock.height()) for title, dock in workspace.docks.items() if title in seen(workspace)}


def test_inspect_has_a_row_above_the_overview_and_one_below(open_, qtbot):
    workspace = open_(LARGE)
    choose(qtbot, workspace, "Inspect")
    window, docks, size = workspace.window, workspace.docks, sizes(workspace)
    assert seen(workspace) == {"Clusters", "Similar", *INSPECT_TOP, *INSPECT_BOTTOM}
    for area, row, height in ((TOP, INSPECT_TOP, 440), (BOTTOM, INSPECT_BOTTOM, 420)):
        assert {window.dockWidgetArea(docks[title]) for title in row} == {area}
        assert sorted(row, key=lambda title: docks[title].x()) == list(row)
        for title, width in row.items():
            assert size[title] == pytest.approx((width, height), rel=0.03), title
    assert size["Clusters"][0] == pytest.approx(434, abs=4)
    assert size["Clusters"][1] / size["Similar"][1] == pytest.approx(555 / 435, rel=0.05)
    assert window.centralWidget().height() == pytest.approx(110, abs=30)
    assert (window.width(), window.height()) == LARGE


def test_inspect_in_a_small_window_puts_two_docks_behind_others(open_, qtbot):
    workspace = open_(SMALL)
    choose(qtbot, workspace, "Inspect")
    window, docks = workspace.window, workspace.docks
    assert docks["Amplitude"] in window.tabifiedDockWidgets(docks["Correlograms"])
    assert docks["Probe"] in window.tabifiedDockWidgets(docks["Similarity"])
    assert {"Correlograms", "Similarity"} <= seen(workspace)
    assert docks["Clusters"].width() == pytest.approx(302, abs=4)
    assert min(width for width, _ in sizes(workspace).values()) >= 220
    assert window.centralWidget().height() >= 100
    assert (window.width(), window.height()) == SMALL


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_the_way_to_inspect_and_back_changes_nothing_in_sort(open_, qtbot, size):
    workspace = open_(size)
    before = sizes(workspace)
    choose(qtbot, workspace, "Inspect")
    between = sizes(workspace)
    choose(qtbot, workspace, "Sort")
    assert sizes(workspace) == {title: pytest.approx(there, abs=6) for title, there in before.items()}
    docks = workspace.docks
    assert {docks["Raster"], docks["Probe"]} <= {
        docks["Amplitude"],
        *workspace.window.tabifiedDockWidgets(docks["Amplitude"]),
    }
    choose(qtbot, workspace, "Inspect")
    assert sizes(workspace) == {title: pytest.approx(there, abs=6) for title, there in between.items()}


def test_headers_survive_and_a_preset_brings_back_what_was_moved(open_, qtbot):
    workspace = open_(LARGE)
    choose(qtbot, workspace, "Inspect")
    before = sizes(workspace)
    workspace.docks["Raster"].setFloating(True)
    workspace.docks["Similarity"].close()
    workspace.window.addDockWidget(TOP, workspace.docks["Traces"])
    QApplication.processEvents()
    choose(qtbot, workspace, "Inspect")
    assert sizes(workspace) == {title: pytest.approx(there, abs=6) for title, there in before.items()}
    for title in (*INSPECT_TOP, *INSPECT_BOTTOM):
        dock = workspace.docks[title]
        qtbot.waitUntil(lambda dock=dock: dock.titleBarWidget().findChild(Header) is not None)
        assert dock.titleBarWidget().findChild(Header) is workspace.panels[title].header


def test_another_data_set_opens_in_the_layout_that_was_chosen(open_, qtbot):
    workspace = open_(LARGE)
    choose(qtbot, workspace, "Inspect")
    before = sizes(workspace)
    workspace.open_session(light_session())
    settle(qtbot, workspace)
    assert workspace.toolbar.layout_button.text() == "Inspect ▾"
    assert sizes(workspace) == {title: pytest.approx(there, abs=6) for title, there in before.items()}


@pytest.mark.parametrize(("size", "width"), [(LARGE, 586), (SMALL, 408)])
def test_large_type_makes_the_lists_wider(open_, monkeypatch, size, width):
    monkeypatch.setattr(get_settings().appearance, "font_size", 16)
    assert sizes(open_(size))["Clusters"][0] == pytest.approx(width, abs=4)


def test_the_menu_begins_with_the_presets(open_):
    menu = open_(LARGE).toolbar.layout_button.menu()
    assert [action.text() for action in menu.actions()[: len(PRESETS)]] == ["Sort", "Inspect"]
