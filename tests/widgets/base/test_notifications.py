"""Notifications: whole sentences, in their corner, staying if they must, and no theft of the keys."""

import pytest
from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.settings import get_settings
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QRect, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QApplication,
    QDialog,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QTabBar,
    QWidget,
)

from napari_phy.widgets.base.notifications import notify, restate, take_back

LONG = "Waveforms and traces need hybrid_10sec.dat, which is not beside hybrid_10sec.kwik. Everything else works."


@pytest.fixture
def window(qtbot):
    """A main window with a canvas in which napari shows notifications, and a field that has the focus."""
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(900, 700)
    canvas = QWidget(focusPolicy=Qt.FocusPolicy.StrongFocus)
    window.setCentralWidget(canvas)
    bar = window.addToolBar("bar")
    field = QLineEdit()
    bar.addWidget(field)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    field.setFocus()

    def show(notification):
        NapariQtNotification.from_notification(notification, canvas).show()

    notification_manager.notification_ready.connect(show)
    yield window
    notification_manager.notification_ready.disconnect(show)
    for shown in dialogs(window):
        shown.close()


def dialogs(window):
    return [dialog for dialog in window.findChildren(QDialog) if hasattr(dialog, "message") and dialog.isVisible()]


def is_whole(shown, sentence):
    """Tell whether a notification shows all of a sentence, and lies in its window."""
    message = shown.message
    box = QRect(0, 0, message.width(), 10_000)
    needed = message.fontMetrics().boundingRect(box, Qt.TextFlag.TextWordWrap, sentence).height()
    shows_all = QLabel.text(message) == sentence and message.height() >= needed
    return shows_all and shown.parent().rect().contains(shown.geometry())


def button(dialog, text):
    return next(button for button in dialog.findChildren(QPushButton) if button.text() == text)


def test_the_whole_sentence_stands_in_its_corner_without_a_source(window, qtbot):
    notify(LONG, choices=[("Locate", lambda: None)])
    (shown,) = dialogs(window)
    canvas = window.centralWidget()
    qtbot.waitUntil(lambda: is_whole(shown, LONG))
    assert shown.source_label.text() == ""
    window.resize(900, 500)
    qtbot.waitUntil(lambda: is_whole(shown, LONG) and 0 < canvas.geometry().bottom() - shown.geometry().bottom() < 20)
    assert 0 < canvas.geometry().right() - shown.geometry().right() < 20


def test_it_rises_above_a_low_canvas_and_grows_with_the_type(window, qtbot, monkeypatch):
    monkeypatch.setattr(get_settings().appearance, "font_size", 16)
    window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock := QDockWidget())
    dock.setWidget(QWidget(minimumHeight=600))
    qtbot.waitUntil(lambda: window.centralWidget().height() < 60)
    notify(LONG, choices=[("Locate raw data…", lambda: None)], stays=True)
    notify("Something else.")
    for shown in dialogs(window):
        qtbot.waitUntil(lambda shown=shown: is_whole(shown, shown.message.text()))
        assert shown.width() > 500
    assert dialogs(window)[0].height() > window.centralWidget().height()
    assert button(dialogs(window)[0], "Locate raw data…").visibleRegion().boundingRect().height() > 18
    one, other = sorted(dialogs(window), key=lambda shown: shown.message.text(), reverse=True)
    for bigger in (1, 0, 1):  # whoever is raised last
        window.resize(900, 700 + bigger)
        QTest.qWait(20)
        qtbot.waitUntil(lambda: other.geometry().bottom() < one.y())  # the newer one above the older
    one.close()
    qtbot.waitUntil(lambda: dialogs(window) == [other] and other.geometry().bottom() > window.height() - 30)


