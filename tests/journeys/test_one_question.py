"""With unsaved edits a person who closes is asked once, in our words; without, napari asks as it is set to."""

import ctypes
import shutil
from collections.abc import Callable
from contextlib import contextmanager

import pytest
from journeys.person import ALT, CTRL, PLAIN, SMALL, Person
from napari.settings import get_settings
from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog, QPushButton

from napari_phy.widgets.window.workspace import Workspace

pytestmark = pytest.mark.usefixtures("make_napari_viewer")  # each test has a window of its own

OURS, OTHERS = (f"Save 2 edits to {name} before closing?" for name in ("sample.kwik", "other.kwik"))
CLOSE_WINDOW, QUIT = "Close Window?", "Close Application?"  # napari's


@pytest.fixture
def screen_size():
    return SMALL


@pytest.fixture(autouse=True)
def asks_no_more(make_napari_viewer):
    """Let windows go without a question when a test has failed."""
    yield
    for workspace in list(Workspace.all()):
        workspace.close_session()


class Dialogs(QObject):
    """Looks at every dialog that a person sees, and presses one of its buttons."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self.answers: dict[str, Callable[[QDialog], QPushButton]] = {}
        QApplication.instance().installEventFilter(self)

    def eventFilter(self, watched, event):
        if isinstance(watched, QDialog) and event.type() == QEvent.Type.Show:
            is_seen = not watched.testAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
            if is_seen:
                QTimer.singleShot(50, lambda: self._answer(watched))
        return False

    def _answer(self, dialog):
        words = dialog.question.text() if hasattr(dialog, "question") else dialog.windowTitle()
        self.seen.append(words)
        if words not in self.answers:
            dialog.reject()  # else the test would wait for ever
            return
        button = self.answers[words](dialog)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, PLAIN, button.rect().center())


@pytest.fixture
def dialogs(qapp):
    assert get_settings().application.confirm_close_window
    dialogs = Dialogs()
    yield dialogs
    qapp.removeEventFilter(dialogs)
    for workspace in Workspace.all():
        workspace.window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    assert get_settings().application.confirm_close_window


def cancel(dialog):
    return dialog.buttons["cancel"] if hasattr(dialog, "buttons") else dialog.cancel_btn


def keep(dialog):
    return dialog.buttons["keep"] if hasattr(dialog, "buttons") else dialog.close_btn


@contextmanager
def silent_napari():
    """Let napari ask nothing, as somebody may have chosen."""
    application = get_settings().application
    application.confirm_close_window = False
    try:
        yield
        assert not application.confirm_close_window
    finally:
        application.confirm_close_window = True


def save(dialog):
    return dialog.buttons["save"]


def open_file(person, path):
    """Open a file in a window that lives on when it is closed: napari's fixture closes it again in the end."""
    person.open(path)
    person.workspace.window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)


def press_close(person):
    QTest.keyClick(person.focused(), Qt.Key.Key_W, CTRL)


def press_exit(person):
    QTest.keyClick(person.focused(), Qt.Key.Key_Q, CTRL)


