"""Work in the background is in napari's activity dock while it lasts, and can be cancelled there."""

import gc

import napari
import pytest
from napari._qt.widgets.qt_progress_bar import QtLabeledProgressBar
from napari.utils import progress
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QApplication

from napari_phy.widgets.base.activity import ActivityProgress, activity_paused

DELAY_MS = 10


@pytest.fixture
def window(kept_window):
    return kept_window.take((1280, 800), "dark").window.main_menu.window()


@pytest.fixture
def activity(qtbot):
    parent = QObject()
    yield ActivityProgress(parent, delay_ms=DELAY_MS)
    parent.deleteLater()


def bars(window):
    return [bar for bar in window.findChildren(QtLabeledProgressBar) if not bar.isHidden()]


def words(window):
    return [bar.description_label.text() for bar in bars(window)]


def test_it_is_shown_with_how_far_it_is_and_goes_when_it_is_done(window, activity, qtbot):
    activity.start("Reading features…")
    qtbot.waitUntil(lambda: words(window) == ["Reading features: "])
    (bar,) = bars(window)
    assert bar.qt_progress_bar.maximum() == 0  # nothing was reported yet
    assert bar.cancel_button.isHidden()
    activity.set_percent(42)
    qtbot.waitUntil(lambda: (bar.qt_progress_bar.value(), bar.qt_progress_bar.maximum()) == (42, 100))
    activity.stop()
    assert bars(window) == []
    assert list(progress._all_instances) == []


def test_what_is_over_soon_is_not_shown(window, activity, qtbot):
    seen = []
    progress._all_instances.events.changed.connect(seen.append)
    try:
        activity.start("Saving…")
        activity.stop()
        assert not activity._timer.isActive()
        QApplication.processEvents()
        assert seen == []
    finally:
        progress._all_instances.events.changed.disconnect(seen.append)


def test_cancel_calls_back_once_and_takes_it_away(window, activity, qtbot):
    cancelled = []
    activity.start("Saving…", lambda: cancelled.append(len(bars(window))))
    qtbot.waitUntil(lambda: words(window) == ["Saving: "])
    (bar,) = bars(window)
    bar.cancel_button.click()
    qtbot.waitUntil(lambda: cancelled == [0])
    assert list(progress._all_instances) == []


def test_work_that_ends_while_napari_makes_the_bar_leaves_none(window, activity, qtbot):
    def end(_event):
        activity.stop()

    progress._all_instances.events.changed.connect(end)
    try:
        activity.start("Saving…")
        qtbot.waitUntil(lambda: activity._work is None)
    finally:
        progress._all_instances.events.changed.disconnect(end)
    qtbot.waitUntil(lambda: list(progress._all_instances) == [])
    assert bars(window) == []


def test_nothing_is_shown_or_changed_where_no_input_may_be_handled(window, activity, qtbot):
    with activity_paused():
        activity.start("Saving…")
        for _ in range(2):
            with qtbot.waitSignal(activity._timer.timeout):
                pass
        assert bars(window) == []
    qtbot.waitUntil(lambda: words(window) == ["Saving: "])


def test_a_window_may_close_and_work_go_on(window, activity, qtbot):
    other = napari.Viewer()
    activity.start("Reading features…")
    qtbot.waitUntil(lambda: words(window) == ["Reading features: "])
    other.close()
    del other
    QApplication.processEvents()
    activity.set_percent(10)
    with qtbot.waitSignal(activity._timer.timeout):
        pass
    activity.stop()
    gc.collect()
    activity.start("Saving…")
    qtbot.waitUntil(lambda: words(window) == ["Saving: "])


def test_the_bar_goes_with_its_owner(window, qtbot):
    parent = QObject()
    activity = ActivityProgress(parent, delay_ms=DELAY_MS)
    activity.start("Saving…")
    qtbot.waitUntil(lambda: words(window) == ["Saving: "])
    parent.deleteLater()
    qtbot.waitUntil(lambda: list(progress._all_instances) == [])
    assert bars(window) == []


def test_without_a_window_nothing_is_written_to_the_terminal(activity, qtbot, capsys):
    activity.start("Saving…")
    qtbot.waitUntil(lambda: len(progress._all_instances) == 1)
    activity.set_percent(50)
    qtbot.waitUntil(lambda: next(iter(progress._all_instances)).n == 50)
    activity.stop()
    assert capsys.readouterr() == ("", "")
