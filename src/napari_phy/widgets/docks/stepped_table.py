"""Bases of the tables of docks: one that fits its columns to its width, and one that is stepped row by row."""

from qtpy.QtCore import QAbstractTableModel, Qt
from qtpy.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QWidget

from napari_phy.widgets.actions.keys import OWN_KEYS
from napari_phy.widgets.base.plain_table import PlainTable
from napari_phy.widgets.base.theme import Tokens


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
