"""A key that somebody gives napari in its Preferences is napari's in the canvas, and F1 says so."""

import pytest
from journeys.person import CTRL, LEFT, PLAIN, SMALL, Person
from napari._qt.dialogs.preferences_dialog import PreferencesDialog
from napari._qt.widgets.qt_keyboard_settings import EditorWidget, ShortcutEditor
from napari.utils.action_manager import action_manager
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

pytestmark = pytest.mark.usefixtures("make_napari_viewer")  # each test has a window of its own

ACTION = "napari:reset_view"


@pytest.fixture
def screen_size():
    return SMALL


@pytest.fixture(autouse=True)
def own_keys(qapp):
    """Give napari its own keys back."""
    before = list(action_manager._shortcuts[ACTION])
    yield
    action_manager.unbind_shortcut(ACTION)
    for key in before:
        action_manager.bind_shortcut(ACTION, key)


def give_napari(person, key, name):
    """Open napari's Preferences, go to Shortcuts, double-click the key of an action, press another one, accept."""
    QTest.keyClick(person.focused(), Qt.Key.Key_Comma, CTRL)
    window = person.workspace.window
    person.wait(lambda: window.findChildren(PreferencesDialog), "Preferences")
    (dialog,) = window.findChildren(PreferencesDialog)
    dialog.activateWindow()
    person.wait(dialog.isActiveWindow, "Preferences to have the keys")
    (entry,) = dialog._list.findItems("Shortcuts", Qt.MatchFlag.MatchExactly)
    QTest.mouseClick(dialog._list.viewport(), LEFT, PLAIN, dialog._list.visualItemRect(entry).center())
    (editor,) = dialog.findChildren(ShortcutEditor)
    person.wait(editor.isVisible, "the keys of napari")
    table = editor._table
    row = next(row for row in range(table.rowCount()) if table.item(row, editor._action_col).text() == ACTION)
    item = table.item(row, editor._shortcut_col)
    table.scrollToItem(item)
    place = table.visualItemRect(item).center()
    QTest.mouseClick(table.viewport(), LEFT, PLAIN, place)
    QTest.mouseDClick(table.viewport(), LEFT, PLAIN, place)
    person.wait(lambda: table.findChildren(EditorWidget), "the field")
    (field,) = table.findChildren(EditorWidget)
    person.wait(field.hasFocus, "the field to have the keys")
    QTest.keyClick(field, key)
    QTest.keyClick(field, Qt.Key.Key_Return)
    person.wait(lambda: table.item(row, editor._shortcut_col).text() == name, "the key")
    person.click_button(dialog, "OK")
    person.wait(lambda: not dialog.isVisible(), "Preferences to go")


def all_keys(person, text):
    """Press F1 and search; return the window and the place of the keys of the first row in each column."""
    person.press(Qt.Key.Key_F1)
    window = person.workspace.controller._keys_window
    person.wait(window.search.hasFocus, "the window with all actions")
    QTest.keyClicks(window.search, text)
    rows = window.list
    middle = rows.visualItemRect(rows.rows()[0]).center().y()
    return window, [QPoint(rows.columnViewportPosition(column) + 10, middle) for column in range(3)]


def press_in_canvas(person, key):
    """Click napari's canvas and press a key."""
    canvas = person.viewer.window._qt_viewer.canvas.native
    person.focused()  # a click makes a window the active one
    QTest.mouseClick(canvas, LEFT, PLAIN, QPoint(30, 30))
    person.wait(canvas.hasFocus, "the canvas to have the keys")
    QTest.keyClick(canvas, key)
    person.settle()


def test_a_key_that_was_given_to_napari_is_refused_with_the_reason(person, kwik_copy):
    person.open(kwik_copy)
    give_napari(person, Qt.Key.Key_J, "J")
    window, places = all_keys(person, "merge")
    for place in places[1:]:  # in our panels, in the canvas
        QTest.mouseClick(window.list.viewport(), LEFT, PLAIN, place)
        QTest.keyClick(window.search, Qt.Key.Key_J)
        assert window.note.text() == "J is napari's key: reset view."
    window.close()


def test_a_key_of_ours_that_is_given_to_napari_is_napari_s_in_the_canvas(make_napari_viewer, person, kwik_copy):
    person.open(kwik_copy)
    give_napari(person, Qt.Key.Key_G, "G")
    press_in_canvas(person, Qt.Key.Key_G)
    assert person.session.n_unsaved == 0
    window, places = all_keys(person, "merge")
    QTest.mouseClick(window.list.viewport(), LEFT, PLAIN, places[0])
    assert window.note.text().endswith(" In the canvas G is napari's key: reset view.")
    window.close()
    person.workspace.focus_clusters()
    person.press(Qt.Key.Key_G)
    assert person.session.n_unsaved == 1

    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    other = Person(make_napari_viewer(show=True))  # as the next start does
    other.resize(1280, 800)
    other.open(kwik_copy)
    press_in_canvas(other, Qt.Key.Key_G)
    assert other.session.n_unsaved == 1
