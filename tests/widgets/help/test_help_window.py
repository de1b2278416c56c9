"""The window with all actions, by real keys and clicks in a real workspace."""

import re

import pytest
from napari.utils.action_manager import action_manager
from qtpy.compat import isalive
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_phy.actions.action_table import ACTIONS
from napari_phy.widgets.actions.bindings import KeyBindings, key_bindings
from napari_phy.widgets.actions.keys import napari_keys

PLAIN, CTRL, SHIFT = (getattr(Qt.KeyboardModifier, f"{name}Modifier") for name in ("No", "Control", "Shift"))


@pytest.fixture
def workspace(workspace):
    workspace.session.selection.select([3])
    return workspace


@pytest.fixture
def window(workspace, qtbot):
    QTest.keyClick(workspace.panels["Clusters"].list, Qt.Key.Key_F1)
    window = workspace.controller._keys_window
    qtbot.waitUntil(window.search.hasFocus)
    yield window
    if isalive(window):
        window.close()


def titles(window):
    return [item.text(0) for item in window.list.rows()]


def search(window, text):
    window.search.selectAll()
    QTest.keyClick(window.search, Qt.Key.Key_Backspace)
    QTest.keyClicks(window.search, text)


def row_of(window, title):
    return next(item for item in window.list.rows() if item.text(0) == title)


def click_key(window, title, column=1):
    item = row_of(window, title)
    window.list.scrollToItem(item)
    place = QPoint(window.list.columnViewportPosition(column) + 10, window.list.visualItemRect(item).center().y())
    QTest.mouseClick(window.list.viewport(), Qt.MouseButton.LeftButton, PLAIN, place)
    QApplication.processEvents()
    return item


def press(window, key, modifiers=PLAIN):
    QTest.keyClick(window.search, key, modifiers)
    QApplication.processEvents()


def test_every_action_is_there_with_its_keys_and_every_command(window):
    shown = {item.text(0): (item.text(1), item.text(2)) for item in window.list.rows()}
    for action in ACTIONS:
        assert shown[action.title] == (", ".join(action.keys) or "–", ", ".join(action.canvas_keys) or "–")
    assert shown["Select clusters; the first is the best one"] == (":c 3-6 8", "–")


def test_it_is_searched_by_words_sections_and_keys(window):
    search(window, "noise best")
    assert titles(window) == ["Best to noise"]
    search(window, "ctrl+alt+pg")
    assert titles(window) == ["Next refractory violation"]
    search(window, "move")
    assert {"Good", "Best to MUA"} <= set(titles(window))
    search(window, "qqq")
    assert titles(window) == []
    assert window.note.text() == "Nothing is called so."
    press(window, Qt.Key.Key_Escape)
    assert window.isVisible()
    assert len(titles(window)) > len(ACTIONS)


def test_an_action_is_found_by_any_of_its_words_in_any_order_and_by_what_else_it_is_called(window):
    for action in ACTIONS:
        words = re.findall(r"\w+", f"{action.title} {action.section} {action.words}")
        window.list.search(" ".join(reversed(words)).upper())
        assert action.title in titles(window), words
    for text, title in (
        ("join", "Merge"), ("unit multi", "MUA"), ("delete cluster", "Discard"), ("revert", "Undo"),
        ("jump second", "Go to time or spike…"), ("zoom", "Stretch time in the overview"), ("shortcuts", "All actions"),
    ):  # fmt: skip
        search(window, text)
        assert title in titles(window)


def test_up_and_down_go_through_the_rows_and_tell_what_each_does(window):
    search(window, "undo")
    assert window.windowTitle() == "All actions"
    assert window.note.text() == "Nothing more to undo."
    search(window, "split lasso")
    assert window.note.text() == "Draw a lasso around some spikes to split."
    search(window, "mua")
    assert window.note.text().startswith("Move 3 to mua. Enter does it.")
    press(window, Qt.Key.Key_Down)
    assert window.list.currentItem().text(0) == "Best to MUA"
    press(window, Qt.Key.Key_Up)
    press(window, Qt.Key.Key_Up)
    assert window.list.currentItem().text(0) == "MUA"


