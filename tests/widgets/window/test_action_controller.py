"""What the status bar says of edits, and until when."""

import pytest
from napari.components import ViewerModel
from qtpy.QtWidgets import QMainWindow
from widgets.light_session import light_session

from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.window import status_bar
from napari_phy.widgets.window.action_controller import ActionController


@pytest.fixture
def status(qtbot, monkeypatch):
    """Return (session, viewer) with a controller that shows what was done for a while."""
    monkeypatch.setattr(status_bar, "SAID_MS", 20)
    session, viewer, window = light_session(), ViewerModel(), QMainWindow()
    qtbot.addWidget(window)
    made = ActionController(viewer, window, tokens, list, window)
    made.set_session(session)
    yield session, viewer
    made.set_session(None)


def test_what_was_done_is_said_for_a_while(status, qtbot):
    session, viewer = status
    said = []
    viewer.events.status.connect(lambda event: said.append(event.value))
    for act, sentence in ((lambda: session.move([3], "good"), "Moved 3 to good."), (session.save, "Saved 1 edit")):
        said.clear()
        act()
        qtbot.waitUntil(lambda: bool(said) and viewer.status == "")
        assert any(words.startswith(sentence) for words in said)


def test_a_selection_that_follows_stays_said(status, qtbot):
    session, viewer = status
    said = []
    viewer.events.status.connect(lambda event: said.append(event.value))
    session.move([3], "good")
    qtbot.waitUntil(lambda: "Moved 3 to good." in said)  # it may be gone already
    session.selection.select([4])
    words = viewer.status
    assert words.startswith("4 selected")
    session.time.set_range(1.0, 2.0)
    qtbot.waitUntil(lambda: viewer.status == "")
    session.selection.select([5])
    assert viewer.status.endswith(" in total")
