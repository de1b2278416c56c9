"""Histograms of metrics in Grid: how they are painted, and the bar below them that makes limits the list's filter."""

from collections.abc import Mapping, Sequence

from qtpy.QtCore import QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from napari_phy.views.grid import GridLayout
from napari_phy.views.metric_histograms import Histogram, HistogramParts, Limit, histogram_bars, histogram_parts
from napari_phy.views.rectangles import Rectangle
from napari_phy.widgets.base.elided_label import ElidedLabel
from napari_phy.widgets.base.theme import AXIS_PX, TICK_PX, Tokens, with_alpha

LIMIT_PX, MARK_PX = 2.0, 5.0
FAINT = 0.35  # of bars that do not pass


class LimitsBar(QWidget):
    """Says how many clusters pass all limits, with a button that filters the list by them and one that drops them."""

    filter_requested = Signal()
    clear_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-limits")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.label = ElidedLabel()
        self.filter_button, self.clear_button = QPushButton("Filter the list"), QPushButton("Clear")
        self.filter_button.setToolTip("Show only the clusters that pass all limits, in the list and in all views")
        self.clear_button.setToolTip("Drop all limits")
        self.filter_button.clicked.connect(lambda *_: self.filter_requested.emit())
        self.clear_button.clicked.connect(lambda *_: self.clear_requested.emit())
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.label, 1)
        for button in (self.filter_button, self.clear_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._row.addWidget(button)
        self.hide()

    def say(self, words: str) -> None:
        """Show a sentence; hidden for ""."""
        self.label.setText(words)
        self.setVisible(bool(words))

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._row.setContentsMargins(theme.px(10), theme.px(4), theme.px(8), theme.px(4))
        self._row.setSpacing(theme.px(6))
        self.setStyleSheet(
            f"""
            #napari-phy-limits {{ background: {theme.panel}; border-top: 1px solid {theme.raised}; }}
            QLabel {{ background: transparent; color: {theme.text}; font-size: {theme.px(AXIS_PX)}px; padding: 0; }}
            QPushButton {{ background: {theme.raised}; color: {theme.text}; border: none; border-radius: 3px;
                padding: {theme.px(3)}px {theme.px(10)}px; font-size: {theme.px(AXIS_PX)}px; }}
            QPushButton:hover, QPushButton:focus {{ background: {theme.grid}; }}
            """
        )


def paint_histograms(
    painter: QPainter,
    histograms: Sequence[Histogram],
    limits: Mapping[str, Limit],
    layout: GridLayout,
    theme: Tokens,
    marked: Sequence[tuple[int, str]],
) -> None:
    """Paint the histograms in sight.

    Parameters
    ----------
    marked : sequence of tuple of int and str
        Place among the clusters and colour of each that is selected, best first.
    """
    start, stop = layout.in_sight
    for place in range(start, min(stop, len(histograms))):
        one = histograms[place]
        box = layout.tile(place)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("tile"))
        painter.drawRoundedRect(QRectF(*box), 3, 3)
        parts, limit = histogram_parts(box, theme), limits.get(one.key)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        _write(painter, theme, parts.title, one.title, AXIS_PX, "text", left)
        _write(painter, theme, parts.words, one.words(limit), TICK_PX, "text" if limit else "dim", left)
        if not one.counts.any():
            continue
        low, high = one.ends()
        _write(painter, theme, parts.ends, low, TICK_PX, "dim", left)
        _write(painter, theme, parts.ends, high, TICK_PX, "dim", right)
        _paint_bars(painter, one, limit, parts, theme)
        for rank, color in reversed(marked):
            value = float(one.values[rank])
            if value == value:
                _paint_mark(painter, parts.x_of(one.place_of(value)), parts.bars.bottom, QColor(color), theme)


def _paint_bars(painter: QPainter, one: Histogram, limit: Limit | None, parts: HistogramParts, theme: Tokens) -> None:
    """Paint the bars, faint where clusters do not pass, and the limit."""
    area = QRectF(*parts.bars)
    edge = area.left() if limit is None else parts.x_of(one.place_of(limit.value))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    whole = QRectF(area.left(), area.top(), area.width() + 1, area.height() + 1)
    passes = QRectF(whole)
    if limit is not None:
        passes.setLeft(edge) if limit.is_least else passes.setRight(edge)
    for clip, color in ((whole, with_alpha(theme.bars, FAINT)), (passes, theme.color("bars"))):
        painter.setClipRect(clip)
        for bar in histogram_bars(one, parts).tolist():
            painter.fillRect(QRectF(*bar), color)
    painter.restore()
    painter.fillRect(QRectF(area.left(), round(area.bottom()), area.width(), 1), theme.color("grid"))
    if limit is not None:
        painter.setPen(QPen(theme.color("text"), LIMIT_PX))
        painter.drawLine(QPointF(edge, area.top()), QPointF(edge, area.bottom()))


def _paint_mark(painter: QPainter, x_px: float, bottom: float, color: QColor, theme: Tokens) -> None:
    """Paint a short line on the axis, where a selected cluster is."""
    painter.setPen(QPen(color, LIMIT_PX))
    painter.drawLine(QPointF(x_px, bottom - theme.px(MARK_PX)), QPointF(x_px, bottom))


def _write(
    painter: QPainter, theme: Tokens, box: Rectangle, text: str, size: float, color: str, how: Qt.AlignmentFlag
) -> None:
    painter.setFont(theme.font(size))
    painter.setPen(theme.color(color))
    room = QRectF(*box)
    painter.drawText(room, how, theme.metrics(size).elidedText(text, Qt.TextElideMode.ElideRight, room.width()))
