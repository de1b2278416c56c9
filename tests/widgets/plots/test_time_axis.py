"""The veil lies over the times whose spikes are not used, between epochs too."""

import numpy as np
import pytest
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QImage, QPainter

from napari_phy.core.time_cursor import UsedTime
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.plots.time_axis import paint_unused


def veiled(range_s, start_s, stop_s):
    """Return which of 100 columns of a picture from a start to a stop are veiled."""
    image = QImage(100, 4, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    painter = QPainter(image)
    paint_unused(painter, tokens("dark"), QRectF(0, 0, 100, 4), start_s, stop_s, range_s)
    painter.end()
    return np.array([image.pixelColor(x, 2) != Qt.GlobalColor.red for x in range(100)])


@pytest.mark.parametrize(
    "spans", [[(2.0, 5.0)], [(0.0, 1.0), (4.0, 6.0)], [(1.0, 2.0), (3.0, 4.0), (9.0, 10.0)], [(-5.0, 3.0), (8.0, 20.0)]]
)
def test_what_lies_outside_every_epoch_is_veiled(qapp, spans):
    times = (np.arange(100) + 0.5) / 10
    used = np.any([(times > start) & (times < stop) for start, stop in spans], axis=0)
    assert veiled(UsedTime(spans), 0.0, 10.0).tolist() == (~used).tolist()


def test_nothing_is_veiled_while_all_times_are_used(qapp):
    assert not veiled(None, 0.0, 10.0).any()
