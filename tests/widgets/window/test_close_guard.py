"""Closing with unsaved edits asks."""

import threading

import pytest
from patience import PATIENCE_S
from qtpy.QtCore import Qt, QThreadPool, QTimer
from qtpy.QtGui import QFontMetrics
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLabel, QMainWindow
from widgets.light_session import disk_full, light_session

from napari_phy.actions import messages
from napari_phy.session.session import open_session
from napari_phy.widgets.actions.background_work import BackgroundWork, Job
from napari_phy.widgets.base.small_dialogs import Words
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.window.close_guard import (
    KEEP,
    CloseGuard,
    UnsavedDialog,
    closing_words,
    save_before_closing,
)

CHANGED = "memory.kwik was changed by another program and cannot be saved to."


class DeskOf:
    """Saves a session; a copy is asked for no name."""

    def __init__(self, session, window):
        self.session, self.window = session, window
        self.work = window.work

    def save(self):
        def save(_):
            self.window.threads.append(threading.current_thread())
            self.session.save()

        self._begin(save, lambda _: None)

    def save_savable(self):
        self._begin(lambda _: self.session.save_savable(), lambda _: None)

    def save_copy(self, then):
        self._begin(lambda _: self.session.save_copy("copy.kwik"), lambda _: then())

    def _begin(self, save, done):
        self.work.begin(Job("", save, done, lambda error: self.window.complaints.append(str(error))))


@pytest.fixture
def session():
    return light_session()


@pytest.fixture
def window(qtbot, session):
    return make_window(qtbot, session)


def make_window(qtbot, session):
    window = QMainWindow()
    qtbot.addWidget(window, before_close_func=lambda window: window.removeEventFilter(window.guard))
    window.complaints = []
    window.threads = []
    window.work = BackgroundWork(window)
    window.guard = CloseGuard(window, lambda: session, tokens, DeskOf(session, window))
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
    assert window.threads != [threading.current_thread()]


def test_a_filter_that_is_installed_meanwhile_does_not_make_it_ask_again(window, session):
    session.move([3], "good")
    asked = []

    def look():
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            asked.append(dialog)
            window.installEventFilter(window.work)  # Qt then calls the filter of the guard again
            QTest.mouseClick(dialog.buttons["keep" if len(asked) == 1 else "cancel"], Qt.MouseButton.LeftButton)

    timer = QTimer(window, interval=20)
    timer.timeout.connect(look)
    timer.start()
    assert window.close()
    assert len(asked) == 1


def test_napari_is_not_to_ask_again_when_the_same_close_comes_twice(window, session):
    session.move([3], "good")
    answer("save", [])
    assert window.guard._close(True)
    assert window.guard._close(True)
    assert window.guard._has_asked


def test_what_must_go_on_to_its_end_is_waited_for(window):
    done, go_on = [], threading.Event()
    QTimer.singleShot(50, go_on.set)
    window.work.begin(Job("Renaming main…", lambda _: go_on.wait(PATIENCE_S), done.append, done.append))
    assert window.close()
    assert done == [True]


def test_what_can_be_cancelled_is(window):
    heard, go_on = [], threading.Event()
    job = Job(
        "Opening shank 1…",
        lambda _: go_on.wait(PATIENCE_S),
        heard.append,
        heard.append,
        lambda: heard.append("cancelled"),
    )
    window.work.begin(job)
    assert window.close()
    go_on.set()
    QThreadPool.globalInstance().waitForDone()
    assert heard == ["cancelled"]


def test_close_and_keep_edits(window, session):
    session.move([3], "good")
    answer("keep", [])
    assert window.close()
    assert session.store.saved == []
    assert session.is_dirty


def test_discarding_undoes_to_the_saved_state_and_redo_brings_the_edits_back(window, session):
    session.move([3], "good")
    session.save()
    session.merge([4, 5])
    session.move([6], "noise")
    answer("discard", [])
    assert window.close()
    assert not session.is_dirty
    assert session.manager.group(3) == "good"
    assert {4, 5, 6} <= set(session.manager.cluster_ids.tolist())
    session.redo()
    session.redo()
    assert session.manager.group(6) == "noise"
    assert 4 not in session.manager


def test_without_a_saved_state_in_the_history_nothing_can_be_discarded(window, session):
    session.move([3], "good")
    session.store.saved_position = None
    assert set(closing_words(session)[1]) == {"save", "keep"}


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


@pytest.mark.parametrize(
    ("choice", "closes", "n_copies", "is_dirty"),
    [("copy", True, 1, True), ("keep", True, 0, True), ("discard", True, 0, False), ("cancel", False, 0, True)],
)
def test_of_a_file_that_cannot_be_saved_to_a_copy_is_offered(window, session, choice, closes, n_copies, is_dirty):
    session.move([3], "good")
    session.store.can_save = False
    seen = []
    answer(choice, seen)
    assert window.close() is closes
    assert seen == [
        [
            "Save a copy with your 1 edit before closing?",
            f"memory.kwik cannot be saved to. {messages.EDITS_STAY}",
        ]
    ]
    assert (len(session.store.copies), session.is_dirty, session.store.saved) == (n_copies, is_dirty, [])


