"""A widget without a layout, filled by another, whose size hints stay inside."""

from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QWidget


class Container(QWidget):
    """Has no layout: changing text inside does not lay out, and repaint, the whole main window."""

    _inner: QWidget | None = None

    def fill(self, inner: QWidget) -> None:
        """Give all room to one widget."""
        self._inner = inner
        inner.setParent(self)
        inner.setGeometry(self.rect())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep it filled."""
        super().resizeEvent(event)
        if self._inner is not None:
            self._inner.setGeometry(self.rect())
