"""The middle of the toolbar: the times that views use, and what is unsaved; no button moves for what it says."""

from collections.abc import Callable

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from napari_phy.actions import messages
from napari_phy.session.session import Session
from napari_phy.widgets.base.elided_label import ElidedLabel
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.panels.range_chip import RangeChip
from napari_phy.widgets.window.times_button import ALL, TimesButton

USUAL_TIMES = "run (3 epochs)"
USUAL_UNSAVED = 88


class ToolbarMiddle(QWidget):
    """Asks for the room that it usually takes at most, whatever it says now; longer words end in ….

    Parameters
    ----------
    run : callable
        Runs an action.
    owner : QWidget, optional
        Owns the menu of times.
    """

    def __init__(self, run: Callable[[str], object], owner: QWidget | None = None) -> None:
        super().__init__()
        self.times_button = TimesButton(run, owner)
        self.times_button.setAutoRaise(True)
        self.range_chip = RangeChip()
        self.range_chip.setAutoRaise(True)
        self.state_label = ElidedLabel()
        self.state_label.setObjectName("napari-phy-state")
        self._usual_px = 0
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.times_button)
        self._row.addWidget(self.range_chip)
        self._row.addStretch(1)
        self._row.addWidget(self.state_label)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def refresh(self, session: Session | None) -> None:
        """Show which times views use."""
        self.times_button.setVisible(self.times_button.refresh(session))
        self.range_chip.setVisible(self.range_chip.refresh(session))
        self._fit()

    def show_state(self, text: str, tooltip: str, color: str) -> None:
        """Say what is unsaved, or saved."""
        self.state_label.setText(text)
        self.state_label.setToolTip(plain(tooltip))
        self.state_label.setStyleSheet(f"color: {color};")
        self._fit()

    def set_step(self, step: int, spacing: int) -> None:
        """Leave out words as the toolbar does."""
        self._row.setSpacing(spacing)
        self.times_button.set_step(step)
        restricted = width_with(self.times_button, "▾") + width_with(self.range_chip, f"only {USUAL_TIMES}  ×")
        times = max(width_with(self.times_button, f"{ALL} ▾"), restricted + spacing)
        unsaved = f"● {messages.unsaved(USUAL_UNSAVED, short=step > 0)}"
        self._usual_px = times + spacing + label_width_with(self.state_label, unsaved)
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        """Ask for the usual room."""
        return QSize(self._usual_px, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Do without any where the narrowest toolbar has none."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out the end of the times where there is no room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        others = self.times_button.sizeHint().width() + self.state_label.sizeHint().width()
        self.range_chip.fit(self.width() - others - 3 * self._row.spacing())


def width_with(button: QToolButton, text: str) -> int:
    """Return how wide a button would be with another text, in px."""
    width = button.sizeHint().width()
    if button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly:
        return width
    return width + _advance(button, text) - _advance(button, button.text())


def label_width_with(label: ElidedLabel, text: str) -> int:
    """Return how wide a label would be with another text, in px."""
    return label.sizeHint().width() + _advance(label, text) - _advance(label, label.text())


def _advance(widget: QWidget, text: str) -> int:
    return widget.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, text).width()
