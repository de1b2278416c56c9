"""What answers one click is asked for before the next frame and shown in one frame."""

from types import SimpleNamespace

import pytest
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow, QVBoxLayout, QWidget

from napari_phy.widgets.base import draw_batch
from napari_phy.widgets.base.container import Container
from napari_phy.widgets.base.draw_batch import PATIENCE_MS, Debounce, DrawBatch, PaintHold


class Painted(QWidget):
    def __init__(self, heard):
        super().__init__()
        self.heard = heard

    def paintEvent(self, event):
        self.heard.append("painted")


class Requests(QObject):
    """Counts how often a window is asked to lay itself out."""

    n = 0

    def eventFilter(self, watched, event):
        self.n += event.type() == QEvent.Type.LayoutRequest
        return False


def test_what_is_asked_for_often_is_done_once_and_before_the_frame(qtbot):
    heard = []
    widget = Painted(heard)
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    qtbot.waitUntil(lambda: "painted" in heard)
    heard.clear()
    soon = Debounce(widget)
    soon.due.connect(lambda: heard.append("due"))
    widget.update()
    soon.ask()
    soon.ask()
    assert soon.is_asked
    assert not heard
    qtbot.waitUntil(lambda: "painted" in heard)
    assert heard == ["due", "painted"]
    assert not soon.is_asked
    soon.ask()
    qtbot.waitUntil(lambda: heard.count("due") == 2)


@pytest.fixture
def two_panels():
    return {"Features": SimpleNamespace(waiting=False), "Traces": SimpleNamespace(waiting=True), "Clusters": object()}


def test_an_answer_waits_for_the_others(two_panels, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    batch, shown = DrawBatch(two_panels, parent), []
    batch.hold(lambda: shown.append("Features"))
    assert shown == []
    two_panels["Traces"].waiting = False
    batch.hold(lambda: shown.append("Traces"))
    assert shown == ["Features", "Traces"]


def test_but_not_for_long(two_panels, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    batch, shown = DrawBatch(two_panels, parent), []
    batch.hold(lambda: shown.append("Features"))
    qtbot.waitUntil(lambda: shown == ["Features"])
    assert two_panels["Traces"].waiting


def test_a_longer_patience_holds_all_that_came_before(two_panels, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    batch, shown = DrawBatch(two_panels, parent), []
    batch.hold(lambda: shown.append("Features"))
    batch.hold(lambda: shown.append("window"), 60_000)
    batch.hold(lambda: shown.append("Amplitude"))
    qtbot.wait(2 * PATIENCE_MS)
    assert shown == []
    two_panels["Traces"].waiting = False
    batch.hold(lambda: shown.append("Traces"))
    assert shown == ["Features", "window", "Amplitude", "Traces"]


@pytest.mark.parametrize("ends_by_itself", [False, True])
def test_a_window_that_is_held_is_painted_at_the_end(ends_by_itself, qtbot, monkeypatch):
    heard, window = [], QMainWindow()
    qtbot.addWidget(window)
    child = Painted(heard)
    window.setCentralWidget(child)
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: heard == ["painted"])
    monkeypatch.setattr(draw_batch, "N_LOOKS", 2 if ends_by_itself else 1000)
    PaintHold(window)
    child.update()
    QApplication.processEvents()
    assert heard == ["painted"]
    if not ends_by_itself:
        PaintHold.end(window)
    qtbot.waitUntil(lambda: len(heard) > 1)
    assert window.updatesEnabled()
    PaintHold.end(window)  # which is not held


@pytest.mark.parametrize("is_filled", [True, False])
def test_a_text_that_changes_in_a_filled_widget_does_not_lay_out_the_window(is_filled, qtbot):
    window, dock, label = QMainWindow(), QDockWidget(), QLabel("3")
    qtbot.addWidget(window)
    body = Container() if is_filled else QWidget()
    if is_filled:
        body.fill(label)
    else:
        QVBoxLayout(body).addWidget(label)
    dock.setWidget(body)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    with qtbot.waitExposed(window):
        window.show()
    body.resize(200, 100)
    qtbot.wait(20)
    requests = Requests(window)
    window.installEventFilter(requests)
    label.setText("a longer text")
    qtbot.wait(20)
    assert bool(requests.n) != is_filled
    assert not is_filled or label.size() == body.size()
