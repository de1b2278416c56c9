"""A painted plot on which a lasso can be drawn: by Ctrl+drag, or by any drag while a button asks for one."""

from collections.abc import Callable

from qtpy.QtCore import QPointF, Qt, Signal
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QApplication, QWidget

from napari_phy.widgets.trace_mouse import TracePlot


class LassoPlot(TracePlot):
    """Tells of a lasso as the mouse draws it; a Ctrl+click that is no drag stays a click.

    Parameters
    ----------
    is_asked_for : returns whether a plain drag draws, too.
    """

    lasso_started = Signal(QPointF)
    lasso_moved = Signal(QPointF)
    lasso_ended = Signal(QPointF)

    def __init__(
        self, paint: Callable[[QPainter], None], is_asked_for: Callable[[], bool], parent: QWidget | None = None
    ) -> None:
        super().__init__(paint, parent)
        self._is_asked_for = is_asked_for
        self._from: QPointF | None = None
        self._is_drawing = False

    def mousePressEvent(self, event) -> None:
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        self._is_drawing = False
        if event.button() == Qt.MouseButton.LeftButton and (ctrl or self._is_asked_for()):
            self._from = event.position()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event) -> None:
        if self._from is None:
            super().mouseMoveEvent(event)
            return
        position = event.position()
        if not self._is_drawing and (position - self._from).manhattanLength() >= QApplication.startDragDistance():
            self._is_drawing = True
            self.lasso_started.emit(self._from)
        if self._is_drawing:
            self.lasso_moved.emit(position)

    def mouseReleaseEvent(self, event) -> None:
        if self._from is None or event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        self._from = None
        if self._is_drawing:
            self.lasso_ended.emit(event.position())
        else:
            self.clicked.emit(event.position(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