def test_enter_does_what_can_be_done_and_goes_back_to_clusters(workspace, window, qtbot):
    search(window, "best to good")
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: workspace.session.manager.group(3) == "good")
    assert not isalive(window) or window.isHidden()
    qtbot.waitUntil(workspace.panels["Clusters"].list.hasFocus)


def test_enter_says_why_something_cannot_be_done(workspace, window):
    search(window, "merge")
    press(window, Qt.Key.Key_Return)
    assert window.isVisible()
    assert window.note.text() == "Select two or more clusters to merge."
    assert workspace.session.manager.n_done == 0


def test_enter_on_a_command_opens_the_command_line_with_it(workspace, window, qtbot):
    search(window, ":tg")
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(workspace.command_line.field.hasFocus)
    assert workspace.command_line.field.text() == "tg "


def test_a_click_and_a_key_change_a_key_at_once_and_for_the_next_time(workspace, window):
    item = click_key(window, "Merge")
    assert item.text(1) == "press a key…"
    cell = window.list.visualItemRect(item)
    cell.setLeft(window.list.columnViewportPosition(1))
    pixels = window.list.viewport().grab(cell).toImage()
    colors = {pixels.pixelColor(x, y).name() for x in range(pixels.width()) for y in range(pixels.height())}
    assert window._theme.warning in colors
    press(window, Qt.Key.Key_J)
    assert item.text(1) == "J"
    assert window.note.text() == "Merge has the key J in our panels."
    assert KeyBindings().table("panels")["J"] == "merge"
    window.close()
    clusters = workspace.panels["Clusters"].list
    workspace.session.selection.select([3, 4])
    QTest.keyClick(clusters, Qt.Key.Key_G)
    assert workspace.session.manager.n_done == 0
    QTest.keyClick(clusters, Qt.Key.Key_J)
    assert workspace.session.manager.n_done == 1
    assert "(J)" in workspace.toolbar.button("merge").toolTip()
    assert "J merge" in workspace.viewer.help


def test_clashes_are_refused_with_the_reason_until_another_key_comes(window):
    item = click_key(window, "Merge")
    press(window, Qt.Key.Key_K)
    assert window.note.text() == "K is the key of Split in our panels. Give that another key first."
    press(window, Qt.Key.Key_W, CTRL)
    assert window.note.text() == "Ctrl+W is napari's key: Close Window."
    press(window, Qt.Key.Key_Shift, SHIFT)
    assert item.text(1) == "press a key…"
    press(window, Qt.Key.Key_J, SHIFT)
    assert item.text(1) == "Shift+J"
    item = click_key(window, "Merge", 2)
    press(window, Qt.Key.Key_A)
    assert window.note.text() == "A is napari's key: select all in slice."
    press(window, Qt.Key.Key_Escape)
    assert item.text(2) == "G"


def push(window, button):
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QApplication.processEvents()


def test_a_second_key_is_added_and_each_is_taken_away(workspace, window):
    editor, clusters = window.editor, workspace.panels["Clusters"].list
    item = click_key(window, "Merge")
    push(window, editor.second_button)
    assert item.text(1) == "G, press a key…"
    press(window, Qt.Key.Key_K)
    assert window.note.text() == "K is the key of Split in our panels. Give that another key first."
    press(window, Qt.Key.Key_J)
    assert item.text(1) == "G, J"
    assert window.note.text() == "Merge has the keys G and J in our panels."
    assert KeyBindings().keys("merge", "panels") == ("G", "J")
    workspace.session.selection.select([3, 4])
    QTest.keyClick(clusters, Qt.Key.Key_J)
    assert workspace.session.manager.n_done == 1
    click_key(window, "Merge")
    assert not editor.second_button.isVisible()
    assert [button.text() for button in editor.without_buttons] == ["Without G", "Without J"]
    push(window, editor.without_buttons[0])
    assert (item.text(1), window.note.text()) == ("J", "Merge has the key J in our panels.")
    click_key(window, "Merge")
    push(window, editor.without_buttons[0])
    assert (item.text(1), window.note.text()) == ("–", "Merge has no key in our panels.")


