"""The line that names the pair under review: `Best ■ 20  candidate ■ 22`."""

from dataclasses import dataclass

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_phy.widgets.base.legend import CHIP, LegendEntry, paint_chip
from napari_phy.widgets.base.painting import painting
from napari_phy.widgets.base.theme import Tokens

HEIGHT, LETTERS = 24, 14  # px
GAP, WIDE_GAP = 5, 16


@dataclass(frozen=True, slots=True)
class Named:
    """A cluster with the word for what it is in the pair; without a chip there is none."""

    word: str
    chip: LegendEntry | None = None

    @property
    def text(self) -> str:
        """What is read of it: `Best 20`."""
        return f"{self.word} {self.chip.text}" if self.chip else self.word


class PairLine(QWidget):
    """Paints words, chips and bold ids in one line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts: tuple[Named, ...] = ()
        self._theme: Tokens | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """All that is said."""
        return ", ".join(part.text for part in self.parts)

    def show_parts(self, *parts: Named) -> None:
        """Show these words and clusters."""
        if parts != self.parts:
            self.parts = parts
            self.setAccessibleName(self.text)
            self.update()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.setFixedHeight(theme.px(HEIGHT))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint from the left."""
        theme = self._theme
        if theme is None:
            return
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            left, size = 0.0, theme.px(CHIP + 1)
            for part in self.parts:
                left = self._write(painter, theme, part.word, left, bold=False) + theme.px(GAP)
                if part.chip is not None:
                    box = QRectF(left, (self.height() - size) / 2, size, size)
                    paint_chip(painter, box, part.chip.color, hollow=part.chip.hollow, radius=2)
                    left = self._write(painter, theme, part.chip.text, left + size + theme.px(GAP), bold=True)
                    left += theme.px(WIDE_GAP)

    def _write(self, painter: QPainter, theme: Tokens, text: str, left: float, *, bold: bool) -> float:
        """Write text and return where it ends."""
        painter.setFont(theme.font(LETTERS, bold=bold))
        painter.setPen(QColor(theme.text))
        painter.drawText(QRectF(left, 0, self.width() - left, self.height()), int(Qt.AlignmentFlag.AlignVCenter), text)
        return left + theme.text_width(text, LETTERS, bold=bold)
