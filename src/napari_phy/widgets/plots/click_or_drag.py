"""Tells a click from a drag."""

from qtpy.QtCore import QPointF
from qtpy.QtWidgets import QApplication


class ClickOrDrag:
    """Follows the mouse from a press on; up to Qt's drag distance it is a click."""

    def __init__(self) -> None:
        self._pressed: QPointF | None = None
        self._last: QPointF | None = None

    @property
    def is_down(self) -> bool:
        """Whether the button is down."""
        return self._pressed is not None

    @property
    def is_drag(self) -> bool:
        """Whether the mouse went far from where it was pressed."""
        return self._last is not None

    def press(self, position: QPointF) -> None:
        """Begin."""
        self._pressed, self._last = position, None

    def move(self, position: QPointF) -> QPointF | None:
        """Return the px since the last move of a drag, None while it is a click or nothing is pressed."""
        if self._pressed is None:
            return None
        if self._last is None:
            if (position - self._pressed).manhattanLength() < QApplication.startDragDistance():
                return None
            self._last = self._pressed
        step, self._last = position - self._last, position
        return step

    def release(self) -> bool:
        """End; return whether it was a click."""
        is_click = self.is_down and not self.is_drag
        self._pressed = self._last = None
        return is_click
