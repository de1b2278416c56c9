"""The Actions dock: buttons with their keys that do what the toolbar does."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from widgets.light_session import light_session

from napari_phy.layers.session_tag import TAG, SessionTag
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.docks.actions_panel import ActionsPanel
from napari_phy.widgets.window.workspace import open_workspace


@pytest.fixture
def panel(qtbot):
    panel = ActionsPanel(light_session())
    qtbot.addWidget(panel)
    panel.asked = []
    panel.action_requested.connect(panel.asked.append)
    panel.resize(480, 700)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def follow(panel, qtbot):
    qtbot.waitUntil(lambda: not panel.busy)


def test_buttons_say_what_can_be_done_and_print_their_keys(panel, qtbot):
    panel.session.selection.select([3])
    follow(panel, qtbot)
    merge = panel.buttons["merge"]
    assert (merge.text, merge.enabled) == ("Merge", False)
    assert merge.tooltip == "Merge (G). Select two or more clusters to merge."
    panel.session.selection.select([3, 4, 5])
    follow(panel, qtbot)
    assert (merge.text, merge.enabled, panel._keys["merge"].text()) == ("Merge 3", True, "G")
    assert panel._keys["move_all_good"].text() == "Ctrl+Alt+G"
    panel.session.merge([3, 4])
    follow(panel, qtbot)
    assert panel.buttons["undo"].tooltip == "Undo: merge 3 and 4 (Ctrl+Z)"
    assert panel.buttons["save"].enabled
    panel.session.save()
    follow(panel, qtbot)
    assert not panel.buttons["save"].enabled


def test_keys_that_were_changed_are_printed(panel, qtbot):
    follow(panel, qtbot)
    key_bindings().bind("merge", "panels", ("J",))
    follow(panel, qtbot)
    assert panel._keys["merge"].text() == "J"


def test_a_click_asks_for_the_action_and_a_disabled_button_does_not(panel, qtbot):
    panel.session.selection.select([3, 4])
    follow(panel, qtbot)
    for name in ("merge", "redo", "keys"):
        QTest.mouseClick(panel.buttons[name].native, Qt.MouseButton.LeftButton)
    assert panel.asked == ["merge", "keys"]


def test_without_a_data_set_only_help_and_commands_are_left(panel, qtbot):
    panel.set_session(None)
    follow(panel, qtbot)
    assert {name for name, button in panel.buttons.items() if button.enabled} == {"command", "keys"}


def test_docked_it_acts_and_the_keys_go_to_clusters(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=False)
    viewer.window.show()
    viewer.window.activate()
    session = light_session()
    viewer.add_points([[0, 0], [1, 1]], name="spikes", metadata={TAG: SessionTag(session)})
    workspace = open_workspace(viewer, session)
    panel = workspace.board.open("Actions")
    session.selection.select([3, 4])
    follow(panel, qtbot)
    QTest.mouseClick(panel.buttons["merge"].native, Qt.MouseButton.LeftButton)
    assert session.selection.clusters[0] == 8
    qtbot.waitUntil(workspace.panels["Clusters"].list.hasFocus)