def test_it_stays_before_docks_and_tabs_that_come_to_the_front(window, qtbot):
    notify(LONG, stays=True)
    (shown,) = dialogs(window)

    def is_in_front():
        found = window.childAt(shown.geometry().center())
        return found is shown or shown.isAncestorOf(found)

    docks = [QDockWidget(title) for title in ("one", "two")]
    for dock in docks:
        dock.setWidget(QWidget(minimumHeight=300))
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        qtbot.waitUntil(is_in_front)
    window.tabifyDockWidget(*docks)
    qtbot.waitUntil(is_in_front)
    bars = window.findChildren(QTabBar)
    qtbot.waitUntil(lambda: bars.extend(window.findChildren(QTabBar)) or any(bar.count() == 2 for bar in bars))
    bar = next(bar for bar in bars if bar.count() == 2)
    for place in (0, 1):
        QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(place).center())
        QTest.qWait(20)
        qtbot.waitUntil(is_in_front)


def test_those_without_room_above_others_lie_over_them(window, qtbot):
    window.resize(900, 240)
    for n in range(4):
        notify(f"{n}: {LONG}", choices=[("Locate raw data…", lambda: None)], stays=True)
    shown = dialogs(window)
    qtbot.waitUntil(lambda: all(is_whole(one, one.message.text()) for one in shown))
    assert shown[-1].geometry() == shown[0].geometry()


def test_one_that_stays_waits_for_its_answer_and_the_focus_returns(window, qtbot):
    answers = []
    before = QApplication.focusWidget()
    notify("2 edits were recovered.", "info", [("Keep", lambda: answers.append("kept"))], stays=True)
    notify("Something else.")
    stays, fades = dialogs(window)
    assert QApplication.focusWidget() is before
    for shown in (stays, fades):
        shown.timer_stop()
        shown.timer_start()  # as napari does when the mouse leaves it
    assert not stays.timer.isActive()
    assert fades.timer.isActive()
    fades.close()
    assert QApplication.focusWidget() is before
    QTest.mouseClick(button(stays, "Keep"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialogs(window))
    assert answers == ["kept"]
    assert QApplication.focusWidget() is before


def test_what_is_said_again_stands_there_once_and_is_the_latest(window):
    notify("One.", stays=True)
    notify("Two.", stays=True)
    notify("One.", choices=[("Keep", lambda: None)], stays=True)
    assert [shown.message.text() for shown in dialogs(window)] == ["Two.", "One."]
    assert button(dialogs(window)[1], "Keep").isVisible()


def test_what_is_no_longer_true_is_taken_back(window):
    notify("One.", stays=True)
    notify("Two.", stays=True)
    take_back(["One."], window)
    assert [shown.message.text() for shown in dialogs(window)] == ["Two."]


def test_one_that_stands_in_the_window_says_something_else_where_its_answers_are_the_same(window, qtbot):
    notify("One edit.", choices=[("Keep", lambda: None)], stays=True)
    assert not restate("One edit.", LONG, ["Keep", "Discard"], window)
    assert not restate("Two edits.", LONG, ["Keep"], window)
    (shown,) = dialogs(window)
    assert restate("One edit.", LONG, ["Keep"], window)
    qtbot.waitUntil(lambda: is_whole(shown, LONG))
    assert dialogs(window) == [shown]
    assert take_back([LONG], window)
    assert not take_back([LONG], window)
    assert not restate(LONG, "One edit.", ["Keep"], window)


def test_what_is_said_before_napari_is_shown_waits_for_that(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=False)
    window, said = viewer.window._qt_window, []
    notification_manager.notification_ready.connect(said.append)
    try:
        for sentence in (LONG, "Nothing of this is true any more.", "Something else is wrong."):
            notify(sentence, choices=[("Locate", bool)], stays=True)
        assert take_back(["Nothing of this is true any more."], window)
        assert said == []
        viewer.window.show()
        qtbot.waitUntil(lambda: len(dialogs(window)) == 2)
    finally:
        notification_manager.notification_ready.disconnect(said.append)
    assert [str(note.message) for note in said] == [LONG, "Something else is wrong."]
    assert {shown.message.text() for shown in dialogs(window)} == {LONG, "Something else is wrong."}
    take_back([LONG, "Something else is wrong."], window)
