"""A few words in the middle, in lines of about the same length; what has no room ends in dots."""

from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_phy.table.numbers import THIN_SPACE
from napari_phy.widgets.base.plain_text import PlainLabel

NO_BREAK = "\u202f"  # as thin, but numbers are not broken there
MAY_BREAK = "\u200b"  # without width
_FLAGS = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
_HIGH = 100_000  # px


class WrappedLabel(PlainLabel):
    """A label that is as high as it is told to be by `fit`; `text()` is all of the words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._font, self._color = self.font(), QColor()
        self._shown, self._width = "", 0

    @property
    def shown_text(self) -> str:
        """What is seen of the words."""
        return self._shown

    def set_look(self, font: QFont, color: str) -> None:
        """Take a font and a colour, whatever style sheets say."""
        self.setFont(font)
        self._font, self._color = font, QColor(color)
        self.update()

    def height_in(self, width: int) -> int:
        """Return how high all of the words are in a width."""
        return self._bounds(self._words(width), width).height()

    def fit(self, width: int, room: int = _HIGH) -> None:
        """Show as many whole lines as there is room for, one at least, in lines of about the same length."""
        whole = words = self._words(width)
        while self._bounds(words, width).height() > room and " " in words:
            whole = whole.rpartition(" ")[0]
            words = f"{whole}…"
        height = self._bounds(words, width).height()
        low, high = width // 4, width
        while low < high:
            middle = (low + high) // 2
            bounds = self._bounds(words, middle)
            low, high = (low, middle) if bounds.height() == height and bounds.width() <= middle else (middle + 1, high)
        self._shown, self._width = words, high
        self.setFixedHeight(height)
        self.update()

    def _words(self, width: int) -> str:
        """Return the words, of which numbers are not broken, but names that are longer than a line are."""
        metrics, words = QFontMetrics(self._font), self.text().replace(THIN_SPACE, NO_BREAK).split(" ")
        is_short = {word: metrics.horizontalAdvance(word) <= width for word in words}
        return " ".join(word if is_short[word] else MAY_BREAK.join(word) for word in words)

    def _bounds(self, words: str, width: int) -> QRect:
        return QFontMetrics(self._font).boundingRect(QRect(0, 0, width, _HIGH), _FLAGS, words) if words else QRect()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines."""
        painter = QPainter(self)
        painter.setFont(self._font)
        painter.setPen(self._color)
        left = (self.width() - self._width) // 2
        painter.drawText(QRect(left, 0, self._width, self.height()), _FLAGS, self._shown)
        painter.end()
