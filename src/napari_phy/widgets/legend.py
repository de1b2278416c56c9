"""The 28 px line that heads a view: a chip and an id for each selected cluster."""

from dataclasses import dataclass

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_phy.widgets.theme import BODY_PX, Tokens

HEIGHT = 28
CHIP = 10
N_PALETTE = 12


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One chip; `hollow` from the thirteenth cluster on, `round` for what is no cluster."""

    text: str
    color: str
    hollow: bool = False
    round: bool = False
    dim: bool = False


class Legend(QWidget):
    """Paints as many entries as fit, and says how many more there are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[LegendEntry, ...] = ()
        self._theme: Tokens | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def set_entries(self, entries: tuple[LegendEntry, ...]) -> None:
        """Show these entries."""
        if entries != self.entries:
            self.entries = entries
            self.setAccessibleName(", ".join(entry.text for entry in entries))
            self.update()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.setFixedHeight(theme.px(HEIGHT))
        self.update()

    def paintEvent(self, event) -> None:
        """Paint chips and ids from the left; a last `+ 4` stands for those without room."""
        painter = QPainter(self)
        theme = self._theme
        if theme is None:
            return
        painter.fillRect(self.rect(), QColor(theme.view))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(BODY_PX))
        left, gap, chip = theme.px(10.0), theme.px(15.0), theme.px(CHIP)
        more_width = theme.text_width("+ 99") + gap
        for place, entry in enumerate(self.entries):
            width = chip + theme.px(5) + theme.text_width(entry.text)
            is_last = place == len(self.entries) - 1
            if left + width > self.width() - (4 if is_last else more_width):
                painter.setPen(QColor(theme.dim))
                painter.drawText(
                    QRectF(left, 0, self.width() - left, self.height()),
                    Qt.AlignmentFlag.AlignVCenter,
                    f"+ {len(self.entries) - place}",
                )
                break
            self._paint_entry(painter, entry, left, chip)
            left += width + gap
        painter.end()

    def _paint_entry(self, painter: QPainter, entry: LegendEntry, left: float, chip: int) -> None:
        theme = self._theme
        size = chip * 0.6 if entry.round else chip
        box = QRectF(left + (chip - size) / 2, (self.height() - size) / 2, size, size)
        if entry.hollow:
            box.adjust(1, 1, -1, -1)
            painter.setPen(QPen(QColor(entry.color), 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(entry.color))
        radius = size / 2 if entry.round else 2
        painter.drawRoundedRect(box, radius, radius)
        painter.setPen(QColor(theme.dim if entry.dim else theme.text))
        text_left = left + chip + theme.px(5)
        painter.drawText(
            QRectF(text_left, 0, self.width() - text_left, self.height()), Qt.AlignmentFlag.AlignVCenter, entry.text
        )
