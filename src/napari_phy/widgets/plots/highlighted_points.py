"""Where in a scatter the spikes are that were selected one by one, also those that it does not draw."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, Signal

from napari_phy.views.drawn_spikes import ScatterData
from napari_phy.widgets.base.latest_result import LatestResult

Points = npt.NDArray[np.float64]


class HighlightedPoints(QObject):
    """Finds the points of a few spikes: among those that are drawn at once, others in the background.

    Attributes
    ----------
    points : ndarray of float64, shape (n, 2)
        In data units, of those that are known.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.points: Points = np.empty((0, 2))
        self._drawn: Points = self.points
        self._results = LatestResult(self)
        self._results.result_ready.connect(self._on_result)

    def find(self, data: ScatterData | None, spikes: npt.NDArray[np.int64], look: Callable[..., Points] | None) -> None:
        """Find these spikes; `look(spikes, on_progress)` tells where those are that are not drawn."""
        self._results.drop()
        if data is None or look is None or not len(spikes):
            self._show(np.empty((0, 2)))
            return
        found = np.flatnonzero(np.isin(data.spike_ids, spikes))
        self._drawn = np.column_stack([data.x[found], data.y[found]]).astype(np.float64)
        self._show(self._drawn)
        others = spikes[~np.isin(spikes, data.spike_ids)]
        if len(others):
            self._results.ask((id(data), others.tobytes()), partial(look, others))

    def _on_result(self, _question: Any, others: Points) -> None:
        self._show(np.concatenate([self._drawn, others]))

    def _show(self, points: Points) -> None:
        if len(points) or len(self.points):
            self.points = points
            self.changed.emit()
