"""Where waveforms go: a box for each channel, in it a lane for each cluster where they stand side by side."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from napari_phy.views.frame import Frame
from napari_phy.views.probe_layout import probe_layout, stacked_layout
from napari_phy.views.rectangles import Rectangle
from napari_phy.views.waveforms import Arrangement, Kind, WaveformData

_FILL = (0.9, 2.0)  # of the vertical pitch that the tallest mean takes: few rows, and many, which may overlap
_MANY = 16
_SINGLES = (2.0, 98.0)  # per cent of the single spikes that reach beyond the picture, so that no artefact flattens it
_FLAT = 100.0  # units of voltage that stand for the height of a mean that has none
_COLUMN_GAP, _LANE_GAP = 10.0, 4.0
_LIMITS = 0.05, 50.0  # of the factors of a scale


@dataclass(frozen=True, slots=True)
class Scale:
    """How waveforms and probe are stretched, by factors of what fits the canvas.

    Attributes
    ----------
    voltage : float, default 1.0
        Height of waveforms.
    width : float, default 1.0
        Width of a box.
    across, along : float, default 1.0
        Distances of boxes.
    moved : tuple of float, default (0.0, 0.0)
        How far everything was dragged, in px.
    """

    voltage: float = 1.0
    width: float = 1.0
    across: float = 1.0
    along: float = 1.0
    moved: tuple[float, float] = (0.0, 0.0)

    def stretched(self, voltage: float = 1.0, width: float = 1.0) -> Scale:
        """Return one of taller (above 1) or flatter waveforms, in wider or narrower boxes."""
        return replace(self, voltage=_limited(self.voltage * voltage), width=_limited(self.width * width))

    def spread(self, across: float, along: float, about: tuple[float, float] = (0.0, 0.0)) -> Scale:
        """Return one of boxes farther apart; what is `about` that many px from the middle of the canvas stays there."""
        wider, higher = _limited(self.across * across), _limited(self.along * along)
        x, y = (
            place - (place - moved) * new / old
            for place, moved, new, old in zip(
                about, self.moved, (wider, higher), (self.across, self.along), strict=True
            )
        )
        return replace(self, across=wider, along=higher, moved=(x, y))

    def dragged(self, dx_px: float, dy_px: float) -> Scale:
        """Return one that was moved by some px."""
        return replace(self, moved=(self.moved[0] + dx_px, self.moved[1] + dy_px))


def _limited(factor: float) -> float:
    return min(max(factor, _LIMITS[0]), _LIMITS[1])


@dataclass(frozen=True, slots=True)
class Look:
    """How waveforms are shown.

    Attributes
    ----------
    kind : Kind, default 'both'
        "both" mean and spikes, only the "mean", a "band" of ± one standard deviation, only the "spikes", or their
        "density".
    arrangement : {'probe', 'stacked'}, default 'probe'
        Channels as on the "probe", or "stacked" in one column by depth.
    side_by_side : bool, default False
        Whether clusters stand beside each other in a box, and don't lie over each other.
    front : int, optional
        The cluster that lies in front of the others; None: the best one.
    scale : Scale, optional
        How waveforms, boxes and probe are stretched and moved.
    """

    kind: Kind = "both"
    arrangement: Arrangement = "probe"
    side_by_side: bool = False
    front: int | None = None
    scale: Scale = field(default_factory=Scale)


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes of the channels of `WaveformData.channels`, in their order, in logical px.

    Attributes
    ----------
    left, center_y : ndarray of float64, shape (n,)
        Left edge and zero line of each box.
    lanes : ndarray of float64, shape (n_clusters,)
        Px from the left edge of a box to where a cluster is drawn.
    x : ndarray of float64, shape (n_samples,)
        Px from the left edge of a lane.
    px_per_unit : float
        Px a unit of voltage takes.
    pitch : float
        Px between two boxes of a column.
    takes_part : ndarray of bool, shape (n_clusters, n)
        Whether a cluster is drawn on a channel.
    """

    left: npt.NDArray[np.float64]
    center_y: npt.NDArray[np.float64]
    lanes: npt.NDArray[np.float64]
    x: npt.NDArray[np.float64]
    px_per_unit: float
    pitch: float
    takes_part: npt.NDArray[np.bool_]

    @property
    def width(self) -> float:
        """Px from the left edge of a box to its right one."""
        return float(self.lanes.max(initial=0) + self.x[-1])

    def line(self, box: int, values: npt.NDArray[np.float32], cluster: int = 0) -> npt.NDArray[np.float64]:
        """Return (n_samples, 2) px of a waveform of a cluster (its place) in a box."""
        x = self.left[box] + self.lanes[cluster] + self.x
        return np.column_stack([x, self.center_y[box] - values * self.px_per_unit])

    def frame(self, box: int, cluster: int, times_ms: npt.NDArray[np.float64], size: tuple[int, int]) -> Frame:
        """Return how ms and voltage of a cluster in a box map to px, for a canvas of some size."""
        left, center = self.left[box] + self.lanes[cluster], self.center_y[box]
        px_per_ms = self.x[-1] / (times_ms[-1] - times_ms[0])
        start, stop = (float(times_ms[0] + (edge - left) / px_per_ms) for edge in (0, size[0]))
        low, high = (float((center - edge) / self.px_per_unit) for edge in (size[1], 0))
        return Frame(0, 0, *size, (start, stop), (low, high))

    def spaced(self, distance: float) -> npt.NDArray[np.int64]:
        """Return boxes from the bottom up, such that two of a column are at least `distance` px apart."""
        chosen: list[int] = []
        lowest: dict[float, float] = {}  # above which the next one of a column may be
        for box in np.argsort(-self.center_y, kind="stable").tolist():
            if self.center_y[box] <= lowest.get(self.left[box], np.inf):
                chosen.append(box)
                lowest[self.left[box]] = self.center_y[box] - distance
        return np.array(chosen, dtype=np.int64)

    def at(self, x_px: float, y_px: float) -> int | None:
        """Return the box under a pixel."""
        inside = (x_px >= self.left) & (x_px <= self.left + self.width)
        distance = np.where(inside, np.abs(self.center_y - y_px), np.inf)
        nearest = int(np.argmin(distance))
        return nearest if distance[nearest] <= max(self.pitch / 2, 12) else None

    def nearest(self, x_px: float, y_px: float, means: npt.NDArray[np.float32]) -> int | None:
        """Return the box that a mean of `WaveformData.means` passes nearest to a pixel, above or below it."""
        beside = np.abs(self.left + self.width / 2 - x_px)
        in_column = beside <= max(self.width / 2, float(beside.min(initial=np.inf)))
        sample = int(np.argmin(np.abs(self.left[np.argmin(beside)] + self.x - x_px)))
        y = self.center_y - means[:, sample] * self.px_per_unit
        distance = np.where(self.takes_part & in_column, np.abs(y - y_px), np.inf).min(axis=0)
        return int(np.argmin(distance)) if np.isfinite(distance).any() else None

    def lane_at(self, box: int, x_px: float) -> int:
        """Return the cluster (its place) whose lane of a box is under a pixel; the first where they overlap."""
        right = self.left[box] + self.lanes + self.x[-1] + _LANE_GAP / 2
        return min(int(np.searchsorted(right, x_px)), len(self.lanes) - 1) if self.lanes.any() else 0


