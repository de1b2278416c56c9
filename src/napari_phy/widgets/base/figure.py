"""A view, or a list, as a figure for paper: painted once, written as SVG or PNG, or copied."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import QBuffer, QIODevice, QLineF, QMimeData, QPoint, QPointF, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFontInfo, QImage, QImageWriter, QPainter, QPen
from qtpy.QtSvg import QSvgGenerator
from qtpy.QtWidgets import QAbstractItemView, QStyleOptionViewItem

from napari_phy.widgets.base.color_scale import ColorScale
from napari_phy.widgets.base.legend import HEIGHT as LEGEND_PX
from napari_phy.widgets.base.legend import LegendEntry, legend_rows, paint_legend
from napari_phy.widgets.base.plain_table import PlainTable
from napari_phy.widgets.base.theme import TICK_PX, Tokens

CAPTION_PX = 20
PNG_SCALE = 2  # pixels of a PNG for each one of the screen
DOTS_PER_M = 72 / 0.0254  # of the screen, as in SVG, so that both kinds are as large on paper
FALLBACKS = "Helvetica, Arial, sans-serif"
SVG_TYPE = "image/svg+xml"


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A picture with its legend above and its caption below, in the colours of a theme.

    Attributes
    ----------
    title : str
        What it is called in a file.
    size : QSize
        Size of the picture alone, in px.
    paint : callable
        `paint(painter)` paints the picture at the origin; the background is there.
    entries : tuple of LegendEntry, default ()
        The legend above the picture; none takes no room.
    caption : str, default ''
        The line below the picture; an empty one takes no room.
    note : str, default ''
        What a reader of the file should know about how it is drawn, "" mostly.
    scale : ColorScale, optional
        What colours stand for, at the right above the picture.
    """

    title: str
    size: QSize
    paint: Callable[[QPainter], None]
    theme: Tokens
    entries: tuple[LegendEntry, ...] = ()
    caption: str = ""
    note: str = ""
    scale: ColorScale | None = None

    @property
    def whole(self) -> QRect:
        """Picture, legend and caption."""
        return QRect(0, 0, self.size.width(), self._top + self.size.height() + self._below)

    @property
    def _top(self) -> int:
        return self.theme.px(LEGEND_PX) * len(self._rows)

    @property
    def _rows(self) -> list[Sequence[LegendEntry]]:
        return legend_rows(self.entries, self.size.width(), self.theme, self.scale)

    @property
    def _below(self) -> int:
        return self.theme.px(CAPTION_PX) if self.caption else 0

    def svg(self) -> bytes:
        """Return the figure as lines, curves and text."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)  # the other version does not clip
        generator.setOutputDevice(buffer)
        generator.setSize(self.whole.size())
        generator.setViewBox(self.whole)
        generator.setTitle(self.title)
        generator.setDescription(self.caption)
        self._paint_all(QPainter(generator))
        family = QFontInfo(self.theme.font()).family()  # Qt names what it was asked for: `Sans Serif`, which is no font
        named = f'''font-family="'{family}', {FALLBACKS}"'''
        return re.sub(rb'font-family="[^"]*"', lambda _: named.encode(), buffer.data().data())

    def image(self) -> QImage:
        """Return the figure in pixels, twice as many as on the screen."""
        image = QImage(self.whole.size() * PNG_SCALE, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(PNG_SCALE)
        image.setDotsPerMeterX(round(DOTS_PER_M * PNG_SCALE))
        image.setDotsPerMeterY(round(DOTS_PER_M * PNG_SCALE))
        painter = QPainter(image)
        painter.setWindow(self.whole)  # what asks the painter for its size gets that of the figure
        painter.setViewport(self.whole)
        self._paint_all(painter)
        return image

    def png(self) -> bytes:
        """Return the bytes of a PNG file."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, b"PNG").write(self.image())
        return bytes(buffer.data().data())

    def mime_data(self) -> QMimeData:
        """Return the figure for the clipboard: in pixels, and as SVG for who takes it."""
        mime = QMimeData()
        image = self.image()
        image.setDevicePixelRatio(1)
        mime.setImageData(image)
        mime.setData(SVG_TYPE, self.svg())
        return mime

    def _paint_all(self, painter: QPainter) -> None:
        theme, whole = self.theme, self.whole
        try:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
            painter.fillRect(whole, theme.color("view"))
            painter.save()
            rows = self._rows
            for number, row in enumerate(rows, start=1):
                paint_legend(painter, row, whole.width(), theme, self.scale if number == len(rows) else None)
                painter.translate(QPointF(0, theme.px(LEGEND_PX)))
            self.paint(painter)
            painter.restore()
            painter.setPen(QColor(theme.dim))
            painter.setFont(theme.font(TICK_PX))
            box = QRectF(theme.px(10), self._top + self.size.height(), whole.width() - theme.px(20), self._below)
            words = painter.fontMetrics().elidedText(self.caption, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)
        finally:
            painter.end()


@contextmanager
def wearing(one: Any, theme: Tokens) -> Iterator[None]:
    """Lend somebody another `theme` for as long as it paints."""
    own, one.theme = one.theme, theme
    try:
        yield
    finally:
        one.theme = own


def paint_rows(painter: QPainter, view: QAbstractItemView, n_columns: int = 1) -> None:
    """Paint the cells of all rows in sight, clipped to the size of the view."""
    model, room, delegate = view.model(), view.viewport().rect(), view.itemDelegate()
    first, last = (view.indexAt(QPoint(2, y)).row() for y in (1, room.height() - 2))
    painter.save()
    painter.setClipRect(QRectF(room))
    for row in range(max(first, 0), (last if last >= 0 else model.rowCount() - 1) + 1):
        for column in range(n_columns):
            option, index = QStyleOptionViewItem(), model.index(row, column)
            option.rect = view.visualRect(index)
            if not option.rect.isEmpty():
                delegate.paint(painter, option, index)
    painter.restore()


def paint_table(painter: QPainter, table: PlainTable, theme: Tokens) -> None:
    """Paint the words of the header and the rows in sight in the colours of a theme."""
    height, model = table.horizontalHeader().height(), table.model()
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(theme.color("dim"))
    for column in range(model.columnCount()):
        if not table.isColumnHidden(column):
            left, width = table.columnViewportPosition(column), table.columnWidth(column)
            box = QRectF(left + theme.px(2), 0, width - theme.px(7), height)
            align = model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
            painter.drawText(box, int(align), model.headerData(column, Qt.Orientation.Horizontal))
    painter.setPen(QPen(theme.color("grid"), 1))
    painter.drawLine(QLineF(0, height - 0.5, table.viewport().width(), height - 0.5))
    painter.save()
    painter.translate(0, height)
    with wearing(table, theme):
        paint_rows(painter, table, model.columnCount())
    painter.restore()


def table_size(table: PlainTable) -> QSize:
    """Return the size of header and rows in sight, without what is empty."""
    room = table.viewport().size()
    filled = table.rowViewportPosition(table.model().rowCount() - 1) + table.verticalHeader().defaultSectionSize()
    return QSize(room.width(), table.horizontalHeader().height() + min(room.height(), max(filled, 0)))