def test_esc_leaves_keys_as_they_are(window):
    item = click_key(window, "Merge")
    push(window, window.editor.second_button)
    press(window, Qt.Key.Key_Escape)
    assert item.text(1) == "G"
    press(window, Qt.Key.Key_J)
    assert (item.text(1), window.search.text()) == ("G", "j")


def test_reset(window):
    item = click_key(window, "Save")
    assert not window.editor.reset_button.isVisible()
    press(window, Qt.Key.Key_J)
    assert "Ctrl+S" not in key_bindings().table("panels")
    click_key(window, "Save")
    push(window, window.editor.reset_button)
    assert item.text(1) == "Ctrl+S, Ctrl+Shift+S"
    assert not window.editor.reset_all_button.isVisible()
    click_key(window, "Save")
    press(window, Qt.Key.Key_J)
    push(window, window.editor.reset_all_button)
    assert item.text(1) == "Ctrl+S, Ctrl+Shift+S"
    assert not key_bindings().any_own


def test_keys_of_the_desktop_and_of_text_are_refused_with_the_reason(window):
    click_key(window, "Merge")
    for key, modifiers, reason in (
        (Qt.Key.Key_F4, Qt.KeyboardModifier.AltModifier, "Alt+F4 is taken: it closes the window."),
        (Qt.Key.Key_C, CTRL, "Ctrl+C is taken: it copies."),
        (Qt.Key.Key_V, CTRL, "Ctrl+V is taken: it pastes."),
        (Qt.Key.Key_Insert, SHIFT, "Shift+Ins is taken: it pastes."),
        (Qt.Key.Key_A, CTRL, "Ctrl+A is taken: it selects all, of a list or a text."),
        (Qt.Key.Key_G, Qt.KeyboardModifier.MetaModifier, "Meta+G is taken: it belongs to the desktop."),
        (Qt.Key.Key_unknown, PLAIN, "This key has no name and cannot be kept."),
    ):
        press(window, key, modifiers)
        assert window.note.text() == reason
    press(window, Qt.Key.Key_Super_L)  # alone it may be the beginning of something
    assert window.note.text() == reason
    assert not key_bindings().any_own


def test_a_key_that_napari_was_given_in_its_preferences_is_refused(workspace, window):
    action_manager.bind_shortcut("napari:reset_view", "J")  # as Preferences do
    try:
        click_key(window, "Merge")
        press(window, Qt.Key.Key_J)
        assert window.note.text() == "J is napari's key: reset view."
    finally:
        action_manager.unbind_shortcut("napari:reset_view")
        action_manager.bind_shortcut("napari:reset_view", "Ctrl+R")


def test_what_belongs_to_one_view_does_not_change(window):
    click_key(window, "Draw a lasso")
    assert window.note.text() == "This does not change."
    press(window, Qt.Key.Key_Return)
    assert window.note.text() == "This is done in the view itself."


def test_without_a_data_set_keys_are_shown_and_nothing_is_done(workspace, qtbot):
    clusters = workspace.panels["Clusters"]
    workspace.close_session()
    workspace.toolbar.button("keys").click()
    window = workspace.controller._keys_window
    search(window, "save")
    press(window, Qt.Key.Key_Return)
    assert window.note.text().startswith("Open a Kwik file to begin")
    window.close()
    assert clusters.session is None


def test_napari_says_its_keys(workspace):
    panels = napari_keys(workspace.window, with_layers=False)
    canvas = napari_keys(workspace.window, with_layers=True)
    assert panels["Ctrl+W"] == "Close Window"
    assert panels["Ctrl+G"] == "toggle grid"
    assert panels["Alt+F"] == "opens the menu File"
    assert "A" not in panels
    assert canvas["A"] == "select all in slice"
    assert canvas["C"] == "auto contrast once"
    assert panels.keys() < canvas.keys()
