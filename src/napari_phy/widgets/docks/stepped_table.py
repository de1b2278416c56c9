"""Bases of the tables of docks: rows of words, columns that fit the width, and rows that are stepped through."""

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QWidget

from napari_phy.widgets.actions.keys import OWN_KEYS
from napari_phy.widgets.base.painting import Index
from napari_phy.widgets.base.plain_table import PlainTable
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.theme import Tokens

NO_INDEX = QModelIndex()
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class TextModel(QAbstractTableModel):
    """Rows of words; a subclass knows how many there are and what they say.

    Parameters
    ----------
    titles : sequence of (str, str)
        Title and tooltip of each column.
    """

    def __init__(self, titles: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = tuple(titles)

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def text(self, row: int, column: int) -> str:
        """Return what a cell says."""
        raise NotImplementedError

    def tip(self, row: int, column: int) -> str:
        """Return the tooltip of a cell; none if empty."""
        return ""

    def title(self, column: int) -> tuple[str, str]:
        """Return the title of a column and its tooltip."""
        return self._titles[column]

    def alignment(self, column: int) -> Qt.AlignmentFlag:
        """Return where the words of a column stand."""
        return RIGHT

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else self.n_rows

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(self.tip(index.row(), index.column())) or None
        return self.alignment(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._titles):
            return None
        title, tip = self.title(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return title
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(tip) or None
        return self.alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None


class FittedTable(PlainTable):
    """A table whose columns follow its width; what is chosen in it is not a selection of Qt's.

    Parameters
    ----------
    model : QAbstractTableModel
        Its rows.
    """

    def __init__(self, model: QAbstractTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        model.setParent(self)
        self.setModel(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)

    def fit_columns(self) -> None:
        """Give each column its width."""
        raise NotImplementedError

    def apply_theme(self, theme: Tokens, small: bool | None = None) -> None:
        """Take colours and sizes of a theme; `small` chooses the form for small windows."""
        super().apply_theme(theme, small)
        self.fit_columns()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()


class SteppedTable(FittedTable):
    """A list of which one row is looked at: a click chooses it, and Up and Down step.

    Attributes
    ----------
    chosen_row : int or None
        The row that is looked at.
    """

    def __init__(self, model: QAbstractTableModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.chosen_row: int | None = None
        self.setProperty(OWN_KEYS, ["Up", "Down"])

    def mark(self, row: int | None) -> None:
        """Mark a row as the one that is looked at; nobody is told."""
        self.chosen_row = row
        if row is not None:
            self.scrollTo(self.model().index(row, 0))
        self.viewport().update()

    def choose(self, row: int) -> None:
        """Choose a row, as a click does; subclasses tell it."""
        self.mark(row)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.rowAt(int(event.position().y()))
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.choose(row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """All is done by the press."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step by Up and Down."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        n_rows = self.model().rowCount()
        if step is None or not n_rows:
            event.ignore()
            return
        self.choose(min(max(0 if self.chosen_row is None else self.chosen_row + step, 0), n_rows - 1))
