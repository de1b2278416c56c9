"""A painted plot on which a lasso can be drawn: by Ctrl+drag, or by any drag while a button asks for one."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, Qt, Signal
from qtpy.QtGui import QMouseEvent, QPainter
from qtpy.QtWidgets import QApplication, QWidget

from napari_phy.views.lasso import Lasso
from napari_phy.widgets.plots.trace_mouse import TracePlot


class LassoPlot(TracePlot):
    """Tells of a lasso when it is drawn; a Ctrl+click that is no drag stays a click.

    `lassoed` carries the (k, 2) corners in px; none where they are fewer than three.

    Parameters
    ----------
    is_asked_for : callable
        Returns whether a plain drag draws, too.
    """

    lassoed = Signal(object)

    def __init__(
        self, paint: Callable[[QPainter], None], is_asked_for: Callable[[], bool], parent: QWidget | None = None
    ) -> None:
        super().__init__(paint, parent)
        self._is_asked_for = is_asked_for
        self._from: QPointF | None = None
        self._lasso = Lasso()

    @property
    def lasso(self) -> npt.NDArray[np.float64]:
        """(n, 2) corners in px of the lasso that is being drawn."""
        return self._lasso.polygon

    def drop_lasso(self) -> bool:
        """Draw no further; return whether one was being drawn."""
        was_drawing, self._from = self._lasso.drawing, None
        self._lasso.clear()
        self.update()
        return was_drawing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.button() == Qt.MouseButton.LeftButton and (ctrl or self._is_asked_for()):
            self._from = event.position()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._from is None:
            super().mouseMoveEvent(event)
        elif self._lasso.drawing:
            self._add(position)
        elif (position - self._from).manhattanLength() >= QApplication.startDragDistance():
            start = (self._from.x(), self._from.y())
            self._lasso.start(start, start)
            self._add(position)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._from is None or event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
        elif self._lasso.drawing:
            self._add(event.position())
            self._lasso.close()
            polygon = self._lasso.polygon
            self.drop_lasso()
            self.lassoed.emit(polygon)
        else:
            self._from = None
            self.clicked.emit(event.position(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def _add(self, position: QPointF) -> None:
        corner = (position.x(), position.y())
        if self._lasso.add(corner, corner):
            self.update()
