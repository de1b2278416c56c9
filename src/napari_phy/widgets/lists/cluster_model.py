"""Rows of a list of clusters in the order of one column, and headings of groups; changes touch only what changes."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtWidgets import QWidget

from napari_phy.table.class_column import CLASS_KEY
from napari_phy.table.numbers import format_count
from napari_phy.widgets.base.painting import Index
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.lists.cluster_columns import ListColumn, Row, alignment, is_unknown

ORDER = ("good", "mua", "unsorted", "noise")  # then the user's own by name


class Heading(NamedTuple):
    """The line above the rows of a group."""

    group: str
    n_clusters: int
    is_folded: bool

    @property
    def title(self) -> str:
        """The group as a heading has it: Good, MUA, the user's own as they are called."""
        return "MUA" if self.group == "mua" else self.group.capitalize() if self.group in ORDER else self.group

    @property
    def tip(self) -> str:
        """The whole title, which may be cut short, and what a click does, or which key."""
        clusters = format_count(self.n_clusters, "cluster")
        act, key = ("show", "→") if self.is_folded else ("fold away", "←")
        return f"{self.title}: click to {act} {clusters} ({key})"


Item = Row | Heading
key_of = itemgetter(0)  # what a line of the list stands for, whatever its values are: a cluster, or a group


