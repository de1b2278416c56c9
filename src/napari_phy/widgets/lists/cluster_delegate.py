"""Paints the cells of a list of clusters: selection, chip, group, number, and headings."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from qtpy.QtWidgets import QStyleOptionViewItem

from napari_phy.core.cluster_groups import DISCARDED
from napari_phy.table.numbers import format_number
from napari_phy.widgets.base.painting import CellPainter, Index
from napari_phy.widgets.base.plain_table import CHIP_PX, paint_place
from napari_phy.widgets.base.theme import TICK_PX
from napari_phy.widgets.lists.cluster_columns import GROUP, ID, alignment
from napari_phy.widgets.lists.cluster_model import Heading

if TYPE_CHECKING:
    from napari_phy.widgets.lists.table import ClusterList


class ClusterDelegate(CellPainter):
    """Paints a cell: selection fill, chip, group dot, number."""

    def __init__(self, view: "ClusterList") -> None:
        super().__init__(view)
        self._view = view

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view, theme = self._view, self._view.theme
        model = view.cluster_model
        row, column = model.line(index.row()), model.columns[index.column()]
        if isinstance(row, Heading):
            self._paint_heading(painter, QRectF(option.rect), row, model.chips(index.row()))
            return
        selected = view.selectionModel().isSelected(index)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)
        painter.fillRect(option.rect, view.row_color(index.row(), selected=selected))
        color = theme.noise if row.group in ("noise", DISCARDED) else theme.text
        if column.key == ID:
            own = view.own_colors.get(row.cluster_id)
            if own:
                bar = QRectF(rect.left(), rect.top() + theme.px(3), theme.px(3), rect.height() - theme.px(6))
                painter.fillRect(bar, QColor(own))
            paint_place(painter, rect, next(iter(model.chips(index.row())), None), theme)
        elif column is GROUP:
            self._paint_dot(painter, rect, row.group)
            rect.setLeft(rect.left() + theme.px(14))
            color = theme.dim if row.group == "unsorted" else theme.group_color(row.group)
        elif column.warns(row):
            color = theme.warning
        painter.setFont(view.cell_font(bold=selected and column.key == ID))
        painter.setPen(QColor(color))
        rect.adjust(theme.px(2), 0, -theme.px(5), 0)
        text = painter.fontMetrics().elidedText(column.text(row), Qt.TextElideMode.ElideRight, int(rect.width()) + 1)
        if text != "…":  # alone it says nothing; the tooltip says all
            painter.drawText(rect, int(alignment(column)), text)

    def _paint_heading(self, painter: QPainter, cell: QRectF, heading: Heading, chips: Sequence[int]) -> None:
        """Paint as much of a heading, which is as wide as the list, as lies in a cell."""
        view, theme = self._view, self._view.theme
        dim = theme.color("dim")
        painter.setClipRect(cell, Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(cell, theme.color("panel"))
        rect = QRectF(0, cell.top(), 0, cell.height())

        def write(text: str, left: float, font: QFont, color: QColor) -> None:
            rect.setLeft(rect.right() + left)
            rect.setWidth(QFontMetricsF(font).horizontalAdvance(text) + 1)
            if rect.intersects(cell):
                painter.setFont(font)
                painter.setPen(color)
                painter.drawText(rect, int(Qt.AlignmentFlag.AlignVCenter), text)

        write("▸" if heading.is_folded else "▾", theme.px(6), theme.font(TICK_PX), dim)
        rect.setLeft(theme.px(16))
        self._paint_dot(painter, rect, heading.group)
        rect.setRight(theme.px(16))
        color = dim if heading.group == "unsorted" else QColor(theme.group_color(heading.group))
        bold, room = view.cell_font(bold=True), view.viewport().width() - theme.px(100)  # the count and a chip stay
        title = QFontMetricsF(bold).elidedText(heading.title, Qt.TextElideMode.ElideRight, room)
        write(title, theme.px(17), bold, color)
        write(format_number(heading.n_clusters), theme.px(9), view.cell_font(), dim)
        rect.setLeft(rect.right() + theme.px(5))
        for place in chips:
            paint_place(painter, rect, place, theme)
            rect.setLeft(rect.left() + theme.px(CHIP_PX + 3))

    def _paint_dot(self, painter: QPainter, rect: QRectF, group: str) -> None:
        theme = self._view.theme
        radius = theme.px(7) / 2
        center = rect.center()
        center.setX(rect.left() + theme.px(8))
        color = QColor(self._view.group_colors.get(group) or theme.group_color(group))
        if group == "unsorted":
            painter.setPen(QPen(color, 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
        painter.drawEllipse(center, radius, radius)
