"""A widget filled by another, whose wishes for room stay inside."""

from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QWidget


class Filled(QWidget):
    """Has no layout: texts that change in it do not have the main window laid out anew, which draws all of it."""

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
