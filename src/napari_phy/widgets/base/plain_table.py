"""What the looks of all lists share: rows, header, digits of one width, the chip of a place, whole rows."""

from functools import cache

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPen, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.widgets.base.container import Container
from napari_phy.widgets.base.legend import paint_chip
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, TICK_PX, Tokens, rgb, tokens

CHIP_PX = 13


class PlainTable(QTableView):
    """Flat rows without a grid; letters never search, they are keys of actions.

    Parameters
    ----------
    header : QHeaderView, optional
        The words above the columns; None: as Qt has them.
    """

    def __init__(self, parent: QWidget | None = None, header: QHeaderView | None = None) -> None:
        super().__init__(parent)
        if header is not None:
            self.setHorizontalHeader(header)
        self.theme: Tokens = tokens()
        self.small = False
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setCornerButtonEnabled(False)
        self.setMinimumWidth(120)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(10)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def apply_theme(self, theme: Tokens, small: bool | None = None) -> None:
        """Take colours and sizes of a theme; `small` chooses the form for small windows."""
        self.theme = theme
        self.small = self.small if small is None else small
        height = theme.px(20 if self.small else 22)
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        self.horizontalHeader().setFixedHeight(theme.px(22))
        self.setFont(self.cell_font())
        self.horizontalHeader().setFont(theme.font(TICK_PX))
        self.setStyleSheet(
            f"""
            QTableView {{ background: {theme.view}; border: none; outline: none; padding: 0; }}
            QAbstractScrollArea::corner {{ background: {theme.panel}; border: none; }}
            QHeaderView {{ background: {theme.panel}; border: none; border-bottom: 1px solid {theme.grid}; }}
            QHeaderView::section {{ background: {theme.panel}; color: {theme.dim}; border: none; margin: 0;
                padding: 0 {theme.px(5)}px 0 {theme.px(2)}px; font-size: {theme.px(TICK_PX)}px; font-weight: normal; }}
            QHeaderView::section:hover {{ color: {theme.text}; }}
            """
        )
        self.viewport().update()

    def cell_font(self, *, bold: bool = False) -> QFont:
        """Return the font of cells, with digits of one width."""
        font = self.theme.font(AXIS_PX if self.small else BODY_PX, bold=bold)
        if hasattr(font, "setFeature"):
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def row_color(self, row: int, *, selected: bool) -> QColor:
        """Return the background of a row."""
        if selected:
            return QColor(self.theme.selected_row)
        return QColor(self.theme.view if row % 2 else alternate_color(self.theme.view, self.theme.tile))

    def keyboardSearch(self, search: str) -> None:
        """Letters never search: they are keys of actions."""


@cache
def alternate_color(view: str, tile: str) -> str:
    """Return the colour of every second row."""
    base, other = rgb(view), rgb(tile)
    return QColor(*((3 * a + b) // 4 for a, b in zip(base, other, strict=True))).name()


def paint_place(painter: QPainter, rect: QRectF, place: int | None, theme: Tokens) -> None:
    """Draw the chip of a place of the selection at the left of a cell, with a rim against the row's colour."""
    if place is None:
        return
    size = theme.px(CHIP_PX)
    chip = QRectF(rect.left() + theme.px(5), rect.center().y() - size / 2, size, size)
    painter.setPen(QPen(QColor(theme.view), 1))
    painter.setBrush(QColor(theme.view))
    painter.drawRoundedRect(chip, 3, 3)
    paint_chip(
        painter,
        chip.adjusted(0.5, 0.5, -0.5, -0.5),
        selection_color(place, theme.dark),
        hollow=is_hollow(place),
        radius=2.5,
    )


class WholeRows(Container):
    """Leaves what remains of its height free below the table."""

    def __init__(self, table: PlainTable) -> None:
        super().__init__()
        self._table = table
        self.setObjectName("napari-phy-whole-rows")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.fill(table)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme, for the table, too."""
        self.setStyleSheet(f"#{self.objectName()} {{ background: {theme.view}; }}")
        self._table.apply_theme(theme)
        self._fit()

    def _fit(self) -> None:
        head = self._table.horizontalHeader().height()
        row = self._table.verticalHeader().defaultSectionSize()
        n_rows = max(1, (self.height() - head) // row)
        self._table.setGeometry(0, 0, self.width(), min(self.height(), head + n_rows * row))
