"""Spikes as circles: what `PaletteScatter` draws by OpenGL, painted for paper."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen

RING_PX = 1.2


@dataclass(frozen=True, slots=True)
class Dot:
    """How the spikes of a slot look: colour with its opacity, diameter, and whether they are rings."""

    color: QColor
    size_px: float
    hollow: bool = False


def paint_dots(
    painter: QPainter, px: npt.NDArray[np.float64], slots: npt.NDArray[np.integer], dots: Sequence[Dot], area: QRectF
) -> None:
    """Paint the marks that reach into an area, clipped to it.

    Parameters
    ----------
    px : ndarray of float64, shape (n, 2)
        Those that come later lie above; nan for none.
    slots : ndarray of integer, shape (n,)
        Entry of `dots` of each.
    """
    reach = max((dot.size_px for dot in dots), default=0.0) / 2
    low, high = (area.left() - reach, area.top() - reach), (area.right() + reach, area.bottom() + reach)
    inside = ((px >= low) & (px <= high)).all(axis=1)
    px, slots = px[inside], slots[inside]
    painter.save()
    painter.setClipRect(area)
    for run in np.split(np.arange(len(px)), np.flatnonzero(np.diff(slots)) + 1) if len(px) else ():
        dot = dots[int(slots[run[0]])]
        painter.setPen(QPen(dot.color, RING_PX) if dot.hollow else Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush if dot.hollow else dot.color)
        radius = (dot.size_px - RING_PX if dot.hollow else dot.size_px) / 2
        for x, y in px[run].tolist():
            painter.drawEllipse(QPointF(x, y), radius, radius)
    painter.restore()
