"""Base of the light views: painted by Qt alone, on screen and, by the same code, into an SVG."""

from typing import Any

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QPainter, QPixmap
from qtpy.QtWidgets import QWidget

from napari_phy.widgets.panel import Panel, guarded
from napari_phy.widgets.svg_file import write_svg
from napari_phy.widgets.theme import Tokens, tokens
from napari_phy.widgets.trace_mouse import TracePlot


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

    # --- saving ---

    def picture(self) -> QPixmap:
        """Return legend, picture and caption as they are on screen."""
        return self.stack.body.grab()

    def picture_formats(self) -> str:
        """Return the file dialog's filter of formats that `save_picture` writes."""
        return "PNG (*.png);;SVG (*.svg)"

    def save_picture(self, path: str) -> None:
        """Write a PNG as on screen, or an SVG in the colours for paper."""
        if not path.lower().endswith(".svg"):
            self.picture().save(path)
            return
        size = self.plot.size()
        paper = tokens("light")
        write_svg(path, self.title, size, lambda painter: self.paint(painter, size, paper), self.surroundings(paper))
