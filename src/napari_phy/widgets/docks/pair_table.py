"""The table of Imaging: a row for each cluster and cell, the surest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QRectF, Qt, Signal
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QStyleOptionViewItem, QWidget

from napari_phy.table.numbers import UNKNOWN, format_number
from napari_phy.views.movie_responses import CellPairs
from napari_phy.widgets.base.painting import CellPainter, Index
from napari_phy.widgets.base.plain_table import paint_place
from napari_phy.widgets.docks.stepped_table import RIGHT, SteppedTable, TextModel

SURE = 0.05  # q of pairs that stand out
SMALLEST = 0.0001


@dataclass(frozen=True, slots=True)
class PairColumn:
    """One column: its title, what it says of a pair, and by what it sorts, ascending."""

    title: str
    tip: str
    width: int
    text: Callable[[CellPairs, int, int], str]
    values: Callable[[CellPairs], npt.NDArray[Any]]


def _p_words(value: float) -> str:
    if not np.isfinite(value):
        return UNKNOWN
    return f"< {SMALLEST}" if value < SMALLEST else f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


def _lag_ms(pairs: CellPairs) -> npt.NDArray[np.float64]:
    return np.asarray(pairs.test.lag * pairs.interval_s * 1000.0)


COLUMNS = (
    PairColumn(
        "id", "Cluster id", 46, lambda d, i, j: str(d.clusters[i]),
        lambda d: np.broadcast_to(np.array(d.clusters)[:, None], d.test.q.shape),
    ),
    PairColumn(
        "cell", "Label of the cell", 40, lambda d, i, j: str(d.cells[j]),
        lambda d: np.broadcast_to(d.cells, d.test.q.shape),
    ),
    PairColumn(
        "corr.", "Correlation of ΔF/F with the rate, at the best lag", 44,
        lambda d, i, j: format_number(float(d.test.correlation[i, j]), 2), lambda d: -np.abs(d.test.correlation),
    ),
    PairColumn("lag (ms)", "Lag after the rate", 50, lambda d, i, j: format_number(_lag_ms(d)[i, j]), _lag_ms),
    PairColumn("p", "Chance of such a correlation, by circular shifts", 54, lambda d, i, j: _p_words(d.test.p[i, j]),
               lambda d: d.test.p),
    PairColumn("q", "p after Benjamini–Hochberg over all pairs", 54, lambda d, i, j: _p_words(d.test.q[i, j]),
               lambda d: d.test.q),
)  # fmt: skip
Q = len(COLUMNS) - 1


class PairModel(TextModel):
    """Pairs of `CellPairs`, those of some of its clusters."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__([(column.title, column.tip) for column in COLUMNS], parent)
        self.pairs: CellPairs | None = None
        self.rows: npt.NDArray[np.int64] = np.empty((0, 2), np.int64)
        self.sorted_by = Q

    def show(self, pairs: CellPairs | None, listed: Sequence[bool]) -> None:
        """Show the pairs of those clusters of `pairs` that are marked in `listed`."""
        self.beginResetModel()
        self.pairs = pairs
        self.rows = np.empty((0, 2), np.int64)
        if pairs is not None:
            ranked = pairs.ranked[np.asarray(listed, dtype=np.bool_)[pairs.ranked[:, 0]]]
            values = COLUMNS[self.sorted_by].values(pairs)[ranked[:, 0], ranked[:, 1]]
            self.rows = ranked if self.sorted_by == Q else ranked[np.argsort(values, kind="stable")]
        self.endResetModel()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, Q)

    @property
    def listed(self) -> CellPairs:
        """What is shown; only to be asked while there are rows."""
        assert self.pairs is not None
        return self.pairs

    def text(self, row: int, column: int) -> str:
        cluster, cell = self.rows[row].tolist()
        return COLUMNS[column].text(self.listed, cluster, cell)

    def is_sure(self, row: int) -> bool:
        """Return whether a pair stands out."""
        return bool(self.listed.test.q[tuple(self.rows[row])] <= SURE)

    @property
    def n_rows(self) -> int:
        return len(self.rows)

    def title(self, column: int) -> tuple[str, str]:
        title, tip = super().title(column)
        return f"▴ {title}" if column == self.sorted_by else title, tip


class PairDelegate(CellPainter):
    """Paints a cell: fill of the chosen row, chip of a selected cluster, number; dim where chance is likely."""

    def __init__(self, view: "PairTable") -> None:
        super().__init__(view)
        self._view = view

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view, theme, row = self._view, self._view.theme, index.row()
        selected = view.chosen_row == row
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(option.rect, view.row_color(row, selected=selected))
        rect = QRectF(option.rect)
        if index.column() == 0:
            cluster = view.pair_model.listed.clusters[int(view.pair_model.rows[row, 0])]
            paint_place(painter, rect, view.places.get(cluster), theme)
        painter.setFont(view.cell_font(bold=selected and index.column() == 0))
        painter.setPen(QColor(theme.text if view.pair_model.is_sure(row) else theme.dim))
        painter.drawText(rect.adjusted(0, 0, -theme.px(5), 0), int(RIGHT), str(index.data()))


class PairTable(SteppedTable):
    """Emits the (cluster, cell) places of the row that the user chose; a header word sorts."""

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.pair_model = PairModel()
        super().__init__(self.pair_model, parent)
        self.places: dict[int, int] = {}  # of clusters in the selection
        self._listed: Sequence[bool] = ()
        self.setItemDelegate(PairDelegate(self))
        self.horizontalHeader().sectionClicked.connect(self.sort)
        self.apply_theme(self.theme)

    def show_pairs(self, pairs: CellPairs | None, listed: Sequence[bool] = ()) -> None:
        """Show pairs of the clusters that are marked in `listed`, from the top."""
        self.chosen_row, self._listed = None, listed
        self.pair_model.show(pairs, listed)

    def mark_pair(self, cluster: int, cell: int) -> None:
        """Mark the row of a pair, if it is there; nobody is told."""
        found = np.flatnonzero((self.pair_model.rows == (cluster, cell)).all(axis=1))
        self.chosen_row = int(found[0]) if len(found) else None
        self.viewport().update()

    def show_places(self, clusters: Sequence[int]) -> None:
        """Mark the clusters of the selection."""
        self.places = {cluster: place for place, cluster in enumerate(clusters)}
        self.viewport().update()

    def sort(self, section: int) -> None:
        """Order the rows by a column."""
        chosen = None if self.chosen_row is None else self.pair_model.rows[self.chosen_row].tolist()
        self.pair_model.sorted_by = section
        self.show_pairs(self.pair_model.pairs, self._listed)
        if chosen is not None:
            self.mark_pair(*chosen)

    def choose(self, row: int) -> None:
        super().choose(row)
        self.chosen.emit(*self.pair_model.rows[row].tolist())

    def fit_columns(self) -> None:
        """Give each column its room and a share of the rest."""
        widths = [self.theme.px(column.width) for column in COLUMNS]
        spread = min(max(0, (self.viewport().width() - sum(widths)) // len(widths)), self.theme.px(40))
        for place, width in enumerate(widths):
            self.setColumnWidth(place, width + spread)
