"""What tells that work goes on: a bar, the 2 px line at a panel's top edge, and the veil over an outdated picture.

None of them moves by itself: whatever is painted, the whole window is composed anew around napari's canvas, which takes
tens of milliseconds where there is no GPU.
"""

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QPaintEvent
from qtpy.QtWidgets import QProgressBar, QWidget

from napari_phy.widgets.base.painting import painting
from napari_phy.widgets.base.theme import Tokens, with_alpha

HEIGHT = 2


class ProgressBar(QProgressBar):
    """A bar from 0 to 100 without text, whose steps are painted together with everything else.

    Qt's own paints the window at once, each time that it is told a value.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(0, 100)
        self.setTextVisible(False)

    def setValue(self, value: int) -> None:
        """Show how far the work is, in percent."""
        self.setUpdatesEnabled(False)
        super().setValue(value)
        self.setUpdatesEnabled(True)


class ProgressEdge(QWidget):
    """Amber while frozen; light while work goes on; nothing otherwise."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.frozen = False
        self.busy = False
        self._theme: Tokens | None = None
        self.hide()

    def set_frozen(self, frozen: bool) -> None:
        """Show or remove the amber edge."""
        self.frozen = frozen
        self._show()

    def set_busy(self, busy: bool) -> None:
        """Show or remove the light edge."""
        self.busy = busy
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

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line."""
        if self._theme is not None:
            with painting(self) as painter:
                painter.fillRect(self.rect(), QColor(self._theme.warning if self.frozen else self._theme.dim))


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
