"""What the mouse does in a view that runs along time: drag moves, the wheel zooms, a click points."""

from collections.abc import Callable

from qtpy.QtCore import QEvent, QPointF, Qt, Signal
from qtpy.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QWidget

from napari_phy.widgets.base.painting import painting

NOTCH = 120


class TracePlot(QWidget):
    """A painted plot that turns mouse events into what they mean.

    `dragged` carries px since the last event; `scrolled` carries where, notches of the wheel and the modifiers;
    `clicked` comes where the button was released without a drag, with Ctrl or not; `modifiers` are all keys held then.
    """

    dragged = Signal(float, float)
    scrolled = Signal(QPointF, float, object)
    clicked = Signal(QPointF, bool)
    double_clicked = Signal(QPointF)
    moved = Signal(QPointF)
    left = Signal()
    resized = Signal()

    def __init__(self, paint: Callable[[QPainter], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self._paint = paint
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._is_dragging = False
        self.modifiers = Qt.KeyboardModifier.NoModifier

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint(painter)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._last = event.position()
            self._is_dragging = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._pressed is None:
            self.moved.emit(position)
            return
        far = (position - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if far or self._is_dragging:
            self._is_dragging = True
            step, self._last = position - self._last, position
            self.dragged.emit(step.x(), step.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        self._pressed, self.modifiers = None, event.modifiers()
        if not self._is_dragging:
            self.clicked.emit(event.position(), bool(self.modifiers & Qt.KeyboardModifier.ControlModifier))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        self.scrolled.emit(event.position(), (delta.y() or delta.x()) / NOTCH, event.modifiers())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()
