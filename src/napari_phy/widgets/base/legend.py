"""The 28 px line that heads a view: a chip and an id for each selected cluster, and what colours stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

from qtpy.QtCore import QRectF, Qt, Signal
from qtpy.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_phy.widgets.base.color_scale import ColorScale, paint_scale, scale_width
from napari_phy.widgets.base.painting import painting
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.theme import BODY_PX, Tokens

HEIGHT = 28
CHIP, GAP, MARGIN = 10, 15, 10
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
        self.scale: ColorScale | None = None
        self._theme: Tokens | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def set_entries(self, entries: tuple[LegendEntry, ...], scale: ColorScale | None = None) -> None:
        """Show these entries, and at the right what colours stand for."""
        if (entries, scale) != (self.entries, self.scale):
            self.entries, self.scale = entries, scale
            self.setAccessibleName(", ".join(self._words()))
            self.update()

    def _words(self) -> list[str]:
        return [*(entry.text for entry in self.entries), *([self.scale.words] if self.scale is not None else [])]

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.setFixedHeight(theme.px(HEIGHT))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what fits, and tell the rest in the tooltip."""
        if self._theme is None:
            return
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(self._theme.view))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_legend(painter, self.entries, self.width(), self._theme, self.scale)
            is_whole = self.n_shown() == len(self.entries) and self.scale is None
            self.setToolTip("" if is_whole else plain(", ".join(self._words())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which entry was clicked."""
        place = self.entry_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.clicked.emit(place)

    def entry_at(self, x_px: float) -> int | None:
        """Return the place of the entry under a pixel."""
        if self._theme is None:
            return None
        left: float = self._theme.px(MARGIN)
        for place, entry in enumerate(self.entries[: self.n_shown()]):
            width = _width(entry, self._theme)
            if left <= x_px <= left + width:
                return place
            left += width + self._theme.px(GAP)
        return None

    def n_shown(self) -> int:
        """Return how many entries have room."""
        if self._theme is None:
            return 0
        scale = _shown_scale(self.entries, self.scale, self.width(), self._theme)
        return _n_shown(self.entries, _room(self.entries, scale, self.width(), self._theme), self._theme)


def paint_legend(
    painter: QPainter,
    entries: Sequence[LegendEntry],
    width: float,
    theme: Tokens,
    scale: ColorScale | None = None,
) -> None:
    """Paint chips and ids from the left, as high as the line; a last `+ 4` stands for those without room.

    A scale of colours ends the line; where it is short, it loses its title, and gives way to the first chip.
    """
    height = theme.px(HEIGHT)
    scale = _shown_scale(entries, scale, width, theme)
    if scale is not None:
        titled = _is_titled(entries, scale, width, theme)
        paint_scale(painter, scale, width - theme.px(MARGIN), height, theme, titled=titled)
        width = _room(entries, scale, width, theme)
    n_shown = _n_shown(entries, width, theme)
    painter.setFont(theme.font(BODY_PX))
    left = float(theme.px(MARGIN))
    for entry in entries[:n_shown]:
        _paint_entry(painter, entry, left, height, theme)
        left += _width(entry, theme) + theme.px(GAP)
    if n_shown < len(entries):
        painter.setPen(QColor(theme.dim))
        box = QRectF(left, 0, width - left, height)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, f"+ {len(entries) - n_shown}")


def legend_rows(
    entries: Sequence[LegendEntry], width: float, theme: Tokens, scale: ColorScale | None = None
) -> list[Sequence[LegendEntry]]:
    """Return the entries in as many lines as they need; the last has room for the scale, and may have no entry."""
    rows: list[Sequence[LegendEntry]] = []
    while entries:
        n = max(1, _n_within(entries, width - 4, theme))
        rows.append(entries[:n])
        entries = entries[n:]
    if scale is not None and (not rows or not _fits(rows[-1], scale, width, theme)):
        rows.append(())
    return rows


def _room(entries: Sequence[LegendEntry], scale: ColorScale | None, width: float, theme: Tokens) -> float:
    """Return the px that a scale leaves to the entries."""
    if scale is None:
        return width
    titled = _is_titled(entries, scale, width, theme)
    return width - scale_width(scale, theme, titled=titled) - theme.px(MARGIN)


def _shown_scale(
    entries: Sequence[LegendEntry], scale: ColorScale | None, width: float, theme: Tokens
) -> ColorScale | None:
    """Return the scale if it has room, beside one entry at least."""
    if scale is None:
        return None
    room = _room(entries, scale, width, theme)
    has_room = _n_shown(entries, room, theme) > 0 if entries else room >= 0
    return scale if has_room else None


def _is_titled(entries: Sequence[LegendEntry], scale: ColorScale, width: float, theme: Tokens) -> bool:
    return scale_width(scale, theme) <= width / 2 or _fits(entries, scale, width, theme)


def _fits(entries: Sequence[LegendEntry], scale: ColorScale, width: float, theme: Tokens) -> bool:
    """Return whether entries and the whole scale have room in one line."""
    room = width - scale_width(scale, theme) - 2 * theme.px(MARGIN)
    return room >= 0 and _n_within(entries, room, theme) == len(entries)


def _n_shown(entries: Sequence[LegendEntry], width: float, theme: Tokens) -> int:
    if _n_within(entries, width - 4, theme) == len(entries):
        return len(entries)
    return _n_within(entries, width - theme.text_width("+ 99") - theme.px(GAP), theme)


def _n_within(entries: Sequence[LegendEntry], width: float, theme: Tokens) -> int:
    ends = accumulate(
        (_width(entry, theme) + theme.px(GAP) for entry in entries), initial=theme.px(MARGIN) - theme.px(GAP)
    )
    return sum(end <= width for end in islice(ends, 1, None))


def _width(entry: LegendEntry, theme: Tokens) -> float:
    return theme.px(CHIP) + theme.px(5) + theme.text_width(entry.text)


def _paint_entry(painter: QPainter, entry: LegendEntry, left: float, height: float, theme: Tokens) -> None:
    chip = theme.px(CHIP)
    size = chip * 0.6 if entry.round else chip
    box = QRectF(left + (chip - size) / 2, (height - size) / 2, size, size)
    paint_chip(painter, box, entry.color, hollow=entry.hollow, radius=size / 2 if entry.round else 2)
    painter.setPen(QColor(theme.dim if entry.dim else theme.text))
    words = QRectF(left + chip + theme.px(5), 0, theme.text_width(entry.text) + 2, height)
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, entry.text)


def paint_chip(painter: QPainter, box: QRectF, color: str, *, hollow: bool, radius: float) -> None:
    """Draw the mark of a cluster: a rounded square filled with its colour, or only its rim."""
    painter.setPen(QPen(QColor(color), RIM_PX) if hollow else Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else QColor(color))
    inset = RIM_PX / 2 + 0.2 if hollow else 0
    painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), radius, radius)
