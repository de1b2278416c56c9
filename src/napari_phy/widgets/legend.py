"""The 28 px line that heads a view: a chip and an id for each selected cluster."""

from dataclasses import dataclass

from qtpy.QtCore import QRectF, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_phy.widgets.theme import BODY_PX, Tokens

HEIGHT = 28
CHIP, GAP = 10, 15
RIM_PX = 1.6  # of a hollow chip


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One chip; `hollow` from the thirteenth cluster on, `round` for what is no cluster."""

    text: str
    color: str
    hollow: bool = False
    round: bool = False
    dim: bool = False


class Legend(QWidget):
    """Paints as many entries as fit, and says how many more there are; `clicked` carries the place of one."""

    clicked = Signal(int)

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
        n_shown, chip = self.n_shown(), theme.px(CHIP)
        left = theme.px(10)
        for entry in self.entries[:n_shown]:
            self._paint_entry(painter, entry, left, chip)
            left += self._width(entry) + theme.px(GAP)
        if n_shown < len(self.entries):
            painter.setPen(QColor(theme.dim))
            box = QRectF(left, 0, self.width() - left, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, f"+ {len(self.entries) - n_shown}")
        self.setToolTip("" if n_shown == len(self.entries) else ", ".join(entry.text for entry in self.entries))
        painter.end()

    def mousePressEvent(self, event) -> None:
        """Tell which entry was clicked."""
        place = self.entry_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.clicked.emit(place)

    def entry_at(self, x_px: float) -> int | None:
        """Return the place of the entry under a pixel."""
        if self._theme is None:
            return None
        left = self._theme.px(10)
        for place, entry in enumerate(self.entries[: self.n_shown()]):
            width = self._width(entry)
            if left <= x_px <= left + width:
                return place
            left += width + self._theme.px(GAP)
        return None

    def n_shown(self) -> int:
        """Return how many entries have room."""
        theme = self._theme
        if theme is None:
            return 0
        left, more = theme.px(10), theme.text_width("+ 99") + theme.px(GAP)
        for place, entry in enumerate(self.entries):
            left += self._width(entry)
            if left > self.width() - (4 if place == len(self.entries) - 1 else more):
                return place
            left += theme.px(GAP)
        return len(self.entries)

    def _width(self, entry: LegendEntry) -> float:
        return self._theme.px(CHIP) + self._theme.px(5) + self._theme.text_width(entry.text)

    def _paint_entry(self, painter: QPainter, entry: LegendEntry, left: float, chip: int) -> None:
        theme = self._theme
        size = chip * 0.6 if entry.round else chip
        box = QRectF(left + (chip - size) / 2, (self.height() - size) / 2, size, size)
        paint_chip(painter, box, entry.color, hollow=entry.hollow, radius=size / 2 if entry.round else 2)
        painter.setPen(QColor(theme.dim if entry.dim else theme.text))
        text_left = left + chip + theme.px(5)
        painter.drawText(
            QRectF(text_left, 0, self.width() - text_left, self.height()), Qt.AlignmentFlag.AlignVCenter, entry.text
        )


def paint_chip(painter: QPainter, box: QRectF, color: str, *, hollow: bool, radius: float) -> None:
    """Draw the mark of a cluster: a rounded square filled with its colour, or only its rim."""
    painter.setPen(QPen(QColor(color), RIM_PX) if hollow else Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else QColor(color))
    inset = RIM_PX / 2 + 0.2 if hollow else 0
    painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), radius, radius)
