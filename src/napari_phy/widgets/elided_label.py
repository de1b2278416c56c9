"""A line of text that ends in … where it does not fit, and then says the rest in its tooltip."""

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_phy.widgets.theme import TICK_PX, Tokens


class ElidedLabel(QWidget):
    """A caption: 10 px, dim, at the left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._theme: Tokens | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """Return the whole text."""
        return self._text

    def setText(self, text: str) -> None:
        """Show a text."""
        self._text = text
        self.setAccessibleName(text)
        self.update()

    def shown_text(self) -> str:
        """Return what fits."""
        if self._theme is None:
            return ""
        metrics = self._theme.metrics(TICK_PX)
        return metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, self.width() - 2 * self._theme.px(10))

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.setFixedHeight(theme.px(20))
        self.update()

    def paintEvent(self, event) -> None:
        """Paint the text."""
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.view))
        shown = self.shown_text()
        self.setToolTip("" if shown == self._text else self._text)
        painter.setFont(theme.font(TICK_PX))
        painter.setPen(QColor(theme.dim))
        painter.drawText(self.rect().adjusted(theme.px(10), 0, 0, -theme.px(4)), Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()
