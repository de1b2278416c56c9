"""What the mouse does in a scatter: drag moves, Ctrl+drag draws a lasso, a click points."""

from collections.abc import Callable

from qtpy.QtCore import QObject, QPointF, Signal

from napari_phy.widgets.plots.data_canvas import DataCanvas

DRAG_PX = 5.0  # less is a click


class ScatterMouse(QObject):
    """Turns presses and moves of the mouse into what they mean.

    `panned` carries px since the last event; `clicked` comes where the button was released without a drag.

    Parameters
    ----------
    canvas : DataCanvas
        The canvas whose events it gets.
    draws : callable
        Tells whether a press draws a lasso without Ctrl, too.
    """

    hovered = Signal(QPointF)
    panned = Signal(QPointF)
    clicked = Signal(QPointF)
    lasso_begun = Signal(QPointF)
    lasso_moved = Signal(QPointF)
    lasso_ended = Signal(QPointF)

    def __init__(self, canvas: DataCanvas, draws: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._draws = draws
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._ctrl = self._is_lasso = self._is_dragging = False
        canvas.pressed.connect(self._on_pressed)
        canvas.moved.connect(self._on_moved)
        canvas.released.connect(self._on_released)

    def forget(self) -> None:
        """Let a press that is under way mean nothing."""
        self._pressed = None

    def _on_pressed(self, position: QPointF, ctrl: bool) -> None:
        self._pressed = self._last = position
        self._ctrl, self._is_lasso, self._is_dragging = ctrl, ctrl or self._draws(), False
        if self._is_lasso and not ctrl:
            self.lasso_begun.emit(position)

    def _on_moved(self, position: QPointF, _ctrl: bool) -> None:
        if self._pressed is None:
            self.hovered.emit(position)
            return
        far = (position - self._pressed).manhattanLength() >= DRAG_PX
        if far and not self._is_dragging and self._is_lasso and self._ctrl:
            self.lasso_begun.emit(self._pressed)
        self._is_dragging = self._is_dragging or far
        if self._is_lasso:
            self.lasso_moved.emit(position)
        elif self._is_dragging:
            self.panned.emit(position - self._last)
            self._last = position

    def _on_released(self, position: QPointF) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            return
        if self._is_lasso and (self._is_dragging or not self._ctrl):
            self.lasso_ended.emit(position)
        elif not self._is_dragging:
            self.clicked.emit(position)