class _Message(ctypes.Structure):
    """Xlib's XClientMessageEvent, as long as its XEvent."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 12),
    ]


def click_x(person):
    """Let the window get what a window manager sends at a click on its X."""
    person.focused()
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    protocols, delete = (x11.XInternAtom(display, name, False) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
    window = int(person.workspace.window.winId())
    message = _Message(type=33, window=window, message_type=protocols, format=32, data=(delete, 0, 0, 0, 0))
    x11.XSendEvent(display, ctypes.c_ulong(window), False, ctypes.c_long(0), ctypes.byref(message))
    x11.XCloseDisplay(display)


CLICK_FIRST = pytest.mark.parametrize(
    "leave", [click_x, *(pytest.param(press, marks=pytest.mark.soak) for press in (press_close, press_exit))]
)


@pytest.fixture
def quits(monkeypatch):
    """Count how often the program would end."""
    quits = []
    monkeypatch.setattr("napari._qt.qt_main_window.quit_app_", lambda: quits.append(1))
    return quits


def edit_twice(person):
    """Merge the two clusters that are proposed, file the result."""
    person.press(Qt.Key.Key_G)
    person.press(Qt.Key.Key_G, ALT)
    assert person.session.n_unsaved == 2


def do(person, dialogs, leave, answers):
    """Leave, and return what was asked until all dialogs are gone."""
    dialogs.seen.clear()
    dialogs.answers = answers
    leave(person)
    person.wait(lambda: len(dialogs.seen) >= len(answers), f"{list(answers)}")
    person.rest(0.3)
    assert QApplication.activeModalWidget() is None
    return dialogs.seen


@CLICK_FIRST
def test_with_edits_ours_is_the_only_question(person, dialogs, quits, kwik_copy, leave):
    open_file(person, kwik_copy)
    edit_twice(person)
    window, session = person.workspace.window, person.session
    assert do(person, dialogs, leave, {OURS: cancel}) == [OURS]
    assert window.isVisible()
    assert (session.n_unsaved, quits) == (2, [])
    assert do(person, dialogs, leave, {OURS: keep}) == [OURS]
    assert not window.isVisible()
    assert quits == [1] * (leave is press_exit)


@CLICK_FIRST
def test_who_saves_is_not_asked_again(person, dialogs, quits, kwik_copy, leave):
    open_file(person, kwik_copy)
    edit_twice(person)
    window, session = person.workspace.window, person.session
    assert do(person, dialogs, leave, {OURS: save}) == [OURS]
    assert not window.isVisible()
    assert not session.is_dirty


@CLICK_FIRST
def test_without_edits_napari_asks(person, dialogs, quits, kwik_copy, leave):
    open_file(person, kwik_copy)
    window = person.workspace.window
    asked = QUIT if leave is press_exit else CLOSE_WINDOW
    assert do(person, dialogs, leave, {asked: cancel}) == [asked]
    assert window.isVisible()
    assert do(person, dialogs, leave, {asked: keep}) == [asked]
    assert not window.isVisible()


@pytest.mark.soak
def test_running_tasks_are_asked_about_too(person, dialogs, kwik_copy):
    open_file(person, kwik_copy)
    edit_twice(person)
    window = person.workspace.window
    status = person.viewer.window._qt_window._window._task_status_manager
    task = status.register_task_status("a plugin", "busy", "at work")
    assert do(person, dialogs, click_x, {OURS: save, CLOSE_WINDOW: cancel}) == [OURS, CLOSE_WINDOW]
    assert window.isVisible()
    status.update_task_status(task, "done")
    assert do(person, dialogs, press_close, {CLOSE_WINDOW: cancel}) == [CLOSE_WINDOW]  # nothing is unsaved any more


@pytest.fixture
def other(make_napari_viewer, person, kwik_copy, tmp_path):
    """Somebody at another window, with another data set and edits in both."""
    open_file(person, kwik_copy)
    edit_twice(person)
    folder = tmp_path / "other"
    folder.mkdir()
    for suffix in (".kwik", ".kwx"):
        shutil.copy(kwik_copy.with_suffix(suffix), folder / f"other{suffix}")
    other = Person(make_napari_viewer(show=True))
    other.resize(1280, 800)
    open_file(other, folder / "other.kwik")
    edit_twice(other)
    return other


def test_before_the_program_ends_each_window_asks_once(person, other, dialogs, quits):
    windows = [person.workspace.window, other.workspace.window]
    for answers, asked in (
        ({OURS: cancel}, [OURS]),
        ({OURS: keep, OTHERS: cancel}, [OURS, OTHERS]),
    ):
        assert do(person, dialogs, press_exit, answers) == asked
        assert all(window.isVisible() for window in windows)
        assert [person.session.n_unsaved, other.session.n_unsaved] == [2, 2]
    assert quits == []
    assert do(person, dialogs, press_exit, {OURS: keep, OTHERS: keep}) == [OURS, OTHERS]
    assert quits == [1]


@pytest.mark.soak
def test_edits_in_another_window_are_asked_about_before_the_program_ends(person, other, dialogs, quits):
    person.press(Qt.Key.Key_Z, CTRL)
    person.press(Qt.Key.Key_Z, CTRL)
    assert do(person, dialogs, press_exit, {OTHERS: cancel}) == [OTHERS]
    assert quits == []
    assert do(person, dialogs, click_x, {CLOSE_WINDOW: keep}) == [CLOSE_WINDOW]  # this window only, without edits
    assert quits == []
    assert other.workspace.window.isVisible()
    assert other.session.n_unsaved == 2


@pytest.mark.soak
@CLICK_FIRST
def test_the_setting_of_napari_holds(person, dialogs, quits, kwik_copy, leave):
    open_file(person, kwik_copy)
    window = person.workspace.window
    with silent_napari():
        edit_twice(person)
        assert do(person, dialogs, leave, {OURS: cancel}) == [OURS]
        assert do(person, dialogs, leave, {OURS: save}) == [OURS]
    assert not window.isVisible()
