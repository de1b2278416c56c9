"""A strip below a list that tells how far the reading of features is, and cancels or starts it."""

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_phy.actions import messages
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.progress import ProgressBar
from napari_phy.widgets.base.theme import AXIS_PX, Tokens


class ReadingStrip(QWidget):
    """A sentence, a 4 px bar and a button; in sight while a preparation reads, and after it was cancelled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-reading")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._preparation: Any = None
        self.label = PlainLabel()
        self.label.setWordWrap(True)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.button = QPushButton()
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self._on_clicked)
        self.progress = ProgressBar()
        self._row = QHBoxLayout()
        self._row.addWidget(self.label, 1)
        self._row.addWidget(self.button)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._row)
        self._column.addWidget(self.progress)
        self.hide()

    def show_state(self, preparation: Any) -> None:
        """Show how a preparation stands; nothing for None or one that is done."""
        self._preparation = preparation
        state = "done" if preparation is None else preparation.state
        self.setVisible(state != "done")
        if state == "reading":
            self.label.setText(messages.percent_of(messages.READING_FEATURES, preparation.percent))
            self.progress.setValue(preparation.percent)
            self.button.setText("Cancel")
        elif state == "cancelled":
            self.label.setText(messages.READING_CANCELLED)
            self.button.setText("Read features")
        self.progress.setVisible(state == "reading")
        self.setAccessibleName(self.label.text())

    def _on_clicked(self) -> None:
        if self._preparation.state == "reading":
            self._preparation.cancel()
        else:
            self._preparation.start()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._column.setContentsMargins(theme.px(10), theme.px(6), theme.px(10), theme.px(6))
        self._column.setSpacing(theme.px(6))
        self._row.setSpacing(theme.px(8))
        self.progress.setFixedHeight(4)
        self.setStyleSheet(
            f"""
            #napari-phy-reading {{ background: {theme.panel}; border-top: 1px solid {theme.raised}; }}
            QLabel {{ background: transparent; color: {theme.text}; font-size: {theme.px(AXIS_PX)}px; padding: 0; }}
            QProgressBar {{ background: {theme.raised}; border: none; border-radius: 0; }}
            QProgressBar::chunk {{ background: {theme.dim}; }}
            QPushButton {{ background: {theme.raised}; color: {theme.text}; border: none; border-radius: 3px;
                padding: {theme.px(3)}px {theme.px(10)}px; font-size: {theme.px(AXIS_PX)}px; }}
            QPushButton:hover, QPushButton:focus {{ background: {theme.grid}; }}
            """
        )
