"""Whose key it is."""

import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QTableWidget, QVBoxLayout, QWidget

from napari_phy.widgets.actions.keys import OWN_KEYS, KeyFilter, normal


@pytest.fixture
def panel(qtbot):
    panel = QWidget()
    panel.table, panel.field, panel.combo, panel.button = QTableWidget(3, 3), QLineEdit(), QComboBox(), QPushButton("x")
    panel.combo.addItems(["Bin 1 ms", "Gain"])
    layout = QVBoxLayout(panel)
    for child in (panel.table, panel.field, panel.combo, panel.button):
        layout.addWidget(child)
    qtbot.addWidget(panel)
    return panel


@pytest.fixture
def pressed(panel):
    panel.pressed = []
    table = {"G": "merge", "Ctrl+M": "mua", "Space": "next", "Up": "up", "Ctrl+Shift+Z": "redo"}
    keys = KeyFilter(table, panel.pressed.append, parent=panel)
    keys.watch(panel)
    panel.keys = keys
    return panel.pressed


def test_spelling_does_not_matter():
    assert normal("ctrl+shift+z") == normal("Ctrl+Shift+Z") == "Ctrl+Shift+Z"


def test_keys_in_a_panel_are_ours(panel, pressed):
    for key, modifiers in (
        (Qt.Key.Key_G, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier),
    ):
        QTest.keyClick(panel.table, key, modifiers)
        QTest.keyClick(panel.table.viewport(), key, modifiers)
    assert pressed == [name for name in ("merge", "mua", "next", "redo") for _ in range(2)]


def test_other_keys_go_their_way(panel, pressed):
    QTest.keyClick(panel.table, Qt.Key.Key_J)
    QTest.keyClick(panel.table, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
    assert pressed == []


def test_a_key_that_is_held_edits_once_and_goes_on_walking(panel):
    seen = []
    KeyFilter({"G": "merge", "Space": "next"}, seen.append, parent=panel, once={"merge"}).watch(panel)
    for key in (Qt.Key.Key_G, Qt.Key.Key_Space):
        for is_repeated in (False, True, True):
            event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, "", is_repeated)
            QApplication.sendEvent(panel.table, event)
            assert event.isAccepted()
    assert seen == ["merge", "next", "next", "next"]


def test_a_text_field_keeps_its_keys(panel, pressed):
    QTest.keyClicks(panel.field, "G G")
    assert panel.field.text() == "G G"
    assert pressed == []


def test_a_drop_down_keeps_what_moves_in_it(panel, pressed):
    QTest.keyClick(panel.combo, Qt.Key.Key_Up)
    QTest.keyClick(panel.combo, Qt.Key.Key_G)
    assert pressed == ["merge"]
    assert panel.combo.currentIndex() == 0


def test_space_presses_the_button_that_has_the_focus(panel, pressed, qtbot):
    with qtbot.waitSignal(panel.button.clicked):
        QTest.keyClick(panel.button, Qt.Key.Key_Space)
    assert pressed == []


def test_a_list_may_keep_keys_of_its_own(panel, pressed):
    panel.table.setProperty(OWN_KEYS, ["Up"])
    QTest.keyClick(panel.table, Qt.Key.Key_Up)
    QTest.keyClick(panel.table, Qt.Key.Key_G)
    assert pressed == ["merge"]


def test_what_is_added_later_is_watched_too(panel, pressed):
    late = QTableWidget(1, 1, panel)
    panel.layout().addWidget(late)
    QTest.keyClick(late, Qt.Key.Key_G)
    assert pressed == ["merge"]


def test_a_filter_that_is_not_active_lets_all_keys_pass(panel, qtbot):
    seen = []
    keys = KeyFilter({"G": "merge"}, seen.append, lambda _: False, panel)
    keys.watch(panel)
    QTest.keyClick(panel.table, Qt.Key.Key_G)
    assert seen == []


def test_the_number_pad_counts(panel, pressed):
    QTest.keyClick(panel.table, Qt.Key.Key_Up, Qt.KeyboardModifier.KeypadModifier)
    assert pressed == ["up"]


def test_keys_that_a_field_has_no_use_for_are_not_ours_on_their_way_up(panel, pressed, qtbot):
    panel.show()
    panel.activateWindow()
    panel.field.setFocus()
    qtbot.waitUntil(panel.field.hasFocus)
    QTest.keyClick(panel.field, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(panel.field, Qt.Key.Key_Up)
    assert pressed == []


def test_signs_are_without_shift_since_keyboards_differ(panel, qtbot):
    seen = []
    KeyFilter({":": "command", "/": "filter", "Shift+G": "shifted"}, seen.append, parent=panel).watch(panel)
    QTest.keyClick(panel.table, Qt.Key.Key_Colon, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(panel.table, Qt.Key.Key_Slash, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(panel.table, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
    assert seen == ["command", "filter", "shifted"]
