"""Paints a stretch of filtered traces with their thresholds, and the spikes that would be detected."""

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen

from napari_phy.core.colors import selection_color
from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.detection_preview import DetectionPreview
from napari_phy.views.ticks import nice_ticks
from napari_phy.widgets.base.theme import AXIS_PX, TICK_PX, Tokens

ROW_PX, LEAST_ROWS = 40, 2  # of a channel
ABOVE = 2.6  # strong thresholds that a row is high, on the side where spikes are
SPIKE_MS = 0.6  # that is coloured on either side
MARGIN_PX = 34  # for the numbers of channels


def paint_detection(painter: QPainter, size: QSize, theme: Tokens, preview: DetectionPreview) -> None:
    """Paint as many of the busiest channels as there is room for."""
    left, line = theme.px(MARGIN_PX), theme.px(16)
    area = QRectF(left, 4, size.width() - left - theme.px(14), size.height() - 2 * line - 6)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), theme.color("view"))
    if area.width() < ROW_PX or area.height() < ROW_PX:
        return
    n_rows = min(len(preview.channel_ids), max(LEAST_ROWS, int(area.height() / theme.px(ROW_PX))))
    places = preview.busiest(n_rows)[::-1]
    row_px = area.height() / len(places)
    strong = preview.strong[places]
    known = strong[np.isfinite(strong)]
    largest = float(np.abs(preview.values).max(initial=0)) or 1.0
    unit = float(np.median(known)) if len(known) else largest / ABOVE
    gain = row_px / (unit * ABOVE * (2 if preview.sign == 0 else 1.35))
    zero = {-1: 0.3, 0: 0.5, 1: 0.7}[preview.sign]  # of a row, from its top
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for row, place in enumerate(places.tolist()):
        middle = area.top() + (row + zero) * row_px
        _paint_thresholds(painter, theme, preview, place, area, middle, gain)
        _paint_trace(painter, theme, preview, place, area, middle, gain)
        painter.setFont(theme.font(TICK_PX))
        painter.setPen(theme.color("dim"))
        box = QRectF(0, middle - line / 2, left - 6, line)
        number = str(preview.channel_ids[place])
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), number)
    _paint_marks(painter, theme, preview, area)
    _paint_words(painter, theme, preview, area, len(places))


def _paint_thresholds(
    painter: QPainter, theme: Tokens, preview: DetectionPreview, place: int, area: QRectF, middle: float, gain: float
) -> None:
    sides = (-1, 1) if preview.sign == 0 else (preview.sign,)
    for value, name, style in (
        (preview.weak[place], "dim", Qt.PenStyle.DashLine),
        (preview.strong[place], "warning", Qt.PenStyle.SolidLine),
    ):
        if np.isfinite(value):
            painter.setPen(QPen(theme.color(name), 1, style))
            for side in sides:
                y = round(middle - side * value * gain) + 0.5
                if area.top() <= y <= area.bottom():
                    painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))


def _paint_trace(
    painter: QPainter, theme: Tokens, preview: DetectionPreview, place: int, area: QRectF, middle: float, gain: float
) -> None:
    """Draw from the lowest to the highest value of each column of pixels, in colour where a spike is."""
    values = preview.values[:, place]
    n_columns = min(int(area.width()), len(values))
    edges = np.linspace(0, len(values), n_columns + 1).astype(np.int64)[:-1]
    low, high = np.minimum.reduceat(values, edges), np.maximum.reduceat(values, edges)
    low[1:], high[1:] = np.minimum(low[1:], high[:-1]), np.maximum(high[1:], low[:-1])  # without gaps
    in_spike = np.logical_or.reduceat(_is_in_spike(preview, place), edges)
    x = area.left() + (np.arange(n_columns) + 0.5) * area.width() / n_columns
    top = np.clip(middle - high * gain, area.top(), area.bottom())
    bottom = np.clip(middle - low * gain, area.top(), area.bottom())
    for mine, color in ((~in_spike, theme.color("faint")), (in_spike, _spike_color(theme))):
        rows = np.column_stack([x, top, x, np.maximum(bottom, top + 1)])[mine].tolist()
        painter.setPen(QPen(color, 1))
        painter.drawLines([QLineF(*row) for row in rows])


def _spike_color(theme: Tokens) -> QColor:
    return QColor(selection_color(0, dark=theme.dark))


def _is_in_spike(preview: DetectionPreview, place: int) -> npt.NDArray[np.bool_]:
    """Return `(n_samples,)` whether a channel takes part in a spike there."""
    reach = max(1, round(SPIKE_MS * preview.sample_rate / 1000))
    steps = np.zeros(len(preview.values) + 1, dtype=np.int64)
    times = np.rint(preview.samples[preview.masks[:, place] > 0]).astype(np.int64)
    np.add.at(steps, np.clip(times - reach, 0, len(preview.values)), 1)
    np.add.at(steps, np.clip(times + reach, 0, len(preview.values)), -1)
    return np.cumsum(steps[:-1]) > 0


def _paint_marks(painter: QPainter, theme: Tokens, preview: DetectionPreview, area: QRectF) -> None:
    """Draw a tick for each spike on the axis of time."""
    painter.setPen(QPen(_spike_color(theme), 1))
    x = area.left() + preview.samples / len(preview.values) * area.width()
    painter.drawLines([QLineF(one, area.bottom() + 1, one, area.bottom() + 6) for one in x.tolist()])


def _paint_words(painter: QPainter, theme: Tokens, preview: DetectionPreview, area: QRectF, n_rows: int) -> None:
    line = theme.px(16)
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(theme.color("dim"))
    stop_s = preview.start_s + preview.duration_s
    for value, text in nice_ticks(preview.start_s, stop_s, max(2, int(area.width() / theme.px(70)))):
        x = area.left() + (value - preview.start_s) / preview.duration_s * area.width()
        box = QRectF(x - 40, area.bottom() + 5, 80, line)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
    painter.setFont(theme.font(AXIS_PX))
    box = QRectF(area.left(), area.bottom() + 3 + line, area.width(), line)
    words = painter.fontMetrics().elidedText(
        preview_words(preview, n_rows), Qt.TextElideMode.ElideRight, int(box.width())
    )
    painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)


def preview_words(preview: DetectionPreview, n_rows: int) -> str:
    """Return what is seen: `23 spikes in 0.5 s (46 a second) · 8 of 32 channels`."""
    n = len(preview.samples)
    rate = f" ({format_number(n / preview.duration_s)} a second)" if n else ""
    channels = (
        f"{n_rows} of {len(preview.channel_ids)} channels" if n_rows < len(preview.channel_ids) else "all channels"
    )
    return f"{format_count(n, 'spike')} in {preview.duration_s:g} s{rate} · {channels} · time (s)"
