"""The picture of a probe in px, for whoever paints it: discs, outlines, numbers and a scale bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.probe_geometry import ProbeGeometry

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

LARGEST_RADIUS, SMALLEST_RADIUS = 6.0, 1.0
NUMBER_GAP = 4.0  # between a disc and its number
_RADIUS = 0.46  # of the distance of two sites
_PAD = 15.0  # between the outermost sites and the outline
_TIP = 34.0  # longest tip of a shank
_CLEAR = 2.0  # between a number and another disc
_DIGIT = 0.62  # width of a digit, of the height of the type
_BARS_UM = (50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 20.0, 10.0, 5.0, 2.0, 1.0)  # in the order of preference
_SHORTEST_BAR = 16.0
_LARGEST_PITCH = 60.0  # px between two sites, where there is more room than is of use


@dataclass(frozen=True, slots=True, eq=False)
class ProbePicture:
    """Where everything is, in px from the top left.

    Attributes
    ----------
    centers : ndarray of float64, shape (n_channels, 2)
        Centers of the discs.
    radius : float
        Radius of the discs.
    outlines : tuple of Float64
        For each shank the (k, 2) corners of its outline.
    is_numbered : ndarray of bool, shape (n_channels,)
        Whether there is room for the number.
    number_centers : ndarray of float64, shape (n_channels, 2)
        The middle of each number.
    px_per_um : float
        The scale, the same for x and y.
    origin_um : tuple of float
        (x, y) at the top left, in px 0, 0.
    bar_um : float or None
        Length of the scale bar; None while no position is known, or none is of a legible length.
    """

    centers: Float64
    radius: float
    outlines: tuple[Float64, ...]
    is_numbered: npt.NDArray[np.bool_]
    number_centers: Float64
    px_per_um: float
    origin_um: tuple[float, float]
    bar_um: float | None

    def place_um(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Return x and y in µm of a place in the picture."""
        return self.origin_um[0] + x_px / self.px_per_um, self.origin_um[1] - y_px / self.px_per_um

    def nearest(self, x_px: float, y_px: float, within_px: float) -> int | None:
        """Return the channel index of the disc nearest to a place, None when it is farther than `within_px`."""
        distances = np.hypot(*(self.centers - (x_px, y_px)).T)
        if not len(distances) or distances.min() > max(within_px, self.radius):
            return None
        return int(np.argmin(distances))


def probe_picture(
    geometry: ProbeGeometry,
    channel_ids: Int64,
    width: float,
    height: float,
    *,
    text_px: float = 10.0,
    zoom: float = 1.0,
    center_um: tuple[float, float] | None = None,
    spread: float = 0.0,
) -> ProbePicture:
    """Fit a probe into `width` × `height` px, y upwards, x and y on one scale.

    Parameters
    ----------
    channel_ids : ndarray of int64, shape (n_channels,)
        The numbers to write.
    text_px : float, default 10.0
        Height of the type.
    zoom : float, default 1.0
        How many times as large as what fits.
    center_um : tuple of float, optional
        What is in the middle; None: the middle of the probe.
    spread : float, default 0.0
        How far to the side marks reach beyond a disc, in radii; numbers leave them room.
    """
    digits = np.array([len(str(one)) for one in channel_ids.tolist()], dtype=np.float64)
    number_px = _DIGIT * text_px * float(digits.max(initial=1))
    places = geometry.places if len(geometry.places) else np.zeros((1, 2))
    low, high = places.min(axis=0), places.max(axis=0)
    edge = _PAD + LARGEST_RADIUS
    room = (width - 2 * (edge + NUMBER_GAP + number_px), height - 2 * edge - _TIP)
    scale = zoom * _fit(high - low, *room, _LARGEST_PITCH / geometry.pitch_um)
    middle = (low + high) / 2 if center_um is None else np.array(center_um)
    center_px = np.array([width / 2, (height - (_TIP if center_um is None else 0)) / 2])
    centers = center_px + (geometry.places - middle) * [scale, -scale]
    origin = middle - center_px * [1 / scale, -1 / scale]
    radius = float(
        np.clip(_RADIUS * geometry.pitch_um * scale, SMALLEST_RADIUS, LARGEST_RADIUS * max(1, text_px / 10) * zoom**0.5)
    )
    is_numbered, side = _numbered(centers, radius, number_px, text_px, spread)
    across = radius * (1 + spread) + NUMBER_GAP + _DIGIT * text_px * digits / 2
    numbers = centers + (np.outer(across, (side, 0)) if side else np.array([0, _below(radius, text_px)]))
    return ProbePicture(
        centers=centers,
        radius=radius,
        outlines=_outlines(
            geometry.shanks, centers, radius, (side * (spread * radius + NUMBER_GAP + number_px), text_px + 3 * _CLEAR)
        ),
        is_numbered=is_numbered,
        number_centers=numbers,
        px_per_um=scale,
        origin_um=(float(origin[0]), float(origin[1])),
        bar_um=_bar(scale, width) if geometry.is_known.any() else None,
    )


