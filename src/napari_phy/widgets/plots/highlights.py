"""How views light up selected spikes: which they are, where they lie, and a ring around each if they are few."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, QPointF, Qt, Signal
from qtpy.QtGui import QPainter, QPen

from napari_phy.session.session import Session
from napari_phy.views.drawn_spikes import ScatterData
from napari_phy.widgets.base.latest_result import LatestResult, view_pool
from napari_phy.widgets.base.theme import Tokens

N_MARKED = 200  # with a ring; more are dots of their own colour
MARK_PX = 5  # radius

Points = npt.NDArray[np.float64]


def selected_spikes(session: Session | None) -> npt.NDArray[np.int64]:
    """Return the selected spikes, none without a session."""
    return np.empty(0, np.int64) if session is None else session.selection.spikes


def marked_spikes(session: Session | None, most: int = N_MARKED) -> npt.NDArray[np.int64]:
    """Return the selected spikes if they are few, else none."""
    spikes = selected_spikes(session)
    return spikes if len(spikes) <= most else spikes[:0]


def marked_spike(session: Session | None) -> int | None:
    """Return the spike that is selected, if it is a single one."""
    spikes = marked_spikes(session)
    return int(spikes[0]) if len(spikes) == 1 else None


def paint_mark(painter: QPainter, theme: Tokens, x_px: float, y_px: float) -> None:
    """Draw a ring around a spike."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color("text"), 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(x_px, y_px), theme.px(MARK_PX), theme.px(MARK_PX))
    painter.restore()


class HighlightedPoints(QObject):
    """Finds the points of spikes: among those that are drawn at once, others in the background if all are few.

    Attributes
    ----------
    points : ndarray of float64, shape (n, 2)
        In data units, of those that are known.
    are_few : bool
        Whether each is to have a ring.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.points: Points = np.empty((0, 2))
        self.are_few = True
        self._drawn: Points = self.points
        self._results = LatestResult(self, pool=view_pool())
        self._results.result_ready.connect(self._on_result)

    def find(self, data: ScatterData | None, spikes: npt.NDArray[np.int64], look: Callable[..., Points] | None) -> None:
        """Find these spikes; `look(spikes, on_progress)` tells where those are that are not drawn."""
        self._results.drop()
        self.are_few = len(spikes) <= N_MARKED
        if data is None or look is None or not len(spikes):
            self._show(np.empty((0, 2)))
            return
        found = np.flatnonzero(np.isin(data.spike_ids, spikes))
        self._drawn = np.column_stack([data.x[found], data.y[found]]).astype(np.float64)
        self._show(self._drawn)
        others = spikes[~np.isin(spikes, data.spike_ids)] if self.are_few else spikes[:0]
        if len(others):
            self._results.ask((id(data), others.tobytes()), partial(look, others))

    def _on_result(self, _question: Any, others: Points) -> None:
        self._show(np.concatenate([self._drawn, others]))

    def _show(self, points: Points) -> None:
        if len(points) or len(self.points):
            self.points = points
            self.changed.emit()
