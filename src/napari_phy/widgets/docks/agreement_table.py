"""The table of Classes: a row for each group of the person's, a column for each class, the clusters in both."""

from qtpy.QtCore import QRectF, Qt, Signal
from qtpy.QtGui import QColor, QMouseEvent, QPainter
from qtpy.QtWidgets import QStyleOptionViewItem, QWidget

from napari_phy.core.sentences import on_one_line
from napari_phy.stats.automatic_classes import CLASSES, ClassAgreement
from napari_phy.table.numbers import format_number
from napari_phy.widgets.base.painting import CellPainter, Index
from napari_phy.widgets.docks.stepped_table import LEFT, RIGHT, FittedTable, TextModel

SHOWN = (2, 1, 0, 3)  # places in `CLASSES`, in the order of the columns
HEADER = "your group"


class AgreementModel(TextModel):
    """Numbers of clusters by group and class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__([(HEADER, ""), *((CLASSES[place], "") for place in SHOWN)], parent)
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

    @property
    def n_rows(self) -> int:
        return 0 if self.agreement is None else len(self.agreement.groups)

    def text(self, row: int, column: int) -> str:
        if column == 0:
            return on_one_line(self.cell(row, 1)[0])
        _, _, n = self.cell(row, column)
        return format_number(n) if n else "·"

    def tip(self, row: int, column: int) -> str:
        if column == 0:
            return ""
        group, name, n = self.cell(row, column)
        return f"{format_number(n)} in {on_one_line(group)} of the class {name}; click to list them" if n else ""

    def alignment(self, column: int) -> Qt.AlignmentFlag:
        return RIGHT if column else LEFT


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
