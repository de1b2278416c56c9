"""A transparent layer over a canvas on which type, axes, bars and the lasso are painted; the mouse passes through."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from napari_phy.views.frame import Frame
from napari_phy.views.ticks import Ticks, axis_ticks
from napari_phy.widgets.base.painting import painting
from napari_phy.widgets.base.theme import AXIS_PX, TICK_PX, Tokens, with_alpha

TAG_PX = 11


class Overlay(QWidget):
    """Lies over its parent and calls `paint(painter)`."""

    def __init__(self, parent: QWidget, paint: Callable[[QPainter], None]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._paint = paint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Let the view paint."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
            self._paint(painter)


def paint_margins(painter: QPainter, frame: Frame, size: tuple[int, int], color: str) -> None:
    """Cover what the data spill over the edges of the plot."""
    width, height = size
    right, bottom = frame.left + frame.width, frame.top + frame.height
    for rectangle in (
        QRectF(0, 0, frame.left, height),
        QRectF(right, 0, width - right, height),
        QRectF(0, 0, width, frame.top),
        QRectF(0, bottom, width, height - bottom),
    ):
        painter.fillRect(rectangle, QColor(color))


def paint_axes(
    painter: QPainter,
    frame: Frame,
    theme: Tokens,
    x_title: str,
    y_title: str,
    *,
    x_ticks: Ticks | None = None,
    y_ticks: Ticks | None = None,
) -> None:
    """Write ticks and titles in the margins; a label that would leave the widget is left out.

    `x_ticks` and `y_ticks` are those of an axis that is not linear.
    """
    along_x, along_y = axis_ticks(frame, theme)
    bottom = frame.top + frame.height
    line = theme.px(14)
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(QColor(theme.dim))
    widget_width = painter.window().width()
    for value, label in along_x if x_ticks is None else x_ticks:
        x = frame.to_px([[value, 0]])[0, 0]
        half = theme.text_width(label, TICK_PX) / 2 + 2
        if frame.left - half <= x <= widget_width - half:
            painter.drawText(
                QRectF(x - half, bottom + 3, 2 * half, line),
                Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop,
                label,
            )
    for value, label in along_y if y_ticks is None else y_ticks:
        y = frame.to_px([[0, value]])[0, 1]
        if frame.top - 1 <= y <= bottom + 1:
            painter.drawText(
                QRectF(0, y - line / 2, frame.left - theme.px(6), line),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                label,
            )
    painter.setFont(theme.font(AXIS_PX))
    x_title = fitted(painter.fontMetrics(), x_title, int(frame.width))
    y_title = fitted(painter.fontMetrics(), y_title, int(frame.height))
    painter.drawText(
        QRectF(frame.left, bottom + 3 + line, frame.width, theme.px(15)), Qt.AlignmentFlag.AlignCenter, x_title
    )
    painter.save()
    painter.translate(theme.px(4), frame.top + frame.height / 2)
    painter.rotate(-90)
    painter.drawText(QRectF(-frame.height / 2, 0, frame.height, theme.px(15)), Qt.AlignmentFlag.AlignCenter, y_title)
    painter.restore()


def fitted(metrics: QFontMetrics, title: str, room: int) -> str:
    """Return the title of an axis, `ch 8 · PC1` or `(µV)` where all of it has no room; its end where that has none."""
    if metrics.horizontalAdvance(title) > room:
        before, parenthesis, unit = title.replace("channel ", "ch ").rpartition("(")
        title = parenthesis + unit if before else unit
    return metrics.elidedText(title, Qt.TextElideMode.ElideLeft, room)


def paint_lasso(
    painter: QPainter, frame: Frame, theme: Tokens, points: npt.NDArray[np.float64], *, closed: bool, tag: str = ""
) -> None:
    """Draw the dashed polygon, its faint fill and, over it, a tag that stays inside the plot."""
    if len(points) < 2:
        return
    polygon = QPolygonF([QPointF(x, y) for x, y in frame.to_px(points)])
    painter.save()
    area = QRectF(frame.left, frame.top, frame.width, frame.height)
    painter.setClipRect(area)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(with_alpha(theme.text, 0.06))
    painter.drawPolygon(polygon)
    pen = QPen(QColor(theme.text), 1.3)
    pen.setDashPattern([4, 2])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if closed:
        painter.drawPolygon(polygon)
    else:
        painter.drawPolyline(polygon)
    painter.restore()
    if tag:
        _paint_tag(painter, theme, tag, tag_box(polygon.boundingRect(), area, theme, tag))


def tag_box(around: QRectF, area: QRectF, theme: Tokens, text: str) -> QRectF:
    """Return where a tag goes: above a rectangle, where the plot has no room below it, else at its top."""
    width, height, gap = theme.text_width(text, TAG_PX) + theme.px(16), theme.px(20), theme.px(5)
    least, most = area.left() + 4, area.right() - width - 4
    left = min(max(around.center().x() - width / 2, least), max(least, most))
    top = around.top() - height - gap
    if top < area.top() + 4:
        top = around.bottom() + gap
    if top + height > area.bottom() - 4:
        top = max(around.top(), area.top()) + gap
    return QRectF(left, top, width, height)


def _paint_tag(painter: QPainter, theme: Tokens, text: str, box: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.raised))
    painter.drawRoundedRect(box, 3, 3)
    painter.setFont(theme.font(TAG_PX))
    painter.setPen(QColor(theme.text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def paint_scale_bars(
    painter: QPainter, theme: Tokens, corner: QPointF, x_px: float, x_label: str, y_px: float, y_label: str
) -> None:
    """Draw an L whose corner is at the bottom right, with a length along each leg."""
    painter.setPen(QPen(QColor(theme.text), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
    painter.drawLine(corner, QPointF(corner.x() - x_px, corner.y()))
    painter.drawLine(corner, QPointF(corner.x(), corner.y() - y_px))
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(QColor(theme.text))
    line = theme.px(13)
    is_flat = y_px < 2 * line + 2
    x_box = (
        QRectF(corner.x() - x_px - 106, corner.y() - line / 2 - 1, 100, line)
        if is_flat
        else QRectF(corner.x() - x_px - 40, corner.y() - line - 1, x_px + 34, line)
    )
    painter.drawText(x_box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, x_label)
    painter.drawText(
        QRectF(corner.x() - 100, corner.y() - y_px - 1, 95, line),
        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
        y_label,
    )
