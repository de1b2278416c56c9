"""One job at a time goes on in the background; the status bar says so, and Cancel ends it where that is safe."""

import threading

import pytest
from patience import PATIENCE_S
from qtpy.QtCore import Qt, QThreadPool
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_phy.widgets.actions.background_work import BackgroundWork, Job
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.window.background_jobs import WorkBar


class Act:
    """Slow work, and what was heard of it."""

    def __init__(self):
        self.go_on = threading.Event()
        self.n_steps = 0
        self.heard = []

    def __call__(self, on_progress):
        for step in range(4):
            on_progress(step / 4)
            self.n_steps += 1
            if step == 1:
                assert self.go_on.wait(PATIENCE_S)
        return "whole"

    def job(self, *, can_be_cancelled):
        cancel = (lambda: self.heard.append("cancelled")) if can_be_cancelled else None
        return Job("Opening shank 1, main…", self, self.heard.append, self.heard.append, cancel)


@pytest.fixture
def work(qtbot):
    return BackgroundWork()


@pytest.fixture
def bar(work, qtbot):
    bar = WorkBar(work)
    bar.apply_theme(tokens())
    qtbot.addWidget(bar)
    return bar


@pytest.fixture
def act():
    act = Act()
    yield act
    act.go_on.set()
    QThreadPool.globalInstance().waitForDone()


def test_it_is_over_before_it_is_told_what_came_of_it(work, act, qtbot):
    states = []
    work.begin(Job("", lambda _: 7, lambda answer: states.append((answer, work.job)), states.append))
    assert work.job is not None
    qtbot.waitUntil(lambda: states == [(7, None)])


def test_what_goes_wrong_is_told_too(work, qtbot):
    heard = []
    work.begin(Job("", lambda _: 1 / 0, heard.append, heard.append))
    qtbot.waitUntil(lambda: [type(error) for error in heard] == [ZeroDivisionError])
    assert work.job is None


def test_the_bar_says_what_goes_on_and_how_far_it_is(work, bar, act, qtbot):
    work.begin(act.job(can_be_cancelled=False))
    assert bar.isHidden()  # a moment's work shows nothing
    qtbot.waitUntil(lambda: bar.isVisible() and bar.label.text() == "Opening shank 1, main: 25 %")
    assert (bar.progress.value(), bar.progress.maximum()) == (25, 100)
    assert bar.button.isHidden()
    work.cancel()
    assert work.job is not None
    act.go_on.set()
    qtbot.waitUntil(lambda: act.heard == ["whole"])
    assert bar.isHidden()


def test_cancel_ends_it_and_nothing_more_is_heard(work, bar, act, qtbot):
    work.begin(act.job(can_be_cancelled=True))
    qtbot.waitUntil(bar.button.isVisible)
    qtbot.waitUntil(lambda: act.n_steps == 2)
    QTest.mouseClick(bar.button, Qt.MouseButton.LeftButton)
    assert act.heard == ["cancelled"]
    assert work.job is None
    assert bar.isHidden()
    act.go_on.set()
    QThreadPool.globalInstance().waitForDone()
    QApplication.processEvents()
    assert act.n_steps == 2
    assert act.heard == ["cancelled"]
