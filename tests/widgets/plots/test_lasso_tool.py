"""The lasso's tag while much is looked at."""

import threading

import numpy as np
import pytest
from qtpy.QtCore import QObject, QPointF, QRectF

from napari_phy.views.frame import Frame
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.plots import lasso_tool
from napari_phy.widgets.plots.lasso_tool import LassoTool
from napari_phy.widgets.plots.overlay import tag_box


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


AREA = QRectF(60, 4, 400, 300)  # of a plot; the x axis is below


@pytest.mark.parametrize(
    ("polygon", "top"),
    [
        (QRectF(200, 100, 50, 50), 100 - 25),
        (QRectF(200, 10, 50, 100), 110 + 5),  # no room above
        (QRectF(200, 10, 50, 290), 10 + 5),  # nor below
        (QRectF(200, -50, 50, 400), 4 + 5),  # beyond the plot
    ],
)
def test_the_tag_stays_inside_the_plot(polygon, top):
    box = tag_box(polygon, AREA, tokens("dark"), "84 spikes inside · K splits")
    assert AREA.contains(box)
    assert box.top() == top


@pytest.mark.parametrize("left", [61, 450])
def test_the_tag_of_a_polygon_at_the_side_is_inside(left):
    assert AREA.contains(tag_box(QRectF(left, 100, 5, 5), AREA, tokens("light"), "84 spikes inside · K splits"))
