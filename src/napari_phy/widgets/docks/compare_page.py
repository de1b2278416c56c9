"""What a Compare dock is made of: how far two curations agree, the matrix, the list of differences, and buttons."""

from qtpy.QtCore import Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from napari_phy.widgets.base.elided_label import ElidedLabel
from napari_phy.widgets.base.plain_table import WholeRows
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.small_dialogs import button_style
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, Tokens
from napari_phy.widgets.docks.difference_table import DifferenceTable

PAD, BUTTON, LINE = 12, 24, 18  # px
WIDE = 1.15  # width to height from which matrix and list are side by side


class ComparePage(QWidget):
    """Shows what its owner sets, and has the buttons that it connects.

    Parameters
    ----------
    plot : QWidget
        The matrix.
    """

    def __init__(self, plot: QWidget) -> None:
        super().__init__()
        self.setObjectName("napari-phy-compare-page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.agreement = ElidedLabel(objectName="napari-phy-agreement")
        self.base = ElidedLabel()
        self.table = DifferenceTable()
        self._rows = WholeRows(self.table)
        self.take = self._button("Take theirs", "Make these clusters what they are in the second curation; one edit")
        self.keep = self._button("Keep mine", "Leave these clusters as they are")
        self.next = self._button("Next", "Go to the next difference that is not decided")
        self.take_all = self._button("Take all", "")
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(plot)
        self.split.addWidget(self._rows)
        self.split.setSizes([1000, 1000])
        self._buttons = QHBoxLayout()
        for button in self.buttons:
            self._buttons.addWidget(button)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.agreement)
        self._column.addWidget(self.base)
        self._column.addWidget(self.split, 1)
        self._column.addLayout(self._buttons)
        for label in (self.agreement, self.base):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """The buttons, from the left."""
        return self.take, self.keep, self.next, self.take_all

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(plain(tip))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        return button

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self.setStyleSheet(
            f"""
            #napari-phy-compare-page {{ background: {theme.view}; }}
            QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; padding: 0; }}
            #napari-phy-agreement {{ color: {theme.text}; font-size: {theme.px(BODY_PX)}px; }}
            QSplitter::handle {{ background: {theme.grid}; }}
            {button_style(theme)}
            """
        )
        pad = theme.px(PAD)
        for label in (self.agreement, self.base):
            label.setFixedHeight(theme.px(LINE))
            label.setContentsMargins(pad, 0, pad, 0)
        self._column.setContentsMargins(0, theme.px(6), 0, theme.px(6))
        self._column.setSpacing(theme.px(4))
        self._buttons.setContentsMargins(pad, 0, pad, 0)
        self._buttons.setSpacing(theme.px(6))
        for button in self.buttons:
            button.setFixedHeight(theme.px(BUTTON))
        self.split.setHandleWidth(1)
        self._rows.apply_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put matrix and list side by side where there is more width than height."""
        super().resizeEvent(event)
        is_wide = self.width() > WIDE * self.height()
        self.split.setOrientation(Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical)
