"""Rows of a list of clusters in the order of one column; changes touch only the rows that change."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtWidgets import QWidget

from napari_phy.widgets.lists.cluster_columns import Column, Row, alignment, is_unknown

NO_INDEX = QModelIndex()
N_ONE_BY_ONE = 64  # rows that come and go one by one; of more, all are shown anew


class ClusterModel(QAbstractTableModel):
    """Rows in the order of one column; `rows_changed` after values, not colours, have changed."""

    rows_changed = Signal()

    def __init__(self, columns: Sequence[Column], sort_key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._usual_key = sort_key
        self.sort_column = self._place_of(sort_key)
        self.descending = True
        self.unit = "µV"
        self._rows: list[Row] = []
        self._place: dict[int, int] = {}
        self._chips: dict[int, int] = {}

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows in the order shown."""
        return tuple(self._rows)

    @property
    def cluster_ids(self) -> list[int]:
        """All clusters in the order shown."""
        return [row.cluster_id for row in self._rows]

    def row(self, place: int) -> Row:
        """Return the row at a place of the list."""
        return self._rows[place]

    def find_row(self, cluster_id: int) -> int | None:
        """Return the place of a cluster in the list, or None."""
        return self._place.get(cluster_id)

    def chip(self, row: int) -> int | None:
        """Return the place in the selection of a row's cluster, which its chip shows, or None."""
        return self._chips.get(self._rows[row].cluster_id)

    def rowCount(self, parent: QModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(self._rows[index.row()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole and column.left:
            return column.text(self._rows[index.row()])  # may be cut short in a narrow column
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            arrow = "▾" if self.descending else "▴"
            return f"{arrow} {column.title}" if section == self.sort_column else column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip.replace("µV", self.unit)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(column)
        return None

    def _place_of(self, key: str) -> int:
        keys = [column.key for column in self.columns]
        return keys.index(key if key in keys else self._usual_key)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Have other columns; where the one that rows are sorted by is gone, they are sorted as at first."""
        kept = 0
        while kept < min(len(columns), len(self.columns)) and _is_same(columns[kept], self.columns[kept]):
            kept += 1
        if kept == len(columns) == len(self.columns):
            return
        key = self.columns[self.sort_column].key
        if kept < len(self.columns):
            self.beginRemoveColumns(NO_INDEX, kept, len(self.columns) - 1)
            self.columns = self.columns[:kept]
            self.sort_column = self._place_of(key)
            self.endRemoveColumns()
        if kept < len(columns):
            self.beginInsertColumns(NO_INDEX, kept, len(columns) - 1)
            self.columns = tuple(columns)
            self.sort_column = self._place_of(key)
            self.endInsertColumns()
        self._reorder(self._sorted(self._rows))
        self.rows_changed.emit()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by a column."""
        self.sort_column, self.descending = column, order == Qt.SortOrder.DescendingOrder
        self._reorder(self._sorted(self._rows))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show exactly these rows: insert, change and remove what differs, or start anew where most of it does."""
        wanted = {row.cluster_id: row for row in rows}
        n_same = sum(row == wanted.get(row.cluster_id) for row in self._rows)
        if n_same < len(wanted) / 2 or len(wanted.keys() ^ self._place.keys()) > N_ONE_BY_ONE:
            self._start_anew(wanted.values())
            return
        self.remove(cluster for cluster in self.cluster_ids if cluster not in wanted)
        self.put(wanted.values())

    def _start_anew(self, rows: Iterable[Row]) -> None:
        """Show these rows; what was selected in a view is not any more."""
        self.beginResetModel()
        self._rows = self._sorted(list(rows))
        self._index()
        self.endResetModel()
        self.rows_changed.emit()

    def remove(self, cluster_ids: Iterable[int]) -> None:
        """Remove clusters that are in the list."""
        places = sorted(self._place[cluster] for cluster in cluster_ids if cluster in self._place)
        for first, last in reversed(runs_of(places)):
            self.beginRemoveRows(NO_INDEX, first, last)
            del self._rows[first : last + 1]
            self._index()
            self.endRemoveRows()
        if places:
            self.rows_changed.emit()

    def put(self, rows: Iterable[Row]) -> None:
        """Insert new clusters at their places; change known ones."""
        new, is_changed = [], False
        for row in rows:
            place = self._place.get(row.cluster_id)
            if place is None:
                new.append(row)
            elif self._rows[place] != row:
                self._rows[place], is_changed = row, True
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(self.columns) - 1))
        if is_changed:
            self._reorder(self._sorted(self._rows))
        if new:
            self._insert(new)
        if new or is_changed:
            self.rows_changed.emit()

    def _insert(self, new: Sequence[Row]) -> None:
        known = {row.cluster_id for row in self._rows}
        order = self._sorted([*self._rows, *new])
        places = [place for place, row in enumerate(order) if row.cluster_id not in known]
        for first, last in runs_of(places):
            self.beginInsertRows(NO_INDEX, first, last)
            self._rows[first:first] = order[first : last + 1]
            self._index()
            self.endInsertRows()

    def set_chips(self, chips: Mapping[int, int]) -> None:
        """Give the clusters of the selection chips: the place of each."""
        changed = {c for c in (*self._chips, *chips) if self._chips.get(c) != chips.get(c)}
        self._chips = dict(chips)
        for cluster in changed:
            place = self._place.get(cluster)
            if place is not None:
                left, right = self.index(place, 0), self.index(place, len(self.columns) - 1)
                self.dataChanged.emit(left, right, [Qt.ItemDataRole.DecorationRole])

    def _sorted(self, rows: Sequence[Row]) -> list[Row]:
        """Return rows in order; those without a value come last, and among equals the rank counts."""
        key = self.columns[self.sort_column].sort_key
        keyed = [(key(row), row) for row in sorted(rows, key=lambda row: row.rank)]
        known = [pair for pair in keyed if not is_unknown(pair[0])]
        known.sort(key=lambda pair: pair[0], reverse=self.descending)  # a stable sort, also in reverse
        unknown = [row for value, row in keyed if is_unknown(value)]
        return [row for _, row in known] + unknown

    def _reorder(self, rows: list[Row]) -> None:
        if [row.cluster_id for row in rows] == self.cluster_ids:
            return
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        clusters = [self._rows[index.row()].cluster_id for index in old]
        self._rows = rows
        self._index()
        new = [self.index(self._place[c], index.column()) for c, index in zip(clusters, old, strict=True)]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _index(self) -> None:
        self._place = {row.cluster_id: place for place, row in enumerate(self._rows)}


def _is_same(one: Column, other: Column) -> bool:
    return (one.key, one.left) == (other.key, other.left)


def runs_of(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return (first, last) of each run of neighbouring ascending places."""
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and place == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs
