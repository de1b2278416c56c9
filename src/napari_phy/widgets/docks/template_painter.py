"""Paints templates: a column for each cluster, a row for each channel by depth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF

from napari_phy.table.numbers import format_number
from napari_phy.views.templates import Template, TemplatesData
from napari_phy.widgets.base.theme import TICK_PX, Tokens

COLUMN_PX, GAP_PX = 42, 6
HEAD_PX, FOOT_PX, NUMBER_PX = 18, 18, 12
_HEIGHT_PX = 28.0, 64.0  # of the tallest waveform of a column: at least and at most
_ROWS = 2.4  # that it takes between those


@dataclass(frozen=True, slots=True)
class TemplateLayout:
    """Where columns and rows are.

    Attributes
    ----------
    left, top, width, height : float
        The rectangle of the waveforms, in logical px.
    first : int
        Place of the first column in sight.
    column_px : float
        Width of a column.
    n_lines : int
        Number of all columns.
    n_rows : int
        Number of channels.
    tall_px : float
        Height of the tallest waveform.
    above, below : float
        Shares of that which stay free above the zero line of the first row and below that of the last.
    """

    left: float
    top: float
    width: float
    height: float
    first: int
    column_px: float
    n_lines: int
    n_rows: int
    tall_px: float
    above: float
    below: float

    @property
    def n_whole(self) -> int:
        """Number of columns that have room."""
        return max(1, int(self.width / self.column_px))

    @property
    def in_sight(self) -> tuple[int, int]:
        """First column in sight and the one after the last, also of a part of one."""
        return self.first, min(self.n_lines, self.first + int(np.ceil(self.width / self.column_px)))

    def column(self, place: int) -> QRectF:
        """Return the rectangle of a column."""
        return QRectF(self.left + (place - self.first) * self.column_px, 0, self.column_px, self.top + self.height)

    def line_of(self, place: int) -> int:
        """Return the column of the cluster at a place: the place itself."""
        return place

    def place_at(self, x_px: float, _y_px: float) -> int | None:
        """Return the place of the column under a pixel."""
        place = self.first + int((x_px - self.left) // self.column_px)
        return place if x_px >= self.left and place < self.n_lines else None

    def y(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the zero lines of rows."""
        room = self.height - self.tall_px * (self.above + self.below)
        step = room / (self.n_rows - 1) if self.n_rows > 1 else 0.0
        return self.top + self.tall_px * self.above + rows.astype(np.float64) * step


def template_layout(
    size: QSize,
    n_lines: int,
    channel_ids: npt.NDArray[np.int64],
    first: int,
    zoom: float,
    theme: Tokens,
    reach: tuple[float, float] = (0.5, 0.5),
) -> TemplateLayout:
    """Fit columns and rows into a rectangle; `zoom` widens columns. The last column stays at the right."""
    numbers = max((theme.text_width(str(one), TICK_PX) for one in channel_ids[[0, -1]].tolist()), default=0)
    left, top = round(numbers) + theme.px(16), theme.px(HEAD_PX)
    width, height = max(20, size.width() - left - theme.px(4)), max(20, size.height() - top - theme.px(FOOT_PX))
    column = theme.px(COLUMN_PX) * zoom
    pitch = height / max(len(channel_ids), 1)
    tall = min(float(np.clip(_ROWS * pitch, *_HEIGHT_PX)), height / 2)
    first = max(0, min(first, n_lines - max(1, int(width / column))))
    return TemplateLayout(left, top, width, height, first, column, n_lines, len(channel_ids), tall, *reach)


def reach_of(data: TemplatesData) -> tuple[float, float]:
    """Return which part of its height any template rises above 0 and falls below, where each is largest."""
    best = [template.mean[:, template.best] for template in data.templates.values() if template.n_read]
    above = [max(float(mean.max()), 0.0) / max(float(np.ptp(mean)), 1e-12) for mean in best]
    return (min(max(above), 1.0), min(1 - min(above), 1.0)) if above else (0.5, 0.5)


def paint_rows(painter: QPainter, data: TemplatesData, layout: TemplateLayout, theme: Tokens) -> None:
    """Write channel numbers beside their rows, and draw a line for each."""
    painter.setFont(theme.font(TICK_PX))
    height, above = theme.px(14), np.inf
    tops = layout.y(data.rows)
    for channel in np.argsort(-tops).tolist():
        y = float(tops[channel])
        if above - y < theme.px(NUMBER_PX):
            continue
        above = y
        painter.setPen(QPen(QColor(theme.grid), 1))
        painter.drawLine(QLineF(layout.left, round(y) + 0.5, layout.left + layout.width, round(y) + 0.5))
        painter.setPen(QColor(theme.faint))
        box = QRectF(0, y - height / 2, layout.left - theme.px(6), height)
        painter.drawText(
            box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(data.channel_ids[channel])
        )


def template_lines(
    template: Template, rows: npt.NDArray[np.int64], layout: TemplateLayout, place: int, px_per_unit: float
) -> list[QPolygonF]:
    """Return the waveforms of a template in its column."""
    column = layout.column(place)
    x = np.linspace(column.left() + GAP_PX / 2, column.right() - GAP_PX / 2, len(template.mean))
    zero = layout.y(rows[template.channels])
    y = zero - template.mean * px_per_unit
    return [QPolygonF([QPointF(*point) for point in zip(x.tolist(), line, strict=True)]) for line in y.T.tolist()]


def paint_template(painter: QPainter, lines: list[QPolygonF], color: str, width: float) -> None:
    """Draw the waveforms of a template."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(color), width))
    for line in lines:
        painter.drawPolyline(line)


def paint_words(
    painter: QPainter,
    data: TemplatesData,
    layout: TemplateLayout,
    theme: Tokens,
    colors: Mapping[int, str],
) -> None:
    """Write the id of each cluster above its column, and below how large it is."""
    for place in range(*layout.in_sight):
        cluster = int(data.cluster_ids[place])
        column = layout.column(place)
        color = colors.get(cluster)
        painter.setFont(theme.font(TICK_PX, bold=color is not None))
        painter.setPen(QColor(color or theme.dim))
        painter.drawText(
            QRectF(column.left() - 8, 0, column.width() + 16, layout.top), Qt.AlignmentFlag.AlignCenter, str(cluster)
        )
        template = data.templates.get(cluster)
        if template is not None:
            painter.setFont(theme.font(TICK_PX))
            painter.setPen(QColor(theme.dim))
            box = QRectF(column.left() - 8, column.bottom(), column.width() + 16, theme.px(FOOT_PX))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, format_number(template.amplitude))
