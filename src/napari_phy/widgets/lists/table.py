"""The view of a list of clusters: its selection, its columns and their widths."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np
from qtpy.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, QTimer, Signal
from qtpy.QtGui import QAction, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QStyleOptionViewItem, QWidget

from napari_phy.table.columns import all_columns
from napari_phy.widgets.base.choices import TickMenu
from napari_phy.widgets.base.painting import painting
from napari_phy.widgets.base.plain_table import CHIP_PX, PlainTable
from napari_phy.widgets.base.theme import BODY_PX, TICK_PX, Tokens
from napari_phy.widgets.lists.cluster_columns import GROUP, GROUP_ORDER, ID, LABEL, SIMILAR, ListColumn, Row
from napari_phy.widgets.lists.cluster_delegate import ClusterDelegate
from napari_phy.widgets.lists.cluster_model import ClusterModel, Heading, by_group, runs_of

FIRST_KEEP, SPIKES_KEEP = (next(column.keep for column in all_columns() if column.key == key) for key in (ID, "spikes"))


class IdHeader(QHeaderView):
    """Keeps the word of the first column in sight when the list is scrolled to the right; a click there sorts by it."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)

    @property
    def frozen_width(self) -> int:
        """How much of the left the first column covers while it is not at its place, in px."""
        return self.sectionSize(0) if self.offset() and self.count() else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.frozen_width:
            with painting(self.viewport()) as painter:
                self.paintSection(painter, QRect(0, 0, self.frozen_width, self.height()), 0)

    def _is_frozen_at(self, event: QMouseEvent) -> bool:
        return event.button() == Qt.MouseButton.LeftButton and event.pos().x() < self.frozen_width

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._is_frozen_at(event):
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_frozen_at(event):
            self.sectionClicked.emit(0)
        else:
            super().mouseReleaseEvent(event)


