"""Whose key it is, by real key events: in every panel, in the canvas with each kind of layer, elsewhere in napari."""

import warnings

import numpy as np
import pytest
from qtpy.QtCore import QKeyCombination
from qtpy.QtGui import QKeySequence
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QSpinBox

from napari_phy.layers.session_tag import TAG, SessionTag
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.actions.keys import OWN_KEYS
from napari_phy.widgets.window.kinds import KINDS
from napari_phy.widgets.window.layouts import napari_docks

LINE = np.array([[0.0, 0.0], [1.0, 1.0]])
LAYERS = {
    "image": lambda viewer: viewer.add_image(np.zeros((4, 4))),
    "points": lambda viewer: viewer.add_points(LINE),
    "labels": lambda viewer: viewer.add_labels(np.zeros((4, 4), int)),
    "shapes": lambda viewer: viewer.add_shapes([LINE], shape_type="line"),
    "vectors": lambda viewer: viewer.add_vectors(LINE[None]),
    "tracks": lambda viewer: viewer.add_tracks(np.array([[0, 0, 0, 0], [0, 1, 1, 1]])),
    "surface": lambda viewer: viewer.add_surface((np.array([[0, 0], [0, 1], [1, 0]]), np.array([[0, 1, 2]]))),
}
MODES = {  # a key of each kind of layer, and the mode it brings
    "image": ("2", "transform"),
    "points": ("P", "add"),
    "labels": ("L", "pick"),
    "shapes": ("R", "add_rectangle"),
    "vectors": ("2", "transform"),
    "tracks": ("2", "transform"),
    "surface": ("2", "transform"),
}
ONLY_IN_PANELS = ("Space", "Shift+Space", "Backspace", "L", "T", ":", "Ctrl+M", "Ctrl+N")


def press(widget, keys):
    """Press a key sequence on a widget, with the text that a keyboard gives."""
    combination = QKeySequence(keys)[0]
    if not isinstance(combination, QKeyCombination):
        combination = QKeyCombination.fromCombined(combination)
    QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())
    QApplication.processEvents()


@pytest.fixture
def workspace(workspace, monkeypatch):
    workspace.session.selection.select([3, 4])
    workspace.done = []
    for keys in (workspace.keys.panels, workspace.keys.canvas):
        monkeypatch.setattr(keys, "_run", workspace.done.append)
    return workspace


@pytest.fixture
def canvas(workspace):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        canvas = workspace.viewer.window.qt_viewer.canvas.native
    canvas.setFocus()
    return canvas


def done(workspace, widget, keys):
    """Return what a key did."""
    workspace.done.clear()
    press(widget, keys)
    return list(workspace.done)


def test_in_every_panel_every_key_does_its_action_once_and_nothing_of_napari(workspace):
    viewer, table = workspace.viewer, key_bindings().table("panels")
    before = viewer.canvas.grid.enabled, viewer.dims.ndisplay, viewer.dims.order, workspace.window.menuBar().isVisible()
    for title in KINDS:
        workspace.board.open(title)
        QApplication.processEvents()
        panel = workspace.panels[title]
        panel.setFocus()
        focused = QApplication.focusWidget()
        assert focused is panel or panel.isAncestorOf(focused), title
        assert panel.window() is workspace.window, title  # napari asks whatever loses the focus
        own = focused.property(OWN_KEYS) or ()
        for keys, action_id in table.items():
            assert done(workspace, focused, keys) == ([] if keys in own else [action_id]), (title, keys)
    assert before == (
        viewer.canvas.grid.enabled, viewer.dims.ndisplay, viewer.dims.order, workspace.window.menuBar().isVisible()
    )  # fmt: skip
    assert workspace.panels["Similar"].list.property(OWN_KEYS) == ["Up", "Down", "Home", "End"]


def test_in_headers_and_the_toolbar_keys_are_ours_but_space_presses_the_button(workspace):
    for button in (workspace.toolbar.button("merge"), workspace.panels["Features"].header.help_button):
        button.setFocus()
        assert done(workspace, button, "G") == ["merge"]
        assert done(workspace, button, "Ctrl+M") == ["move_similar_mua"]
        assert done(workspace, button, "Space") == []


def test_in_a_text_field_of_a_panel_no_key_is_ours(workspace):
    for kind in (QLineEdit, QPlainTextEdit, QSpinBox):
        field = kind(workspace.panels["Features"])
        field.show()
        field.setFocus()
        for keys in key_bindings().table("panels"):
            if not keys.startswith(("Alt", "Ctrl+S", "Ctrl+N", "Ctrl+M", "Ctrl+U", "F1")):  # menus of napari would open
                assert done(workspace, field, keys) == [], (kind, keys)
        field.deleteLater()


