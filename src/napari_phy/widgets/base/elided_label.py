"""Lines of text that end in … where they do not fit, and then say the rest in their tooltip."""

from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtGui import QHelpEvent, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_phy.widgets.base.painting import painting
from napari_phy.widgets.base.plain_text import PlainLabel, plain
from napari_phy.widgets.base.theme import TICK_PX, Tokens


class ElidedLabel(PlainLabel):
    """A label as narrow as need be."""

    def minimumSizeHint(self) -> QSize:
        """Do without any width."""
        return QSize(0, super().minimumSizeHint().height())

    def shown_text(self) -> str:
        """Return what fits."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.contentsRect().width())

    def tip(self) -> str:
        """Return what the tooltip says: what does not fit, and what it says anyway."""
        whole = "" if self.shown_text() == self.text() else self.text()
        return "\n".join(filter(None, (whole, self.toolTip())))

    def event(self, event: QEvent) -> bool:
        """Show the tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain(self.tip()), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what fits."""
        flags = int(self.alignment()) | Qt.TextFlag.TextSingleLine
        role = self.foregroundRole()
        with painting(self) as painter:
            self.style().drawItemText(
                painter, self.contentsRect(), flags, self.palette(), self.isEnabled(), self.shown_text(), role
            )


class Caption(ElidedLabel):
    """The line below a picture: 10 px, dim, at the left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._words = self._times = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAutoFillBackground(True)

    def setText(self, words: str) -> None:
        """Tell what the picture shows."""
        self._words = words
        super().setText(": ".join(filter(None, (self._times, words))))

    def set_times(self, times: str) -> None:
        """Tell before all else of which times that is: `only 10.0–12.5 s`; "" while there is nothing to tell."""
        if times != self._times:
            self._times = times
            self.setText(self._words)

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self.setFixedHeight(theme.px(20))
        self.setContentsMargins(theme.px(10), 0, theme.px(10), theme.px(4))
        self.setFont(theme.font(TICK_PX))
        self.setStyleSheet(f"background: {theme.view}; color: {theme.dim}; font-size: {theme.px(TICK_PX)}px;")