def _fit(span: Float64, width: float, height: float, largest: float) -> float:
    room = np.maximum([width, height], 10.0)
    return float((room[span > 0] / span[span > 0]).min(initial=largest))


def _bar(scale: float, width: float) -> float | None:
    return next((length for length in _BARS_UM if _SHORTEST_BAR <= length * scale <= 0.45 * width), None)


def _outlines(shanks: Int64, centers: Float64, radius: float, number: tuple[float, float]) -> tuple[Float64, ...]:
    """Return a box around each shank and its numbers, with a tip below where it is slender.

    `number` is how far numbers reach beside the discs, 0 where they are below, and how far they reach then.
    """
    boxes = []
    for shank in range(int(shanks.max(initial=-1)) + 1):
        sites = centers[shanks == shank]
        boxes.append([*(sites.min(axis=0) - radius), *(sites.max(axis=0) + radius)])
    found = []
    for place, (left, top, right, bottom) in enumerate(boxes):
        before = boxes[place - 1][2] if place else -np.inf
        after = boxes[place + 1][0] if place + 1 < len(boxes) else np.inf
        pad = min(_PAD - radius / 2, 0.35 * (left - before), 0.35 * (after - right))
        more = max(pad, min(abs(number[0]) + 2, 0.45 * (after - right), 0.45 * (left - before)))
        left, top, right = left - more, top - pad, right + more
        bottom += pad if number[0] else max(pad, number[1])
        wide = right - left
        tip = [(left + wide / 2, bottom + min(_TIP, 0.35 * wide))] if bottom - top > 1.2 * wide else []
        found.append(np.array([(left, top), (right, top), (right, bottom), *tip, (left, bottom)]))
    return tuple(found)


def _below(radius: float, text_px: float) -> float:
    """Return how far below its disc the middle of a number is."""
    return radius + text_px / 2 + _CLEAR


def _numbered(
    centers: Float64, radius: float, number_px: float, text_px: float, spread: float
) -> tuple[npt.NDArray[np.bool_], int]:
    """Return which discs get a number, and on which side: 1 right of them, −1 left, 0 below.

    All do, or every fourth, sixteenth … where they would touch.
    """
    n = len(centers)
    beside, below = radius * (1 + spread) + NUMBER_GAP + number_px / 2, _below(radius, text_px)
    step = 1
    while step <= 4 * n:
        chosen = np.arange(n) % step == 0
        for side in (1, -1, 0):
            labels = centers[chosen] + ((side * beside, 0) if side else (0, below))
            if not _touch(centers, labels, (radius * (1 + spread), radius), (number_px, text_px)):
                return chosen, side
        step *= 4
    return np.zeros(n, dtype=bool), 1


def _touch(centers: Float64, labels: Float64, radii: tuple[float, float], size: tuple[float, float]) -> bool:
    """Return whether a number, centred at a place, would lie on another number or on a disc and what is beside it."""
    on_label = (np.abs(labels[:, None] - labels) < np.array(size) + 2).all(axis=-1)
    reach = np.array(size) / 2 + np.array(radii) + _CLEAR
    on_disc = (np.abs(labels[:, None] - centers) < reach).all(axis=-1)
    return bool(on_label.sum() > len(labels) or on_disc.any())
