"""The table of Compare: a row for each difference of two curations, who changed it, and how many spikes it has."""

from collections.abc import Collection, Sequence

from qtpy.QtCore import QRect, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QFontMetrics, QPainter
from qtpy.QtWidgets import QStyleOptionViewItem, QWidget

from napari_phy.stats.differences import Difference
from napari_phy.table.numbers import format_number
from napari_phy.views.comparison import changer_word, difference_words
from napari_phy.widgets.base.painting import CellPainter, Index
from napari_phy.widgets.docks.stepped_table import LEFT, RIGHT, SteppedTable, TextModel

WRAPS = Qt.TextFlag.TextWordWrap
COLUMNS = (
    ("by", "Who changed it since the common base", 58),
    ("there", "What the second curation did with clusters of yours", 0),
    ("spikes", "How many spikes it has", 50),
)
BY, WORDS, SPIKES = range(3)
KEPT = "kept"


class DifferenceModel(TextModel):
    """Differences, and which of them are decided by keeping one's own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__([(title, tip) for title, tip, _ in COLUMNS], parent)
        self.differences: tuple[Difference, ...] = ()
        self.kept: Collection[Difference] = ()

    def show(self, differences: Sequence[Difference], kept: Collection[Difference]) -> None:
        """List differences."""
        self.beginResetModel()
        self.differences, self.kept = tuple(differences), kept
        self.endResetModel()

    def is_kept(self, row: int) -> bool:
        """Return whether one's own was kept there."""
        return self.differences[row] in self.kept

    def text(self, row: int, column: int) -> str:
        difference = self.differences[row]
        if column == BY:
            return KEPT if self.is_kept(row) else changer_word(difference)
        return difference_words(difference) if column == WORDS else format_number(difference.n_spikes)

    @property
    def n_rows(self) -> int:
        return len(self.differences)

    def tip(self, row: int, column: int) -> str:
        return self.text(row, column)

    def alignment(self, column: int) -> Qt.AlignmentFlag:
        return RIGHT if column == SPIKES else LEFT


class DifferenceDelegate(CellPainter):
    """Paints a cell: fill of the chosen row, words; conflicts in the colour of warnings, what is decided dim."""

    def __init__(self, view: "DifferenceTable") -> None:
        super().__init__(view)
        self._view = view

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view, theme, row, column = self._view, self._view.theme, index.row(), index.column()
        selected = view.chosen_row == row
        painter.fillRect(option.rect, view.row_color(row, selected=selected))
        difference = view.differences.differences[row]
        is_dim = view.differences.is_kept(row) or difference.changed_by == "ours"
        is_conflict = difference.changed_by == "both" and column == BY
        painter.setFont(view.cell_font(bold=selected and column == WORDS))
        painter.setPen(QColor(theme.faint if is_dim else theme.warning if is_conflict else theme.text))
        room = QRectF(option.rect).adjusted(theme.px(8 if column == BY else 2), 0, -theme.px(6), 0)
        painter.drawText(room, int(view.differences.alignment(column) | WRAPS), str(index.data()))


class DifferenceTable(SteppedTable):
    """Emits the difference of the row that the user chose."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.differences = DifferenceModel()
        super().__init__(self.differences, parent)
        self.setItemDelegate(DifferenceDelegate(self))
        self.setAccessibleName("Differences")
        self.apply_theme(self.theme)

    @property
    def chosen_difference(self) -> Difference | None:
        """The difference that is looked at."""
        rows = self.differences.differences
        return None if self.chosen_row is None or self.chosen_row >= len(rows) else rows[self.chosen_row]

    def show_differences(self, differences: Sequence[Difference], kept: Collection[Difference]) -> None:
        """List differences; the one that is looked at stays chosen while it is there."""
        before = self.chosen_difference
        self.differences.show(differences, kept)
        self.chosen_row = self.differences.differences.index(before) if before in self.differences.differences else None
        self._fit_rows()
        self.viewport().update()

    def choose(self, row: int) -> None:
        super().choose(row)
        self.chosen.emit(self.differences.differences[row])

    def fit_columns(self) -> None:
        widths = [self.theme.px(width) for _, _, width in COLUMNS]
        widths[WORDS] = max(self.theme.px(60), self.viewport().width() - sum(widths))
        for place, width in enumerate(widths):
            self.setColumnWidth(place, width)
        self._fit_rows()

    def _fit_rows(self) -> None:
        """Make rows as high as their words need, which take several lines in a narrow dock."""
        usual, metrics = self.verticalHeader().defaultSectionSize(), QFontMetrics(self.cell_font(bold=True))
        room = QRect(0, 0, self.columnWidth(WORDS) - self.theme.px(8), usual)
        for row in range(self.differences.rowCount()):
            needed = metrics.boundingRect(room, int(LEFT | WRAPS), self.differences.text(row, WORDS)).height()
            self.setRowHeight(row, usual + max(0, needed - metrics.lineSpacing()))