def test_other_keys_of_napari_work_in_our_panels(workspace):
    viewer, clusters = workspace.viewer, workspace.panels["Clusters"].list
    layer = viewer.layers["spikes"]
    viewer.layers.selection.active = layer
    assert layer.visible
    assert done(workspace, workspace.panels["Features"], "V") == []
    assert not layer.visible
    order = viewer.dims.order
    assert done(workspace, clusters, "Ctrl+T") == []
    assert viewer.dims.order == order[::-1]


def test_in_the_canvas_the_right_column_acts_while_our_layer_is_active_or_none(workspace, canvas):
    viewer = workspace.viewer
    viewer.add_image(np.zeros((4, 4)), name="picture", metadata={TAG: SessionTag(workspace.session)})
    n_points = len(viewer.layers["spikes"].data)
    table = key_bindings().table("canvas")
    for active in ("spikes", "picture", None):
        viewer.layers.selection.active = None if active is None else viewer.layers[active]
        for keys, action_id in table.items():
            assert done(workspace, canvas, keys) == [action_id], (active, keys)
        for keys in ONLY_IN_PANELS:
            if keys != "Ctrl+N":  # napari's: a new image of what is in the clipboard
                assert done(workspace, canvas, keys) == [], (active, keys)
        grid = viewer.canvas.grid.enabled
        assert done(workspace, canvas, "Ctrl+G") == []
        assert viewer.canvas.grid.enabled is not grid
        assert len(viewer.layers["spikes"].data) == n_points


def test_in_the_canvas_no_key_is_ours_while_another_layer_is_active_and_napari_has_its_own(workspace, canvas):
    viewer = workspace.viewer
    clusters = workspace.session.manager.cluster_ids.tolist()
    for kind, (own, mode) in MODES.items():
        layer = LAYERS[kind](viewer)
        viewer.layers.selection.active = layer
        assert layer.mode != mode, kind
        assert done(workspace, canvas, own) == [], kind
        assert layer.mode == mode, kind
        for keys in key_bindings().table("canvas"):
            assert done(workspace, canvas, keys) == [], (kind, keys)
        for keys in ONLY_IN_PANELS:
            if keys != "Ctrl+N":
                assert done(workspace, canvas, keys) == [], (kind, keys)
        assert workspace.session.manager.cluster_ids.tolist() == clusters
        viewer.layers.selection.clear()
        assert done(workspace, canvas, "G") == ["merge"], kind


def test_labels_are_undone_by_their_own_key(workspace, canvas):
    viewer = workspace.viewer
    layer = LAYERS["labels"](viewer)
    viewer.layers.selection.active = layer
    layer.paint((1, 1), 3)
    assert layer.data.any()
    assert done(workspace, canvas, "Ctrl+Z") == []
    assert not layer.data.any()
    assert done(workspace, canvas, "Ctrl+Shift+Z") == []
    assert layer.data.any()


def test_points_of_ones_own_are_deleted_by_their_own_key(workspace, canvas):
    viewer = workspace.viewer
    layer = LAYERS["points"](viewer)
    viewer.layers.selection.active = layer
    layer.selected_data = {0}
    assert done(workspace, canvas, "Backspace") == []
    assert len(layer.data) == 1


def test_in_the_list_of_layers_no_key_is_ours(workspace):
    workspace.board.show_napari_docks(True)
    QApplication.processEvents()
    for dock in napari_docks(workspace.window).values():
        for widget in dock.widget().findChildren(type(dock.widget())) or [dock.widget()]:
            for keys in ("G", "K", "Alt+G", "Home"):
                assert done(workspace, widget, keys) == [], (dock.objectName(), keys)


def test_keys_that_were_changed_follow_the_same_rule(workspace, canvas):
    bindings = key_bindings()
    bindings.bind("merge", "panels", ("J",))
    bindings.bind("split", "canvas", ("J",))
    clusters = workspace.panels["Clusters"].list
    assert done(workspace, clusters, "J") == ["merge"]
    assert done(workspace, clusters, "G") == []
    assert done(workspace, canvas, "J") == ["split"]
    assert done(workspace, canvas, "G") == ["merge"]
    workspace.viewer.layers.selection.active = LAYERS["shapes"](workspace.viewer)
    assert done(workspace, canvas, "J") == []
