"""Base of docks that are forms: fields and buttons on a page that scrolls, and what follows from them below."""

from collections.abc import Sequence
from typing import Any

from magicgui.widgets import ComboBox, PushButton
from magicgui.widgets.bases import Widget
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from napari_phy.widgets.base.form_dialog import form_layout
from napari_phy.widgets.base.small_dialogs import button_style
from napari_phy.widgets.base.theme import BODY_PX, Tokens
from napari_phy.widgets.panels.view_panel import ViewPanel

LEAST_PX = 60  # width of a field


class FormPanel(ViewPanel):
    """A form of a window's layers: it shows no spikes, and does something when it is asked to."""

    all_times, has_times = True, False
    has_legend = has_caption = has_freeze = False

    def lay_out(self, fields: Sequence[Widget], *parts: QWidget | Sequence[PushButton]) -> QWidget:
        """Return a page of rows of fields, and below them widgets and rows of buttons."""
        for field in fields:  # napari's are wider than a narrow column
            field.native.setSizePolicy(QSizePolicy.Policy.Ignored, field.native.sizePolicy().verticalPolicy())
            field.native.setMinimumWidth(LEAST_PX)
        page = QWidget()
        page.setObjectName("napari-phy-form")
        self.column = QVBoxLayout(page)
        self.form_rows = form_layout(fields, self.theme)
        self.column.addLayout(self.form_rows)
        for part in parts:
            if isinstance(part, QWidget):
                is_high = part.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Expanding
                self.column.addWidget(part, 100 if is_high else 0)
            else:
                self.column.addLayout(_row_of(part))
        self.column.addStretch(1)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return area

    def show_row(self, field: Widget, is_shown: bool) -> None:
        """Show or hide a field with its label."""
        self.form_rows.setRowVisible(field.native, is_shown)

    def on_selection(self) -> None:
        """Do nothing: forms are about layers."""

    def apply_theme(self, theme: Tokens) -> None:
        pad = theme.px(8)
        self.stack.body.setStyleSheet(
            f"""
            QScrollArea, #napari-phy-form {{ background: {theme.view}; }}
            #napari-phy-form QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(BODY_PX)}px; }}
            #napari-phy-form QLabel[wrong="true"] {{ color: {theme.error}; }}
            #napari-phy-form #napari-phy-words {{ color: {theme.text}; }}
            QCheckBox {{ background: transparent; color: {theme.text}; }}
            QComboBox, QAbstractSpinBox, QLineEdit, QCheckBox {{ font-size: {theme.px(BODY_PX)}px; }}
            QProgressBar {{ background: {theme.raised}; border: none; }}
            QProgressBar::chunk {{ background: {theme.dim}; }}
            {button_style(theme)}
            """
        )
        self.column.setContentsMargins(pad, pad, pad, pad)
        self.column.setSpacing(theme.px(6))


def set_choices(field: ComboBox, choices: Sequence[tuple[str, Any]], value: Any = None) -> None:
    """Give a drop-down other choices, without its signal; a value, else what was chosen, is chosen if it is there."""
    wanted = field.value if value is None else value
    with field.changed.blocked():
        field.choices = list(choices)
        if any(one is wanted or one == wanted for _, one in choices):
            field.value = wanted


def _row_of(buttons: Sequence[PushButton]) -> QHBoxLayout:
    row = QHBoxLayout()
    for button in buttons:
        button.native.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.native.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row.addWidget(button.native)
    row.addStretch(1)
    return row
