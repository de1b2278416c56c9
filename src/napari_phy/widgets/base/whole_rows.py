"""A table that is as high as whole rows need, so that what lies below cuts none in two."""

from qtpy.QtCore import Qt
from qtpy.QtGui import QResizeEvent

from napari_phy.widgets.base.filled import Filled
from napari_phy.widgets.base.plain_table import PlainTable
from napari_phy.widgets.base.theme import Tokens


class WholeRows(Filled):
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
