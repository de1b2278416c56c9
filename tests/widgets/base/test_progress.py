"""Bars of progress cost no painting of their own."""

import pytest
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QProgressBar

from napari_phy.widgets.base.progress import ProgressBar


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget):
        super().__init__(widget)
        self.n = 0
        widget.installEventFilter(self)

    def eventFilter(self, widget, event):
        self.n += event.type() == QEvent.Type.Paint
        return False


@pytest.fixture
def paints(request, qtbot):
    bar = request.param()
    qtbot.addWidget(bar)
    bar.setRange(0, 100)
    bar.resize(200, 4)
    with qtbot.waitExposed(bar):
        bar.show()
    counter = Paints(bar)
    qtbot.wait(50)
    counter.n = 0
    for percent in range(1, 101):
        bar.setValue(percent)
    return bar, counter


@pytest.mark.parametrize("paints", [ProgressBar], indirect=True)
def test_a_hundred_steps_are_painted_together(paints, qtbot):
    bar, counter = paints
    assert counter.n <= 1
    qtbot.waitUntil(lambda: counter.n > 0)
    assert (counter.n <= 2, bar.value()) == (True, 100)


@pytest.mark.parametrize("paints", [QProgressBar], indirect=True)
def test_qt_paints_each_step_at_once(paints):
    assert paints[1].n > 50  # else ours is needed no longer
