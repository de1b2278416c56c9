"""History: every edit a row; a click undoes or redoes up to there."""

from typing import Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QSize, Qt
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.session_like import SessionLike
from napari_phy.views.edit_words import edit_name
from napari_phy.views.history import HistoryData, HistoryRequest
from napari_phy.widgets.base.figure import paint_rows, wearing
from napari_phy.widgets.base.painting import CellPainter, Index
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import BODY_PX, Tokens, tokens
from napari_phy.widgets.panels.view_panel import ViewPanel

ROW_PX = 22
NO_PARENT = QModelIndex()


class HistoryPanel(ViewPanel):
    """The state that is shown is marked, what redo would bring back is dimmed, and the state of the file is named."""

    title = "History"
    subject = "its history"
    working = "Listing edits…"
    failed = "The edits could not be listed."
    all_times, has_times = True, False
    has_legend = False
    has_freeze = False
    help_text = (
        "Every edit a row, the oldest on top. Click one to go to the state after it; later edits stay,\n"
        "dimmed, until another edit is made; {undo} and {redo} go step by step.\n"
        "Nothing is changed in the file before you save."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._n_changes = 0
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        self.list = QListView()
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setMouseTracking(True)
        self.list.setItemDelegate(_RowPainter(self.list))
        self.model = _Rows(self.list)
        self.list.setModel(self.model)
        self.list.clicked.connect(lambda index: self.go_to(index.row()))
        self.list.entered.connect(lambda index: self.say(self.model.tip(index.row())))
        return self.list

    def on_session(self) -> None:
        if self.session is not None:
            self._links.connect(self.session.saved, self._on_saved)

    def on_selection(self) -> None:
        """Do nothing: the list has the edits of all clusters."""

    def make_request(self) -> HistoryRequest:
        return HistoryRequest(self._n_changes)

    def compute(self, session: SessionLike, request: HistoryRequest, on_progress: OnProgress) -> HistoryData:
        opened = self.required_session.opened
        manager = opened.manager
        return HistoryData(manager.history, manager.n_dropped, manager.n_done, opened.store.saved_position)

    def draw(self, data: HistoryData) -> None:
        self.model.show(data, self.required_session.name)
        self.list.scrollTo(self.model.index(data.row_now), QAbstractItemView.ScrollHint.EnsureVisible)
        self.stack.caption.setText(data.caption)

    def apply_theme(self, theme: Tokens) -> None:
        self.list.setStyleSheet(
            f"""
            QListView {{ background: {theme.view}; border: none; outline: none; padding: 0; }}
            """
        )
        self.model.apply_theme(theme)

    def figure_size(self) -> QSize:
        room, last = self.list.viewport().size(), self.model.index(self.model.rowCount() - 1)
        return QSize(room.width(), min(room.height(), self.list.visualRect(last).bottom() + 1))

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        with wearing(self.model, theme):
            paint_rows(painter, self.list)

    def go_to(self, row: int) -> None:
        """Undo or redo up to a row."""
        if self.session is not None and self.data is not None:
            try:
                self.session.go_to_edit(self.data.n_done_at(row))
            except NapariPhyError as error:
                self.say(str(error))

    def on_clustering(self) -> None:
        self._n_changes += 1
        self.refresh()

    @safe_slot
    def _on_saved(self) -> None:
        self._n_changes += 1
        self.refresh()


class _Rows(QAbstractListModel):
    """The state at opening, then one row an edit; words are made for the rows in sight."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._data: HistoryData | None = None
        self._name = ""
        self.theme = tokens()

    def show(self, data: HistoryData, name: str) -> None:
        """List the edits of a data set."""
        self.beginResetModel()
        self._data, self._name = data, name
        self.endResetModel()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self.theme = theme
        if self._data is not None:
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if self._data is None or parent.isValid() else len(self._data.edits) + 1

    @property
    def _listed(self) -> HistoryData:
        """What is listed, only to be asked while there are rows."""
        assert self._data is not None
        return self._data

    def words(self, row: int) -> str:
        """Return what a row says."""
        return self._listed.row_words(row, self._name, edit_name)

    def tip(self, row: int) -> str:
        """Return what a click on a row does."""
        return self._listed.row_tip(row)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        theme, row = self.theme, index.row()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.words(row)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(theme.faint if row > self._listed.row_now else theme.text)
        if role == Qt.ItemDataRole.FontRole:
            return theme.font(BODY_PX)
        if role == Qt.ItemDataRole.BackgroundRole and row == self._listed.row_now:
            return QColor(theme.selected_row)
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, theme.px(ROW_PX))
        return None

    def hover_color(self) -> QColor:
        """Return the fill of the row under the mouse."""
        return QColor(self.theme.raised)

    def indent(self) -> int:
        """Return how far words begin from the left, in px."""
        return self.theme.px(10)


class _RowPainter(CellPainter):
    """Paints a row as its model says; a style sheet would take its fill away."""

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _Rows)
        fill = index.data(Qt.ItemDataRole.BackgroundRole)
        if fill is None and option.state & QStyle.StateFlag.State_MouseOver:
            fill = model.hover_color()
        if fill is not None:
            painter.fillRect(option.rect, fill)
        painter.setPen(index.data(Qt.ItemDataRole.ForegroundRole))
        painter.setFont(index.data(Qt.ItemDataRole.FontRole))
        room = option.rect.adjusted(model.indent(), 0, -model.indent(), 0)
        words = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