class ClusterList(PlainTable):
    """The list itself. It shows the selection it is given and emits what the user chose; it has no state of its own.

    `chosen` carries the chosen clusters in the order of the user's choosing.
    """

    chosen = Signal(list)
    columns_chosen = Signal()
    groups_folded = Signal()

    def __init__(self, columns: Sequence[ListColumn], sort_key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, IdHeader())
        self.cluster_model = ClusterModel(columns, sort_key, self)
        self.group_colors: dict[str, str] = {}  # of groups that have one of their own
        self.own_colors: Mapping[int, str] = {}  # of clusters that have one of their own
        self._selection: tuple[int, ...] = ()  # the selection, whether it is in the list or not
        self._shown: tuple[int, ...] = ()
        self._out_of_sight: tuple[int, ...] = ()  # selected, but not in the list
        self.empty_words = ""  # instead of rows
        self.chosen_columns: dict[str, bool] = {}  # by the user: shown, or left out
        self.header_entries: list[QAction] = []  # of the menu of the header words, besides the columns
        self.setModel(self.cluster_model)
        self.setItemDelegate(ClusterDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.horizontalHeader().sectionClicked.connect(self._on_header_clicked)
        self.horizontalHeader().setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.horizontalHeader().customContextMenuRequested.connect(self._show_header_menu)
        self._fit_later = QTimer(self, singleShot=True, interval=0)  # once after an edit, however many rows it changes
        self._fit_later.timeout.connect(self._fit_columns)
        self._unmeasured: list[Row] = []
        self._longest: dict[str, float] = {}  # text in px by column; shorter ones are known only when all are measured
        self.cluster_model.rows_changed.connect(self._on_rows_changed)
        self.cluster_model.modelReset.connect(self.horizontalHeader().doItemsLayout)  # else a frame later
        self.apply_theme(self.theme)

    def apply_theme(self, theme: Tokens, small: bool | None = None) -> None:
        """Take colours and sizes of a theme; `small` chooses the form for small windows."""
        super().apply_theme(theme, small)
        self._measure_again()

    @property
    def shown_selection(self) -> tuple[int, ...]:
        """The clusters whose rows are selected, in list order."""
        lines = [self.cluster_model.line(place) for place in self._selected_places()]
        return tuple(line.cluster_id for line in lines if isinstance(line, Row))

    def rows_in_sight(self) -> set[int]:
        """Return the clusters whose rows are not scrolled away."""
        first, last, n_rows = self.rowAt(0), self.rowAt(self.viewport().height() - 1), self.cluster_model.rowCount()
        lines = map(self.cluster_model.line, range(max(first, 0), n_rows if last < 0 else last + 1))
        return {line.cluster_id for line in lines if isinstance(line, Row)}

    def _selected_places(self) -> list[int]:
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def show_selection(self, clusters: Sequence[int]) -> None:
        """Select the rows of clusters and bring the first into view, or its heading; says nothing back."""
        find = self.cluster_model.find_row
        is_new, self._selection = self._selection[:1] != tuple(clusters[:1]), tuple(clusters)
        self._shown = tuple(cluster for cluster in clusters if find(cluster) is not None)
        self._out_of_sight = tuple(cluster for cluster in clusters if find(cluster) is None)
        places = sorted(place for c in clusters if (place := self.cluster_model.find_row(c)) is not None)
        if places != self._selected_places():
            selection = QItemSelection()
            last_column = self.cluster_model.columnCount() - 1
            for first, last in runs_of(places):
                selection.select(self.cluster_model.index(first, 0), self.cluster_model.index(last, last_column))
            self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        current = self.currentIndex()
        first_shown = find(self._shown[0]) if self._shown else None
        if first_shown is not None and not (current.isValid() and current.row() in places):
            index = self._in_sight(first_shown)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(index)
        heading = self.cluster_model.find_heading(clusters[0]) if is_new and clusters else None
        if heading is not None:
            self.scrollTo(self._in_sight(heading))
        self.viewport().update()

    def scroll_to_chosen(self) -> None:
        """Bring the first selected row into view, or without one the top."""
        row = self.cluster_model.find_row(self._shown[0]) if self._shown else None
        if row is None:
            self.scrollToTop()
        else:
            self.scrollTo(self._in_sight(row))

    def _in_sight(self, row: int) -> QModelIndex:
        """Return the cell of a row in a column that is in sight, so that going there scrolls up and down only."""
        column = self.horizontalHeader().logicalIndexAt(self.viewport().width() // 2)
        return self.cluster_model.index(row, max(column, 0))

    # --- headings ---

    def show_groups(self, in_groups: bool, folded: Iterable[str]) -> None:
        """Put rows under headings of their groups, some of them folded, or have one list; the selection stays."""
        self.cluster_model.show_groups(in_groups, folded)
        self.show_selection(self._selection)
        self.groups_folded.emit()

    def fold(self, group: str, folded: bool) -> None:
        """Fold a group, or show what is in it."""
        model = self.cluster_model
        self.show_groups(True, model.folded | {group} if folded else model.folded - {group})

    def heading_at(self, place: QPoint) -> Heading | None:
        """Return the heading at a place of the viewport, or None."""
        index = self.indexAt(place)
        line = self.cluster_model.line(index.row()) if index.isValid() else None
        return line if isinstance(line, Heading) else None

    def group_at(self, place: QPoint) -> str | None:
        """Return the group that takes what is dropped at a place; None where it is that of all selected rows."""
        index, model = self.indexAt(place), self.cluster_model
        if not model.in_groups or not index.isValid():
            return None
        group = model.line(index.row()).group
        return None if {model.group_of(cluster) for cluster in self.shown_selection} == {group} else group

    def _fold_by_key(self, event: QKeyEvent) -> bool:
        """Fold the group of the first selected cluster by ←, show it by →; with Shift all groups."""
        model, folds = self.cluster_model, event.key() == Qt.Key.Key_Left
        group = model.group_of(self._selection[0]) if self._selection else None
        if not model.in_groups or event.key() not in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return False
        if event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
            self.show_groups(True, by_group(model.rows) if folds else ())
        elif event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier or group is None:
            return False
        elif (group in model.folded) != folds:
            self.fold(group, folds)
        return True

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Go past headings."""
        index = super().moveCursor(action, modifiers)
        rows = range(index.row(), self.cluster_model.rowCount()) if index.isValid() else ()
        line = next((row for row in rows if isinstance(self.cluster_model.line(row), Row)), index.row())
        return self.cluster_model.index(line, index.column()) if index.isValid() else index

    def mousePressEvent(self, event: QMouseEvent) -> None:
        heading = self.heading_at(event.pos())
        if heading is not None:
            if event.button() == Qt.MouseButton.LeftButton:
                self.fold(heading.group, not heading.is_folded)
            return
        super().mousePressEvent(event)
        is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier and self.indexAt(event.pos()).isValid()
        if is_plain:
            self._out_of_sight = ()
        self._say_chosen(again=is_plain)  # a click on the row that is chosen already drops what is chosen elsewhere

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Pass over a second click on a heading: the first one has folded it."""
        if self.heading_at(event.pos()) is None:
            super().mouseDoubleClickEvent(event)

    def click_again(self, place: QPoint) -> None:
        """Choose only the row at a place, which is one of those chosen already."""
        index = self.indexAt(place)
        if index.isValid():
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
            self._out_of_sight = ()
            self._say_chosen(again=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._say_chosen()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._say_chosen()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._fold_by_key(event):
            event.accept()
            return
        super().keyPressEvent(event)
        self._say_chosen()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.horizontalHeader().offset():
            with painting(self.viewport()) as painter:
                self._paint_ids(painter)
        if self.empty_words and not self.cluster_model.rowCount():
            room = self.viewport().rect().adjusted(self.theme.px(10), 0, -self.theme.px(10), 0)
            with painting(self.viewport()) as painter:
                painter.setFont(self.theme.font(BODY_PX))
                painter.setPen(self.theme.color("dim"))
                words = self.empty_words.replace(". ", ".\n")
                painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), words)

    def _paint_ids(self, painter: QPainter) -> None:
        """Paint the first column at the left, over what is scrolled below it."""
        option, width = QStyleOptionViewItem(), self.columnWidth(0)
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        n_rows = self.cluster_model.rowCount()
        for row in range(max(first, 0), n_rows if last < 0 else last + 1):
            option.rect = QRect(0, self.rowViewportPosition(row), width, self.rowHeight(row))
            self.itemDelegate().paint(painter, option, self.cluster_model.index(row, 0))
        bottom = self.rowViewportPosition(n_rows - 1) + self.rowHeight(n_rows - 1) if n_rows else 0
        painter.fillRect(QRect(width - 1, 0, 1, bottom), self.theme.color("grid"))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        if dx:  # Qt moves what is painted; the ids stay
            self.viewport().update()
            self.horizontalHeader().viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._measure_again()

    def _say_chosen(self, *, again: bool = False) -> None:
        now = self.shown_selection
        if set(now) == set(self._shown) and not again:
            return
        same = [cluster for cluster in self._shown if cluster in now]
        new = [cluster for cluster in now if cluster not in same]
        anchor = self.cluster_model.find_row(same[-1]) if same else None
        if anchor is not None:  # a range is chosen away from its anchor
            new.sort(key=lambda cluster: abs((self.cluster_model.find_row(cluster) or 0) - anchor))
        self._shown = (*same, *new)
        self.chosen.emit([*self._out_of_sight, *same, *new])

    def _on_header_clicked(self, section: int) -> None:
        model = self.cluster_model
        left = model.columns[section].left or model.columns[section].key == ID
        descending = not model.descending if section == model.sort_column else not left
        model.sort(section, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)
        if self._shown:
            self.scroll_to_chosen()

    # --- columns ---

    def is_requested(self, column: ListColumn) -> bool:
        """Return whether a column is to be shown where there is room for it."""
        usual = column.is_usual and (column.in_small or not self.small)
        return self.chosen_columns.get(column.key, usual)

    def _keep(self, column: ListColumn) -> int:
        """Return how long a column keeps its place in a narrow list: those the user chose go after the others."""
        return max(column.keep, FIRST_KEEP - 1) if self.chosen_columns.get(column.key) else column.keep

    def choose_columns(self, chosen: Mapping[str, bool]) -> None:
        """Show or leave out columns, by key; the others are as the form for the window has them."""
        if dict(chosen) != self.chosen_columns:
            self.chosen_columns = dict(chosen)
            self._fit_columns()
            self.columns_chosen.emit()

    def add_columns_menu(self, menu: QMenu) -> None:
        """Add the menu of columns to another one."""
        columns = TickMenu("Columns", menu)
        columns.aboutToShow.connect(lambda: self.fill_columns_menu(columns))
        menu.addMenu(columns)

    def fill_columns_menu(self, menu: QMenu) -> None:
        """Offer every column but the id, and the usual ones."""
        menu.clear()
        for column in self.cluster_model.columns:
            if column.key != ID:
                entry = menu.addAction(column.tip.partition("\n")[0].replace("µV", self.cluster_model.unit))
                entry.setCheckable(True)
                entry.setChecked(self.is_requested(column))
                entry.triggered.connect(partial(self._choose_column, column.key))
        menu.addSeparator()
        menu.addAction("The usual columns").triggered.connect(lambda *_: self.choose_columns({}))

    def _choose_column(self, key: str, shown: bool) -> None:
        self.choose_columns({**self.chosen_columns, key: shown})

    def fill_header_menu(self, menu: QMenu) -> None:
        """Offer what a right click on the header words does."""
        self.fill_columns_menu(menu)
        menu.addSeparator()
        menu.addActions(self.header_entries)

    def _show_header_menu(self, place: QPoint) -> None:
        menu = TickMenu(self)
        self.fill_header_menu(menu)
        menu.exec(self.horizontalHeader().mapToGlobal(place))
        menu.deleteLater()

    def _on_rows_changed(self, rows: list[Row]) -> None:
        if len(rows) == len(self.cluster_model.rows):
            self._longest.clear()
        self._unmeasured.extend(rows)
        self._fit_later.start()

    def _measure_again(self) -> None:
        self._longest.clear()
        self._fit_columns()

    def _fit_columns(self, *_: object) -> None:
        """Give each column its width; where the list is narrow, the least needed ones are scrolled to, at the right."""
        model, widths = self.cluster_model, self._column_widths()
        available, narrowest = self.viewport().width(), self.theme.px(30)
        stretch = next((place for place in widths if model.columns[place].left), None)
        fitting = dict(widths)
        while len(fitting) > 2:
            keep, least = min((self._keep(model.columns[place]), place) for place in fitting)
            needed = sum(fitting.values())
            if stretch in fitting and keep >= SPIKES_KEEP and SIMILAR not in model.columns:
                # words are cut short before it goes
                needed -= max(0, fitting[stretch] - narrowest)
            if needed <= available or keep == FIRST_KEEP:
                break
            del fitting[least]
        if stretch in fitting:
            widths[stretch] = max(narrowest, widths[stretch] + available - sum(fitting.values()))
        header, places = self.horizontalHeader(), range(len(model.columns))
        for to, place in enumerate(sorted(places, key=lambda place: place not in fitting)):
            self.setColumnHidden(place, place not in widths)
            if place in widths:
                self.setColumnWidth(place, widths[place])
            if header.visualIndex(place) != to:  # else the header is painted again
                header.moveSection(header.visualIndex(place), to)

    def _column_widths(self) -> dict[int, int]:
        """Return the width that each column needs, in px, as far as it is to be shown."""
        theme, model = self.theme, self.cluster_model
        metrics, bold = QFontMetricsF(self.cell_font()), QFontMetricsF(self.cell_font(bold=True))
        widths: dict[int, int] = {}
        for place, column in enumerate(model.columns):
            if not self.is_requested(column):
                self._longest.pop(column.key, None)
                continue
            width = theme.px(column.small_width if self.small else column.width)
            if not column.left:
                rows = self._unmeasured if column.key in self._longest else model.rows
                advance = (bold if column.key == ID else metrics).horizontalAdvance  # ids of selected clusters are bold
                texts = [advance(column.text(row)) for row in _extremes(rows, column)]
                longest = self._longest[column.key] = max([self._longest.get(column.key, 0), *texts])
                beside = theme.px(CHIP_PX + 5) if column.key == ID else 0
                width = max(width, math.ceil(longest) + theme.px(9) + beside)
            if column is GROUP:
                width = max(width, math.ceil(metrics.horizontalAdvance(max(GROUP_ORDER, key=len))) + theme.px(22))
            if column.key.startswith(LABEL):
                title = theme.text_width(f"▾ {column.title}", TICK_PX) + theme.px(10)
                width = max(width, min(math.ceil(title), theme.px(110)))
            widths[place] = width
        self._unmeasured = []
        return widths


def _extremes(rows: Sequence[Row], column: ListColumn) -> list[Row]:
    """Return the rows with the smallest and the largest number of a column, among which is the longest text."""
    values = np.array(list(map(column.sort_key, rows)), dtype=float)
    if np.isnan(values).all():
        return []
    return [rows[int(np.nanargmin(values))], rows[int(np.nanargmax(values))]]
