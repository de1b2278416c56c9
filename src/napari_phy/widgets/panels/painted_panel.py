"""Base of the light views: painted by Qt alone, on screen and, by the same code, on paper."""

from typing import Any

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.widgets.base.guarded import guarded
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.plots.trace_mouse import TracePlot


class PaintedPanel(Panel):
    """A view whose picture is painted by `paint_picture`, without a GL context of its own.

    A subclass paints, says what is under the mouse (`read_out`), and reacts to clicks (`on_clicked`).
    """

    # --- what a view fills in ---

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint `self.data` in a rectangle of some size; the background is there."""
        raise NotImplementedError

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return what is under a pixel of the plot, "" for nothing."""
        return ""

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        """React to a click on the picture."""

    def make_plot(self) -> TracePlot:
        """Return the widget that is painted on."""
        return TracePlot(self._paint_plot)

    # --- the picture ---

    def make_content(self) -> QWidget:
        self.plot = self.make_plot()
        self.plot.moved.connect(self._on_moved)
        self.plot.left.connect(lambda: self.say(""))
        self.plot.clicked.connect(self._on_clicked)
        return self.plot

    def draw(self, data: Any) -> None:
        self.plot.update()

    def apply_theme(self, theme: Tokens) -> None:
        self.plot.update()

    def paint(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint background and picture in a rectangle of some size."""
        painter.fillRect(QRectF(0, 0, size.width(), size.height()), theme.color("view"))
        if self.data is not None:
            self.paint_picture(painter, size, theme)

    def _paint_plot(self, painter: QPainter) -> None:
        self.paint(painter, self.plot.size(), self.theme)

    @guarded
    def _on_moved(self, position: QPointF) -> None:
        self.say("" if self.data is None else self.read_out(position.x(), position.y()))

    @guarded
    def _on_clicked(self, position: QPointF, ctrl: bool) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.data is not None:
            self.on_clicked(position, ctrl)

    # --- on paper ---

    def figure_size(self) -> QSize:
        return self.plot.size()

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        self.paint_picture(painter, self.plot.size(), theme)