def test_with_edits_elsewhere_discarding_takes_back_those_of_what_is_open_and_says_so(window, session):
    session.move([3], "good")
    session._others.waiting = {(1, "main"): 2}
    seen = []
    answer("discard", seen)
    assert window.close()
    assert seen == [
        [
            "Save 3 edits to memory.kwik before closing?",
            f"{messages.EDITS_STAY} Discard undoes the 1 edit of shank 0, main, and keeps those of other places.",
        ]
    ]
    assert not session.is_dirty
    assert session.waiting == {(1, "main"): 2}


@pytest.mark.parametrize(("can_save", "choices"), [(True, {"save", "keep"}), (False, {"keep"})])
def test_edits_elsewhere_alone_are_asked_about_too(window, session, can_save, choices):
    session._others.waiting = {(1, "main"): 2}
    session.store.can_save = can_save
    words, offered = closing_words(session)
    assert set(offered) == choices
    assert words.question == (
        "Save 2 edits to memory.kwik before closing?" if can_save else "Close memory.kwik with 2 unsaved edits?"
    )
    answer("keep", [])
    assert window.close()


@pytest.mark.parametrize("is_dirty", [True, False])
def test_from_a_clustering_that_cannot_be_saved_the_edits_of_others_are(qtbot, kwik_copy, is_dirty):
    with open_session(kwik_copy, 1) as session:
        session.merge(session.manager.cluster_ids[:2].tolist())
        session.switch(0, "original")
        if is_dirty:
            session.merge(session.manager.cluster_ids[:2].tolist())
        window = make_window(qtbot, session)
        seen = []
        answer("save", seen)
        assert window.close()
        staying = f"Your other edit cannot be saved to {session.name} and stays in the journal."
        (question, explanation), *_ = seen
        assert question == f"Save 1 edit to {session.name} before closing?"
        assert explanation.startswith(staying if is_dirty else messages.EDITS_STAY)
        assert window.complaints == []
        assert session.waiting == {}
        assert session.n_unsaved == int(is_dirty)
        session.switch(1, "main")
        assert not session.is_dirty


def test_edits_of_an_original_that_is_not_open_are_named(qtbot, kwik_copy):
    with open_session(kwik_copy, 1, "original") as session:
        session.merge(session.manager.cluster_ids[:2].tolist())
        session.switch(0, "main")
        session.merge(session.manager.cluster_ids[:2].tolist())
        window = make_window(qtbot, session)
        seen = []
        answer("keep", seen)
        assert window.close()
        waits = f"{messages.EDITS_STAY} 1 unsaved edit of shank 1, original waits in the journal."
        assert seen[0][1] == waits
        session.undo()
        QApplication.processEvents()
        window.show()
        answer("cancel", seen)
        assert not window.close()
        assert seen[1] == [f"Close {session.name} with 1 unsaved edit?", waits]


@pytest.mark.parametrize(("choice", "closes", "n_copies"), [("copy", True, 1), ("keep", True, 0), ("cancel", False, 0)])
def test_of_a_file_that_another_program_changed_a_copy_is_offered(window, session, choice, closes, n_copies):
    session.move([3], "good")
    session.store.is_outdated = True
    seen = []
    answer(choice, seen)
    assert window.close() is closes
    assert seen == [
        [
            "Save a copy with your 1 edit before closing?",
            f"{CHANGED} Without a copy your edit is set aside.",
        ]
    ]
    assert len(session.store.copies) == n_copies
    assert session.store.saved == []


def test_a_copy_that_fails_keeps_the_window(window, session):
    session.move([3], "good")
    session.store.is_outdated, session.store.save_error = True, disk_full()
    answer("copy", [])
    assert not window.close()
    assert window.complaints == [str(disk_full())]


@pytest.mark.parametrize(("choice", "closes"), [("keep", True), ("cancel", False)])
def test_of_a_file_that_is_gone_it_says_so(window, session, choice, closes):
    session.move([3], "good")
    session.store.is_gone, session.store.can_save = True, False
    seen = []
    answer(choice, seen)
    assert window.close() is closes
    assert seen == [
        [
            "memory.kwik was moved or deleted. Close it?",
            "Your 1 edit stays in the journal; put the file back to save it.",
        ]
    ]


def test_its_words_fit(qtbot):
    question = save_before_closing(1234, "a_rather_long_name_of_a_recording.kwik")
    dialog = UnsavedDialog(Words("Unsaved edits", question), {"save": "Save and close", "keep": KEEP}, tokens())
    qtbot.addWidget(dialog)
    dialog.show()
    for label in dialog.findChildren(QLabel):
        assert label.width() >= QFontMetrics(label.font()).horizontalAdvance(label.text())
    for button in dialog.buttons.values():
        assert button.width() >= button.sizeHint().width()
