"""Notes about unsaved edits: they follow the edits, go when nothing is left to say, and stay away once closed."""

import pytest
from widgets.base.test_notifications import button, dialogs, window  # noqa: F401
from widgets.light_session import light_session

from napari_phy.widgets.window.data_notifications import EditNotifications, LiveNote


@pytest.fixture
def session():
    return light_session(with_raw=False)


@pytest.fixture
def notes(window, session):  # noqa: F811
    notes = EditNotifications(window, window)
    notes.follow(session)
    yield notes
    notes.follow(None)


def told(window):  # noqa: F811
    return [dialog.message.text() for dialog in dialogs(window)]


def of(session):
    """Return a note on unsaved edits, whose answers change with the first one."""

    def words():
        return f"{session.n_unsaved} of 3 edits." if session.n_unsaved < 3 else ""

    def choices():
        return [("Save", lambda: None)] if session.n_unsaved else [("Open again", lambda: None)]

    return LiveNote(words, choices)


def test_words_and_answers_are_those_of_now(notes, session, window, qtbot):  # noqa: F811
    notes.show(of(session))
    assert told(window) == ["0 of 3 edits."]
    session.move([3], "good")
    qtbot.waitUntil(lambda: told(window) == ["1 of 3 edits."])
    (shown,) = dialogs(window)
    assert button(shown, "Save").isVisible()
    session.move([4], "good")
    qtbot.waitUntil(lambda: told(window) == ["2 of 3 edits."])
    assert dialogs(window) == [shown]
    session.undo()
    qtbot.waitUntil(lambda: told(window) == ["1 of 3 edits."])
    session.move([4, 5], "good")
    session.move([4], "noise")
    qtbot.waitUntil(lambda: not told(window))


def test_what_was_closed_stays_away(notes, session, window, qtbot):  # noqa: F811
    notes.show(of(session))
    dialogs(window)[0].close()
    qtbot.waitUntil(lambda: not told(window))
    session.move([3], "good")
    notes.refresh()
    session.move([4], "good")
    notes.refresh()
    assert told(window) == []


def test_another_clustering_takes_all_of_them_back(notes, session, window, qtbot):  # noqa: F811
    notes.show(of(session))
    other = light_session(with_raw=False)
    notes.follow(other)
    qtbot.waitUntil(lambda: not told(window))
    session.move([3], "good")
    notes.refresh()
    assert told(window) == []
    notes.show(LiveNote(lambda: "", list))
    assert told(window) == []
