"""Zooming in a matrix: the wheel zooms, dragging moves, a double-click shows all."""

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, QPointF, Signal

from napari_phy.views.similarity import MatrixFrame
from napari_phy.widgets.plots.mouse import Mouse

ZOOM_STEP = 1.25


class MatrixZoom(QObject):
    """Follows the mouse on a matrix.

    Parameters
    ----------
    mouse : Mouse
        What is done on its plot.
    frame : callable
        Returns where the matrix is on the screen, and how many cells are along its side; None while there is none.

    Attributes
    ----------
    seen : tuple of float or None
        First row, first column and span of the cells in sight; None for all.
    """

    changed = Signal()

    def __init__(self, mouse: Mouse, frame: Callable[[], tuple[MatrixFrame, int] | None], parent: QObject) -> None:
        super().__init__(parent)
        self.seen: tuple[float, float, float] | None = None
        self._frame = frame
        mouse.scrolled.connect(self._on_scrolled)
        mouse.dragged.connect(self._on_dragged)
        mouse.double_clicked.connect(self._on_double_clicked)

    def fit(self, n: int) -> None:
        """Show all where fewer cells are left than were in sight."""
        if self.seen is not None and self.seen[2] > n:
            self.seen = None

    def _on_scrolled(self, position: QPointF, notches: float, _modifiers: Any) -> None:
        now = self._frame()
        if now is not None:
            frame, n = now
            self._look_at(frame.zoomed(position.x(), position.y(), ZOOM_STEP**notches, n), n)

    def _on_dragged(self, x_px: float, y_px: float) -> None:
        now = self._frame()
        if now is not None and self.seen is not None:
            frame, n = now
            self._look_at(frame.panned(x_px, y_px, n), n)

    def _on_double_clicked(self, _position: QPointF) -> None:
        self.seen = None
        self.changed.emit()

    def _look_at(self, frame: MatrixFrame, n: int) -> None:
        self.seen = (frame.first_row, frame.first_column, frame.span) if frame.span < n else None
        self.changed.emit()
