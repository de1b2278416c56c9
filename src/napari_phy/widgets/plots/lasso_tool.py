"""The lasso of a view: drawn by the mouse, looked into in the background when it holds much, told by a tag."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, QPointF, Signal
from qtpy.QtGui import QPainter

from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.frame import Frame
from napari_phy.views.lasso import Lasso
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.plots.overlay import paint_lasso

N_AT_ONCE = 50_000  # spikes that are looked at before the next frame; more of them in the background
COUNTING = "counting…"
TOO_FEW_POINTS = "The lasso needs three points or more."
NO_SPIKE = "No spike of the selected clusters lies inside the lasso."

Spikes = npt.NDArray[np.int64]


class LassoTool(QObject):
    """Holds the polygon in data units and the words of its tag; says which spikes are inside."""

    changed = Signal()
    found = Signal(object)
    said = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._lasso = Lasso()
        self.tag = ""
        self._results = LatestResult(self)
        self._results.result_ready.connect(lambda _question, spikes: self.found.emit(spikes))
        self._results.failed.connect(self._on_failed)
        self._results.progressed.connect(self._on_progressed)
        self._results.progressed.connect(self._on_progressed)

    def __len__(self) -> int:
        return len(self._lasso)

    @property
    def polygon(self) -> npt.NDArray[np.float64]:
        """(n, 2) data points."""
        return self._lasso.polygon

    @property
    def drawing(self) -> bool:
        """Whether the button is still down."""
        return self._lasso.drawing

    @property
    def closed(self) -> bool:
        """Whether there is a finished polygon."""
        return self._lasso.closed and len(self._lasso) > 0

    def start(self, frame: Frame, position: QPointF) -> None:
        """Begin a new polygon."""
        self.clear()
        self._lasso.start(*_point(frame, position))

    def move(self, frame: Frame, position: QPointF) -> None:
        """Go on to where the mouse is."""
        if self._lasso.add(*_point(frame, position)):
            self.changed.emit()

    def close(self, look: Callable[..., Spikes], n_spikes: int, *, in_background: bool = False) -> None:
        """End the polygon and look, at `n_spikes` spikes, which are inside; `found` tells.

        `look(polygon, on_progress)` may run in a worker thread, and does `in_background`, where it reads data; it is
        stopped when the polygon is removed.
        """
        if not self._lasso.close():
            self.said.emit(TOO_FEW_POINTS)
        elif n_spikes <= N_AT_ONCE and not in_background:
            self.found.emit(look(self.polygon))
        else:
            polygon = self.polygon
            self.tag = COUNTING
            self._results.ask(polygon.tobytes(), partial(look, polygon))
        self.changed.emit()

    def tell(self, inside: Spikes, n_touched: int, n_drawn: int | None = None) -> None:
        """Write how many spikes are inside, of all in the clusters that they belong to, and how many are drawn."""
        drawn = "" if n_drawn is None or n_drawn == len(inside) else f", {format_number(n_drawn)} of them drawn"
        if not len(inside):
            self.tag = "no spikes inside"
            self.said.emit(NO_SPIKE)
        elif len(inside) == n_touched:
            self.tag = f"all {format_count(n_touched, 'spike')} inside{drawn}"
        else:
            key = key_bindings().first("split")
            splits = f"  ·  {key} splits" if key else ""
            self.tag = f"{format_count(len(inside), 'spike')} inside{drawn}{splits}"
        self.changed.emit()

    def clear(self) -> None:
        """Remove the polygon."""
        self._results.drop()
        self._lasso.clear()
        self.tag = ""
        self.changed.emit()

    def paint(self, painter: QPainter, frame: Frame, theme: Tokens) -> None:
        """Draw polygon and tag."""
        paint_lasso(painter, frame, theme, self.polygon, closed=self._lasso.closed, tag=self.tag)

    def _on_progressed(self, percent: int) -> None:
        self.tag = f"counting: {percent} %"
        self.changed.emit()

    def _on_failed(self, _question: Any, error: Exception) -> None:
        self.clear()
        self.said.emit(str(error))


def _point(frame: Frame, position: QPointF) -> tuple[tuple[float, float], tuple[float, float]]:
    px = (position.x(), position.y())
    x, y = frame.to_data([px])[0].tolist()
    return (x, y), px
