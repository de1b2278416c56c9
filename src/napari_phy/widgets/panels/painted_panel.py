"""Base of the light views: painted by Qt alone, on screen and, by the same code, on paper."""

from typing import Any

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.colors import is_hollow
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.plots.painted_plot import PaintedPlot

N_LINES_MAX = 16


class PaintedPanel(ViewPanel):
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

    def make_plot(self) -> PaintedPlot:
        """Return the widget that is painted on."""
        return PaintedPlot(self._paint_plot)

    # --- the picture ---

    def make_content(self) -> QWidget:
        self.plot = self.make_plot()
        self.plot.mouse.hovered.connect(self._on_hovered)
        self.plot.mouse.left.connect(lambda: self.say(""))
        self.plot.mouse.clicked.connect(self._on_clicked)
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

    @safe_slot
    def _on_hovered(self, position: QPointF) -> None:
        self.say("" if self.data is None else self.read_out(position.x(), position.y()))

    @safe_slot
    def _on_clicked(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.data is not None:
            self.on_clicked(position, bool(modifiers & Qt.KeyboardModifier.ControlModifier))

    # --- on paper ---

    def figure_size(self) -> QSize:
        return self.plot.size()

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        self.paint_picture(painter, self.plot.size(), theme)


class StepsPanel(PaintedPanel):
    """Draws the first clusters of the selection, and says so; beside each id of the legend stands a number."""

    # --- what a view fills in ---

    def words_beside(self, data: Any, place: int) -> str:
        """Return what the legend says of the cluster at a place of `data.cluster_ids`."""
        raise NotImplementedError

    # --- what they share ---

    @property
    def drawn_clusters(self) -> tuple[int, ...]:
        """The clusters that there are lines for."""
        return self.clusters[:N_LINES_MAX]

    def draw(self, data: Any) -> None:
        left_out = len(self.clusters) - len(data.cluster_ids)
        words = f"the first {N_LINES_MAX} of {len(self.clusters)} clusters; " if left_out > 0 else ""
        self.stack.caption.setText(words + data.caption)
        super().draw(data)

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        data = self.data
        if data is None:
            return super().legend_entries()
        return tuple(
            LegendEntry(f"{cluster} · {self.words_beside(data, place)}", self.color_of(place), hollow=is_hollow(place))
            for place, cluster in enumerate(data.cluster_ids.tolist())
        )
