"""A viewer as large as a screen, and a user in front of it."""

import pytest
from journeys.person import LARGE, SMALL, Person
from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def no_fading(monkeypatch):
    """Notifications stay: on a slow machine they would fade before somebody answers."""
    monkeypatch.setattr(NapariQtNotification, "DISMISS_AFTER", 0)


@pytest.fixture
def screen_size():
    """Width and height of the window; a test that looks at layout is marked `BOTH_SIZES`."""
    return LARGE


@pytest.fixture
def theme(screen_size):
    """Dark in a large window, light in a small one."""
    return "light" if screen_size == SMALL else "dark"


@pytest.fixture
def person(request, screen_size, theme):
    """Somebody at the window that the module keeps; at a new one where the test makes viewers, or says that it does."""
    if "make_napari_viewer" not in request.fixturenames:
        return Person(request.getfixturevalue("kept_window").take(screen_size, theme))
    viewer = request.getfixturevalue("make_napari_viewer")(show=True)
    viewer.theme = theme
    person = Person(viewer)
    person.resize(*screen_size)
    return person


@pytest.fixture
def own_dialogs(qapp):
    """Dialogs of Qt, not of the system, so that somebody in a test can answer them."""
    attribute = Qt.ApplicationAttribute.AA_DontUseNativeDialogs
    before = QApplication.testAttribute(attribute)
    QApplication.setAttribute(attribute, True)
    yield
    QApplication.setAttribute(attribute, before)


@pytest.fixture
def notes():
    """Notifications, in the order they came."""
    notes = []
    notification_manager.notification_ready.connect(notes.append)
    yield notes
    notification_manager.notification_ready.disconnect(notes.append)
