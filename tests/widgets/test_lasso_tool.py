"""The lasso's tag while much is looked at."""

import threading

import numpy as np
from qtpy.QtCore import QObject, QPointF

from napari_phy.widgets import lasso_tool
from napari_phy.widgets.canvas.frame import Frame
from napari_phy.widgets.lasso_tool import LassoTool


def test_the_tag_tells_how_far_the_counting_is(qtbot):
    owner = QObject()
    tool, found, go_on = LassoTool(owner), [], threading.Event()
    tool.found.connect(found.append)
    frame = Frame(0, 0, 100, 100, (0, 1), (0, 1))

    def look(polygon, on_progress):
        on_progress(0.42)
        go_on.wait(20)
        return np.array([3, 4])

    tool.start(frame, QPointF(10, 10))
    for x, y in ((90, 10), (90, 90)):
        tool.move(frame, QPointF(x, y))
    tool.close(look, lasso_tool.N_AT_ONCE + 1)
    assert tool.tag == "counting…"
    qtbot.waitUntil(lambda: tool.tag == "counting: 42 %")
    go_on.set()
    qtbot.waitUntil(lambda: len(found) == 1)
    assert found[0].tolist() == [3, 4]
