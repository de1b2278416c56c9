"""Closing with unsaved edits asks."""

import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QFontMetrics
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLabel, QMainWindow
from widgets.light_session import disk_full, light_session

from napari_phy.widgets.close_guard import CloseGuard, UnsavedDialog
from napari_phy.widgets.theme import tokens


@pytest.fixture
def session():
    return light_session()


@pytest.fixture
def window(qtbot, session):
    window = QMainWindow()
    qtbot.addWidget(window, before_close_func=lambda window: window.removeEventFilter(window.guard))
    window.complaints = []
    window.guard = CloseGuard(window, lambda: session, tokens, window.complaints.append)
    window.show()
    return window


def answer(choice, seen):
    """Press a button of the dialog as soon as it is there."""

    def press():
        dialog = QApplication.activeModalWidget()
        seen.append([label.text() for label in dialog.findChildren(QLabel) if label.isVisible()])
        QTest.mouseClick(dialog.buttons[choice], Qt.MouseButton.LeftButton)

    QTimer.singleShot(50, press)


def test_without_unsaved_edits_it_closes(window):
    assert window.close()


def test_save_and_close(window, session):
    session.move([3], "good")
    seen = []
    answer("save", seen)
    assert window.close()
    assert seen == [
        ["Save 1 edit to memory.kwik before closing?", "Unsaved edits stay in the journal and return the next time."]
    ]
    assert len(session.store.saved) == 1
    assert not session.is_dirty


def test_close_and_keep_edits(window, session):
    session.move([3], "good")
    answer("keep", [])
    assert window.close()
    assert session.store.saved == []
    assert session.is_dirty


def test_cancel(window, session):
    session.move([3], "good")
    answer("cancel", [])
    assert not window.close()
    assert window.isVisible()


def test_a_save_that_fails_keeps_the_window(window, session):
    session.move([3], "good")
    session.store.save_error = disk_full()
    answer("save", [])
    assert not window.close()
    assert window.complaints == [str(disk_full())]


def test_a_read_only_file_cannot_be_saved_so_nothing_is_asked(window, session):
    session.move([3], "good")
    session.store.can_save = False
    assert window.close()


def test_its_words_fit(qtbot):
    dialog = UnsavedDialog(1234, "a_rather_long_name_of_a_recording.kwik", tokens())
    qtbot.addWidget(dialog)
    dialog.show()
    for label in dialog.findChildren(QLabel):
        assert label.width() >= QFontMetrics(label.font()).horizontalAdvance(label.text())
    for button in dialog.buttons.values():
        assert button.width() >= button.sizeHint().width()
