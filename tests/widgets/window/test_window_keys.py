"""Our actions are in napari's command palette, with their keys, enabled as in the toolbar."""

import pytest
from napari._qt.widgets.qt_command_palette import QCommandPalette
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLineEdit, QListView
from widgets.light_session import light_session
from widgets.window.test_workspace import LARGE, add_layer, settle, show

from napari_phy.actions.action_table import ACTIONS, BY_ID
from napari_phy.widgets.napari_compat import command_registry
from napari_phy.widgets.window.workspace import Workspace, open_workspace


@pytest.fixture
def open_new(make_napari_viewer, qtbot):
    """Return a function that opens a session in a new window."""

    def open_new():
        viewer = make_napari_viewer(show=False)
        show(viewer, LARGE)
        session = light_session()
        add_layer(viewer, session)
        workspace = open_workspace(viewer, session)
        settle(qtbot, workspace)
        return workspace

    return open_new


def registered():
    """Return the ids of our actions that napari knows."""
    commands = (name for name, _ in command_registry().commands)
    known = {f"napari-phy.{action.section}.{action.action_id}" for action in ACTIONS}
    return known.intersection(commands)


def open_palette(workspace, qtbot):
    """Press the key of the palette, as a person does in the canvas."""
    window = workspace.window
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    QTest.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    palette = window.findChild(QCommandPalette)
    qtbot.waitUntil(palette.isVisible)
    return palette


def found(palette, text):
    """Type into the palette; return {what a row says: whether it can be chosen}."""
    line = palette.findChild(QLineEdit)
    line.clear()
    QTest.keyClicks(line, text)
    rows = palette.findChild(QListView)
    model = rows.model()
    labels = [rows.indexWidget(model.index(row)) for row in range(model.rowCount()) if not rows.isRowHidden(row)]
    return {label.command_text(): label.isEnabled() for label in labels}


def test_an_action_is_found_with_its_key_and_done_when_it_can_be(workspace, qtbot):
    session = workspace.session
    a, b = session.manager.cluster_ids[:2].tolist()
    session.selection.select([a])
    name = "napari-phy > Edit > Merge (G)"
    palette = open_palette(workspace, qtbot)
    assert found(palette, "Edit > Merge") == {name: False}
    QTest.keyClick(palette.findChild(QLineEdit), Qt.Key.Key_Return)
    assert a in session.manager
    palette.hide()
    session.selection.select([a, b])
    palette = open_palette(workspace, qtbot)
    assert found(palette, "Edit > Merge") == {name: True}
    QTest.keyClick(palette.findChild(QLineEdit), Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert a not in session.manager
    assert b not in session.manager


def test_every_action_is_there_and_can_be_chosen_as_in_the_toolbar(workspace, qtbot):
    session = workspace.session
    session.selection.select(session.manager.cluster_ids[:2].tolist())
    palette = open_palette(workspace, qtbot)
    rows = {name: can for section in {action.section for action in ACTIONS} for name, can in found(
        palette, f"napari-phy > {section}").items()}  # fmt: skip
    bindings = workspace.controller.bindings
    for action in ACTIONS:
        keys = ", ".join(bindings.keys(action.action_id, "panels"))
        name = f"napari-phy > {action.section} > {action.title}{f' ({keys})' if keys else ''}"
        assert rows[name] == (action.why_not(session) is None), name


def test_the_keys_of_the_user_are_named(workspace, qtbot):
    bindings = workspace.controller.bindings
    bindings.bind("merge", "panels", ("F8",))
    try:
        assert "napari-phy > Edit > Merge (F8)" in found(open_palette(workspace, qtbot), "Edit > Merge")
    finally:
        bindings.reset_all()
    assert registered() == {f"napari-phy.{action.section}.{action.action_id}" for action in ACTIONS}


@pytest.mark.soak
def test_it_acts_in_the_window_whose_palette_it_is_and_leaves_with_the_last(open_new, qtbot):
    first, second = open_new(), open_new()
    for workspace in (first, second):
        workspace.session.selection.select(workspace.session.manager.cluster_ids[:2].tolist())
    palette = open_palette(first, qtbot)
    assert found(palette, "Edit > Merge") == {"napari-phy > Edit > Merge (G)": True}
    QTest.keyClick(palette.findChild(QLineEdit), Qt.Key.Key_Return)
    assert first.session.manager.undo_record is not None
    assert second.session.manager.undo_record is None
    viewers = [first.viewer, second.viewer]
    for n_left, viewer in ((1, viewers[0]), (0, viewers[1])):
        viewer.close()
        qtbot.waitUntil(lambda viewer=viewer: Workspace.find(viewer) is None)
        if n_left:
            assert f"napari-phy.Edit.{BY_ID['merge'].action_id}" in registered()
    qtbot.waitUntil(lambda: not registered())
