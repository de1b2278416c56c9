"""The table of Classes: a row for each group of the person's, a column for each class, the clusters in both."""

from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QMouseEvent, QPainter
from qtpy.QtWidgets import QStyleOptionViewItem, QWidget

from napari_phy.core.sentences import on_one_line
from napari_phy.stats.automatic_classes import CLASSES, ClassAgreement
from napari_phy.table.numbers import format_number
from napari_phy.widgets.base.painting import CellPainter, Index
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.docks.stepped_table import FittedTable

NO_INDEX = QModelIndex()
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
SHOWN = (2, 1, 0, 3)  # places in `CLASSES`, in the order of the columns
HEADER = "your group"


class AgreementModel(QAbstractTableModel):
    """Numbers of clusters by group and class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.agreement: ClassAgreement | None = None

    def show(self, agreement: ClassAgreement | None) -> None:
        """Show other numbers."""
        self.beginResetModel()
        self.agreement = agreement
        self.endResetModel()

    def cell(self, row: int, column: int) -> tuple[str, str, int]:
        """Return the group and the class of a cell beside the first column, and how many clusters are in both."""
        assert self.agreement is not None
        place = SHOWN[column - 1]
        return self.agreement.groups[row], CLASSES[place], int(self.agreement.counts[row, place])

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() or self.agreement is None else len(self.agreement.groups)

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else 1 + len(SHOWN)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self.agreement is None:
            return None
        column = index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column else LEFT
        if column == 0:
            return on_one_line(self.agreement.groups[index.row()]) if role == Qt.ItemDataRole.DisplayRole else None
        group, name, n = self.cell(index.row(), column)
        if role == Qt.ItemDataRole.DisplayRole:
            return format_number(n) if n else "·"
        tip = f"{format_number(n)} in {on_one_line(group)} of the class {name}"
        return plain(f"{tip}; click to list them") if n and role == Qt.ItemDataRole.ToolTipRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section <= len(SHOWN):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return CLASSES[SHOWN[section - 1]] if section else HEADER
        return (RIGHT if section else LEFT) if role == Qt.ItemDataRole.TextAlignmentRole else None


class AgreementDelegate(CellPainter):
    """Paints a cell: bold where group and class agree, dim where there is none."""

    def __init__(self, view: "AgreementTable") -> None:
        super().__init__(view)
        self._view = view

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view, theme, row, column = self._view, self._view.theme, index.row(), index.column()
        painter.fillRect(option.rect, view.row_color(row, selected=False))
        group, name, n = view.agreement_model.cell(row, column) if column else ("", "-", 1)
        painter.setFont(view.cell_font(bold=group == name and n > 0))
        painter.setPen(QColor(theme.text if n and column else theme.dim if n else theme.faint))
        room = QRectF(option.rect).adjusted(theme.px(12 if not column else 2), 0, -theme.px(6), 0)
        words = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, int(RIGHT if column else LEFT), words)


class AgreementTable(FittedTable):
    """Emits group and class of the cell that the user clicked, where there are clusters in both."""

    chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.agreement_model = AgreementModel()
        super().__init__(self.agreement_model, parent)
        self.setItemDelegate(AgreementDelegate(self))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Agreement of groups and classes")
        self.apply_theme(self.theme)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and index.column():
            group, name, n = self.agreement_model.cell(index.row(), index.column())
            if n:
                self.chosen.emit(group, name)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """All is done by the press."""

    def fit_columns(self) -> None:
        """Give the first column its room, and the others equal shares of the rest up to some width."""
        width = self.viewport().width()
        each = min(self.theme.px(84), max(self.theme.px(40), (width - self.theme.px(84)) // len(SHOWN)))
        self.setColumnWidth(0, min(self.theme.px(140), max(self.theme.px(70), width - each * len(SHOWN))))
        for column in range(1, 1 + len(SHOWN)):
            self.setColumnWidth(column, each)