def place_boxes(
    data: WaveformData,
    area: Rectangle,
    number_width: float,
    arrangement: Arrangement,
    scale: Scale,
    *,
    side_by_side: bool = False,
    with_singles: bool = False,
) -> Boxes:
    """Fit the boxes into an area, then stretch them; `number_width` px stay free at the left of each column.

    Means are inside; `with_singles` so is nearly every single spike.
    """
    channels, part = data.channels, data.takes_part
    stacked = arrangement == "stacked"
    layout = stacked_layout(data.positions[channels]) if stacked else probe_layout(data.positions, channels)
    column_width = (area.width + _COLUMN_GAP) / layout.n_columns
    width = max(8.0, column_width - _COLUMN_GAP - number_width)
    means = np.where(part[:, None, :], data.means, 0.0)
    highest, lowest = float(max(means.max(initial=0), 0)), float(min(means.min(initial=0), 0))
    tallest = (highest - lowest) or _FLAT
    if with_singles:
        low, high = _reach_of_singles(data)
        lowest, highest = min(lowest, low), max(highest, high)
    # the first and last box need room for what rises and falls beyond their centres
    n_steps = 0.0 if len(channels) == 1 else 1 / layout.pitch
    fill = float(np.interp(n_steps, (_MANY / 3, _MANY), _FILL))
    ends = fill * max(1.0, (highest - lowest) / tallest)
    step = min(area.height / (n_steps + ends), area.height * 0.6)
    px_per_unit = fill * step / tallest
    top, bottom = area.top + highest * px_per_unit, area.bottom + lowest * px_per_unit

    (middle_x, middle_y), center = area.center, area.left + layout.columns * column_width + number_width + width / 2
    across = middle_x + (center - middle_x) * scale.across + scale.moved[0]
    along = middle_y + (bottom - layout.heights * (bottom - top) - middle_y) * scale.along + scale.moved[1]
    width = max(4.0, width * scale.width)
    n_lanes = len(part) if side_by_side else 1
    lane = max(2.0, (width + _LANE_GAP) / n_lanes - _LANE_GAP)
    return Boxes(
        left=np.asarray(across - width / 2, dtype=np.float64),
        center_y=along,
        lanes=np.arange(len(part), dtype=np.float64) * (lane + _LANE_GAP) * side_by_side,
        x=np.linspace(0, lane, len(data.times_ms)),
        px_per_unit=px_per_unit * scale.voltage,
        pitch=step * scale.along,
        takes_part=part,
    )


def _reach_of_singles(data: WaveformData) -> tuple[float, float]:
    """Return below and above what nearly no single spike reaches, on the channels where it is drawn."""
    if not data.n_shown:
        return 0.0, 0.0
    drawn = data.takes_part[data.places] & (data.masks > 0)
    waveforms = np.where(drawn[:, None, :], data.waveforms, 0.0)
    low = np.percentile(waveforms.min(axis=(1, 2)), _SINGLES[0])
    return float(low), float(np.percentile(waveforms.max(axis=(1, 2)), _SINGLES[1]))


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

    def nearest(self, x_px: float, y_px: float, reach_px: float) -> int | None:
        """Return the row of the spike whose line passes nearest to a position, the topmost of equals; None beyond."""
        if not len(self.px):
            return None
        near = np.flatnonzero((self.px[:, 0, 0] - reach_px <= x_px) & (self.px[:, -1, 0] + reach_px >= x_px))
        if not len(near):
            return None
        distance = _distance(self.px[near], np.array([x_px, y_px]))
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
