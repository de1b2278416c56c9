"""The row of Imaging that makes events of a cell's trace: what is passed, how often that is, and a button."""

from typing import Any

import numpy as np
import numpy.typing as npt
from magicgui.widgets import ComboBox, FloatSpinBox
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_phy.stats.region_traces import threshold_crossings, usual_threshold
from napari_phy.table.numbers import format_count
from napari_phy.widgets.base.plain_text import PlainLabel, plain
from napari_phy.widgets.base.small_dialogs import button_style
from napari_phy.widgets.base.theme import AXIS_PX, Tokens

Float64 = npt.NDArray[np.float64]

ABOVE, BELOW = "rises above", "falls below"


class CrossingsForm(QWidget):
    """Says how often a trace passes a threshold, while that is chosen; the button asks for events of it."""

    changed = Signal()
    requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-crossings")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._cell, self._times_s, self._values = 0, np.empty(0), np.empty(0)
        self._is_chosen = False  # the threshold, by somebody
        self.side = ComboBox(choices=[ABOVE, BELOW], tooltip="How the trace passes the threshold")
        self.threshold = FloatSpinBox(value=0.5, min=-1e6, max=1e6, step=0.1, tooltip="ΔF/F")
        self.shortest_s = FloatSpinBox(value=0.0, min=0, max=3600, step=0.1, tooltip="Leave out what lasts less long")
        self.count_label = PlainLabel()
        self.add_button = QPushButton("Add as events")
        self.add_button.setToolTip(plain("PSTH shows spikes around them; views can be restricted to them"))
        self.add_button.clicked.connect(lambda *_: self.requested.emit())
        self._column, self._rows = QVBoxLayout(self), [QHBoxLayout(), QHBoxLayout()]
        self._for_label, self._s_label = PlainLabel("for at least"), PlainLabel("s")
        fields = (self.side.native, self.threshold.native, self._for_label, self.shortest_s.native, self._s_label)
        for widget in fields:
            self._rows[0].addWidget(widget)
        self._rows[0].addStretch(1)
        self._rows[1].addWidget(self.count_label, 1)
        self._rows[1].addWidget(self.add_button)
        for row in self._rows:
            self._column.addLayout(row)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.threshold.changed.connect(self._on_threshold)
        for field in (self.side, self.threshold, self.shortest_s):
            field.changed.connect(self._on_changed)

    def show_trace(self, cell: int, times_s: Float64, values: Float64) -> None:
        """Count in another trace; a threshold that nobody chose becomes one that suits it."""
        self._cell, self._times_s, self._values = cell, times_s, values
        if not self._is_chosen:
            with self.threshold.changed.blocked():
                self.threshold.value = usual_threshold(values)
        self._on_changed()

    @property
    def crossings(self) -> Float64:
        """(n, 2) start and stop of each, in seconds."""
        return threshold_crossings(
            self._times_s,
            self._values,
            float(self.threshold.value),
            falls=self.side.value == BELOW,
            shortest_s=float(self.shortest_s.value),
        )

    @property
    def name(self) -> str:
        """What the events are called: `cell 5 above 0.5`."""
        longer = f" for {self.shortest_s.value:g} s" if self.shortest_s.value else ""
        return f"cell {self._cell} {str(self.side.value).split()[-1]} {self.threshold.value:g}{longer}"

    def _on_threshold(self, *_: Any) -> None:
        self._is_chosen = True

    def _on_changed(self, *_: Any) -> None:
        n = len(self.crossings)
        self.count_label.setText(f"{format_count(n, 'crossing')} of cell {self._cell}")
        self.add_button.setEnabled(n > 0)
        self.changed.emit()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        pad, gap = theme.px(10), theme.px(6)
        self._column.setContentsMargins(pad, theme.px(4), pad, theme.px(6))
        self._column.setSpacing(theme.px(4))
        for row in self._rows:
            row.setSpacing(gap)
        self.setStyleSheet(
            f"""
            #{self.objectName()} {{ background: {theme.view}; }}
            QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; padding: 0; }}
            QComboBox, QAbstractSpinBox {{ font-size: {theme.px(AXIS_PX)}px; min-height: {theme.px(20)}px; }}
            QAbstractSpinBox QLineEdit {{ min-height: 0; }}
            {button_style(theme)}
            QPushButton {{ padding: {theme.px(3)}px {theme.px(9)}px; }}
            """
        )