def by_group(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each group that has any, in the order of headings; within a group they stay in order."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    own = sorted(group for group in groups if group not in ORDER)
    return {group: groups[group] for group in (*ORDER, *own) if group in groups}


def under_headings(groups: dict[str, list[Row]], folded: Container[str]) -> list[Item]:
    """Return the lines of the list: each group's heading, and its rows unless they are folded away."""
    lines: list[Item] = []
    for group, rows in groups.items():
        lines.append(Heading(group, len(rows), group in folded))
        if group not in folded:
            lines.extend(rows)
    return lines


NO_INDEX = QModelIndex()
NO_FLAGS = Qt.ItemFlag.NoItemFlags
ROW_FLAGS = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
N_ONE_BY_ONE = 64  # runs of lines that come and go one by one; of more, all are shown anew


class ClusterModel(QAbstractTableModel):
    """Rows in the order of one column; `rows_changed` tells which are new or have other values, not colours.

    In groups, each group stands under its heading and is in that order by itself; rows under a folded heading are
    listed, but have no place.

    Attributes
    ----------
    in_groups : bool
        Whether there are headings; `show_groups` sets it.
    folded : frozenset of str
        The groups under folded headings; `show_groups` sets it.
    """

    rows_changed = Signal(list)

    def __init__(self, columns: Sequence[ListColumn], sort_key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._usual_key = sort_key
        self.sort_column = self._place_of(sort_key)
        self.descending = True
        self.unit = "µV"
        self.reason_of: Callable[[int], str] = lambda cluster: ""  # which threshold decides the class of a cluster
        self.in_groups = False
        self.folded: frozenset[str] = frozenset()
        self._rows: list[Row] = []  # all, in order
        self._lines: list[Item] = []  # those that are not folded away, and headings
        self._places: dict[int | str, int] = {}
        self._away: dict[int, str] = {}  # the group of each row that is folded away
        self._chips: dict[int, int] = {}

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows in the order of the list."""
        return tuple(self._rows)

    @property
    def cluster_ids(self) -> list[int]:
        """All clusters in the order of the list."""
        return [row.cluster_id for row in self._rows]

    def line(self, place: int) -> Item:
        """Return the row or the heading at a place of the list."""
        return self._lines[place]

    def find_row(self, cluster_id: int) -> int | None:
        """Return the place of a cluster in the list, or None."""
        return self._places.get(cluster_id)

    def find_heading(self, cluster_id: int) -> int | None:
        """Return the place of the folded heading under which a cluster is, or None."""
        return self._places.get(self._away.get(cluster_id, ""))

    def is_away(self, cluster_id: int) -> bool:
        """Return whether a cluster of the list is folded away."""
        return cluster_id in self._away

    def group_of(self, cluster_id: int) -> str | None:
        """Return the group under whose heading a cluster stands, or None."""
        place = self._places.get(cluster_id)
        line = None if place is None else self._lines[place]
        return line.group if isinstance(line, Row) else self._away.get(cluster_id)

    def chips(self, place: int) -> list[int]:
        """Return the places in the selection of a row's cluster, or of those under a folded heading."""
        line = self._lines[place]
        if isinstance(line, Heading):
            return sorted(chip for cluster, chip in self._chips.items() if self._away.get(cluster) == line.group)
        return [self._chips[line.cluster_id]] if line.cluster_id in self._chips else []

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what can be done with an item; a heading is neither selected nor gone to."""
        if not index.isValid():
            return super().flags(index)
        return NO_FLAGS if isinstance(self._lines[index.row()], Heading) else ROW_FLAGS

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line, column = self._lines[index.row()], self.columns[index.column()]
        if isinstance(line, Heading):
            texts: dict[int, str] = {
                Qt.ItemDataRole.DisplayRole: line.title,
                Qt.ItemDataRole.ToolTipRole: plain(line.tip),
            }
            return texts.get(role)
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(line)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole and column.left:
            reason = self.reason_of(line.cluster_id) if column.key == CLASS_KEY else ""
            return plain(reason or column.text(line))  # may be cut short in a narrow column
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            arrow = "▾" if self.descending else "▴"
            return f"{arrow} {column.title}" if section == self.sort_column else column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(column.tip.replace("µV", self.unit))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(column)
        return None

    def _place_of(self, key: str) -> int:
        keys = [column.key for column in self.columns]
        return keys.index(key if key in keys else self._usual_key)

    def set_columns(self, columns: Sequence[ListColumn]) -> None:
        """Have other columns; where the one that rows are sorted by is gone, they are sorted as at first."""
        n_same = 0
        while n_same < min(len(columns), len(self.columns)) and _is_same_column(columns[n_same], self.columns[n_same]):
            n_same += 1
        if n_same == len(columns) == len(self.columns):
            return
        key = self.columns[self.sort_column].key
        if n_same < len(self.columns):
            self.beginRemoveColumns(NO_INDEX, n_same, len(self.columns) - 1)
            self.columns = self.columns[:n_same]
            self.sort_column = self._place_of(key)
            self.endRemoveColumns()
        if n_same < len(columns):
            self.beginInsertColumns(NO_INDEX, n_same, len(columns) - 1)
            self.columns = tuple(columns)
            self.sort_column = self._place_of(key)
            self.endInsertColumns()
        self._show(self._rows)
        self.rows_changed.emit(self._rows)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by a column."""
        self.sort_column, self.descending = column, order == Qt.SortOrder.DescendingOrder
        self._show(self._rows)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def show_groups(self, in_groups: bool, folded: Iterable[str] = ()) -> None:
        """Put rows under headings of their groups, some of them folded, or have one list."""
        self.in_groups, self.folded = in_groups, frozenset(folded)
        self._show(self._rows)

    def set_rows(self, rows: Iterable[Row]) -> None:
        """List exactly these rows: insert, change and remove what differs, or start anew where most of it does."""
        wanted = {row.cluster_id: row for row in rows}
        n_same = sum(_is_same(row, wanted.get(row.cluster_id)) for row in self._rows)
        if not n_same == len(wanted) == len(self._rows):
            self._show(list(wanted.values()), anew=n_same < len(wanted) / 2)
            self.rows_changed.emit(self._rows)

    def remove(self, cluster_ids: Iterable[int]) -> None:
        """Remove clusters that are in the list."""
        self.change((), cluster_ids)

    def put(self, rows: Iterable[Row]) -> None:
        """Insert new clusters at their places; change known ones."""
        self.change(rows, ())

    def change(self, rows: Iterable[Row], gone: Iterable[int]) -> None:
        """Put rows, and remove clusters."""
        put, gone = {row.cluster_id: row for row in rows}, set(gone)
        others = [row for row in self._rows if row.cluster_id not in put and row.cluster_id not in gone]
        before = {row.cluster_id: row for row in self._rows if row.cluster_id in put}
        new = [row for row in put.values() if row != before.get(row.cluster_id)]
        if new or len(others) + len(before) < len(self._rows):
            self._show([*others, *put.values()])
            self.rows_changed.emit(new)

    def _show(self, rows: Sequence[Row], *, anew: bool = False) -> None:
        """List rows in order, under their headings if there are any."""
        ordered = self._sorted(rows)
        groups = by_group(ordered) if self.in_groups else {}
        lines: list[Item] = under_headings(groups, self.folded) if self.in_groups else list(ordered)
        self._rows = list(chain.from_iterable(groups.values())) if self.in_groups else ordered
        self._away = {row.cluster_id: group for group in self.folded & groups.keys() for row in groups[group]}
        keys = list(map(key_of, lines))
        wanted = set(keys)
        gone = runs_of([place for key, place in self._places.items() if key not in wanted])
        new = runs_of([place for place, key in enumerate(keys) if key not in self._places])
        if anew or len(gone) + len(new) > N_ONE_BY_ONE:
            self.beginResetModel()
            self._take(lines)
            self.endResetModel()
            return
        for first, last in reversed(gone):
            self.beginRemoveRows(NO_INDEX, first, last)
            self._take([*self._lines[:first], *self._lines[last + 1 :]])
            self.endRemoveRows()
        self._reorder([line for line in lines if key_of(line) in self._places])
        for first, last in new:
            self.beginInsertRows(NO_INDEX, first, last)
            self._take([*self._lines[:first], *lines[first : last + 1], *self._lines[first:]])
            self.endInsertRows()

    def _take(self, lines: list[Item]) -> None:
        self._lines = lines
        self._places = {key_of(line): place for place, line in enumerate(lines)}

    def set_chips(self, chips: Mapping[int, int]) -> None:
        """Give the clusters of the selection chips: the place of each."""
        changed = {c for c in (*self._chips, *chips) if self._chips.get(c) != chips.get(c)}
        self._chips = dict(chips)
        for cluster in changed:
            place = self._places.get(cluster)
            if place is not None:
                left, right = self.index(place, 0), self.index(place, len(self.columns) - 1)
                self.dataChanged.emit(left, right, [Qt.ItemDataRole.DecorationRole])

    def _sorted(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows in order; those without a value come last, and among equals the rank counts."""
        key = self.columns[self.sort_column].sort_key
        keyed = [(key(row), row) for row in sorted(rows, key=attrgetter("rank"))]
        unknown = [row for value, row in keyed if is_unknown(value)]
        known = [pair for pair in keyed if not is_unknown(pair[0])] if unknown else keyed
        known.sort(key=itemgetter(0), reverse=self.descending)  # a stable sort, also in reverse
        return [row for _, row in known] + unknown

    def _reorder(self, lines: list[Item]) -> None:
        """Take the lines that are there already in another order, and with other values."""
        if list(map(key_of, lines)) == list(self._places):
            changed = [place for place, line in enumerate(lines) if not _is_same(line, self._lines[place])]
            self._lines = lines
            if changed:
                self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(self.columns) - 1))
            return
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        keys = [key_of(self._lines[index.row()]) for index in old]
        self._take(lines)
        new = [self.index(self._places[key], index.column()) for key, index in zip(keys, old, strict=True)]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()


def _is_same(one: Item, other: Item | None) -> bool:
    return one is other or one == other


def _is_same_column(one: ListColumn, other: ListColumn) -> bool:
    return (one.key, one.left, one.source) == (other.key, other.left, other.source)


def runs_of(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return (first, last) of each run of neighbouring ascending places."""
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and place == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs
