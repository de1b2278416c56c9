"""Paints how the pulses of a line fit the frames of a stack."""

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QBrush, QPainter, QPen

from napari_phy.views.alignment import (
    AlignmentData,
    alignment_frame,
    alignment_titles,
    fault_labels,
    interval_columns,
    stretch_boxes,
)
from napari_phy.views.ticks import axis_ticks
from napari_phy.widgets.base.theme import AXIS_PX, TICK_PX, Tokens, with_alpha

LIKELY_ALPHA, UNLIKELY_ALPHA = 0.8, 0.3


def paint_alignment(painter: QPainter, size: QSize, theme: Tokens, data: AlignmentData) -> None:
    """Draw intervals between pulses over time, faults with their words, and doubtful stretches hatched."""
    frame = alignment_frame(data, size.width(), size.height(), theme)
    area = QRectF(frame.left, frame.top, frame.width, frame.height)
    painter.fillRect(area, theme.color("tile"))
    x_ticks, y_ticks = axis_ticks(frame, theme)
    painter.setFont(theme.font(TICK_PX))
    line = theme.px(14)
    for value, text in x_ticks:
        x = float(frame.to_px([[value, 0]])[0, 0])
        painter.setPen(theme.color("dim"))
        painter.drawText(QRectF(x - 50, area.bottom() + 3, 100, line), Qt.AlignmentFlag.AlignCenter, text)
    for value, text in y_ticks:
        y = float(frame.to_px([[0, value]])[0, 1])
        painter.setPen(QPen(theme.color("grid"), 1))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(theme.color("dim"))
        box = QRectF(0, y - line / 2, area.left() - 4, line)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    for rectangle, stretch in stretch_boxes(data, frame):
        alpha = LIKELY_ALPHA if stretch.is_likely else UNLIKELY_ALPHA
        painter.fillRect(QRectF(*rectangle), QBrush(with_alpha(theme.warning, alpha), Qt.BrushStyle.BDiagPattern))
    painter.setPen(QPen(theme.color("accent"), 1.5))
    for x, top, bottom in zip(*(values.tolist() for values in interval_columns(data, frame)), strict=True):
        painter.drawLine(QPointF(x, top), QPointF(x, max(bottom, top + 1)))
    for label in fault_labels(data, frame, theme):
        painter.setPen(QPen(theme.color("error"), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(label.x_px, area.top()), QPointF(label.x_px, area.bottom()))
        if label.text:
            painter.setPen(theme.color("error"))
            painter.drawText(QRectF(*label.box), Qt.AlignmentFlag.AlignCenter, label.text)
    below, beside = alignment_titles(data)
    painter.setFont(theme.font(AXIS_PX))
    painter.setPen(theme.color("dim"))
    painter.drawText(
        QRectF(area.left(), area.bottom() + 3 + line, area.width(), theme.px(16)), Qt.AlignmentFlag.AlignCenter, below
    )
    painter.save()
    painter.translate(theme.px(9), area.center().y())
    painter.rotate(-90)
    painter.drawText(
        QRectF(-area.height(), -theme.px(9), 2 * area.height(), theme.px(16)), Qt.AlignmentFlag.AlignCenter, beside
    )
    painter.restore()
