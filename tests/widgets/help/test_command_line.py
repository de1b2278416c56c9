"""The command line by real keys: it runs, refuses in place, remembers, completes, and gives the keys back."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLineEdit, QMainWindow

from napari_phy.actions.commands import complete
from napari_phy.core.errors import CommandError
from napari_phy.storage.user_choices import load_commands
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.help.command_line import CommandLine

RETURN, ESC, TAB, UP, DOWN = (getattr(Qt.Key, f"Key_{name}") for name in ("Return", "Escape", "Tab", "Up", "Down"))


class Window(QMainWindow):
    def __init__(self):
        super().__init__()
        self.home = QLineEdit()
        self.setCentralWidget(self.home)
        self.statusBar()
        self.done = []
        self.line = CommandLine(self, self.do, lambda text: complete(text, {"group": ("good", "mua")}, {}))
        self.line.apply_theme(tokens("dark"))

    def do(self, text):
        if text.startswith("bad"):
            raise CommandError("This cannot be done.")
        self.done.append(text)


@pytest.fixture
def window(qtbot):
    window = Window()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    window.activateWindow()
    window.home.setFocus()
    qtbot.waitUntil(window.home.hasFocus)
    window.line.open()
    qtbot.waitUntil(window.line.field.hasFocus)
    return window


def type_(window, text, *keys):
    window.line.field.selectAll()
    QTest.keyClicks(window.line.field, text)
    for key in keys:
        QTest.keyClick(window.line.field, key)
    QApplication.processEvents()


def test_enter_runs_the_line_and_gives_the_keys_back(window, qtbot):
    type_(window, "c 3-6", RETURN)
    assert window.done == ["c 3-6"]
    assert window.line.isHidden()
    qtbot.waitUntil(window.home.hasFocus)
    assert load_commands() == ["c 3-6"]


def test_what_cannot_be_done_is_said_in_place_until_something_is_typed(window):
    type_(window, "bad", RETURN)
    assert window.line.isVisible()
    assert (window.line.note.text(), window.line.note.property("wrong")) == ("This cannot be done.", True)
    assert window.line.field.text() == "bad"
    QTest.keyClicks(window.line.field, "x")
    assert window.line.note.property("wrong") is False
    assert window.done == []


def test_escape_and_an_empty_line_do_nothing(window, qtbot):
    type_(window, "c 3", ESC)
    assert window.line.isHidden()
    qtbot.waitUntil(window.home.hasFocus)
    window.line.open()
    QTest.keyClick(window.line.field, RETURN)
    assert window.line.isHidden()
    assert (window.done, load_commands()) == ([], [])


def test_up_and_down_bring_what_was_typed_before_and_what_is_being_typed(window):
    for text in ("g", "c 3"):
        type_(window, text, RETURN)
        window.line.open()
    type_(window, "m go")
    seen = []
    for key in (UP, UP, UP, DOWN, DOWN, DOWN):
        QTest.keyClick(window.line.field, key)
        seen.append(window.line.field.text())
    assert seen == ["c 3", "g", "g", "c 3", "m go", "m go"]


def test_lines_that_failed_are_remembered_too(window):
    type_(window, "bad 3", RETURN)
    type_(window, "", UP)
    assert window.line.field.text() == "bad 3"


def test_tab_completes_in_turn(window):
    type_(window, "m ", TAB)
    assert window.line.field.text() == "m good"
    QTest.keyClick(window.line.field, TAB)
    assert window.line.field.text() == "m mua"
    QTest.keyClick(window.line.field, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert window.line.field.text() == "m good"
    type_(window, "mov", TAB)
    assert window.line.field.text() == "m "
    assert window.line.offers.topLevelItemCount() == 2


def test_a_click_takes_what_is_offered(window):
    type_(window, "m ")
    place = window.line.offers.visualItemRect(window.line.offers.topLevelItem(1)).center()
    QTest.mouseClick(window.line.offers.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert window.line.field.text() == "m mua"
    assert window.line.isVisible()


def test_it_stays_inside_the_window_above_the_status_bar(window):
    for width, height in ((900, 600), (400, 300), (1200, 800)):
        window.resize(width, height)
        type_(window, "c")
        QApplication.processEvents()
        place = window.line.geometry()
        assert window.rect().contains(place)
        assert place.bottom() < window.statusBar().geometry().top()


def test_it_leaves_when_something_else_is_clicked(window, qtbot):
    window.home.setFocus(Qt.FocusReason.MouseFocusReason)
    assert window.line.isHidden()
    assert window.home.hasFocus()
