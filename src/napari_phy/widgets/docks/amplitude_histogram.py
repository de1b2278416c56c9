"""The histogram beside a plot of amplitudes: a filled step line for each cluster, on the same axis."""

from collections.abc import Sequence

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QPainter, QPen, QPolygonF

from napari_phy.core.colors import is_hollow
from napari_phy.views.amplitudes import AmplitudeData
from napari_phy.views.frame import Frame
from napari_phy.widgets.base.theme import with_alpha

FILL_ALPHA = 0.6


def paint_histogram(painter: QPainter, data: AmplitudeData, frame: Frame, area: QRectF, colors: Sequence[str]) -> None:
    """Paint into `area`, the largest bin over its whole width; the best cluster lies on top."""
    most = int(data.histogram.max(initial=0))
    if not most:
        return
    painter.save()
    painter.setClipRect(area)
    edges = np.arange(data.histogram.shape[1] + 1) * data.bin_width
    heights = frame.to_px(np.column_stack([np.zeros(len(edges)), edges]))[:, 1]
    for place in reversed(range(len(data.histogram))):
        lengths = area.left() + data.histogram[place] * (area.width() / most)
        steps = zip(np.repeat(lengths, 2).tolist(), np.repeat(heights, 2)[1:-1].tolist(), strict=True)
        start, stop = QPointF(area.left(), heights[0]), QPointF(area.left(), heights[-1])
        color = with_alpha(colors[place], FILL_ALPHA)
        hollow = is_hollow(place)
        painter.setPen(QPen(color, 1) if hollow else Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush if hollow else color)
        painter.drawPolygon(QPolygonF([start, *(QPointF(x, y) for x, y in steps), stop]))
    painter.restore()
