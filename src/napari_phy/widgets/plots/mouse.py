"""What the mouse does on a plot: one interpreter of press, move, release and wheel for all of them."""

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, QPointF, Qt, Signal
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QWidget

NOTCH = 120  # of the wheel, in Qt's eighths of a degree

_MOUSE_EVENTS = (
    QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick
)  # fmt: skip


class Mouse(QObject):
    """Turns the mouse events of a widget into what they mean.

    A press of the left button that goes no farther than Qt's drag distance is a click, any other is a drag. Where a
    lasso is offered, a drag that began with Ctrl draws one, and so does any drag that began while the lasso button was
    on; the way up to the drag distance is part of it.

    Positions are in logical px, steps in px since the last one, modifiers those of the event. `hovered` comes while
    the button is up.
    """

    pressed = Signal()
    hovered = Signal(QPointF)
    clicked = Signal(QPointF, object)
    double_clicked = Signal(QPointF)
    dragged = Signal(float, float)
    scrolled = Signal(QPointF, float, object)
    lasso_started = Signal(QPointF)
    lasso_moved = Signal(QPointF)
    lasso_ended = Signal(QPointF)
    left = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget: QWidget | None = None
        self._is_lasso_asked_for: Callable[[], bool] | None = None
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._way: list[QPointF] = []  # up to the drag distance
        self._is_lasso = self._is_dragging = False
        self.watch(widget)

    def watch(self, widget: QWidget) -> None:
        """Take the events of a widget, and no longer those of the one before."""
        if self._widget is not None:
            self._widget.removeEventFilter(self)
        self._widget = widget
        self.forget()
        widget.setMouseTracking(True)
        widget.installEventFilter(self)

    def offer_lasso(self, is_asked_for: Callable[[], bool]) -> None:
        """Draw a lasso by Ctrl+drag, and by any drag that begins while `is_asked_for()`."""
        self._is_lasso_asked_for = is_asked_for

    @property
    def pressed_at(self) -> QPointF | None:
        """Where the button went down that is down; None while it is up."""
        return self._pressed

    def forget(self) -> None:
        """Let a press that is under way mean nothing."""
        self._pressed = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take all mouse events: none is left for the widget, nor for vispy, which would search its scene."""
        kind = event.type()  # asked first: PyQt may hand an event over as one that was at its address before
        if kind == QEvent.Type.Wheel and isinstance(event, QWheelEvent):
            delta = event.angleDelta()  # Alt turns the wheel sideways
            self.scrolled.emit(event.position(), (delta.y() or delta.x()) / NOTCH, event.modifiers())
            event.accept()
        elif kind in _MOUSE_EVENTS and isinstance(event, QMouseEvent):
            if kind == QEvent.Type.MouseMove:
                self._on_move(event.position())
            elif event.button() == Qt.MouseButton.LeftButton:
                self._on_button(kind, event)
        else:
            if kind == QEvent.Type.Leave:
                self.left.emit()
            return False
        return True

    def _on_button(self, kind: QEvent.Type, event: QMouseEvent) -> None:
        if kind == QEvent.Type.MouseButtonPress:
            self._on_press(event.position(), event.modifiers())
        elif kind == QEvent.Type.MouseButtonRelease:
            self._on_release(event.position(), event.modifiers())
        elif kind == QEvent.Type.MouseButtonDblClick:
            self.double_clicked.emit(event.position())

    def _on_press(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        is_asked_for = self._is_lasso_asked_for
        ctrl = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        self._pressed, self._last, self._way = position, position, []
        self._is_lasso = is_asked_for is not None and (ctrl or is_asked_for())
        self._is_dragging = False
        self.pressed.emit()

    def _on_move(self, position: QPointF) -> None:
        pressed = self._pressed
        if pressed is None:
            self.hovered.emit(position)
            return
        if not self._is_dragging:
            if (position - pressed).manhattanLength() < QApplication.startDragDistance():
                self._way.append(position)
                return
            self._is_dragging = True
            if self._is_lasso:
                self.lasso_started.emit(pressed)
                for place in self._way:
                    self.lasso_moved.emit(place)
        if self._is_lasso:
            self.lasso_moved.emit(position)
        else:
            step, self._last = position - self._last, position
            self.dragged.emit(step.x(), step.y())

    def _on_release(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None:  # of a double-click
            return
        if not self._is_dragging:
            self.clicked.emit(position, modifiers)
        elif self._is_lasso:
            self.lasso_ended.emit(position)
