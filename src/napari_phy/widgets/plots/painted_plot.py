"""A plot that is painted by Qt alone, and what arrays are to its painter."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, Signal
from qtpy.QtGui import QImage, QPainter, QPaintEvent, QPolygonF, QResizeEvent
from qtpy.QtWidgets import QWidget

from napari_phy.widgets.base.painting import painting
from napari_phy.widgets.plots.mouse import Mouse


class PaintedPlot(QWidget):
    """Shows what `paint(painter)` paints; its `mouse` tells what is done on it."""

    resized = Signal()

    def __init__(self, paint: Callable[[QPainter], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paint = paint
        self.mouse = Mouse(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


def as_qimage(image: npt.NDArray[np.uint8], scale: float) -> QImage:
    """Return a picture that Qt paints, of `scale` pixels a logical one; it looks at the array, and keeps it."""
    height, width = image.shape[:2]
    found = QImage(image.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    found.setDevicePixelRatio(scale)
    return found


def polyline(points: npt.NDArray[np.floating]) -> QPolygonF:
    """Return (n, 2) px as Qt wants them."""
    return QPolygonF([QPointF(x, y) for x, y in points.tolist()])
