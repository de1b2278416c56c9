"""The 2 px line at a panel's top edge and the veil over an outdated picture."""

from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QColor, QPaintEvent
from qtpy.QtWidgets import QWidget

from napari_phy.widgets.base.painting import painting
from napari_phy.widgets.base.theme import Tokens, with_alpha

HEIGHT = 2
STEP_MS = 40
N_STEPS = 40


class ProgressEdge(QWidget):
    """Amber while frozen; a wandering light while work goes on; nothing otherwise."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.frozen = False
        self.busy = False
        self._step = 0
        self._theme: Tokens | None = None
        self._clock = QTimer(self, interval=STEP_MS)
        self._clock.timeout.connect(self._on_step)
        self.hide()

    def set_frozen(self, frozen: bool) -> None:
        """Show or remove the amber edge."""
        self.frozen = frozen
        self._show()

    def set_busy(self, busy: bool) -> None:
        """Start or stop the wandering light."""
        self.busy = busy
        if busy and not self._clock.isActive():
            self._step = 0
            self._clock.start()
        elif not busy:
            self._clock.stop()
        self._show()

    def place(self) -> None:
        """Lie along the top of the parent."""
        around = self.parentWidget()
        if around is not None:
            self.setGeometry(0, 0, around.width(), HEIGHT)

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours of a theme."""
        self._theme = theme
        self.update()

    def _show(self) -> None:
        self.setVisible(self.frozen or self.busy)
        self.place()
        self.raise_()
        self.update()

    def _on_step(self) -> None:
        self._step = (self._step + 1) % N_STEPS
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line."""
        if self._theme is None:
            return
        with painting(self) as painter:
            if self.frozen:
                painter.fillRect(self.rect(), QColor(self._theme.warning))
            if self.busy:
                if not self.frozen:
                    painter.fillRect(self.rect(), QColor(self._theme.grid))
                width = self.width() // 4
                left = (self.width() + width) * self._step // N_STEPS - width
                painter.fillRect(left, 0, width, HEIGHT, QColor(self._theme.text))


class Veil(QWidget):
    """Half hides an outdated picture."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme: Tokens | None = None
        self.hide()

    def cover(self) -> None:
        """Lie over the parent."""
        self.place()
        self.show()
        self.raise_()

    def place(self) -> None:
        """Take the parent's size."""
        around = self.parentWidget()
        if around is not None:
            self.setGeometry(around.rect())

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours of a theme."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint half of the background over all."""
        if self._theme is not None:
            with painting(self) as painter:
                painter.fillRect(self.rect(), with_alpha(self._theme.view, 0.5))
