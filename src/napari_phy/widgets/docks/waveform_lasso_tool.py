"""The lasso of the waveform view: it lies on one channel and, where clusters stand side by side, on one of them."""

from functools import partial
from typing import Any

import numpy as np
from qtpy.QtCore import QPointF
from qtpy.QtGui import QPainter

from napari_phy.views.frame import Frame
from napari_phy.views.waveform_boxes import Boxes
from napari_phy.views.waveform_lasso import spikes_through
from napari_phy.views.waveforms import WaveformData
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.plots.lasso_tool import LassoTool

Size = tuple[int, int]


class WaveformLasso(LassoTool):
    """Its polygon is in ms and units of voltage of a channel, so it moves with the box of that channel."""

    channel = 0
    _lane = 0

    def begin(self, data: WaveformData, boxes: Boxes, size: Size, position: QPointF) -> bool:
        """Start on the channel whose mean is nearest to the mouse; False where there is none."""
        box = boxes.nearest(position.x(), position.y(), data.means)
        if box is None:
            return False
        self.channel = int(data.channels[box])
        self._lane = boxes.lane_at(box, position.x())
        self.start(boxes.frame(box, self._lane, data.times_ms, size), position)
        return True

    def go_on(self, data: WaveformData, boxes: Boxes, size: Size, position: QPointF) -> None:
        """Go on to where the mouse is."""
        frame = self._frame(data, boxes, size)
        if frame is not None:
            self.move(frame, position)

    def look(self, in_sight: Any, data: WaveformData, boxes: Boxes) -> None:
        """End the polygon and look at the waveforms on its channel of all spikes of the clusters `in_sight`."""
        clusters = data.request.clusters
        if boxes.lanes.any():
            clusters = clusters[self._lane : self._lane + 1]
        n_spikes = sum(in_sight.manager.n_spikes(cluster) for cluster in clusters)
        look = partial(spikes_through, in_sight, clusters, self.channel)
        self.close(look, n_spikes, in_background=True)

    def paint_over(self, painter: QPainter, data: WaveformData, boxes: Boxes, theme: Tokens, size: Size) -> None:
        """Draw polygon and tag where the channel is shown."""
        frame = self._frame(data, boxes, size)
        if frame is not None:
            self.paint(painter, frame, theme)

    def _frame(self, data: WaveformData, boxes: Boxes, size: Size) -> Frame | None:
        found = np.flatnonzero(data.channels == self.channel)
        if not len(found) or self._lane >= len(boxes.lanes):
            return None
        return boxes.frame(int(found[0]), self._lane, data.times_ms, size)
