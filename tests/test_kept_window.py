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


def a_file(viewer, folder):
    file = (folder / "left.kwik").open("w")
    yield "files ['/"
    file.close()


def a_timer(viewer, folder):
    timer = QTimer(viewer.window._qt_window)
    timer.start(100_000)
    yield "timers _QtMainWindow: 1"  # it goes with the window


def a_thread(viewer, folder):
    may_end = Event()
    QThreadPool.globalInstance().start(may_end.wait)
    yield "threads 1, not 0"
    may_end.set()


def a_title(viewer, folder):
    viewer.title = "mine"
    yield "window (1920, 1080, "


@pytest.mark.parametrize("leave", [a_file, a_timer, a_thread, a_title])
def test_who_leaves_something_fails_and_is_told_what(taken, kept_window, tmp_path, leave):
    if leave is a_file and not OPEN_FILES.is_dir():
        pytest.skip("open files are not listed here")
    leaving = leave(taken, tmp_path)
    words = next(leaving)
    with pytest.raises(pytest.fail.Exception) as failed:
        kept_window.give_back(failed=False)
    next(leaving, None)
    assert str(failed.value).startswith(f"left in the window: {words}")
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
