"""The time axis below a view that runs along time, and the clock in it: the moment looked at and what Traces shows."""

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QPainter, QPen

from napari_phy.core.time_cursor import spans_of
from napari_phy.table.numbers import format_number
from napari_phy.views.ticks import nice_ticks
from napari_phy.widgets.base.theme import AXIS_PX, TICK_PX, Tokens, with_alpha

SHOWN_ALPHA = 0.1
VEIL_ALPHA = 0.7  # over times whose spikes are not used
LEAST_SHOWN_PX = 4


def zoomed(
    shown_s: tuple[float, float], time_s: float, factor: float, duration_s: float, shortest_s: float
) -> tuple[float, float]:
    """Return 1/factor of a window, with a moment kept in place, within the recording and no shorter than allowed."""
    start, stop = shown_s
    length = min(max((stop - start) / factor, shortest_s), max(duration_s, shortest_s))
    share = (time_s - start) / (stop - start)
    return within((time_s - share * length, time_s + (1 - share) * length), duration_s)


def within(shown_s: tuple[float, float], duration_s: float) -> tuple[float, float]:
    """Return a window moved so that it reaches over neither end of the recording."""
    start, stop = shown_s
    length = stop - start
    start = max(0.0, min(start, duration_s - length))
    return start, start + length


def holding(shown_s: tuple[float, float], time_s: float, duration_s: float) -> tuple[float, float]:
    """Return the window itself if it holds a moment, else one as long with the moment in its middle."""
    start, stop = shown_s
    if start <= time_s <= stop:
        return shown_s
    half = (stop - start) / 2
    return within((time_s - half, time_s + half), duration_s)


def paint_time_axis(painter: QPainter, theme: Tokens, area: QRectF, start_s: float, stop_s: float) -> None:
    """Write times and their title below a plot."""
    line = theme.px(14)
    painter.setPen(QPen(theme.color("grid"), 1))
    painter.drawLine(QPointF(area.left(), area.bottom() + 0.5), QPointF(area.right(), area.bottom() + 0.5))
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(theme.color("dim"))
    widest = theme.text_width(format_number(stop_s, 4 if stop_s - start_s < 1 else 1), TICK_PX)
    px_per_s = area.width() / (stop_s - start_s)
    for time_s, label in nice_ticks(start_s, stop_s, max(2, int(area.width() / (widest + theme.px(28))))):
        half = theme.text_width(label, TICK_PX) / 2 + 2
        x = min(max(area.left() + (time_s - start_s) * px_per_s, area.left() + half - 4), area.right() - half + 4)
        painter.drawText(QRectF(x - half, area.bottom() + 3, 2 * half, line), Qt.AlignmentFlag.AlignCenter, label)
    painter.setFont(theme.font(AXIS_PX))
    title = QRectF(area.left(), area.bottom() + 3 + line, area.width(), theme.px(15))
    painter.drawText(title, Qt.AlignmentFlag.AlignCenter, "time (s)")


def paint_unused(
    painter: QPainter, theme: Tokens, area: QRectF, start_s: float, stop_s: float, range_s: tuple[float, float] | None
) -> None:
    """Veil the times whose spikes are not used."""
    if range_s is None:
        return
    px_per_s = area.width() / (stop_s - start_s)
    edges = [area.left() + (edge - start_s) * px_per_s for span in spans_of(range_s) for edge in span]
    inside = [min(max(edge, area.left()), area.right()) for edge in (area.left(), *edges, area.right())]
    veil = with_alpha(theme.view, VEIL_ALPHA)
    for left, right in zip(inside[::2], inside[1::2], strict=True):
        painter.fillRect(QRectF(left, area.top(), right - left, area.height()), veil)


def paint_clock(
    painter: QPainter,
    theme: Tokens,
    area: QRectF,
    start_s: float,
    stop_s: float,
    time_s: float,
    shown_s: tuple[float, float],
) -> None:
    """Frame what Traces shows and draw a line at the moment looked at, both in yellow."""
    painter.save()
    painter.setClipRect(area)
    px_per_s = area.width() / (stop_s - start_s)
    left, right = (area.left() + (edge - start_s) * px_per_s for edge in shown_s)
    spare = max(0.0, theme.px(LEAST_SHOWN_PX) - (right - left)) / 2
    frame = QRectF(left - spare, area.top(), right - left + 2 * spare, area.height())
    if not frame.contains(area):  # else it would only tint everything
        painter.fillRect(frame, with_alpha(theme.warning, SHOWN_ALPHA))
        painter.setPen(QPen(with_alpha(theme.warning, 0.7), 1))
        painter.drawRect(QRectF(round(frame.left()) + 0.5, area.top() + 0.5, round(frame.width()), area.height() - 1))
    if start_s <= time_s <= stop_s:
        x = int(area.left() + (time_s - start_s) * px_per_s) + 0.5
        painter.setPen(QPen(theme.color("warning"), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    painter.restore()
