"""Docks behind others are made when they are first seen or asked for, and are then as if they had been there."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QTabBar
from waiting import run_until
from widgets.light_session import light_session
from widgets.window.test_workspace import LARGE, SMALL, show

from napari_phy.widgets.base.header import Header
from napari_phy.widgets.window.workspace import open_workspace

BEHIND = {"Probe", "Wizard", "History"}


@pytest.fixture
def open_(make_napari_viewer):
    def open_(size=LARGE):
        viewer = make_napari_viewer(show=False)
        show(viewer, size)
        workspace = open_workspace(viewer, light_session())
        settle(workspace)
        return workspace

    return open_


def settle(workspace):
    """Wait until views have drawn; those that are not made stay so."""
    made = workspace.panels.made
    for _ in range(3):
        run_until(lambda: not any(getattr(panel, "busy", False) for panel in made.values() if panel.isVisible()))
        QApplication.processEvents()


def in_sight(workspace):
    return {name for name, dock in workspace.docks.items() if not dock.visibleRegion().isEmpty()}


def click_tab(workspace, name):
    bars = workspace.window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    bar, place = next(
        (bar, p) for bar in bars for p in range(bar.count()) if bar.isVisible() and bar.tabText(p) == name
    )
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(place).center())
    settle(workspace)


def test_a_dock_is_made_when_its_tab_is_clicked_and_shows_what_is_open_now(open_):
    workspace = open_()
    assert set(workspace.docks) - set(workspace.panels.made) == BEHIND
    assert set(workspace.panels) == set(workspace.docks)
    assert all(workspace.board.is_open(name) for name in BEHIND)
    session = workspace.session
    session.merge(session.manager.cluster_ids[:2].tolist())
    workspace.viewer.theme = "light"
    settle(workspace)
    assert not BEHIND & set(workspace.panels.made)
    click_tab(workspace, "Probe")
    assert BEHIND - set(workspace.panels.made) == {"Wizard", "History"}
    probe, dock = workspace.panels["Probe"], workspace.docks["Probe"]
    assert "Probe" in in_sight(workspace)
    assert probe.isVisible()
    assert dock.widget() is probe
    assert workspace.viewer.window.dock_widgets["Probe (napari-phy)"] is probe
    assert dock.titleBarWidget().findChild(Header) is probe.header
    assert probe.session is session
    assert probe.data is not None
    assert probe.clusters == tuple(session.selection.clusters)
    assert not probe.theme.dark
    click_tab(workspace, "History")
    assert workspace.panels.made["History"].data is not None
    session.undo()  # else closing the window asks


def test_a_dock_is_made_by_whatever_asks_for_it(open_):
    workspace = open_()
    assert workspace.board.of_kind("Wizard") == [workspace.panels["Wizard"]]
    assert "Wizard" not in in_sight(workspace)  # it is there now, and where it was
    assert workspace.board.open("History").isVisible()
    assert "History" in in_sight(workspace)
    workspace.docks["Probe"].setFloating(True)
    run_until(lambda: "Probe" in workspace.panels.made)
    settle(workspace)
    assert workspace.panels["Probe"].isVisible()
    assert workspace.docks["Probe"].isFloating()
    assert len(set(map(id, workspace.panels.values()))) == len(workspace.docks)
    with pytest.raises(KeyError):
        workspace.panels["Nonsense"]


def test_one_that_was_closed_unseen_is_opened_again(open_):
    workspace = open_()
    workspace.docks["Wizard"].close()
    settle(workspace)
    assert not workspace.board.is_open("Wizard")
    assert "Wizard" not in workspace.panels.made
    workspace.commander.run("v wizard")
    settle(workspace)
    assert "Wizard" in in_sight(workspace)
    assert workspace.panels.made["Wizard"].isVisible()


def test_what_is_set_before_a_view_is_seen_is_there_when_it_is(open_):
    workspace = open_(SMALL)
    assert "Amplitude" not in workspace.panels.made
    workspace.session.views["amplitude"].measure = "feature"
    click_tab(workspace, "Amplitude")
    assert workspace.panels.made["Amplitude"].settings.measure == "feature"
    assert workspace.panels.made["Amplitude"].data is not None


def test_the_next_window_makes_what_it_shows(open_):
    first = open_()
    click_tab(first, "Wizard")
    places = first.board.places
    first.close_session()
    QApplication.processEvents()
    second = open_()
    assert in_sight(second) == in_sight(first)
    assert "Wizard" in second.panels.made
    assert set(second.docks) - set(second.panels.made) == {"Amplitude", "Probe", "History"}
    assert second.board.places == places
    click_tab(second, "Amplitude")
    assert second.panels.made["Amplitude"].data is not None


def test_another_layout_makes_what_it_brings_to_the_front(open_):
    workspace = open_()
    workspace.arrange("Inspect")
    settle(workspace)
    run_until(lambda: "Probe" in workspace.panels.made)
    settle(workspace)
    assert "Probe" in in_sight(workspace)
    assert workspace.panels["Probe"].data is not None
    assert in_sight(workspace) <= set(workspace.panels.made)
