"""Several docks of one kind, what is chosen in each, and that every kind can be opened from napari's menu."""

import pytest
from npe2 import PluginManifest
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session

from napari_phy.storage.view_options import load_view_options
from napari_phy.widgets.window import docks
from napari_phy.widgets.window.kinds import KINDS, LISTS
from napari_phy.widgets.window.workspace import open_workspace


@pytest.fixture
def workspace(kept_window, qtbot):
    workspace = open_workspace(kept_window.take((1920, 1080), "dark"), light_session())
    settle(qtbot, workspace)
    return workspace


def settle(qtbot, workspace):
    qtbot.waitUntil(lambda: not any(getattr(p, "busy", False) for p in workspace.panels.values()))


def test_every_kind_of_dock_is_in_the_plugins_menu():
    manifest = PluginManifest.from_distribution("napari-phy")
    names = {command.id: command.python_name for command in manifest.contributions.commands}
    shown = {widget.display_name: names[widget.command] for widget in manifest.contributions.widgets}
    assert set(shown) == {"Sort", *KINDS}
    for title, python_name in shown.items():
        assert getattr(docks, python_name.rpartition(":")[2]) is not None, title
    with pytest.raises(AttributeError, match="no attribute nonsense"):
        docks.nonsense  # noqa: B018


@pytest.mark.parametrize("title", ["Correlograms", "Raster"])
def test_a_second_dock_of_a_kind_begins_as_the_first_and_goes_its_own_way(workspace, qtbot, title):
    board = workspace.board
    first = board.open(title)
    assert board.duplicate(title) == f"{title} 2"
    second = board.panels[f"{title} 2"]
    settle(qtbot, workspace)
    assert second.header.title == workspace.docks[f"{title} 2"].windowTitle() == f"{title} 2"
    assert workspace.docks[title] in workspace.window.tabifiedDockWidgets(workspace.docks[f"{title} 2"])
    assert second.session is first.session is workspace.session
    assert second.isVisible()
    second.header.freeze_button.setChecked(True)
    kept = second.clusters
    workspace.session.selection.select([workspace.session.manager.cluster_ids[-1]])
    assert second.clusters == kept != first.clusters
    assert board.of_kind(title) == [first, second]


def test_what_was_chosen_is_the_beginning_of_the_copy_and_of_the_next_window(workspace, qtbot):
    board = workspace.board
    raster = board.open("Raster")
    raster.choose(order="rate")
    raster.choose(marker="dot")
    settle(qtbot, workspace)
    copy = board.panels[board.duplicate("Raster")]
    assert copy.options() == raster.options()
    assert (copy.settings.order, copy.settings.marker) == ("rate", "dot")
    copy.choose(order="group")
    settle(qtbot, workspace)
    workspace.memory.save()
    kept = load_view_options()
    assert (kept["Raster"]["order"], kept["Raster 2"]["order"]) == ("rate", "group")


def test_settings_of_views_that_are_closed_are_kept_and_there_in_the_next_session(workspace):
    assert "Grid" not in workspace.panels
    workspace.session.views["grid"].content = "rate"
    other = light_session()
    workspace.open_session(other)  # as the next window does
    assert load_view_options()["Grid"]["content"] == "rate"
    assert workspace.session is other
    assert other.views["grid"].content == "rate"
    assert other.views["drift"].value == type(other.views["drift"].value)()


def test_a_closed_copy_is_taken_again(workspace):
    board = workspace.board
    board.duplicate("Features")
    workspace.docks["Features 2"].close()
    QApplication.processEvents()
    assert board.duplicate("Features") == "Features 2"
    assert board.duplicate("Features 2") == "Features 3"
    assert workspace.docks["Features 2"].isVisible() or workspace.docks["Features 3"].isVisible()


def test_duplicate_is_in_the_menu_of_views_and_not_of_lists(workspace, qtbot):
    for name, panel in workspace.panels.items():
        entries = {action.text(): action for action in panel.header.more_menu.actions()}
        assert ("Duplicate" in entries) == (name not in LISTS)
    entries = {action.text(): action for action in workspace.panels["Traces"].header.more_menu.actions()}
    entries["Duplicate"].trigger()
    qtbot.waitUntil(lambda: "Traces 2" in workspace.panels)


def test_a_setting_that_cannot_be_is_left_out(workspace):
    raster = workspace.board.open("Raster")
    before = raster.options()
    for nonsense in ("diagonal", None, 3, [], {}):
        raster.set_options({"order": nonsense, "color": "red"})
        assert raster.options() == before, nonsense


def test_a_dock_that_comes_back_lies_before_the_tabs_it_joins(workspace, qtbot):
    dock = workspace.board.docks["Amplitude"]
    menu = workspace.panels["Amplitude"].header.more_menu
    toggle = next(action for action in menu.actions() if action.text() == "Float")
    toggle.trigger()
    qtbot.waitUntil(dock.isFloating)
    workspace.board.open("Probe")
    settle(qtbot, workspace)
    toggle.trigger()
    qtbot.waitUntil(lambda: not dock.isFloating() and not dock.visibleRegion().isEmpty())
    settle(qtbot, workspace)
    assert dock in workspace.window.tabifiedDockWidgets(workspace.board.docks["Probe"])
