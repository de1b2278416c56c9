"""The window with all keys, from the table of actions."""

from collections.abc import Iterable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from napari_phy.widgets.actions import ACTIONS
from napari_phy.widgets.theme import AXIS_PX, BODY_PX, Tokens

OTHERS = {
    "Lasso": (("Draw a lasso", "Ctrl+drag"), ("Clear the lasso", "Esc")),
    "Raster": (("Next rows", "PgDown"), ("Previous rows", "PgUp")),
}
RULE = (
    "A key is ours when the focus is in one of our panels and not in a text field. With the focus in the canvas only"
    " the right column acts, and only while the active layer is ours or none."
)


class KeysWindow(QDialog):
    """All actions by section, with their keys in our panels and in napari's canvas."""

    def __init__(self, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("All keys")
        self.setObjectName("napari-phy-keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)  # the next one may have another theme
        table = QWidget()
        self._grid = QGridLayout(table)
        self._grid.setContentsMargins(theme.px(18), theme.px(10), theme.px(18), theme.px(14))
        self._grid.setHorizontalSpacing(theme.px(28))
        self._grid.setVerticalSpacing(theme.px(3))
        self._grid.setColumnStretch(0, 1)
        self._row = 0
        self._line("", "in our panels", "in the canvas", "napari-phy-head")
        for section in dict.fromkeys(action.section for action in ACTIONS):
            self._line(section, "", "", "napari-phy-head")
            for action in ACTIONS:
                if action.section == section:
                    self._line(action.title, _keys(action.keys), _keys(action.canvas_keys))
        for section, lines in OTHERS.items():
            self._line(section, "", "", "napari-phy-head")
            for title, keys in lines:
                self._line(title, keys, _keys(()))
        rule = QLabel(RULE)
        rule.setWordWrap(True)
        rule.setObjectName("napari-phy-rule")
        rule.setContentsMargins(theme.px(18), theme.px(12), theme.px(18), 0)
        scroll = QScrollArea()
        scroll.setWidget(table)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(rule)
        column.addWidget(scroll)
        self.setStyleSheet(
            f"""
            QDialog, QScrollArea, QWidget {{ background: {theme.panel}; }}
            QLabel {{ color: {theme.text}; font-size: {theme.px(BODY_PX)}px; }}
            #napari-phy-head {{ color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; font-weight: bold; }}
            #napari-phy-rule {{ color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; }}
            """
        )
        self.resize(theme.px(560), theme.px(720))

    def _line(self, title: str, keys: str, canvas_keys: str, name: str = "") -> None:
        if name and title:
            self._grid.setRowMinimumHeight(self._row, 24)
        for column, text in enumerate((title, keys, canvas_keys)):
            label = QLabel(text)
            label.setObjectName(name)
            if name:
                label.setAlignment(Qt.AlignmentFlag.AlignBottom)
            self._grid.addWidget(label, self._row, column)
        self._row += 1


def _keys(keys: Iterable[str]) -> str:
    return ", ".join(keys) or "–"
