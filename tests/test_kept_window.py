"""A window that is handed on is as clean as a new one; a test that leaves something in it fails and is told what."""

from threading import Event

import pytest
from journeys.person import LARGE
from kept_window import OPEN_FILES
from qtpy.QtCore import Qt, QThreadPool, QTimer
from qtpy.QtWidgets import QDialog
from widgets.light_session import light_session

from napari_phy.widgets.window.workspace import Workspace, open_workspace


@pytest.fixture
def taken(kept_window, monkeypatch):
    """The viewer of a window that is not waited for."""
    monkeypatch.setattr(kept_window, "patience_s", 0.1)
    return kept_window.take(LARGE, "dark")


def test_who_leaves_something_fails_and_is_told_what(taken, kept_window, tmp_path):
    may_end, timer = Event(), QTimer(taken.window._qt_window)
    QThreadPool.globalInstance().start(may_end.wait)
    timer.start(100_000)  # it goes with the window
    taken.title = "mine"
    words = ["threads 1, not 0", "timers _QtMainWindow: 1", "window (1920, 1080, "]
    with (tmp_path / "left.kwik").open("w"), pytest.raises(pytest.fail.Exception) as failed:
        kept_window.give_back(failed=False)
    may_end.set()
    if OPEN_FILES.is_dir():
        words.append("files ['/")
    assert str(failed.value).startswith("left in the window: ")
    assert [word for word in words if word not in str(failed.value)] == []
    assert kept_window.take(LARGE, "dark") is not taken


def test_what_was_opened_and_chosen_is_taken_back(taken, kept_window, monkeypatch):
    monkeypatch.undo()
    session = light_session()
    workspace = open_workspace(taken, session)
    session.merge([1, 2])
    workspace.board.open("Drift")
    workspace.docks["Features"].setFloating(True)
    workspace.panels["Clusters"].set_filter("group == good")
    workspace.panels["Correlograms"].set_options({"bin_ms": 2.0})
    QDialog(workspace.window).show()
    taken.dims.ndisplay = 3
    taken.theme = "light"
    kept_window.give_back(failed=False)
    assert kept_window.take(LARGE, "dark") is taken
    assert Workspace.find(taken).session is None
    assert not workspace.docks["Features"].isFloating()
    assert taken.theme == "dark"
    assert session.manager.n_done == 1


def test_a_test_that_fails_costs_the_next_a_new_window(taken, kept_window):
    taken.window._qt_window.setWindowState(Qt.WindowState.WindowFullScreen)
    kept_window.give_back(failed=True)
    assert kept_window.take(LARGE, "dark") is not taken
