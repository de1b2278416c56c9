"""Waveforms as polylines in pixels, each channel in its box."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QRectF

from napari_phy.views.waveforms import WaveformData
from napari_phy.widgets.canvas.probe_layout import BoxLayout

TAKES_PART = 0.5  # mean mask from which a cluster is drawn on a channel
_FILL = (0.9, 2.0)  # of the vertical pitch that the tallest mean takes: few rows, and many, which may overlap
_MANY = 16
_FLAT = 100.0  # units of voltage that stand for the height of a mean that has none
_COLUMN_GAP = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes of the shown channels in logical px.

    Attributes
    ----------
    left, center_y : (n,) left edge and zero line of each box.
    x : (n_samples,) px from the left edge.
    px_per_unit : px a unit of voltage takes.
    pitch : px between two boxes of a column.
    takes_part : (n_clusters, n) whether a cluster is drawn on a channel.
    """

    left: npt.NDArray[np.float64]
    center_y: npt.NDArray[np.float64]
    x: npt.NDArray[np.float64]
    px_per_unit: float
    pitch: float
    takes_part: npt.NDArray[np.bool_]

    def line(self, place: int, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return (n_samples, 2) px of a waveform in the box of a channel."""
        return np.column_stack([self.left[place] + self.x, self.center_y[place] - values * self.px_per_unit])

    def spaced(self, distance: float) -> npt.NDArray[np.int64]:
        """Return boxes from the bottom up, such that two of a column are at least `distance` px apart."""
        chosen: list[int] = []
        lowest: dict[float, float] = {}  # above which the next one of a column may be
        for place in np.argsort(-self.center_y, kind="stable").tolist():
            if self.center_y[place] <= lowest.get(self.left[place], np.inf):
                chosen.append(place)
                lowest[self.left[place]] = self.center_y[place] - distance
        return np.array(chosen, dtype=np.int64)

    def at(self, x_px: float, y_px: float) -> int | None:
        """Return the box under a pixel."""
        inside = (x_px >= self.left) & (x_px <= self.left + self.x[-1])
        distance = np.where(inside, np.abs(self.center_y - y_px), np.inf)
        nearest = int(np.argmin(distance))
        return nearest if distance[nearest] <= max(self.pitch / 2, 12) else None


def shown_channels(data: WaveformData) -> npt.NDArray[np.int64]:
    """Return the channels on which a selected cluster takes part; all of a cluster that takes part nowhere."""
    part = _takes_part(data)
    return np.flatnonzero(part.any(axis=0))


def _takes_part(data: WaveformData) -> npt.NDArray[np.bool_]:
    part = data.mean_masks > TAKES_PART
    nowhere = ~part.any(axis=1)
    if nowhere.any():
        height = np.ptp(data.means, axis=1)
        part[nowhere] = height[nowhere] >= height[nowhere].max(axis=1, keepdims=True)
    return part


def place_boxes(
    data: WaveformData,
    channels: npt.NDArray[np.int64],
    layout: BoxLayout,
    area: QRectF,
    number_width: float,
    gain: float,
) -> Boxes:
    """Fit the boxes into an area; `number_width` px stay free at the left of each column."""
    part = _takes_part(data)[:, channels]
    column_width = (area.width() + _COLUMN_GAP) / layout.n_columns
    width = max(8.0, column_width - _COLUMN_GAP - number_width)
    means = np.where(part[:, None, :], data.means[:, :, channels], 0.0)
    highest, lowest = float(max(means.max(initial=0), 0)), float(min(means.min(initial=0), 0))
    tallest = (highest - lowest) or _FLAT
    # the first and last box need room for what rises and falls beyond their centres
    n_steps = 0.0 if len(channels) == 1 else 1 / layout.pitch
    fill = float(np.interp(n_steps, (_MANY / 3, _MANY), _FILL))
    step = min(area.height() / (n_steps + fill), area.height() * 0.6)
    px_per_unit = fill * step / tallest
    top, bottom = area.top() + highest * px_per_unit, area.bottom() + lowest * px_per_unit
    return Boxes(
        left=area.left() + layout.columns * column_width + number_width,
        center_y=bottom - layout.heights * (bottom - top),
        x=np.linspace(0, width, len(data.times_ms)),
        px_per_unit=px_per_unit * gain,
        pitch=step,
        takes_part=part,
    )


def single_lines(
    data: WaveformData, channels: npt.NDArray[np.int64], boxes: Boxes
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Return (n_lines, n_samples, 2) px of single spikes and their places, the best cluster last."""
    order = np.argsort(-data.places, kind="stable")
    unmasked = data.masks[order][:, channels] > 0
    unmasked[~unmasked.any(axis=1)] = True  # where a spike takes part nowhere, its cluster says where it is drawn
    drawn = unmasked & boxes.takes_part[data.places[order]]
    spike, place = np.nonzero(drawn)
    lines = np.empty((len(spike), len(data.times_ms), 2), dtype=np.float32)
    lines[..., 0] = boxes.left[place][:, None] + boxes.x
    voltage = data.waveforms[order[spike], :, channels[place]]
    lines[..., 1] = boxes.center_y[place][:, None] - voltage * boxes.px_per_unit
    return lines, data.places[order[spike]]
