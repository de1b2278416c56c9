"""Single waveforms as polylines in their boxes, and which of them is near."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF

from napari_phy.views.waveform_boxes import Boxes


@dataclass(frozen=True, slots=True, eq=False)
class SingleLines:
    """Single spikes as polylines.

    Attributes
    ----------
    px : ndarray of float32, shape (n_lines, n_samples, 2)
        Points of each line.
    rows : ndarray of int64, shape (n_lines,)
        Spike of each line, as a row of `WaveformData.waveforms`.
    boxes : ndarray of int64, shape (n_lines,)
        Box of each line.
    """

    px: npt.NDArray[np.float32]
    rows: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.int64]

    def nearest(self, position: QPointF, reach_px: float) -> int | None:
        """Return the row of the spike whose line passes nearest to a position, the topmost of equals; None beyond."""
        if not len(self.px):
            return None
        x, y = position.x(), position.y()
        near = np.flatnonzero((self.px[:, 0, 0] - reach_px <= x) & (self.px[:, -1, 0] + reach_px >= x))
        if not len(near):
            return None
        distance = _distance(self.px[near], np.array([x, y]))
        last = len(near) - 1 - int(np.argmin(distance[::-1]))
        return int(self.rows[near[last]]) if distance[last] <= reach_px else None


def _distance(lines: npt.NDArray[np.float32], point: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return (n,) the distance of a point from each polyline."""
    starts, steps = lines[:, :-1].astype(np.float64), np.diff(lines, axis=1).astype(np.float64)
    along = ((point - starts) * steps).sum(-1) / np.maximum((steps**2).sum(-1), 1e-12)
    nearest = starts + np.clip(along, 0, 1)[..., None] * steps
    return np.asarray(np.hypot(*np.moveaxis(nearest - point, -1, 0)).min(axis=1))


def single_lines(
    waveforms: npt.NDArray[np.float32],
    masks: npt.NDArray[np.float32],
    places: npt.NDArray[np.int32],
    boxes: Boxes,
    depth: npt.NDArray[np.int64],
) -> SingleLines:
    """Lay single spikes out in their boxes.

    Parameters
    ----------
    waveforms, masks, places : ndarray of float32 and ndarray of int32
        As in `WaveformData`.
    depth : ndarray of int64, shape (n,)
        What lies in front: the largest is drawn last.
    """
    order = np.argsort(depth, kind="stable")
    unmasked = masks[order] > 0
    unmasked[~unmasked.any(axis=1)] = True  # where a spike takes part nowhere, its cluster says where it is drawn
    spike, box = np.nonzero(unmasked & boxes.takes_part[places[order]])
    rows = order[spike]
    lines = np.empty((len(rows), len(boxes.x), 2), dtype=np.float32)
    lines[..., 0] = (boxes.left[box] + boxes.lanes[places[rows]])[:, None] + boxes.x
    voltage = waveforms.swapaxes(1, 2)[rows, box]
    lines[..., 1] = boxes.center_y[box][:, None] - voltage * boxes.px_per_unit
    return SingleLines(lines, rows, box)
