"""Docks have the form for the size of their window, until somebody moves them; a data set has room in any case."""

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session
from widgets.window.test_workspace import LARGE, SMALL, settle

from napari_phy.widgets.window.workspace import open_workspace


def resize(workspace, size, qtbot):
    """Give the window a size and wait until it was looked at."""
    workspace.viewer.window.set_geometry(0, 0, *size)
    qtbot.waitUntil(lambda: (workspace.window.width(), workspace.window.height()) == size)
    qtbot.waitUntil(lambda: not workspace.size._again.isActive())
    settle(qtbot, workspace)


def test_the_form_follows_the_window_while_nothing_was_moved(workspace, qtbot):
    settle(qtbot, workspace)
    docks, window = workspace.docks, workspace.window
    assert not workspace.is_small
    resize(workspace, SMALL, qtbot)
    assert workspace.is_small
    assert window.dockWidgetArea(docks["Correlograms"]) == Qt.DockWidgetArea.RightDockWidgetArea
    assert docks["Clusters"].width() == pytest.approx(302, abs=4)
    resize(workspace, LARGE, qtbot)
    assert not workspace.is_small
    assert window.dockWidgetArea(docks["Correlograms"]) == Qt.DockWidgetArea.TopDockWidgetArea
    assert docks["Clusters"].width() == pytest.approx(434, abs=4)


def close_a_view(workspace):
    workspace.docks["Features"].close()


def open_a_view(workspace):
    workspace.board.open("Raster")


def float_a_view(workspace):
    workspace.docks["Features"].setFloating(True)


def swap_two(workspace):
    window, docks = workspace.window, workspace.docks
    window.splitDockWidget(docks["Features"], docks["Waveforms"], Qt.Orientation.Horizontal)


def drag_a_line(workspace):
    window, clusters = workspace.window, workspace.docks["Clusters"]
    edge = clusters.mapTo(window, QPoint(clusters.width() + 1, clusters.height() // 2))
    QTest.mousePress(window, Qt.MouseButton.LeftButton, pos=edge)
    for step in range(1, 4):
        QTest.mouseMove(window, edge + QPoint(20 * step, 0))
        QApplication.processEvents()
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, pos=edge + QPoint(60, 0))


@pytest.mark.soak
def test_what_somebody_moved_stays_where_it_is(workspace, qtbot):
    for move in (close_a_view, open_a_view, float_a_view, swap_two, drag_a_line):
        settle(qtbot, workspace)
        move(workspace)
        settle(qtbot, workspace)
        before = workspace.board.places
        resize(workspace, SMALL, qtbot)
        assert not workspace.is_small, move
        assert workspace.board.places == before
        resize(workspace, LARGE, qtbot)
        workspace.arrange("Sort", again=True)
        settle(qtbot, workspace)
        workspace.size.prepare()  # as the next data set does
        workspace.arrange()


def test_a_window_that_is_too_small_takes_the_screen_once(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    viewer.window.set_geometry(50, 50, 720, 480)
    qtbot.waitUntil(lambda: viewer.window._qt_window.windowHandle().isExposed())
    workspace = open_workspace(viewer, light_session())
    settle(qtbot, workspace)
    window = workspace.window
    assert window.geometry() == window.screen().availableGeometry()
    assert not workspace.is_small
    window.showNormal()
    resize(workspace, (1000, 700), qtbot)
    workspace.open_session(light_session())
    settle(qtbot, workspace)
    assert (window.width(), window.height()) == (1000, 700)


def test_docks_of_a_hidden_window_are_arranged_for_its_size_when_it_is_shown(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=False)
    workspace = open_workspace(viewer, light_session())
    QApplication.processEvents()
    viewer.window.show()
    viewer.window.set_geometry(0, 0, *LARGE)
    qtbot.waitUntil(lambda: not workspace.is_small and workspace.docks["Clusters"].width() > 400)
    settle(qtbot, workspace)
    assert (workspace.window.width(), workspace.window.height()) == LARGE
    assert workspace.docks["Clusters"].width() == pytest.approx(434, abs=4)
