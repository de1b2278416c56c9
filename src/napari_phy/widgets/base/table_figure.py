"""Lists on paper: the rows in sight, painted by the list's own painter of cells."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from qtpy.QtCore import QLineF, QPoint, QRectF, QSize, Qt
from qtpy.QtGui import QPainter, QPen
from qtpy.QtWidgets import QAbstractItemView, QStyleOptionViewItem

from napari_phy.widgets.base.plain_table import PlainTable
from napari_phy.widgets.base.theme import TICK_PX, Tokens


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
